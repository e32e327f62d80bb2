"""Scan the places of an index run."""

import itertools
import os
from collections.abc import Iterator, Sequence

from mcsearch.ops.indexing.places import Place
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.photos import ScannedFile
from mcsearch.records.progress import Progress

_AT_ONCE = 1000


def scanned(places: Sequence[Place], notes: ScanNotes, progress: Progress) -> Iterator[ScannedFile]:
    """Yield the files of all places that exist, and report progress."""
    existing = [place for place in places if os.path.exists(place.path)]
    paths = {place.path for place in existing}  # a place inside another is scanned once, by its own rules
    files = itertools.chain.from_iterable(
        scan(place.path, place.scan_rules, notes, root=place.root, apart=paths - {place.path}) for place in existing
    )
    return itertools.chain.from_iterable(_reported(files, progress))


def _reported(files: Iterator[ScannedFile], progress: Progress) -> Iterator[list[ScannedFile]]:
    """Yield the files in lists, so that none costs a step of its own, and report progress."""
    count = 0
    while some := list(itertools.islice(files, _AT_ONCE)):
        count += len(some)
        if len(some) == _AT_ONCE:
            progress("scanning", count, None)
        yield some
