"""Records are frozen dataclasses to all who use them."""

import copy
import dataclasses
import pickle
import typing
from collections.abc import Mapping

import pytest

from mcsearch.records.record import Record


class Point(Record):
    """A record with a field of each kind."""

    x: int
    y: int = 0
    more: Mapping[str, int] = dataclasses.field(default_factory=dict)


def test_fields_by_position_and_by_name() -> None:
    assert Point(1, 2) == Point(y=2, x=1) != Point(1)
    assert repr(Point(1, more={"z": 3})) == "Point(x=1, y=0, more={'z': 3})"
    assert Point(1).more is not Point(1).more
    assert Point(1) != (1, 0, {})


@pytest.mark.parametrize(
    ("values", "named"), [((), {}), ((1, 2, {}, 4), {}), ((1,), {"x": 1}), ((1,), {"z": 1}), ((), {"y": 1, "z": 1})]
)
def test_other_fields_than_a_record_has(values: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError):
        Point(*values, **named)  # type: ignore[arg-type]


def test_a_record_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Point(1).x = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del Point(1).x


def test_equal_records_have_the_same_hash() -> None:
    assert len({Point(1, 2, ()), Point(y=2, more=(), x=1)}) == 1  # type: ignore[arg-type]


def test_what_takes_dataclasses_takes_records() -> None:
    point = Point(1, more={"z": 3})
    assert dataclasses.is_dataclass(point)
    assert dataclasses.asdict(point) == {"x": 1, "y": 0, "more": {"z": 3}}
    assert list(typing.get_type_hints(Point)) == ["x", "y", "more"]
    assert dataclasses.replace(point, y=5) == Point(1, 5, {"z": 3})
    assert pickle.loads(pickle.dumps(point)) == copy.deepcopy(point) == point
    match point:
        case Point(x, y):
            assert (x, y) == (1, 0)
