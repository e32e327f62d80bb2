"""Records of roots: which of the files in an indexed folder are photos."""

from typing import Literal

from mcsearch.records.record import Record


class RootRules(Record):
    """Which files of a root are photos: the globs to exclude, and whether to include hidden files and videos.

    A glob matches a name, or a path relative to the root. `raw_pairs` is "both" if a RAW file beside a JPEG or HEIC of
    the same name is a photo too. With `any_suffix`, files without a known suffix are recognised by their first bytes.
    With `read`, the text in the photos is read, too; with `previews`, a preview that a camera put into a photo may be
    embedded instead of its picture.
    """

    exclude: tuple[str, ...] = ()
    hidden: bool = False
    raw_pairs: Literal["one", "both"] = "one"
    videos: bool = False
    any_suffix: bool = False
    read: bool = False
    previews: bool = False


class RuleChanges(Record):
    """The new values for a root's rules; None for a rule that does not change."""

    exclude: tuple[str, ...] | None = None
    hidden: bool | None = None
    raw_pairs: Literal["one", "both"] | None = None
    videos: bool | None = None
    any_suffix: bool | None = None
    read: bool | None = None
    previews: bool | None = None

    def applied_to(self, rules: RootRules) -> RootRules:
        """Return the rules with these changes applied."""
        return RootRules(
            rules.exclude if self.exclude is None else self.exclude,
            rules.hidden if self.hidden is None else self.hidden,
            rules.raw_pairs if self.raw_pairs is None else self.raw_pairs,
            rules.videos if self.videos is None else self.videos,
            rules.any_suffix if self.any_suffix is None else self.any_suffix,
            rules.read if self.read is None else self.read,
            rules.previews if self.previews is None else self.previews,
        )
