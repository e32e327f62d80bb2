"""Transactions that are over when the block ends, however it ends."""

import contextlib
import sqlite3
from collections.abc import Iterator


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection, kind: str = "", *, keep: bool = True) -> Iterator[None]:
    """Do what follows all or not at all; with keep=False undo it at the end. Raises sqlite3.Error.

    `kind` is that of SQLite's BEGIN. Ctrl-C at any point, twice even, leaves no transaction open.
    """
    try:
        connection.execute(f"BEGIN {kind}")  # a Ctrl-C during a long wait for the lock is raised as this returns
        yield
        if keep:
            connection.commit()
    finally:
        if connection.in_transaction:
            connection.rollback()
