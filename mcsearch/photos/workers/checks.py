"""Read a worker's answer and believe it only as far as it is checked.

A file that has taken over a decoder decides what the worker says. Answers are JSON and raw bytes instead of pickles, so
that nothing in them runs here; lengths are bounded before anything is read, and every value has its type and range.
"""

import json
import math
import re
import typing
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from mcsearch.photos.facts.taken import DATE_SOURCES
from mcsearch.photos.formats import FORMATS
from mcsearch.photos.workers.protocol import MORE, READ, READ_AT_ONCE, Answer, Pixels, Refusal, Request
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import Facts

# What a well-behaved worker says at most: a caption, 256 keywords and as many names, each character as \uXXXX.
_LINE_BYTES_AT_MOST = 1 << 21
_FRAMES_AT_MOST = 16
_NUMBER_AT_MOST = 2**31
_SECONDS_AT_MOST = 10**7
_HASH_BYTES = 32
_REASON_CHARACTERS_AT_MOST = 300
_TEXT_CHARACTERS_AT_MOST, _WORD_CHARACTERS_AT_MOST, _WORDS_AT_MOST = 4096, 256, 256
_READ_TEXT_CHARACTERS_AT_MOST = 100_000  # as photos/reading/reader.py cuts them
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?)?)?([+-]\d\d:\d\d)?", re.ASCII)
_FORMATS = frozenset(format_.name for format_ in FORMATS)
_TURNS = range(2, 9)
_HINTS = typing.get_type_hints(Facts)


class UntrustworthyError(Exception):
    """A worker has died, or its answer is not one that a sound worker gives."""


def read_answer(
    stream: BinaryIO, request: Request, size_bytes: int, on_more: Callable[[], None], on_read: Callable[[], None]
) -> Answer | Refusal:
    """Wait for the answer to a request for a file of `size_bytes` and return it.

    `on_more` is called when the worker has read another part of the file, `on_read` once it has read all of it. Raises
    UntrustworthyError.
    """
    try:
        return _answer(stream, request, size_bytes, on_more, on_read)
    # The answer is a stranger's, so whatever goes wrong with it means the same.
    except Exception as error:
        raise UntrustworthyError from error


def _answer(
    stream: BinaryIO, request: Request, size_bytes: int, on_more: Callable[[], None], on_read: Callable[[], None]
) -> Answer | Refusal:
    line = stream.readline(_LINE_BYTES_AT_MOST)
    for _ in range(size_bytes // READ_AT_ONCE + 1):
        if line != MORE:
            break
        on_more()
        line = stream.readline(_LINE_BYTES_AT_MOST)
    if line == READ:
        on_read()
        line = stream.readline(_LINE_BYTES_AT_MOST)
    header = json.loads(line)
    if not isinstance(header, dict):
        raise TypeError("not an object")
    if "reason" in header:
        return Refusal(_reason(header["reason"]), _yes_or_no(header["retry"]), _yes_or_no(header["alone"]))
    facts, file_hash = checked_facts(header["facts"]), _hash(header["hash"], request)
    read_s, decode_s = _seconds(header["read_s"]), _seconds(header["decode_s"])
    from_preview = _yes_or_no(header["from_preview"])
    if from_preview and not request.previews:
        raise ValueError("a preview that was not asked for")
    pixels = whole = None
    if request.task == "decode":
        pixels = _pixels(stream, _checked_shape(header["shape"], request.framing))
        if request.whole_side and not from_preview:
            whole = _pixels(stream, (request.whole_side, request.whole_side, 3))
    text = _checked_scalar(header["text"], str, _READ_TEXT_CHARACTERS_AT_MOST) if request.task == "text" else None
    damage = None if header["damage"] is None else _reason(header["damage"])
    return Answer(file_hash, facts, read_s, decode_s, pixels, whole, damage, from_preview, text)


def _pixels(stream: BinaryIO, shape: tuple[int, ...]) -> Pixels:
    return np.frombuffer(stream.read(math.prod(shape)), np.uint8).reshape(shape)


def _checked_shape(shape: Any, framing: Framing) -> tuple[int, ...]:
    """Return the shape of pixels that an answer declares. Raises TypeError, ValueError if the framing forbids it."""
    if not isinstance(shape, list) or not all(type(side) is int for side in shape):
        raise TypeError("the shape is not a list of integers")
    *frames, height, width, channels = shape
    least = 1 if framing.resize_mode == "fit" else framing.size
    fits = all(least <= side <= framing.size for side in (height, width)) and channels == 3
    if not fits or len(frames) > 1 or not all(1 <= count <= _FRAMES_AT_MOST for count in frames):
        raise ValueError(f"the shape is not one of {framing}")
    return *frames, height, width, channels


def _hash(text: Any, request: Request) -> bytes:
    file_hash = bytes.fromhex(text)
    if len(file_hash) != (0 if request.task == "facts" else _HASH_BYTES):
        raise ValueError("not the length of a hash")
    return file_hash


def _seconds(value: Any) -> float:
    if type(value) not in (int, float) or not 0 <= value <= _SECONDS_AT_MOST:  # NaN is not in any range
        raise ValueError("not a number of seconds")
    return float(value)


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _reason(value: Any) -> str:
    """Return a reason as one line of bounded length without control characters."""
    if not isinstance(value, str):
        raise TypeError("not a text")
    printable = "".join(character if character.isprintable() else " " for character in value)
    return " ".join(printable.split())[:_REASON_CHARACTERS_AT_MOST]


def checked_facts(fields: Any) -> Facts:
    """Return Facts made from an answer's fields. Raises TypeError, ValueError or LookupError if a field is invalid."""
    facts = Facts(**{name: _checked(fields[name], hint) for name, hint in _HINTS.items()})
    if facts.format is not None and facts.format not in _FORMATS:
        raise ValueError("not a format")
    if facts.taken_from is not None and facts.taken_from not in DATE_SOURCES:
        raise ValueError("not a source of dates")
    if facts.taken_at is not None and not _DATE.fullmatch(facts.taken_at):
        raise ValueError("not a date")
    if facts.turned is not None and facts.turned not in _TURNS:
        raise ValueError("not a way to turn a picture")
    return facts


def _checked(value: Any, hint: Any) -> Any:
    kind, *others = typing.get_args(hint)  # of `str | None` or `tuple[str, ...]`
    if others == [...]:
        if not isinstance(value, list) or len(value) > _WORDS_AT_MOST:
            raise TypeError("not a list, or a longer one than there are")
        return tuple(_checked_scalar(item, kind, _WORD_CHARACTERS_AT_MOST) for item in value)
    return None if value is None else _checked_scalar(value, kind, _TEXT_CHARACTERS_AT_MOST)


def _checked_scalar(value: Any, kind: Any, characters_at_most: int) -> Any:
    if type(value) is not kind:
        raise TypeError(f"not of the type {kind.__name__}")
    if isinstance(value, str):
        if len(value) > characters_at_most:
            raise ValueError("longer than a text is")
        return value.encode("utf-8", "replace").decode("utf-8")  # SQLite rejects lone surrogates
    if not -_NUMBER_AT_MOST <= value <= _NUMBER_AT_MOST:  # neither NaN, nor too large to be a floating-point number
        raise ValueError("out of range")
    return value
