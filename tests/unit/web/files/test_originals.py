"""Originals are opened as long as they are the files that were indexed."""

import os
from pathlib import Path

import pytest

from mcsearch.photos.scan import mtime_ns
from mcsearch.web.answers import Refusal
from mcsearch.web.files.originals import IndexedFile, open_original
from tests.unit.photos.test_scan import FAR_TIMES


@pytest.mark.skipif(os.name != "posix", reason="needs times of POSIX files")
@pytest.mark.parametrize("changed_ns", FAR_TIMES)
def test_a_file_changed_outside_64_bits_is_opened(tmp_path: Path, changed_ns: int) -> None:
    (tmp_path / "a.jpg").write_bytes(b"photo")
    os.utime(tmp_path / "a.jpg", ns=(1, changed_ns))
    indexed = IndexedFile(str(tmp_path / "a.jpg"), 5, mtime_ns((tmp_path / "a.jpg").stat()))
    path, file = open_original([indexed])
    with file:
        assert (path, file.read()) == (indexed.path, b"photo")
    (tmp_path / "a.jpg").write_bytes(b"other")
    with pytest.raises(Refusal, match="has changed since it was indexed"):
        open_original([indexed])
