"""What goes from one part of mcsearch to another: frozen records, no behaviour beyond arithmetic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

# Called with a stage ("scanning", "indexing", …), how much is done, and the total where it is known.
Progress = Callable[[str, int, int | None], None]


def no_progress(stage: str, done: int, total: int | None) -> None:
    """The progress callback of whoever does not want to know."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a picture becomes the square of `size` pixels that a tower takes.

    "shortest" resizes the shorter side to `size` and cuts out the centre, "squash" resizes both sides to it.
    """

    size: int
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    resize_mode: Literal["shortest", "squash"] = "shortest"


class ScannedFile(NamedTuple):  # of which a scan makes one a file: a frozen dataclass takes three times as long
    """A file seen on disk that has the suffix of a photo, with its XMP sidecars, those that go first at the head.

    `companion_of` is the path of the photo that a RAW file or the film of a Live Photo belongs to. `role` says what is
    made of it: a "photo", only a "companion", or it is "left out" because its format cannot be read here.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    sidecars: "tuple[ScannedFile, ...]" = ()
    companion_of: str | None = None
    role: Literal["photo", "companion", "left out"] = "photo"


@dataclass(frozen=True, slots=True)
class Facts:
    """When, where and with what a photo was taken; None for what is not known.

    `taken_at` is ISO 8601 in the local time of the camera, as exact as it is known, with the offset from UTC where
    that is known: "2023-06-12T10:11:12.34+02:00", "2023-06-12". `taken_from` says where it was found: "exif", "xmp",
    "iptc", "container", "name", or "mtime" where there is no date but the file's time of change. Width and height are
    those of the picture as it is seen, upright. `people` are the names of those whose faces are marked.
    """

    format: str | None = None
    taken_at: str | None = None
    taken_from: str | None = None
    width: int | None = None
    height: int | None = None
    camera: str | None = None
    lens: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: float | None = None
    rating: int | None = None
    caption: str | None = None
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A photo that answers a query. `score` is the cosine similarity, higher is better; None without a query.

    `taken_at` and `taken_from` are those of Facts. `relevance` is how sure it is, 0 to 1, that the photo shows what
    the query says; None where it says nothing in words. `stands_for` is how many photos that are nearly the same the
    hit is shown for, itself among them.
    """

    path: str
    score: float | None
    taken_at: str | None = None
    taken_from: str | None = None
    relevance: float | None = None
    stands_for: int = 1

    @property
    def is_undated(self) -> bool:
        """Whether nothing but the file's time of change says when the photo was taken."""
        return self.taken_from == "mtime"

    @property
    def is_relevant(self) -> bool:
        """Whether the photo is more likely than not to show what was asked, as far as that can be said."""
        return self.relevance is None or self.relevance >= 0.5


@dataclass(frozen=True, slots=True)
class DuplicatePhoto:
    """A photo that has duplicates; the facts are those of Facts, None where they are not known.

    `size_bytes` and `mtime_ns` are those of the file, `keep` says that it is the best copy or is to stay.
    """

    path: str
    size_bytes: int
    mtime_ns: int
    format: str | None
    width: int | None
    height: int | None
    taken_at: str | None
    taken_from: str | None
    camera: str | None
    has_place: bool
    keep: bool = False


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Photos that are copies or variants of one another, the best copy first."""

    photos: tuple[DuplicatePhoto, ...]

    @property
    def extra(self) -> tuple[DuplicatePhoto, ...]:
        """The photos that need not be kept."""
        return tuple(photo for photo in self.photos if not photo.keep)


@dataclass(frozen=True, slots=True)
class Tag:
    """A label assigned to a photo, with its cosine `score` and its `probability` against the background."""

    label: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class TaggedPhoto:
    """A photo and its tags, most probable first, with the labels that are new to it and those that it no longer has."""

    path: str
    tags: tuple[Tag, ...]
    come: tuple[str, ...] = ()
    go: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Score:
    """How well a text fits a photo: the cosine, and its probability (among the texts, or for itself)."""

    path: str
    text: str
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class TagCount:
    """How many photos carry a label.

    `source` is "automatic", with the `sets` that it is in, "manual" for tags given by hand, or "embedded" for keywords
    of the photos' own.
    """

    label: str
    photos: int
    source: str = "automatic"
    sets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagChange:
    """On how many photos a label is after a run, on how many of them it is new, and from how many others it is gone."""

    label: str
    photos: int
    come: int
    go: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that could not be read, why, and when that was tried (ISO 8601, UTC)."""

    path: str
    reason: str
    failed_at: str


@dataclass(frozen=True, slots=True)
class PhotoTag:
    """A label on a photo.

    `source` is "automatic", with the model, score, probability and the set that it is in, "manual" or "embedded".
    """

    label: str
    source: str
    model: str | None = None
    score: float | None = None
    probability: float | None = None
    set: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPhoto:
    """A photo and the tags it has after somebody has given it some, or taken some away."""

    path: str
    tags: tuple[PhotoTag, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """All that a library knows of a file; `content_hash` (hexadecimal) and `facts` are None if it was never read.

    `modified_at` is the file's time of change (ISO 8601, UTC), `models` those it has embeddings of, `copies` the
    other paths with the same content, `sidecars` the paths of its `.xmp` files, those that go first at the head,
    `companions` the paths of its RAW file and its film.
    """

    path: str
    size_bytes: int
    modified_at: str
    content_hash: str | None
    facts: Facts | None
    sidecars: tuple[str, ...]
    tags: tuple[PhotoTag, ...]
    models: tuple[str, ...]
    copies: tuple[str, ...]
    companions: tuple[str, ...]
    failure: Failure | None


@dataclass(frozen=True, slots=True)
class IndexedModel:
    """A model as a library knows it. `weights` is the local checkpoint it was made with, if one was named."""

    id: int
    name: str
    fingerprint: str
    dimensions: int
    logit_scale: float
    logit_bias: float | None
    weights: str | None


@dataclass(frozen=True, slots=True)
class EmbeddingState:
    """Which embeddings a library has: the last change it recorded, that one's token, the highest id ever given."""

    change_id: int
    token: int
    highest_id: int


@dataclass(frozen=True, slots=True)
class RootRules:
    """How a root is walked: globs of what is left out, and whether hidden files and videos count.

    A glob matches a name, or a path relative to the root. `raw_pairs` says whether a RAW file beside a JPEG or HEIC of
    the same name is a photo too, `any_suffix` whether files without a known suffix are recognised by their first bytes.
    """

    exclude: tuple[str, ...] = ()
    hidden: bool = False
    raw_pairs: Literal["one", "both"] = "one"
    videos: bool = False
    any_suffix: bool = False


@dataclass(frozen=True, slots=True)
class RuleChanges:
    """Those rules of a root that are given anew; None for each that stays as it is."""

    exclude: tuple[str, ...] | None = None
    hidden: bool | None = None
    raw_pairs: Literal["one", "both"] | None = None
    videos: bool | None = None
    any_suffix: bool | None = None

    def applied_to(self, rules: RootRules) -> RootRules:
        """The rules with these changes."""
        return RootRules(
            rules.exclude if self.exclude is None else self.exclude,
            rules.hidden if self.hidden is None else self.hidden,
            rules.raw_pairs if self.raw_pairs is None else self.raw_pairs,
            rules.videos if self.videos is None else self.videos,
            rules.any_suffix if self.any_suffix is None else self.any_suffix,
        )
