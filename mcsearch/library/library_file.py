"""The library: one SQLite file with the photos, their embeddings and their tags."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mcsearch.errors import LibraryError, NothingIndexedError
from mcsearch.library.conditions import Condition
from mcsearch.library.connection import as_library_error
from mcsearch.library.opening import BUSY_TIMEOUT_S, is_read_only, open_connection
from mcsearch.library.tables import Tables
from mcsearch.library.transactions import transaction
from mcsearch.paths import is_under, spellings
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import Photo

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mcsearch.library.photo_facts.exported import ExportedPhoto
    from mcsearch.records.status import LibraryStatus


class LibraryFile(Tables):
    """An open library file. One process may write while others read; close it, or use `with`.

    The attributes of Tables hold the operations on the tables. `is_read_only` is true for a file that this user cannot
    change: what needs writing raises LibraryError then. `cache` is the folder for files that can be recreated, or None.
    Raises LibraryError if the file is not a library, was created by a newer version or cannot be used, and
    NothingIndexedError if it does not exist and `create` is false.
    """

    def __init__(self, file: Path, *, create: bool = True, cache: Path | None = None) -> None:
        self.file, self.cache = Path(file), cache
        if not create and not _exists(self.file):
            raise NothingIndexedError(
                f"There is no library at {self.file} yet.", hint="Create one with: mcsearch index FOLDER"
            )
        super().__init__(open_connection(self.file))
        self._identity = _identity(self.file)
        self.is_read_only = is_read_only(self.file)

    @contextlib.contextmanager
    def transaction(self, *, keep: bool = True, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[None]:
        """Run the block as one transaction; with keep=False, roll it back at the end.

        Waits at most `wait_s` seconds for another process that is writing. Raises LibraryError if the library cannot
        be written, LibraryBusyError if the other process does not finish in time.
        """
        self._check_writable()
        try:
            with self._waiting(wait_s), transaction(self._connection, "IMMEDIATE", keep=keep):
                yield
                self.embeddings.record_change()
                self.texts.refresh()
                self._check_is_there()
        except sqlite3.Error as error:
            raise self._unwritable(error) from error
        finally:
            self.embeddings.forget_change()

    def vacuum(self) -> None:
        """Return the space of deleted rows to the file system. Raises LibraryError, LibraryBusyError."""
        self._check_writable()
        try:
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # the file shrinks only now
        except sqlite3.Error as error:
            raise self._unwritable(error) from error

    @property
    def size_bytes(self) -> int:
        """The size of the library on disk, including its write-ahead log."""
        parts = (self.file.with_name(self.file.name + suffix) for suffix in ("", "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read everything in the block from one state of the library, even if other processes write to it."""
        with transaction(self._connection, keep=False):
            yield

    def status(self) -> "LibraryStatus":
        """Return the numbers of photos, tags and failures, and the models and roots of the library."""
        from mcsearch.records.status import LibraryStatus, ModelStatus

        execute = self._connection.execute
        photos, failures = (execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in ("photos", "failures"))
        models = execute(
            """SELECT m.name, m.fingerprint, COUNT(p.id), m.is_default FROM models m
               LEFT JOIN embeddings e ON e.model_id = m.id LEFT JOIN photos p ON p.content_id = e.content_id
               GROUP BY m.id ORDER BY m.name"""
        )
        return LibraryStatus(
            file=str(self.file),
            size_bytes=self.size_bytes,
            photos=photos,
            tags=self.tags.total(),
            failures=failures,
            models=tuple(ModelStatus(name, mark, count, bool(default)) for name, mark, count, default in models),
            roots=tuple(self.roots.listed()),
        )

    def spelled(self, path: str | os.PathLike[str]) -> str:
        """Return the absolute spelling that the library uses, or would use, for a path.

        Links inside a root stay part of a photo's path; links in the path of the root itself are resolved. The real
        path of what a scan reached through a link is spelled by way of the link.
        """
        possible = spellings(path)
        by_link = list(self.links.leading_to(possible[-1]))
        aliases = [alias for _, alias in by_link]
        if (known := next(filter(self.photos.knows_below, [*possible, *aliases]), None)) is not None:
            return known
        followed = [alias for link, alias in by_link if self.photos.knows_below(link)]
        roots = self.roots.known()
        likely = [*followed, *reversed(possible), *aliases]
        return next((one for one in likely if any(is_under(one, root) for root in roots)), possible[-1])

    def known_as(self, path: str | os.PathLike[str]) -> list[str]:
        """Return the paths by which the library knows all that lies at or below a path, however that is spelled."""
        possible = spellings(path)
        real = possible[-1]
        aliases = (alias for _, alias in self.links.leading_to(real))
        every = dict.fromkeys([*possible, *aliases, *self.links.leading_below(real)])
        return list(filter(self.photos.knows_below, every))

    def photo(self, path: str) -> Photo | None:
        """Return everything known about the file with this absolute path, or None if the file is unknown."""
        from mcsearch.library.one_photo import one_photo

        return one_photo(self._connection, path)

    def exported_photos(
        self, model: IndexedModel, conditions: Sequence[Condition], block: int
    ) -> "Iterator[tuple[list[ExportedPhoto], npt.NDArray[np.float32]]]":
        """Yield the photos that a model has embedded and that meet the conditions, with their embeddings, by path."""
        from mcsearch.library.photo_facts.exported import exported_photos

        return exported_photos(self._connection, model, conditions, block)

    def interrupt(self) -> None:
        """Stop the statement that runs now in another thread, which then raises sqlite3.OperationalError."""
        self._connection.interrupt()

    def close(self) -> None:
        """Close the file. The library cannot be used afterwards."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _waiting(self, wait_s: float) -> Iterator[None]:
        """Within the block, wait at most `wait_s` seconds, and never longer than usual, for a process that writes."""
        (usual_ms,) = self._connection.execute("PRAGMA busy_timeout").fetchone()
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {min(usual_ms, round(1000 * wait_s))}")
            yield
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {usual_ms}")

    def _check_writable(self) -> None:
        if self.is_read_only:
            raise LibraryError(
                f"The library {self.file} can only be read: it is on a read-only medium, or belongs to somebody else.",
                hint="To change it, copy it to where you can write, and name the copy with --library.",
            )

    def _check_is_there(self) -> None:
        """Raise LibraryError if the file was removed or replaced: SQLite would go on writing to what is lost."""
        if _identity(self.file) != self._identity:
            raise LibraryError(
                f"The library {self.file} is not there any more, so nothing more was stored.",
                hint="Bring it or its disk back, then run the same command again.",
            )

    def _unwritable(self, error: sqlite3.Error) -> LibraryError:
        return as_library_error(error, f"The library {self.file}", "written")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _exists(file: Path) -> bool:
    try:
        return file.exists()
    except PermissionError as error:
        raise LibraryError(
            f"The library {file} cannot be opened: {error.strerror}.",
            hint="Make its folder accessible, or name another file with --library.",
        ) from error
