"""Kill an operation at an instant, run it again, and compare the result with that of an undisturbed run."""

import contextlib
import multiprocessing
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

from bench.kills.operations import OPERATIONS
from mcsearch.library.library_file import LibraryFile

# Keys that differ from run to run, and the times.
_LEFT_OUT = {"id", "token", "applied_at", "failed_at", "indexed_at", "saved_at", "unused_since", "seq"}
# How SQLite stores the table texts depends on the order of changes.
_TABLES_LEFT_OUT = {"embedding_changes", "sqlite_sequence", "texts_data", "texts_idx", "texts_docsize"}
_KEYS = {
    "content_id": "(SELECT hex(content_hash) FROM contents WHERE id = t.content_id)",
    "photo_id": "(SELECT path FROM photos WHERE id = t.photo_id)",
    "model_id": "(SELECT name FROM models WHERE id = t.model_id)",
}
Rows = dict[str, list[Any]]


def rows_of(file: Path) -> Rows:
    """Return all rows of a library without ids and times, sorted, by table."""
    found: Rows = {}
    with contextlib.closing(sqlite3.connect(file)) as library:
        tables = [name for (name,) in library.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in set(tables) - _TABLES_LEFT_OUT:
            columns = [name for _, name, *_ in library.execute(f"PRAGMA table_info({table})")]
            kept = [_KEYS.get(name, f"t.{name}") for name in columns if name not in _LEFT_OUT]
            rows = library.execute(f"SELECT {', '.join(kept)} FROM {table} t").fetchall()
            found[table] = sorted(rows, key=repr)
    return found


def state_of(folder: Path) -> tuple[Rows, dict[str, bytes]]:
    """Return the rows of a folder's library, and the sidecars beside its photos."""
    return rows_of(folder / "library.db"), {file.name: file.read_bytes() for file in folder.rglob("*.xmp")}


class Killing:
    """Kills one operation again and again, each time in the same folder made ready anew.

    The folder keeps its name, since paths are part of the result.
    """

    def __init__(self, name: str, photos: Path, work: Path) -> None:
        self._operation, self._folder, self._ready = OPERATIONS[name], work / name, work / f"{name}-ready"
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload(["bench.kills.operations"])
        self._folder.mkdir()
        shutil.copytree(photos, self._folder / "photos")
        self._operation.prepare(self._folder)
        self._folder.rename(self._ready)
        self._processes.Process(
            target=time.sleep, args=(0,)
        ).start()  # the first starts the server they are forked from
        self._make_ready()
        self.seconds = self._for(None)
        self._expected = state_of(self._folder)

    def kill_at(self, share: float) -> None:
        """Kill the operation after this share of the time it takes, and check all. Raises AssertionError."""
        self._make_ready()
        self._for(share * self.seconds)
        with LibraryFile(self._folder / "library.db") as library:
            assert library.checks.damage() == []
            assert library.checks.orphans() == {}
        self._operation.run(self._folder)
        rows, sidecars = state_of(self._folder)
        for table, expected in self._expected[0].items():
            assert rows.get(table) == expected, f"{table} differs"
        assert sidecars == self._expected[1], "the sidecars differ"
        assert not list(self._folder.rglob("*.part*")), "parts of files are left"

    def _make_ready(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.copytree(self._ready, self._folder, copy_function=shutil.copy2)

    def _for(self, seconds: float | None) -> float:
        """Run the operation in a process for that long, or to its end, and return the time that took."""
        process = self._processes.Process(target=self._operation.run, args=(self._folder,))
        started = time.monotonic()
        process.start()
        process.join(seconds)
        if seconds is None:
            assert process.exitcode == 0, "the undisturbed run failed"
        process.kill()
        process.join()
        return time.monotonic() - started
