"""What a worker says of a photo is not believed before it is checked."""

import dataclasses
import io
from typing import Any

import numpy as np
import pytest

from mcsearch.photos.workers.protocol import Answer, Request, checked_facts, read_answer, write_answer
from mcsearch.records import Facts, Framing

GOOD = Facts(format="JPEG", taken_at="2023", width=3, height=4, latitude=38.7, rating=-1, keywords=("a", "b"))


def _answer(**changed: Any) -> dict[str, Any]:
    return dataclasses.asdict(GOOD) | {"keywords": list(GOOD.keywords), "people": list(GOOD.people)} | changed


def test_facts_come_back_as_they_were() -> None:
    assert checked_facts(_answer()) == GOOD
    assert checked_facts(_answer(keywords=["\ud800"])).keywords == ("?",)


@pytest.mark.parametrize(
    "changed",
    [
        {"format": 3},
        {"width": "3"},
        {"width": True},
        {"width": 2**80},
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
    with pytest.raises(ValueError, match=r"shape|unpack"):
        _exchanged(np.zeros(shape, np.uint8), Framing(4))


def _exchanged(pixels: "np.ndarray[Any, np.dtype[np.uint8]]", framing: Framing) -> Answer:
    stream = io.BytesIO()
    whole = np.arange(2 * 2 * 3, dtype=np.uint8).reshape(2, 2, 3)
    write_answer(stream, Answer(bytes(32), GOOD, 0.0, 0.0, pixels, whole))
    stream.seek(0)
    answer = read_answer(stream, Request("/a.jpg", "decode", framing, whole_side=2), lambda: None)
    assert isinstance(answer, Answer)
    assert answer.whole is not None
    assert (answer.whole == whole).all()
    return answer
