"""Conditions on photos as SQL with bound parameters."""

import os
from collections.abc import Iterator, Sequence

from mcsearch.paths import below, stored
from mcsearch.records.record import Record

_IDS_AT_ONCE = 1000
# On `facts f`: whether the photo has a date other than the file's modification time.
DATED = "(f.taken_at IS NOT NULL AND f.taken_from IS NOT 'mtime')"
# On `facts f`: whether the date is a moment in UTC without a known local time, as in videos, file names, exports.
BARE_MOMENT = """(f.taken_from IN ('container', 'name', 'takeout') AND f.taken_at LIKE '%+00:00'
  AND NOT f.offset_borrowed)"""
# On `facts f`: the local time, as text, that dates are compared by. Bare moments use this machine's time zone.
LOCAL_TIME = f"""CASE WHEN {BARE_MOMENT}
  THEN COALESCE(strftime('%Y-%m-%dT%H:%M:%S', f.taken_at, 'localtime'), f.taken_at) ELSE f.taken_at END"""


class Condition(Record):
    """A condition as SQL over the table `photos p`, with its bound parameters."""

    sql: str
    parameters: tuple[str | bytes | int | float, ...]


def together(conditions: Sequence[Condition]) -> tuple[str, list[str | bytes | int | float]]:
    """Return the SQL and the parameters of all conditions joined by AND; TRUE if there are none."""
    sql = " AND ".join(condition.sql for condition in conditions) or "TRUE"
    return sql, [value for condition in conditions for value in condition.parameters]


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Split ids into chunks that are small enough to be the parameters of one statement."""
    return (ids[start : start + _IDS_AT_ONCE] for start in range(0, len(ids), _IDS_AT_ONCE))


def one_of(column: str, ids: Sequence[int]) -> Condition:
    """Return the condition that a column holds one of these ids, at most one of the `chunks`."""
    return Condition(f"{column} IN ({', '.join('?' * len(ids))})", tuple(ids))


def of_same_file(content: str) -> str:
    """Return SQL for the ids of all contents of the file that a content is of: one for each way to turn it."""
    file_hash = f"(SELECT COALESCE(c.file_hash, c.content_hash) FROM contents c WHERE c.id = {content})"
    return f"(SELECT o.id FROM contents o WHERE o.content_hash = {file_hash} OR o.file_hash = {file_hash})"


def at_or_below(folder: str, column: str = "p.path") -> Condition:
    """Return the condition that a stored path is the folder itself or lies below it."""
    low, high = below(folder)
    as_bytes = (os.fsencode(folder), os.fsencode(low), os.fsencode(high))
    clauses = f"{column} = ? OR ({column} >= ? AND {column} < ?)"
    if isinstance(stored(folder), bytes):
        return Condition(f"({clauses})", as_bytes)
    # Text sorts before blobs in SQLite, so each range matches only its own kind.
    as_text = tuple(raw.decode("utf-8") for raw in as_bytes)
    return Condition(f"({clauses} OR ({column} >= ? AND {column} < ?))", (*as_text, *as_bytes[1:]))
