"""The worker process, which receives requests on stdin, writes answers to stdout and exits when stdin is closed."""

import argparse
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

from blake3 import blake3

from mcsearch.photos.as_taken import is_as_taken
from mcsearch.photos.beside import is_meant_for, may_turn
from mcsearch.photos.facts.containers.jpeg import has_all_metadata
from mcsearch.photos.facts.metadata import photo_facts, read_metadata, read_video_facts
from mcsearch.photos.facts.xmp import PACKET_BYTES_AT_MOST
from mcsearch.photos.first_bytes import BYTES_READ, format_of_bytes
from mcsearch.photos.formats import VIDEO, format_of
from mcsearch.photos.pixels.decode import DecodeError, TooLargeError, Views, decode_video, decode_views
from mcsearch.photos.pixels.limits.sizes import allow_megapixels
from mcsearch.photos.reading.reader import read_text
from mcsearch.photos.workers.confinement import confine
from mcsearch.photos.workers.handing import CAN_HAND_OVER, open_files, received
from mcsearch.photos.workers.protocol import (
    MORE,
    READ,
    READ_AT_ONCE,
    READY,
    Answer,
    Pixels,
    Refusal,
    Request,
    parse_request,
    write_answer,
)
from mcsearch.records.photos import Facts

FILE_LIMIT_BYTES = 2 * 1024**3
# The metadata of most JPEGs, with an embedded thumbnail, takes less.
_JPEG_START_BYTES = 256 * 1024
_Requests = queue.SimpleQueue[tuple[bytes, tuple[int, ...]]]


def main() -> None:
    """Serve requests until stdin ends."""
    parser = argparse.ArgumentParser(description="Decode photos; started by mcsearch.")
    parser.add_argument("--memory", type=int, default=0, help="bytes of memory to use at most; 0 for no limit")
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    _limit_memory(arguments.memory)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # keeps anything a library prints out of the answers
    time.localtime()  # reads the time zone
    confine()  # before there is a second thread
    requests: _Requests = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(requests,), daemon=True).start()
    answers.write(b"\n" + READY)  # the line break terminates anything printed during imports
    answers.flush()
    while True:
        line, descriptors = requests.get()
        write_answer(answers, _answer(parse_request(line), descriptors, answers))


def _receive(requests: _Requests) -> None:
    """Queue what arrives on stdin, in a thread, so that the worker exits with its parent even during a slow file."""
    try:
        if CAN_HAND_OVER:
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=os.dup(sys.stdin.fileno()))
            for arrived in received(channel):
                requests.put(arrived)
        else:
            with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as lines:
                for line in lines:
                    requests.put((line, ()))
    finally:
        os._exit(0)


def _answer(request: Request, descriptors: Sequence[int], answers: BinaryIO) -> Answer | Refusal:
    files: list[BinaryIO] = []
    allow_megapixels(request.max_megapixels)
    try:
        if not descriptors:
            handed = open_files(request)
            request, descriptors = handed.request, handed.descriptors
        files += [os.fdopen(descriptor, "rb") for descriptor in descriptors]
        photo, *sidecars = files
        format_ = format_of(request.path) or format_of_bytes(photo.read(BYTES_READ))
        photo.seek(0)
        answer = answer_video if format_ is VIDEO else answer_photo
        return answer(request, photo, sidecars, answers)
    except TooLargeError as error:
        return Refusal(str(error), retry=False, alone=True)
    except DecodeError as error:
        return Refusal(str(error), error.retry)
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "too large to read into memory"
        return Refusal(f"cannot be read ({reason})", retry=True, alone=isinstance(error, MemoryError))
    finally:
        for file in files:
            file.close()


def answer_photo(
    request: Request, photo: BinaryIO, sidecars: Sequence[BinaryIO], answers: BinaryIO
) -> Answer | Refusal:
    """Answer a request for a photo. It is read once, so that hash, pixels and facts are of the same bytes."""
    started = time.perf_counter()
    status = os.fstat(photo.fileno())
    if status.st_size > FILE_LIMIT_BYTES:
        return Refusal(f"larger than {FILE_LIMIT_BYTES // 1024**3} GiB", retry=False)
    content = b""
    if request.task == "facts":
        content = photo.read(_JPEG_START_BYTES)
    if not has_all_metadata(content):
        content = _joined(content, _parts(photo, status.st_size - len(content), answers))
    file_hash = b"" if request.task == "facts" else blake3(content).digest()
    packets = list(_packets(request, sidecars))
    read = _announce_read(answers)
    turning = [packet for packet, is_turning in packets if is_turning]
    metadata = read_metadata(content, request.path)
    facts = photo_facts(metadata, request.path, status.st_mtime_ns, [packet for packet, _ in packets], turning)
    views = None
    if request.task == "text":
        picture = decode_views(content, request.framing, request.path, turned=facts.turned).pixels
        return _with_text(file_hash, facts, picture, read - started, read)
    if request.task == "decode":
        previews = request.previews and is_as_taken(metadata)
        views = decode_views(
            content, request.framing, request.path, request.whole_side, facts.turned, previews=previews
        )  # fmt: skip
    return _answered(file_hash, facts, read - started, time.perf_counter() - read, views)


def answer_video(
    request: Request, video: BinaryIO, sidecars: Sequence[BinaryIO], answers: BinaryIO
) -> Answer | Refusal:
    """Answer a request for a video, hashing it in parts because it may be larger than memory.

    It is read again for its pictures; if it has changed since, its hash is not believed.
    """
    started, digest = time.perf_counter(), blake3()
    status = os.fstat(video.fileno())
    if request.task != "facts":
        for part in _parts(video, status.st_size, answers):
            digest.update(part)
    file_hash = b"" if request.task == "facts" else digest.digest()
    packets = [packet for packet, _ in _packets(request, sidecars)]
    read = _announce_read(answers)
    views = decode_video(video, request.framing, request.whole_side) if request.task in ("decode", "text") else None
    facts = read_video_facts(video, request.path, status.st_mtime_ns, packets)
    if _version(os.fstat(video.fileno())) != _version(status):
        return Refusal("changed while it was read", retry=True)
    if request.task == "text" and views is not None:
        return _with_text(file_hash, facts, views.pixels[len(views.pixels) // 2], read - started, read)
    return _answered(file_hash, facts, read - started, time.perf_counter() - read, views)


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _answered(file_hash: bytes, facts: Facts, read_s: float, decode_s: float, views: Views | None) -> Answer:
    return Answer(file_hash, facts, read_s, decode_s, *(views or ()))


def _parts(file: BinaryIO, size_bytes: int, answers: BinaryIO) -> Iterator[bytes]:
    """Yield the bytes of a file, no more than it had when it was opened, and tell the pool about every part."""
    left = size_bytes
    while left > 0 and (part := file.read(min(left, READ_AT_ONCE))):
        left -= len(part)
        yield part
        if left > 0:
            answers.write(MORE)
            answers.flush()


def _joined(start: bytes, parts: Iterator[bytes]) -> bytes:
    """Return the bytes joined; a large file is copied once, and is never in memory twice."""
    first = start + next(parts, b"") if start else next(parts, b"")
    if len(first) < READ_AT_ONCE:
        return first + b"".join(parts)
    buffer = BytesIO()
    buffer.write(first)
    del first
    for part in parts:
        buffer.write(part)
    return buffer.getvalue()


def _with_text(file_hash: bytes, facts: Facts, picture: Pixels, read_s: float, read_at: float) -> Answer:
    """Return the answer to a request for the text in a picture, of a video in its middle frame."""
    text = read_text(picture)
    return Answer(file_hash, facts, read_s, time.perf_counter() - read_at, text=text)


def _announce_read(answers: BinaryIO) -> float:
    """Tell the pool that the file has been read, which starts the time limit for decoding; return the current time."""
    answers.write(READ)
    answers.flush()
    return time.perf_counter()


def _packets(request: Request, sidecars: Sequence[BinaryIO]) -> Iterator[tuple[bytes, bool]]:
    """Yield the contents of the photo's readable XMP sidecars, except those that declare another file as theirs.

    With each comes whether its orientation is that of the photo.
    """
    if not sidecars:
        return
    from mcsearch.photos.facts.sidecar import declared_suffix  # imports lxml, which most folders do not need

    for path, sidecar in zip(request.sidecars, sidecars, strict=True):
        try:
            content = sidecar.read(PACKET_BYTES_AT_MOST)
        except OSError:
            continue
        suffix = declared_suffix(content)
        if is_meant_for(request.path, path, suffix):
            yield content, may_turn(request.path, path, suffix)


def _limit_memory(wanted_bytes: int) -> None:
    """Limit this process for good: its memory, the size of files it may write, and what a crash leaves behind."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not wanted_bytes:
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    allowed = wanted_bytes if limit == resource.RLIM_INFINITY else min(limit, wanted_bytes)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    except (OSError, ValueError):  # macOS does not support this limit; the limit on pixels still applies
        return


if __name__ == "__main__":
    main()
