"""The worker process, which reads requests from stdin, writes answers to stdout and exits when stdin is closed."""

import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

from blake3 import blake3

from mcsearch.photos.beside import is_meant_for
from mcsearch.photos.facts.containers.jpeg import has_all_metadata
from mcsearch.photos.facts.metadata import read_facts, read_video_facts
from mcsearch.photos.facts.xmp import PACKET_BYTES_AT_MOST
from mcsearch.photos.first_bytes import format_at
from mcsearch.photos.formats import VIDEO, format_of
from mcsearch.photos.pixels.decode import DecodeError, Views, decode_video, decode_views
from mcsearch.photos.reading.reader import read_text
from mcsearch.photos.workers.protocol import READ, READY, Answer, Pixels, Refusal, Request, parse_request, write_answer
from mcsearch.records import Facts

MEMORY_LIMIT_BYTES = 4 * 1024**3
FILE_LIMIT_BYTES = 2 * 1024**3
_CHUNK_BYTES = 1024**2
# The metadata of most JPEGs, with an embedded thumbnail, takes less.
_JPEG_START_BYTES = 256 * 1024


def main() -> None:
    """Serve requests until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    _limit_memory()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # keeps anything a library prints out of the answers
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    answers.write(b"\n" + READY)  # the line break terminates anything printed during imports
    answers.flush()
    while True:
        write_answer(answers, _answer(parse_request(requests.get()), answers))


def _read_requests(requests: "queue.SimpleQueue[bytes]") -> None:
    """Queue the lines of stdin; runs in a thread so that the worker exits with its parent even during a slow file."""
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as lines:
        for line in lines:
            requests.put(line)
    os._exit(0)


def _answer(request: Request, answers: BinaryIO) -> Answer | Refusal:
    try:
        format_ = format_of(request.path) or format_at(request.path)
        return _answer_video(request, answers) if format_ is VIDEO else _answer_photo(request, answers)
    except DecodeError as error:
        return Refusal(str(error), error.retry)
    except (OSError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or "too large to read into memory"
        return Refusal(f"cannot be read ({reason})", retry=True)


def _answer_photo(request: Request, answers: BinaryIO) -> Answer | Refusal:
    started = time.perf_counter()
    with open(request.path, "rb") as file:
        status = os.fstat(file.fileno())
        if status.st_size > FILE_LIMIT_BYTES:
            return Refusal(f"larger than {FILE_LIMIT_BYTES // 1024**3} GiB", retry=False)
        content = _bytes_with_facts(file) if request.task == "facts" else file.read()
    content_hash = b"" if request.task == "facts" else blake3(content).digest()
    read = _announce_read(answers)
    views = None
    if request.task == "text":
        picture = decode_views(content, request.framing, request.path).pixels
        return _with_text(content_hash, picture, read - started, read)
    if request.task == "decode":
        views = decode_views(content, request.framing, request.path, request.whole_side)
    facts = read_facts(content, request.path, status.st_mtime_ns, list(_sidecars(request)))
    return _answered(content_hash, facts, read - started, time.perf_counter() - read, views)


def _answer_video(request: Request, answers: BinaryIO) -> Answer | Refusal:
    """Answer a request for a video, hashing it in chunks because it may be larger than memory."""
    started, digest = time.perf_counter(), blake3()
    with open(request.path, "rb") as file:
        status = os.fstat(file.fileno())
        while request.task != "facts" and (chunk := file.read(_CHUNK_BYTES)):
            digest.update(chunk)
    content_hash = b"" if request.task == "facts" else digest.digest()
    read = _announce_read(answers)
    if request.task == "text":
        several = decode_video(request.path, request.framing).pixels
        return _with_text(content_hash, several[len(several) // 2], read - started, read)
    views = decode_video(request.path, request.framing, request.whole_side) if request.task == "decode" else None
    facts = read_video_facts(request.path, status.st_mtime_ns, list(_sidecars(request)))
    return _answered(content_hash, facts, read - started, time.perf_counter() - read, views)


def _answered(content_hash: bytes, facts: Facts, read_s: float, decode_s: float, views: Views | None) -> Answer:
    return Answer(content_hash, facts, read_s, decode_s, *(views or ()))


def _with_text(content_hash: bytes, picture: Pixels, read_s: float, read_at: float) -> Answer:
    """Return the answer to a request for the text in a picture, of a video in its middle frame."""
    text = read_text(picture)
    return Answer(content_hash, Facts(), read_s, time.perf_counter() - read_at, text=text)


def _bytes_with_facts(file: BinaryIO) -> bytes:
    """Read a file as far as its facts require: a JPEG up to its pixels, any other file to its end."""
    start = file.read(_JPEG_START_BYTES)
    return start if has_all_metadata(start) else start + file.read()


def _announce_read(answers: BinaryIO) -> float:
    """Tell the pool that the file has been read, which starts the time limit for decoding; return the current time."""
    answers.write(READ)
    answers.flush()
    return time.perf_counter()


def _sidecars(request: Request) -> Iterator[bytes]:
    """Yield the contents of the photo's readable XMP sidecars, except those that declare another file as theirs."""
    if not request.sidecars:
        return
    from mcsearch.photos.facts.sidecar import declared_suffix  # imports lxml, which most folders do not need

    for path in request.sidecars:
        try:
            with open(path, "rb") as file:
                content = file.read(PACKET_BYTES_AT_MOST)
        except OSError:
            continue
        if is_meant_for(request.path, path, declared_suffix(content)):
            yield content


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = MEMORY_LIMIT_BYTES if limit == resource.RLIM_INFINITY else min(limit, MEMORY_LIMIT_BYTES)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, limit))
    except (OSError, ValueError):  # macOS does not support this limit; the limit on pixels still applies
        return


if __name__ == "__main__":
    main()
