"""Transactions that are always closed at the end of a block, even after Ctrl-C."""

import contextlib
import sqlite3
from collections.abc import Iterator


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "", *, keep: bool = True) -> Iterator[None]:
    """Run the block as one transaction; with keep=False, roll it back at the end. Raises sqlite3.Error.

    `kind` is the kind of SQLite's BEGIN, such as IMMEDIATE. Ctrl-C at any point, even twice, leaves no transaction
    open.
    """
    try:
        connection.execute(f"BEGIN {kind}")  # a Ctrl-C during a long wait for the lock is raised as this returns
        yield
        if keep:
            connection.commit()
    finally:
        if connection.in_transaction:
            connection.rollback()
