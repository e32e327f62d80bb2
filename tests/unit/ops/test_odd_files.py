"""A folder of everything that is not a file, or has a name that few programs expect, indexed in one run."""

import os
import shutil
import socket
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3

from mcsearch import Library
from mcsearch.photos.pixels.decode import decode
from mcsearch.photos.workers.outcomes import Decoded, Undecodable
from mcsearch.photos.workers.pool import decode_all
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile
from tests.support.runs import counts, files, inside, run
from tests.support.samples import encoded, quarters

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="Windows has none of these"), pytest.mark.slow]

NAMES = [
    b"a" * 251 + b".jpg",
    b"caf\xe9\xff.jpg",
    b"\x1b]0;OWNED\a\xc2\x9b31m\x7f\xe2\x80\xae.jpg",
    b"Case.jpg",
    b"case.JPG",
    "e\u0301.jpg".encode(),
    "\u00e9.jpg".encode(),
]


def test_what_is_no_file_is_left_out_and_every_name_is_kept(
    library: Library, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, outside = files(few)[0], tmp_path / "outside"
    root = tmp_path / "root"
    root.mkdir()
    outside.mkdir()
    for name in NAMES:
        shutil.copy(photo, os.path.join(os.fsencode(root), name))
    (root / "folder.jpg").mkdir()
    shutil.copy(photo, root / "folder.jpg" / "inside.jpg")
    shutil.copy(photo, outside / "linked.jpg")
    (root / "out.jpg").symlink_to(outside / "linked.jpg")
    (root / "out").symlink_to(outside)
    (root / "loop.jpg").symlink_to("loop.jpg")
    (root / "up").symlink_to(root)
    for device in ("zero", "urandom", "null", "tty"):  # the first two have no end, the last waits
        (root / f"{device}.jpg").symlink_to(f"/dev/{device}")
    os.mkfifo(root / "pipe.jpg")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.jpg")
        _deeper_than_a_path_is_long(root, photo)
        report = run(library, root)
    listed = {os.path.relpath(os.fsencode(path), os.fsencode(root)) for path in inside(library).photos.by_path()}
    kept = {name for name in NAMES if os.path.lexists(os.path.join(os.fsencode(root), name))}
    assert len(kept) == len({os.stat(os.path.join(os.fsencode(root), name)).st_ino for name in NAMES})
    assert listed == kept | {b"folder.jpg/inside.jpg", b"out.jpg", b"out/linked.jpg"}
    assert report.failed == 0
    assert library.failures() == []
    assert sum("cannot be read" in warning for warning in report.warnings) <= 3
    assert counts(run(library, root)) == {"unchanged": len(listed)}


def _deeper_than_a_path_is_long(root: Path, photo: Path) -> None:
    """Put a photo below folders whose names are longer together than a path may be."""
    folder = os.open(root, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=folder)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    descriptor = os.open("photo.jpg", os.O_WRONLY | os.O_CREAT, dir_fd=folder)
    os.write(descriptor, photo.read_bytes())
    os.close(descriptor)
    os.close(folder)


def test_hash_and_pixels_are_of_the_bytes_that_were_read_whatever_the_scan_saw(tmp_path: Path) -> None:
    changed, gone, shrunk = (tmp_path / name for name in ("changed.jpg", "gone.jpg", "shrunk.jpg"))
    now = encoded(quarters(), "JPEG")
    changed.write_bytes(now)
    shrunk.write_bytes(b"")
    seen = [ScannedFile(str(path), size, 1) for path, size in ((changed, 10), (gone, 5000), (shrunk, 10**9))]
    found = {Path(outcome.file.path): outcome for outcome in decode_all(seen, Framing(64), 1)}
    read = found[changed]
    assert isinstance(read, Decoded)
    assert read.content_hash == blake3(now).digest()
    assert np.array_equal(read.pixels, decode(now, Framing(64)))
    missing, empty = found[gone], found[shrunk]
    assert isinstance(missing, Undecodable)
    assert missing.retry
    assert isinstance(empty, Undecodable)
    assert empty.reason == "the file is empty"
