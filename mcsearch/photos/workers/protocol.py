"""The protocol between the pool and its worker processes.

A worker sends READY once. A request is one line of JSON. The worker sends READ after reading and hashing the file. An
answer is one line of JSON, followed by the raw pixels if the photo was decoded. Answers are JSON and raw bytes instead
of pickles, and are validated: a malicious file that takes over a decoder must not be able to run code in the process
that owns the library.
"""

import dataclasses
import json
import math
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from mcsearch.records import Facts, Framing

READY = b"ready\n"
READ = b"read\n"
_LINE_BYTES_AT_MOST = 1 << 21
_FRAMES_AT_MOST = 16
_NUMBER_AT_MOST = 2**31

Pixels = npt.NDArray[np.uint8]
# What to do with a file: read its "facts", also "hash" its content, also "decode" its pixels; or hash it and read the
# "text" in its picture.
Task = Literal["facts", "hash", "decode", "text"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to read the file at `path` and its `sidecars`.

    `framing` applies if the task is to "decode" or to read "text"; `whole_side`, the size of the whole
    picture, or 0 for none, if it is to "decode".
    """

    path: str
    task: Task
    framing: Framing
    sidecars: tuple[str, ...] = ()
    whole_side: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The content hash, facts, pixels and text of a file, as its task includes them; otherwise the hash is empty.

    Pixels are uint8 of shape (height, width, 3), or (frames, height, width, 3) for a video; `whole` is the picture,
    squeezed to a square. Reading and hashing took `read_s` seconds, decoding and reading the facts `decode_s` seconds.
    """

    content_hash: bytes
    facts: Facts
    read_s: float
    decode_s: float
    pixels: Pixels | None = None
    whole: Pixels | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file could not be read or decoded; `retry` is true if it may succeed later without any change to it."""

    reason: str
    retry: bool


def write_request(stream: BinaryIO, request: Request) -> None:
    """Send a request. Raises OSError if the worker has exited."""
    stream.write(json.dumps(dataclasses.asdict(request)).encode() + b"\n")
    stream.flush()


def parse_request(line: bytes) -> Request:
    """Return the request that `write_request` wrote as this line."""
    fields = json.loads(line)
    framing, sidecars = Framing(**fields.pop("framing")), tuple(fields.pop("sidecars"))
    return Request(**fields, framing=framing, sidecars=sidecars)


def write_answer(stream: BinaryIO, answer: Answer | Refusal) -> None:
    """Send an answer, followed by its pixels if it has any."""
    if isinstance(answer, Refusal):
        header, pixels, whole = dataclasses.asdict(answer), None, None
    else:
        pixels, whole = answer.pixels, answer.whole
        header = {
            "hash": answer.content_hash.hex(),
            "facts": dataclasses.asdict(answer.facts),
            "read_s": answer.read_s,
            "decode_s": answer.decode_s,
            "shape": None if pixels is None else pixels.shape,
            "text": answer.text,
        }
    stream.write(json.dumps(header).encode() + b"\n")
    for picture in (pixels, whole):
        if picture is not None:
            stream.write(picture.tobytes())
    stream.flush()


def read_answer(stream: BinaryIO, request: Request, on_read: Callable[[], None]) -> Answer | Refusal:
    """Wait for the answer to a request and return it.

    `on_read` is called once the worker has read the file. Raises OSError, ValueError, TypeError, LookupError or
    RecursionError if the worker dies or its answer is invalid.
    """
    line = stream.readline(_LINE_BYTES_AT_MOST)
    if line == READ:
        on_read()
        line = stream.readline(_LINE_BYTES_AT_MOST)
    header = json.loads(line)
    if "reason" in header:
        return Refusal(str(header["reason"]), bool(header["retry"]))
    pixels = whole = None
    if request.task == "decode":
        pixels = _pixels(stream, _checked_shape(header["shape"], request.framing))
        if request.whole_side:
            whole = _pixels(stream, (request.whole_side, request.whole_side, 3))
    return Answer(
        bytes.fromhex(header["hash"]),
        checked_facts(header["facts"]),
        float(header["read_s"]),
        float(header["decode_s"]),
        pixels,
        whole,
        str(_checked_scalar(header["text"], str)) if request.task == "text" else None,
    )


def _pixels(stream: BinaryIO, shape: tuple[int, ...]) -> Pixels:
    return np.frombuffer(stream.read(math.prod(shape)), np.uint8).reshape(shape)


def _checked_shape(shape: Any, framing: Framing) -> tuple[int, ...]:
    """Return the shape of pixels that an answer declares. Raises TypeError, ValueError if the framing forbids it."""
    *frames, height, width, channels = map(int, shape)
    least = 1 if framing.resize_mode == "fit" else framing.size
    fits = all(least <= side <= framing.size for side in (height, width)) and channels == 3
    if not fits or len(frames) > 1 or not all(1 <= count <= _FRAMES_AT_MOST for count in frames):
        raise ValueError(f"the shape {shape!r} is not one of {framing}")
    return *frames, height, width, channels


def checked_facts(fields: dict[str, Any]) -> Facts:
    """Return Facts made from an answer's fields. Raises TypeError, ValueError or LookupError if a field is invalid."""
    return Facts(**{name: _checked(fields[name], hint) for name, hint in _HINTS.items()})


_HINTS = typing.get_type_hints(Facts)


def _checked(value: Any, hint: Any) -> Any:
    kind, *others = typing.get_args(hint)  # of `str | None` or `tuple[str, ...]`
    if others == [...]:
        if not isinstance(value, list):
            raise TypeError(f"{value!r} is not a list")
        return tuple(_checked_scalar(item, kind) for item in value)
    return None if value is None else _checked_scalar(value, kind)


def _checked_scalar(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not {kind.__name__}")
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")  # SQLite rejects lone surrogates
    if not math.isfinite(value) or abs(value) > _NUMBER_AT_MOST:  # type: ignore[arg-type]
        raise ValueError(f"{value!r} is out of range")
    return value
