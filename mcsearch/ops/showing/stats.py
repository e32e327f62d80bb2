"""Count the photos of a library by year, camera, format and tag."""

from collections.abc import Sequence

from mcsearch.library.filtering.filters import Wanted
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records.status import Count, Statistics

# Far more than anyone reads, and few enough to keep.
_VALUES_AT_MOST = 1000


def count_photos(opened: OpenLibrary, *, filters: Wanted | None = None, model: str | None = None) -> Statistics:
    """Return the numbers of photos that pass the filters, with tags read as those of the model.

    Raises UsageError for a bad filter, NothingIndexedError if there are no photos.
    """
    library, record = opened.file, opened.models.to_ask(model).record
    conditions = filter_conditions(library, record, filters)
    with library.snapshot():
        matching = library.photos.fixed(conditions)
        photos = library.photos.count(matching)
        years = [Count(value, count) for value, count in library.browsing.years(matching)]
        return Statistics(
            photos=photos,
            failed=sum(not failure.damaged for failure in library.photos.failures()),
            years=tuple(sorted(years, key=lambda count: (count.value is None, count.value))),
            cameras=_with_unknown(library.browsing.counts("camera", matching, _VALUES_AT_MOST), photos),
            formats=_with_unknown(library.browsing.counts("format", matching, _VALUES_AT_MOST), photos),
            tags=tuple(Count(*row) for row in library.browsing.labels(record.id, matching, _VALUES_AT_MOST)),
        )


def _with_unknown(rows: Sequence[tuple[str, int]], photos: int) -> tuple[Count, ...]:
    """Return counts, and the rest of the photos as unknown, which is exact below _VALUES_AT_MOST values."""
    counts = tuple(Count(*row) for row in rows)
    unknown = photos - sum(count.photos for count in counts)
    return (*counts, Count(None, unknown)) if unknown and len(rows) < _VALUES_AT_MOST else counts
