"""Originals: opened only while they are in an indexed folder and are still the files that were indexed."""

import os
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.on_disk import is_as_indexed
from mcsearch.paths import is_under, portable
from mcsearch.web.answers import FOR_EVER, Refusal, is_known

_CHUNK_BYTES = 256 * 1024
_DIGITS_AT_MOST = 18  # of a position in a file
# What a browser may show by itself. Everything else is saved.
_SHOWN = {
    "JPEG": "image/jpeg", "PNG": "image/png", "WebP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif",
}  # fmt: skip
_SHOWN_VIDEOS = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".webm": "video/webm"}


@dataclass(frozen=True, slots=True)
class IndexedFile:
    """A file in an indexed folder, with the size and the modification time that it was indexed with."""

    path: str
    size_bytes: int
    mtime_ns: int


def indexed_files(library: LibraryFile, content_id: int) -> list[IndexedFile]:
    """Return the files with a content that are in an indexed folder."""
    roots = library.roots.known()
    files = (IndexedFile(*file) for file in library.browsing.files(content_id))
    return [file for file in files if any(is_under(file.path, root) for root in roots)]


def open_original(files: Sequence[IndexedFile]) -> tuple[str, BinaryIO]:
    """Return the path of the first file that is as it was indexed, and the open file. Raises Refusal if none is.

    What is checked is the open file, so a file that takes its place meanwhile is not read.
    """
    for indexed in files:
        try:
            # A pipe that took the place of a photo must not be waited for.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            descriptor = os.open(indexed.path, flags)
        except (OSError, ValueError):
            continue
        file = os.fdopen(descriptor, "rb")
        if is_as_indexed(os.fstat(descriptor), indexed.size_bytes, indexed.mtime_ns):
            return indexed.path, file
        file.close()
    raise Refusal("away", "The file is not there, or has changed since it was indexed.")


def original_answer(
    request: Request, path: str, file: BinaryIO, format_: str | None, tag: str, *, download: bool
) -> Response:
    """Return an open file, or the one range of it that is asked for, as the answer, which closes it."""
    size = os.fstat(file.fileno()).st_size
    media_type = _SHOWN.get(format_ or "") or _SHOWN_VIDEOS.get(os.path.splitext(path)[1].lower(), "")
    name = urllib.parse.quote(portable(os.path.basename(path)).encode("utf-8", "surrogateescape"), safe="")
    shown = "inline" if media_type and not download else "attachment"
    headers = {
        "ETag": tag, "Cache-Control": FOR_EVER, "Accept-Ranges": "bytes",
        "Content-Disposition": f"{shown}; filename*=UTF-8''{name}", "Content-Security-Policy": "sandbox",
    }  # fmt: skip
    if is_known(request, tag):
        file.close()
        return Response(status_code=304, headers=headers)
    try:
        wanted = _range(request.headers.get("range"), size)
    except Refusal:
        file.close()
        raise
    first, last = wanted or (0, size - 1)
    status = 206 if wanted else 200
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(_chunks(file, first, last), status, headers, media_type or "application/octet-stream")


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte that are asked for, None for the whole; several ranges count as none."""
    kind, _, span = (header or "").partition("=")
    start, dash, end = span.strip().partition("-")
    if kind.strip() != "bytes" or not dash or "," in span or not (start + end).isascii() or not (start + end).isdigit():
        return None
    if start:
        first, last = _position(start), min(_position(end), size - 1) if end else size - 1
    else:
        first, last = max(0, size - _position(end)), size - 1
    if first > last:
        raise Refusal("usage", "The range is not in the file.", status=416)
    return first, last


def _position(digits: str) -> int:
    """Return a number of bytes; one of very many digits is larger than any file, and Python would refuse it."""
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _DIGITS_AT_MOST else 10**_DIGITS_AT_MOST


def _chunks(file: BinaryIO, first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left > 0 and (chunk := file.read(min(_CHUNK_BYTES, left))):
            left -= len(chunk)
            yield chunk
