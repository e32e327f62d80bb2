"""What a worker says of a photo is not believed before it is checked."""

import dataclasses
from typing import Any

import pytest

from mcsearch.photos.workers.protocol import checked_facts
from mcsearch.records import Facts

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
