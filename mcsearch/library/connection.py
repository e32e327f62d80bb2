"""The connection to the library file, and sentences for what goes wrong with it."""

import sqlite3
import threading
from typing import Any

from mcsearch.errors import LibraryBusyError, LibraryDamagedError, LibraryError, UsageError

_EXAMINE = "To find out what is wrong and what to do next: mcsearch doctor"
_GO_ON = "What was stored before is kept. Then run the same command again."


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


def as_library_error(error: sqlite3.Error, library: str = "The library", verb: str = "used") -> LibraryError:
    """Return the error that the user can fix behind one of SQLite's, with what to do; `library` is its subject."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    sentence = f"{library} cannot be {verb}: {error}."
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LibraryBusyError(
            f"Another process is writing to {library[0].lower()}{library[1:]}. Try again when it has finished."
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return LibraryDamagedError(sentence, hint=_EXAMINE)
    if code == sqlite3.SQLITE_FULL:
        return LibraryError(f"{library} cannot be {verb}: the disk is full.", hint=f"Make room on it. {_GO_ON}")
    if code == sqlite3.SQLITE_IOERR:
        return LibraryError(sentence, hint=f"Check that its disk is there and has room. {_GO_ON} {_EXAMINE}")
    if code == sqlite3.SQLITE_READONLY:
        return LibraryError(sentence, hint="Make the file and its folder writable, or name another one with --library.")
    return LibraryError(sentence, hint=_EXAMINE)
