"""Downloads: zips of originals, written as they are read, so that they need neither memory nor disk."""

import io
import os
import secrets
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcsearch.paths import shown
from mcsearch.web.answers import Refusal
from mcsearch.web.files.originals import IndexedFile, open_original

IDS_AT_MOST = 2000
_DOWNLOADS_AT_MOST = 64
_KEPT_S = 600.0
_CHUNK_BYTES = 1024 * 1024
LEFT_OUT = "left out.txt"


@dataclass(frozen=True, slots=True)
class Download:
    """The contents to put into a zip, and the time when they were chosen."""

    contents: tuple[int, ...]
    made_at: float


class Downloads:
    """The contents that were chosen for a zip, by a random name, for ten minutes. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Download] = OrderedDict()

    def add(self, contents: tuple[int, ...]) -> str:
        """Return the name of a new download."""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._kept[name] = Download(contents, time.monotonic())
            while len(self._kept) > _DOWNLOADS_AT_MOST:
                self._kept.popitem(last=False)
        return name

    def get(self, name: str) -> tuple[int, ...]:
        """Return the contents of a download. Raises Refusal if there is none of this name, or not any more."""
        with self._lock:
            found = self._kept.get(name)
        if found is None or time.monotonic() - found.made_at > _KEPT_S:
            raise Refusal("not_found", "This download is no longer kept. Choose the photos again.")
        return found.contents


def zipped(photos: Sequence[Sequence[IndexedFile]]) -> Iterator[bytes]:
    """Yield the bytes of a zip of photos, each given by its files, not compressed.

    Photos of which no file is as it was indexed are listed in LEFT_OUT.
    """
    sink = _Sink()
    left_out: list[str] = []
    names: set[str] = {LEFT_OUT}
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for files in photos:
            try:
                path, file = open_original(files)
            except Refusal:
                left_out += [shown(indexed.path) for indexed in files[:1]]
                continue
            with file:
                entry = zipfile.ZipInfo(
                    _new_name(os.path.basename(path), names), _date(os.fstat(file.fileno()).st_mtime)
                )
                with archive.open(entry, "w", force_zip64=True) as target:
                    while chunk := file.read(_CHUNK_BYTES):
                        target.write(chunk)
                        yield sink.taken()
        if left_out:
            archive.writestr(LEFT_OUT, "\n".join(left_out) + "\n")
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that can only be written; what was written is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._position = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def write(self, content: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]
        self._parts.append(bytes(content))
        self._position += len(content)
        return len(content)

    def taken(self) -> bytes:
        """Return what was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _new_name(name: str, names: set[str]) -> str:
    """Return a name that no other file of the zip has, without characters that would lead out of its folder."""
    plain = shown(name).replace("/", "_").replace("\\", "_").lstrip(".") or "photo"
    stem, suffix = os.path.splitext(plain)
    number = 1
    while plain.lower() in names:
        number += 1
        plain = f"{stem} ({number}){suffix}"
    names.add(plain.lower())
    return plain


def _date(mtime: float) -> tuple[int, int, int, int, int, int]:
    year, *rest = time.localtime(max(mtime, 0))[:6]
    if not 1980 <= year <= 2107:
        return (1980, 1, 1, 0, 0, 0)
    month, day, hour, minute, second = rest
    return year, month, day, hour, minute, second
