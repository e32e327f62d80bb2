"""Save what can be read of a damaged library."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mcsearch.library.connection import as_library_error
from mcsearch.library.upkeep.checks import tables_of


def save_readable(damaged: Path, new: Path) -> int:
    """Copy the rows that can be read of a damaged library to a new, empty one, and return their number.

    Of each table, the rows before the first damaged page and those after the last are read. Raises LibraryError if
    the new library cannot be written.
    """
    try:
        return _copy(damaged, new)
    except sqlite3.Error as error:
        raise as_library_error(error, f"The library {new}", "written") from error


def _copy(damaged: Path, new: Path) -> int:
    saved = 0
    with (
        contextlib.closing(sqlite3.connect(f"{damaged.absolute().as_uri()}?mode=ro", uri=True)) as source,
        contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target,
    ):
        target.execute("BEGIN IMMEDIATE")
        triggers = target.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:  # what they would do has been done to these rows
            target.execute(f"DROP TRIGGER {name}")
        for table in tables_of(target):
            columns = ", ".join(name for _, name, *_ in target.execute(f"PRAGMA table_info({table})"))
            target.execute(f"DELETE FROM {table}")  # such as the first row of embedding_changes
            for row in _readable(source, table, columns, _order(target, table)):
                marks = ", ".join("?" * len(row))
                # A row may have been read in both directions, or be damaged itself.
                saved += target.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", row).rowcount
        for _, sql in triggers:
            target.execute(sql)
        target.execute("COMMIT")
    return saved


def _readable(source: sqlite3.Connection, table: str, columns: str, order: list[str]) -> Iterator[tuple[Any, ...]]:
    """Yield rows in rising order up to the first that cannot be read, then in falling order."""
    for direction in ("ASC", "DESC"):
        by = ", ".join(f"{column} {direction}" for column in order)
        try:
            yield from source.execute(f"SELECT {columns} FROM {table} NOT INDEXED ORDER BY {by}")
        except sqlite3.DatabaseError:
            continue
        return


def _order(library: sqlite3.Connection, table: str) -> list[str]:
    """Return the columns that the rows of a table are stored in the order of."""
    (sql,) = library.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if "WITHOUT ROWID" not in sql:
        return ["rowid"]
    keys = sorted((place, name) for _, name, _, _, _, place in library.execute(f"PRAGMA table_info({table})") if place)
    return [name for _, name in keys]
