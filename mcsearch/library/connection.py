"""The connection to the library file, which says what is wrong when it is used after its end or by another thread."""

import sqlite3
import threading
from typing import Any

from mcsearch.errors import UsageError


class Connection(sqlite3.Connection):
    """A connection whose methods raise UsageError once it is closed, and in any thread but the one that opened it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._thread, self._is_closed = threading.get_ident(), False

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        """Run one statement, like sqlite3."""
        self._check()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> sqlite3.Cursor:
        """Run one statement for each set of parameters, like sqlite3."""
        self._check()
        return super().executemany(*arguments)

    def executescript(self, script: str, /) -> sqlite3.Cursor:
        """Run several statements, like sqlite3."""
        self._check()
        return super().executescript(script)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open; never once the connection is closed."""
        return not self._is_closed and super().in_transaction

    def close(self) -> None:
        """Close the connection, or do nothing if it is closed."""
        if not self._is_closed:
            self._check()
            super().close()
            self._is_closed = True

    def _check(self) -> None:
        if self._is_closed:
            raise UsageError("The library has been closed. Open it again.")
        if threading.get_ident() != self._thread:
            raise UsageError("A Library works in the thread that opened it. Open another one in each thread.")
