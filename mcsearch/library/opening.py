"""Open a library file: a new one, an older one, one that can only be read; and refuse what is no library."""

import os
import sqlite3
import stat
import threading
import time
from pathlib import Path
from urllib.parse import quote

from mcsearch.errors import LibraryError
from mcsearch.library.connection import Connection, as_library_error
from mcsearch.library.transactions import transaction
from mcsearch.private import add_locked, create_private, create_private_file, is_locked

# The number of steps in migrations.py, kept in `PRAGMA user_version`.
VERSION = 27
# Large enough for several embeddings: with SQLite's usual 4 KiB, one of 2 KiB would leave half of its page empty.
_PAGE_SIZE_BYTES = 16384
BUSY_TIMEOUT_S = 30.0
CACHE_KIB = 4096
_opening = threading.Lock()
_OUR_TABLES = {"photos", "contents", "failures", "roots", "mounts"}  # of every version


def is_read_only(file: Path) -> bool:
    """Return whether a library exists that this user cannot change: on a read-only medium, or somebody else's."""
    return file.exists() and not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def open_connection(file: Path) -> Connection:
    """Open a library, create it for its user alone if it does not exist, and bring it to the newest format.

    Raises LibraryError if the file is another program's, is no database, is of a newer version, or cannot be used.
    """
    try:
        with _opening:
            _refuse_other_programs(file)
            if is_read_only(file):
                connection = _opened_to_read(file)
            else:
                create_private(file.parent)
                create_private_file(file)
                connection = _connect(file)
            add_locked(file.stat())
    except OSError as error:
        raise LibraryError(f"The library {file} cannot be opened: {error}.") from error
    except sqlite3.Error as error:
        raise as_library_error(error, f"The library {file}", "opened") from error
    try:
        _prepare(connection, file)
    except sqlite3.Error as error:
        connection.close()
        raise as_library_error(error, f"The library {file}") from error
    except LibraryError:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise LibraryError(
            f"The library {file} was created by a newer version of mcsearch (format {version}; this version "
            f"supports formats up to {VERSION}). Update mcsearch.",
            hint="Or name another file with --library.",
        )
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL, a power cut loses the last seconds at most
    if version < VERSION:
        if is_read_only(file):
            raise LibraryError(
                f"The library {file} has an older format (format {version}), and cannot be brought to format {VERSION} "
                "because it cannot be written.",
                hint="Copy it to where you can write, and name the copy with --library.",
            )
        _migrate(connection, file)
    elif not is_read_only(file) and connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        _use_wal(connection)  # salvaged, or copied by another program
    # Only now: SQLite turns the size into pages, and a new library had smaller ones until it was migrated.
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    connection.execute("PRAGMA foreign_keys = ON")


def _refuse_other_programs(file: Path) -> None:
    """Raise LibraryError for a folder, a device or another program's database, without leaving any trace there."""
    try:
        if not stat.S_ISREG((found := file.stat()).st_mode):
            raise LibraryError(f"{file} is not a file, so it is no library.", hint="Name a file with --library.")
        # SQLite does not keep track of descriptors that it opened as immutable, so no locked file is opened like that.
        if found.st_size == 0 or is_locked(str(file)):
            return
        connection = _connect(file, "immutable=1")
    except (OSError, sqlite3.Error):
        return
    try:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:  # no database, or another process of ours is rewriting it
        return
    finally:
        connection.close()
    # Without any table, it is new, or another process of ours is making it. A damaged library may lack one or two.
    if names and len(names & _OUR_TABLES) < len(_OUR_TABLES) - 2:
        raise LibraryError(
            f"{file} is the database of another program, not a library.", hint="Name another file with --library."
        )


def _opened_to_read(file: Path) -> Connection:
    """Open a library that cannot be written. Raises sqlite3.Error, LibraryError."""
    try:
        connection = _connect(file, "mode=ro")
        connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:  # without the files beside it, which cannot be made, SQLite does not open it so
        log = file.with_name(f"{file.name}-wal")
        if log.exists() and log.stat().st_size:
            raise LibraryError(
                f"The library {file} cannot be read here, because its last changes are still in {log.name}.",
                hint="Copy both files to where you can write, and name the copy with --library.",
            ) from None
        connection = _connect(file, "immutable=1")
    return connection


def _connect(file: Path, options: str = "") -> Connection:
    where = f"file:{quote(os.fsencode(file.absolute().as_posix()))}?{options}" if options else file
    return sqlite3.connect(where, timeout=BUSY_TIMEOUT_S, isolation_level=None, factory=Connection, uri=bool(options))


def _migrate(connection: sqlite3.Connection, file: Path) -> None:
    from mcsearch.library.migrations import migrate, will_rewrite
    from mcsearch.library.texts.texts import Texts

    connection.execute(f"PRAGMA page_size = {_PAGE_SIZE_BYTES}")
    _use_wal(connection)
    with transaction(connection, "IMMEDIATE"):  # another process may be migrating the same file
        if will_rewrite(connection):  # asked only now, so that no other process is changing it
            _copy_first(file)
        migrate(connection)
        Texts(connection).refresh()


def _copy_first(file: Path) -> None:
    """Write a copy of a library of an older format beside it, in the place of an earlier one. Raises LibraryError."""
    import logging  # few commands migrate a library, and all would wait for it

    from mcsearch.library.upkeep.backup import copy_library

    copy = file.with_name(f"{file.name}.before-update")
    try:
        copy_library(file, copy)
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"The library {file} is of an older format, and no copy can be written before it is changed: {error}.",
            hint="Make room in its folder.",
        ) from error
    logging.getLogger("mcsearch").warning(
        f"The library {file} was of an older format. {copy} is a copy of it as it was; delete it when you like."
    )


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait when several connections do so to a new file at once, so this does."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
