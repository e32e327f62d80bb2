"""Signatures stored by an index run, and those computed by a search for duplicates."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library
from mcsearch.ops.finding.signing import signatures_of
from mcsearch.search.signatures import distances, hashes, likeness
from tests.support.runs import files, inside, run


@pytest.fixture
def library(tmp_path: Path, photos: Path) -> Iterator[Library]:
    for file in files(photos)[12:]:
        file.unlink()
    with Library(tmp_path / "library.db") as library:
        run(library, photos)
        yield library


def _stages_of_dupes(library: Library) -> set[str]:
    seen: set[str] = set()
    library.dupes(progress=lambda stage, *_: seen.add(stage))
    return seen


def test_an_index_run_stores_the_signatures_that_dupes_would_compute(library: Library) -> None:
    content_ids = np.array(sorted(inside(library).duplicates.with_signature()))
    stored = signatures_of(inside(library), content_ids)
    assert len(stored) == 12
    assert _stages_of_dupes(library) == set()
    with inside(library).transaction():
        inside(library)._connection.execute("DELETE FROM signatures")
    assert _stages_of_dupes(library) == {"comparing"}
    computed = signatures_of(inside(library), content_ids)
    assert likeness(stored, computed).min() > 0.98
    assert distances(hashes(stored), hashes(computed)).max() <= 12
