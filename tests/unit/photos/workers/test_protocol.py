"""What a worker says of a photo is not believed before it is checked."""

import dataclasses
import io
import json
from typing import Any

import numpy as np
import pytest

from mcsearch.photos.workers.checks import UntrustworthyError, checked_facts, read_answer
from mcsearch.photos.workers.protocol import MORE, Answer, Refusal, Request, write_answer
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import Facts

GOOD = Facts(format="JPEG", taken_at="2023", width=3, height=4, latitude=38.7, rating=-1, keywords=("a", "b"))


def _answer(**changed: Any) -> dict[str, Any]:
    return dataclasses.asdict(GOOD) | {"keywords": list(GOOD.keywords), "people": list(GOOD.people)} | changed


def test_facts_come_back_as_they_were() -> None:
    assert checked_facts(_answer()) == GOOD
    assert checked_facts(_answer(keywords=["\ud800"])).keywords == ("?",)


@pytest.mark.parametrize("source", ["exif", "xmp", "iptc", "container", "takeout", "name", "mtime"])
def test_every_source_of_a_date_is_believed(source: str) -> None:
    assert checked_facts(_answer(taken_from=source)).taken_from == source


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 3},
        {"width": "3"},
        {"width": True},
        {"width": 2**80},
        {"width": 10**400},
        {"width": 3.0},
        {"latitude": 10**400},
        {"latitude": float("-inf")},
        {"caption": "x" * 5000},
        {"keywords": ["x"] * 300},
        {"keywords": ["x" * 300]},
        {"taken_at": "soon"},
        {"taken_at": "2023\n"},
        {"taken_from": "hearsay"},
        {"format": "pickle"},
        {"latitude": float("nan")},
        {"latitude": "38"},
        {"keywords": "a"},
        {"keywords": [1]},
        {"keywords": None},
    ],
)
def test_anything_else_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        checked_facts(_answer(**changed))


def test_what_is_missing_is_refused() -> None:
    with pytest.raises(LookupError):
        checked_facts({})


@pytest.mark.parametrize("shape", [(4, 4, 3), (2, 4, 4, 3)])
def test_pixels_come_back_in_the_shape_that_the_framing_allows(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    answer = _exchanged(pixels, Framing(4))
    assert answer.pixels is not None
    assert (answer.pixels == pixels).all()


def test_pixels_that_fit_may_be_smaller() -> None:
    answer = _exchanged(np.zeros((3, 4, 3), np.uint8), Framing(4, resize_mode="fit"))
    assert answer.pixels is not None
    assert answer.pixels.shape == (3, 4, 3)


@pytest.mark.parametrize("shape", [(3, 4, 3), (5, 5, 3), (4, 4, 4), (17, 4, 4, 3), (1, 1, 4, 4, 3), (0, 4, 3), (4, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UntrustworthyError):
        _exchanged(np.zeros(shape, np.uint8), Framing(4))


def _exchanged(pixels: "np.ndarray[Any, np.dtype[np.uint8]]", framing: Framing) -> Answer:
    stream = io.BytesIO()
    whole = np.arange(2 * 2 * 3, dtype=np.uint8).reshape(2, 2, 3)
    write_answer(stream, Answer(bytes(32), GOOD, 0.0, 0.0, pixels, whole))
    stream.seek(0)
    answer = read_answer(stream, Request("/a.jpg", "decode", framing, whole_side=2), 0, _nothing, _nothing)
    assert isinstance(answer, Answer)
    assert answer.whole is not None
    assert (answer.whole == whole).all()
    return answer


GOOD_ANSWER = {
    "hash": "00" * 32, "facts": _answer(), "read_s": 0.5, "decode_s": 0.5, "shape": [4, 4, 3], "damage": None,
    "from_preview": False,
}  # fmt: skip


def _said(*parts: bytes, size_bytes: int = 0) -> Answer | Refusal:
    request = Request("/a.jpg", "decode", Framing(4))
    return read_answer(io.BytesIO(b"".join(parts)), request, size_bytes, _nothing, _nothing)


def _nothing() -> None:
    pass


def test_a_good_answer_is_believed() -> None:
    answer = _said(MORE, json.dumps(GOOD_ANSWER).encode() + b"\n", bytes(48))
    assert isinstance(answer, Answer)
    assert (answer.facts, answer.file_hash) == (GOOD, bytes(32))


@pytest.mark.parametrize(
    "header",
    [
        json.dumps(GOOD_ANSWER | changed).encode()
        for changed in (
            {"hash": "00"}, {"hash": ""}, {"hash": "00" * 33}, {"hash": 7}, {"hash": "zz" * 32}, {"read_s": "0"},
            {"read_s": float("nan")}, {"read_s": -1}, {"decode_s": 10**400}, {"decode_s": True}, {"shape": None},
            {"shape": "443"}, {"shape": [4.0, 4, 3]}, {"shape": [True, 4, 3]}, {"shape": [10**400, 4, 3]},
            {"facts": []}, {"facts": None}, {"damage": 7}, {"damage": ["x"]},
            {"from_preview": None}, {"from_preview": True},
        )
    ] + [
        b"", b"{}", b"[]", b"null", b"7", b'"reason"', b'["reason"]', b"{", b"\xff", b"9" * 5000,
        b"[" * 100_000, b'{"facts":' * 10_000, b'{"reason": 7, "retry": true, "alone": false}',
        b'{"reason": "no", "retry": "yes", "alone": false}', b'{"reason": "no", "retry": true}',
        b'{"reason": "' + b"x" * (3 << 20) + b'", "retry": true, "alone": false}',
    ],
    ids=lambda header: header[:40].decode("latin-1"),
)  # fmt: skip
def test_an_answer_that_no_sound_worker_gives_is_not_believed(header: bytes) -> None:
    with pytest.raises(UntrustworthyError):
        _said(header + b"\n", bytes(48))


@pytest.mark.parametrize("text", [None, 7, ["a"], "x" * 100_001])
def test_a_text_that_no_sound_worker_reads_is_not_believed(text: Any) -> None:
    request = Request("/a.jpg", "text", Framing(4))
    good, bad = (json.dumps(GOOD_ANSWER | {"text": said}).encode() + b"\n" for said in ("a", text))
    answer = read_answer(io.BytesIO(good), request, 0, _nothing, _nothing)
    assert isinstance(answer, Answer)
    assert answer.text == "a"
    with pytest.raises(UntrustworthyError):
        read_answer(io.BytesIO(bad), request, 0, _nothing, _nothing)


def test_an_answer_that_ends_early_is_not_believed() -> None:
    whole = json.dumps(GOOD_ANSWER).encode() + b"\n" + bytes(48)
    for length in (1, 40, len(whole) - 48, len(whole) - 1):
        with pytest.raises(UntrustworthyError):
            _said(whole[:length])


def test_a_worker_reads_no_more_parts_than_the_file_has() -> None:
    with pytest.raises(UntrustworthyError):
        _said(MORE * 3, json.dumps(GOOD_ANSWER).encode() + b"\n", bytes(48), size_bytes=5 << 20)


def test_a_reason_is_one_line_of_bounded_length() -> None:
    said = {"reason": "\x1b]0;OWNED\a two\nlines" + "x" * 5000, "retry": False, "alone": False}
    refusal = _said(json.dumps(said).encode() + b"\n")
    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("]0;OWNED two linesxxx")
    assert len(refusal.reason) == 300
