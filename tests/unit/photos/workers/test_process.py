"""How a worker reads a file that changes while it does."""

import io
import os
from pathlib import Path

from blake3 import blake3

from mcsearch.photos.pixels.decode import decode
from mcsearch.photos.workers.process import answer_photo, answer_video
from mcsearch.photos.workers.protocol import READ, READ_AT_ONCE, Answer, Refusal, Request
from mcsearch.records.embeddings import Framing
from tests.support.samples import encoded, quarters
from tests.support.videos import video


class Changing(io.BytesIO):
    """What a worker says; when it says that it has read a file, the file is overwritten."""

    def __init__(self, path: Path, after: bytes) -> None:
        super().__init__()
        self._path, self._after = path, after

    def write(self, said: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        if said == READ:
            self._path.write_bytes(self._after)
        return super().write(said)


def request(path: Path) -> Request:
    return Request(str(path), "decode", Framing(32))


def test_hash_pixels_and_facts_of_a_photo_are_of_the_same_bytes(tmp_path: Path) -> None:
    path, before = tmp_path / "a.bmp", encoded(quarters(), "BMP")
    path.write_bytes(before)
    with path.open("rb") as photo:
        answer = answer_photo(request(path), photo, [], Changing(path, encoded(quarters(50, 60), "BMP")))
    assert isinstance(answer, Answer)
    assert answer.pixels is not None
    assert (answer.facts.width, answer.facts.height) == quarters().size
    assert answer.file_hash == blake3(before).digest()
    assert (answer.pixels == decode(before, Framing(32))).all()


def test_a_video_that_changes_between_hash_and_pixels_is_read_another_time(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(video([quarters()]))
    with path.open("rb") as film:
        answer = answer_video(request(path), film, [], Changing(path, video([quarters().rotate(90)]) + b"more"))
    assert answer == Refusal("changed while it was read", retry=True)
    with path.open("rb") as film:
        answer = answer_video(request(path), film, [], io.BytesIO())
    assert isinstance(answer, Answer)
    assert answer.file_hash == blake3(path.read_bytes()).digest()


def test_a_file_that_grows_is_read_as_long_as_it_was(tmp_path: Path) -> None:
    path, content = tmp_path / "a.tif", encoded(quarters(), "TIFF").ljust(2 * READ_AT_ONCE + 5, b"\0")
    path.write_bytes(content)

    class Growing(io.BytesIO):
        def write(self, said: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
            with path.open("ab") as more:
                more.write(bytes(READ_AT_ONCE if more.tell() < 8 * READ_AT_ONCE else 0))
            return super().write(said)

    with path.open("rb") as photo:
        answer = answer_photo(request(path), photo, [], Growing())
    assert isinstance(answer, Answer)
    assert answer.file_hash == blake3(content).digest()
    assert os.path.getsize(path) > len(content)
