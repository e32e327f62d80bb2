"""Conditions on photos as SQL with bound parameters."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcsearch.paths import below, stored

_IDS_AT_ONCE = 1000
# Of `facts f`: whether there is a date besides the time the file was changed.
DATED = "(f.taken_at IS NOT NULL AND f.taken_from IS NOT 'mtime')"
# Of `facts f`: whether the date is a moment in UTC whose local time nobody states, as of some videos and names.
BARE_MOMENT = "(f.taken_from IN ('container', 'name') AND f.taken_at LIKE '%+00:00')"
# Of `facts f`: the local time that dates are compared by, as text. A bare moment has that of this machine.
LOCAL_TIME = f"""CASE WHEN {BARE_MOMENT}
  THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%S', f.taken_at, 'localtime'), f.taken_at) ELSE f.taken_at END"""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as SQL over the table `photos p`, with its bound parameters."""

    sql: str
    parameters: tuple[str | bytes | int | float, ...]


def together(conditions: Sequence[Condition]) -> tuple[str, list[str | bytes | int | float]]:
    """The SQL and the parameters of all conditions joined by AND; TRUE when there are none."""
    sql = " AND ".join(condition.sql for condition in conditions) or "TRUE"
    return sql, [value for condition in conditions for value in condition.parameters]


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ids into parts that one statement takes as parameters."""
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def one_of(column: str, ids: Sequence[int]) -> Condition:
    """The condition that a column holds one of these ids, no more than a chunk of them."""
    return Condition(f"{column} IN ({', '.join('?' * len(ids))})", tuple(ids))


def at_or_below(folder: str, column: str = "p.path") -> Condition:
    """The condition that a stored path is the folder itself or lies below it."""
    low, high = below(folder)
    as_bytes = (os.fsencode(folder), os.fsencode(low), os.fsencode(high))
    clauses = f"{column} = ? OR ({column} >= ? AND {column} < ?)"
    if isinstance(stored(folder), bytes):
        return Condition(f"({clauses})", as_bytes)
    # Text sorts before blobs in SQLite, so each range matches only its own kind.
    as_text = tuple(raw.decode("utf-8") for raw in as_bytes)
    return Condition(f"({clauses} OR ({column} >= ? AND {column} < ?))", (*as_text, *as_bytes[1:]))
