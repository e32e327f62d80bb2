"""Read the text in the photos of those roots whose rules ask for it, at the end of an index run."""

from collections.abc import Sequence

from mcsearch.errors import UsageError
from mcsearch.library.conditions import Condition, at_or_below
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.indexing.places import Place
from mcsearch.paths import is_under
from mcsearch.records.progress import Progress


def read_in_roots(
    library: LibraryFile, places: Sequence[Place], workers: int | None, progress: Progress
) -> tuple[int, list[str]]:
    """Read the text in the photos of these places, where their rules say so and it has not been done.

    Return the number of photos that were read, and warnings: that the reader is not installed any more.
    """
    read = 0
    try:
        for place in places:
            if place.scan_rules.read:
                from mcsearch.ops.reading.read import read_texts  # imported late, as all that reads photos

                read += read_texts(library, _inside(place, places), workers=workers, progress=progress).read
    except UsageError as error:
        return read, [str(error)]
    return read, []


def _inside(place: Place, places: Sequence[Place]) -> list[Condition]:
    """Return the conditions that a photo is in a place, and not in another one inside it, which has its own rules."""
    others = [one for one in places if one is not place and is_under(one.path, place.path)]
    outside = (at_or_below(one.path) for one in others)
    return [at_or_below(place.path), *(Condition(f"NOT {one.sql}", one.parameters) for one in outside)]
