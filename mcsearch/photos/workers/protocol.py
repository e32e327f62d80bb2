"""The protocol between the pool and its worker processes.

A worker sends READY once. A request is one line of JSON, with which the open files arrive. The worker sends MORE for
each READ_AT_ONCE bytes that it has read, and READ after reading and hashing the file. An answer is one line of JSON,
followed by the raw pixels if the photo was decoded. `checks.py` says what of an answer is believed.
"""

import dataclasses
import json
from dataclasses import dataclass
from typing import BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import Facts

READY = b"ready\n"
MORE = b"more\n"
READ = b"read\n"
READ_AT_ONCE = 4 * 1024**2

Pixels = npt.NDArray[np.uint8]
# What to do with a file: read its "facts", also "hash" its content, also "decode" its pixels; or hash it and read the
# "text" in its picture.
Task = Literal["facts", "hash", "decode", "text"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to read the file at `path` and its `sidecars`.

    `framing` applies if the task is to "decode" or to read "text"; `whole_side`, the size of the whole picture, or 0
    for none, if it is to "decode". Pictures of more than `max_megapixels` are refused. With `previews`, a preview that
    a camera put into the file is decoded instead of its picture, if it is as large as the framing and the picture is as
    it was taken.
    """

    path: str
    task: Task
    framing: Framing
    sidecars: tuple[str, ...] = ()
    whole_side: int = 0
    max_megapixels: int = 250
    previews: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The hash of a file's bytes, its facts, pixels and text, as its task includes them; otherwise the hash is empty.

    Pixels are uint8 of shape (height, width, 3), or (frames, height, width, 3) for a video; `whole` is the picture,
    squeezed to a square. Reading and hashing took `read_s` seconds, decoding and reading the facts `decode_s` seconds.
    `damage` says what is missing of a damaged picture that shows enough to be used. `from_preview` is true if the
    pixels are those of a preview in the file; then there is no `whole`.
    """

    file_hash: bytes
    facts: Facts
    read_s: float
    decode_s: float
    pixels: Pixels | None = None
    whole: Pixels | None = None
    damage: str | None = None
    from_preview: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file could not be read or decoded.

    `retry` is true if it may succeed later without any change to it, and `alone` if it may with more memory.
    """

    reason: str
    retry: bool
    alone: bool = False


def request_line(request: Request) -> bytes:
    """Return a request as a line of JSON."""
    return json.dumps(dataclasses.asdict(request)).encode() + b"\n"


def parse_request(line: bytes) -> Request:
    """Return the request that `request_line` made this line of."""
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
            "hash": answer.file_hash.hex(),
            "facts": dataclasses.asdict(answer.facts),
            "read_s": answer.read_s,
            "decode_s": answer.decode_s,
            "shape": None if pixels is None else pixels.shape,
            "damage": answer.damage,
            "from_preview": answer.from_preview,
            "text": answer.text,
        }
    stream.write(json.dumps(header).encode() + b"\n")
    for picture in (pixels, whole):
        if picture is not None:
            stream.write(picture.tobytes())
    stream.flush()
