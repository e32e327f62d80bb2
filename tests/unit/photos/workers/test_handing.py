"""Which files are opened for a worker."""

import os
from pathlib import Path

import pytest

from mcsearch.photos.workers.handing import open_files
from mcsearch.photos.workers.protocol import Request
from mcsearch.records.embeddings import Framing


@pytest.mark.skipif(os.name != "posix", reason="needs FIFOs")
def test_a_pipe_or_a_device_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/null")
    opened: list[object] = []
    monkeypatch.setattr("os.open", lambda *arguments: opened.append(arguments))
    for name in ("pipe.jpg", "device.jpg"):
        with pytest.raises(OSError, match="not a regular file"):
            open_files(Request(str(tmp_path / name), "decode", Framing(4)))
    assert opened == []
