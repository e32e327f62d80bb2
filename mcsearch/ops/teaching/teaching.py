"""Teach the library a label by examples, and make it forget one."""

import os
from collections.abc import Sequence

import numpy as np

from mcsearch.errors import UsageError
from mcsearch.library.tags import with_ids
from mcsearch.likeness import did_you_mean
from mcsearch.ops.finding.labels_file import read_label
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.tag import photo_ids, tag_photos
from mcsearch.paths import several
from mcsearch.printable import brief
from mcsearch.records.progress import Progress, no_progress
from mcsearch.records.runs import TeachReport

# More examples than these teach nothing new and make a run slow.
_EXAMPLES_AT_MOST = 1000
Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def teach_label(
    opened: OpenLibrary,
    label: str,
    *,
    yes: Paths = (),
    no: Paths = (),
    yes_tagged: str | Sequence[str] = (),
    no_tagged: str | Sequence[str] = (),
    model: str | None = None,
    progress: Progress = no_progress,
) -> TeachReport:
    """Teach a label by photos that show it (`yes`) and photos that do not (`no`), and tag all photos with it.

    `label` is written like a line of a labels file; its words or prompts are what is believed before any example.
    `yes_tagged` and `no_tagged` add photos that carry a keyword or a tag given by hand, at most 1,000 for each.
    Examples add to earlier ones, and the last word on a photo counts. They belong to contents, so a copy counts as the
    same photo. The tags form the set "taught" of the model. Raises UsageError for a photo that is not in the library,
    or if no photo shows the label; then nothing is stored.
    """
    library = opened.file
    opened.models.to_ask(model)
    wanted = read_label(label, "teach")
    shown, others = _contents(opened, several(yes)), _contents(opened, several(no))
    if shown & others:
        raise UsageError("A photo, or a copy of it, is given both as showing the label and as not showing it.")
    new: dict[int, bool] = {}
    for tags, shows in ((no_tagged, False), (yes_tagged, True)):
        for tag in [tags] if isinstance(tags, str) else tags:
            new |= dict.fromkeys(library.taught.with_turned(_carrying(opened, tag)), shows)
    new |= dict.fromkeys(others, False) | dict.fromkeys(shown, True)
    known = library.taught.find(wanted.name)
    if not new and (known is None or "=" not in label):
        raise UsageError("Name photos that show the label.", hint="For instance: mcsearch teach mimi --yes PHOTO...")
    before = library.taught.examples(wanted.name)
    if not any((before | new).values()):
        raise UsageError("At least one photo must show the label.", hint="Name it with --yes PHOTO.")
    with library.transaction():
        prompts = known.prompts if known is not None and "=" not in label else wanted.prompts
        name = wanted.name if known is None else known.name
        library.taught.put(name, prompts)
        library.taught.add_examples(name, new)
    report = tag_photos(opened, taught=True, model=model, progress=progress)
    taught = library.taught.find(name)
    assert taught is not None
    tagged = next((count.photos for count in report.labels if count.label == name), 0)
    return TeachReport(name, taught.yes, taught.no, tagged, report.photos)


def unteach_label(opened: OpenLibrary, label: str) -> None:
    """Forget a taught label with its examples and tags. Raises UsageError for a label that was not taught."""
    library = opened.file
    known = library.taught.find(read_label(label, "unteach").name)
    if known is None:
        raise not_taught(opened, label)
    with library.transaction():
        library.taught.forget(known.name)
        library.tags.clear_taught(known.name)


def not_taught(opened: OpenLibrary, label: str) -> UsageError:
    """Return the error for a label that was not taught."""
    names = [one.name for one in opened.file.taught.listed()]
    taught = f"The taught labels are {', '.join(names)}." if names else "No label has been taught."
    return UsageError(f"The label {brief(label)!r} has not been taught.{did_you_mean(label, names)} {taught}")


def _contents(opened: OpenLibrary, photos: Sequence[str | os.PathLike[str]]) -> set[int]:
    ids = photo_ids(opened, photos)
    return opened.file.taught.with_turned(opened.file.tags.targets([with_ids(ids)])[0].tolist())


def _carrying(opened: OpenLibrary, tag: str) -> list[int]:
    """Return the contents of photos that carry a keyword or a tag by hand, spread evenly if there are too many."""
    found = sorted(content for content, given in opened.file.taught.said_by_people(tag).items() if given)
    if not found:
        raise UsageError(f"No photo carries the keyword {tag!r}, and none was given that tag by hand.")
    places = np.linspace(0, len(found) - 1, min(len(found), _EXAMPLES_AT_MOST)).astype(int)
    return [found[place] for place in places]
