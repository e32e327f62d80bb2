"""A library, and a few photos to index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from tests.support.runs import files


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def few(photos: Path) -> Path:
    """A folder of six of the painted photos."""
    for file in files(photos)[6:]:
        file.unlink()
    return photos
