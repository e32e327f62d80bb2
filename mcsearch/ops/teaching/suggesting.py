"""Suggest the photos whose answer would teach a label most."""

from dataclasses import dataclass

import numpy as np

from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import Wanted
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.labels_file import read_label
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.ops.teaching.classifiers import background, classifiers
from mcsearch.ops.teaching.teaching import not_taught
from mcsearch.records.progress import Progress, no_progress
from mcsearch.search.teaching import instructive, log_odds, probability

# Of each block of photos, those in doubt are kept: enough to choose from in the end.
_KEPT_FOR_EACH = 5


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A photo that a taught label is in doubt about, and the probability that it shows the label."""

    path: str
    probability: float


def suggest_photos(
    opened: OpenLibrary,
    label: str,
    *,
    limit: int = 20,
    filters: Wanted | None = None,
    model: str | None = None,
    progress: Progress = no_progress,
) -> list[Suggestion]:
    """Return at most `limit` photos whose answer would teach a label most: those in doubt, unlike one another.

    Examples, and photos that were given the label or lost it by hand, are left out. `filters` restrict the photos.
    Raises UsageError for a label that was not taught or a bad filter.
    """
    library, chosen = opened.file, opened.models.to_ask(model, progress)
    known = library.taught.find(read_label(label, "suggest").name)
    if known is None:
        raise not_taught(opened, label)
    if limit < 1:
        raise UsageError(f"The limit is {limit}, but must be at least 1.")
    conditions = filter_conditions(library, chosen.record, filters)
    learnt = classifiers(library, chosen, progress).get(known.name)
    if learnt is None:
        raise UsageError(
            f"{chosen.name} has embedded none of the examples of {known.name!r}.", hint="Index with it: mcsearch index"
        )
    rest, scale = background(chosen), chosen.record.logit_scale
    examples = library.taught.examples(known.name)
    decided = np.array([*examples, *library.taught.said_by_people(known.name)], np.int64)
    contents = np.empty(0, np.int64)
    photos = np.empty((0, chosen.dimensions), np.float32)
    odds = np.empty(0, np.float32)
    with library.snapshot():
        for ids, vectors in library.embeddings.blocks(chosen.record, conditions):
            some = ~np.isin(ids, decided)
            contents, photos = np.concatenate([contents, ids[some]]), np.concatenate([photos, vectors[some]])
            odds = np.concatenate([odds, log_odds(vectors[some], [learnt], rest, scale)[:, 0]])
            kept = np.argsort(np.abs(odds), kind="stable")[: _KEPT_FOR_EACH * limit]
            contents, photos, odds = contents[kept], photos[kept], odds[kept]
        taught_by = library.embeddings.of_contents(chosen.record, list(examples))
        places = instructive(odds, photos, taught_by, limit)
        paths = library.photos.paths([int(contents[place]) for place in places], conditions)
    found = probability(odds)
    return [Suggestion(paths[int(contents[place])][0], float(found[place])) for place in places]
