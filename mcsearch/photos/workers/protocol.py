"""The facts in a worker's answer, checked: a decoder that a file has taken over may answer anything."""

import math
from typing import Any

from mcsearch.records import Facts

_KINDS: dict[str, type] = {
    "format": str, "taken_at": str, "taken_from": str, "width": int, "height": int, "camera": str, "lens": str,
    "latitude": float, "longitude": float, "altitude_m": float, "rating": int, "caption": str,
}  # fmt: skip
_WHOLE_AT_MOST = 2**31


def facts_in(answer: dict[str, Any]) -> Facts:
    """The facts of an answer. Raises TypeError, ValueError or LookupError where it holds something else."""
    facts = answer["facts"]
    known: dict[str, Any] = {
        name: None if facts[name] is None else _checked(facts[name], kind) for name, kind in _KINDS.items()
    }
    if not isinstance(facts["keywords"], list):
        raise TypeError("keywords are no list")
    return Facts(**known, keywords=tuple(_checked(word, str) for word in facts["keywords"]))


def _checked(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    if kind is str:
        return value.encode("utf-8", "replace").decode("utf-8")  # SQLite takes no lone surrogates
    if not math.isfinite(value) or abs(value) > _WHOLE_AT_MOST:
        raise ValueError(f"{value!r} is out of range")
    return value
