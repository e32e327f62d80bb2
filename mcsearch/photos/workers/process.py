"""The worker process: reads requests on stdin, answers hashes and pixels on stdout.

It says "ready" once. A request is a line of JSON: {"path", "decode": bool, "size", "interpolation",
"resize_mode", "sidecar": path or null}. An answer is a line of JSON, {"hash": hex, "facts": the fields of Facts} or
{"reason", "retry": bool}; the uint8 pixels follow a hash when they were asked for, size × size × 3 bytes, of a video
as many times as "frames" beside the hash says. Every answer says how long it took, "total_s", and with a hash how much
of that went by before decoding, "read_s". JSON and raw bytes rather than pickles: a decoder that a file has taken over
must not be able to run code in the process that owns the library. The process ends when stdin does.
"""

import dataclasses
import json
import os
import queue
import signal
import sys
import threading
import time
from typing import Any, BinaryIO

from blake3 import blake3

from mcsearch.photos.facts.metadata import read_facts, read_video_facts
from mcsearch.photos.facts.xmp import PACKET_BYTES_AT_MOST
from mcsearch.photos.formats import VIDEO, format_of
from mcsearch.photos.pixels.decode import DecodeError, Pixels, decode, decode_video
from mcsearch.photos.workers.pool import READY

MEMORY_LIMIT_BYTES = 4 * 1024**3
FILE_LIMIT_BYTES = 2 * 1024**3
_PIECE_BYTES = 1024**2


def main() -> None:
    """Serve requests until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    _limit_memory()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing a library prints may end up among the answers
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_requests, args=(requests,), daemon=True).start()
    answers.write(b"\n" + READY)  # the line break ends whatever was printed while modules were imported
    answers.flush()
    while True:
        request = requests.get()
        started = time.perf_counter()
        answer, pixels = _answer(json.loads(request))
        answer["total_s"] = time.perf_counter() - started
        _send(answers, answer, pixels)


def _read_requests(requests: "queue.SimpleQueue[bytes]") -> None:
    """Runs in a thread of its own, so that the end of the parent is noticed in the middle of a file, too."""
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb") as lines:
        for line in lines:
            requests.put(line)
    os._exit(0)


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], Pixels | None]:
    if format_of(request["path"]) is VIDEO:
        return _answer_video(request)
    started = time.perf_counter()
    try:
        with open(request["path"], "rb") as file:
            seen = os.fstat(file.fileno())
            if seen.st_size > FILE_LIMIT_BYTES:
                return {"reason": f"larger than {FILE_LIMIT_BYTES // 1024**3} GiB", "retry": False}, None
            content = file.read()
    except (OSError, MemoryError) as error:
        return _unreadable(error), None
    answer: dict[str, Any] = {"hash": blake3(content).hexdigest(), "read_s": time.perf_counter() - started}
    pixels = None
    if request["decode"]:
        try:
            pixels = decode(content, request["size"], request["interpolation"], request["resize_mode"], request["path"])
        except DecodeError as error:
            return {"reason": str(error), "retry": error.retry}, None
    facts = read_facts(content, request["path"], seen.st_mtime_ns, _sidecar(request["sidecar"]))
    return answer | {"facts": dataclasses.asdict(facts)}, pixels


def _sidecar(path: str | None) -> bytes:
    """What is in the XMP file beside a photo; nothing when there is none, or none that can be read."""
    if path is None:
        return b""
    try:
        with open(path, "rb") as file:
            return file.read(PACKET_BYTES_AT_MOST)
    except OSError:
        return b""


def _answer_video(request: dict[str, Any]) -> tuple[dict[str, Any], Pixels | None]:
    """The same for a file that may be larger than memory."""
    digest, started = blake3(), time.perf_counter()
    try:
        with open(request["path"], "rb") as file:
            seen = os.fstat(file.fileno())
            while piece := file.read(_PIECE_BYTES):
                digest.update(piece)
    except (OSError, MemoryError) as error:
        return _unreadable(error), None
    answer: dict[str, Any] = {"hash": digest.hexdigest(), "read_s": time.perf_counter() - started}
    pixels = None
    if request["decode"]:
        try:
            pixels = decode_video(request["path"], request["size"], request["interpolation"], request["resize_mode"])
        except DecodeError as error:
            return {"reason": str(error), "retry": error.retry}, None
        answer["frames"] = len(pixels)
    facts = read_video_facts(request["path"], seen.st_mtime_ns, _sidecar(request["sidecar"]))
    return answer | {"facts": dataclasses.asdict(facts)}, pixels


def _unreadable(error: OSError | MemoryError) -> dict[str, Any]:
    reason = getattr(error, "strerror", None) or "too large to read into memory"
    return {"reason": f"cannot be read: {reason}", "retry": True}


def _send(answers: BinaryIO, answer: dict[str, Any], pixels: Pixels | None) -> None:
    answers.write(json.dumps(answer).encode() + b"\n")
    if pixels is not None:
        answers.write(pixels.tobytes())
    answers.flush()


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash must not fill the disk
    limit = resource.getrlimit(resource.RLIMIT_AS)[1]
    wanted = MEMORY_LIMIT_BYTES if limit == resource.RLIM_INFINITY else min(limit, MEMORY_LIMIT_BYTES)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, limit))
    except (OSError, ValueError):  # macOS refuses; the limit on pixels still holds there
        return


if __name__ == "__main__":
    main()
