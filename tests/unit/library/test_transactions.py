"""Transactions end with their block, wherever Ctrl-C comes, once or twice."""

import contextlib
import itertools
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from mcsearch.errors import LibraryBusyError
from mcsearch.library import connection, transactions
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.photos import ScannedFile


@contextlib.contextmanager
def _interrupted_after_call(number: int) -> Iterator[Callable[[], bool]]:
    """Raise KeyboardInterrupt as the n-th call of SQLite in transactions.py returns: Python looks for signals then.

    What it yields says whether it came to that.
    """
    left = number

    def profile(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ARG001
        nonlocal left
        if frame.f_code.co_filename in (transactions.__file__, connection.__file__) and event == "c_return":
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield lambda: left <= 0
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("was_interrupted_before", [False, True])
def test_ctrl_c_at_any_moment_leaves_no_transaction_open(was_interrupted_before: bool, tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    connection.execute("CREATE TABLE numbers (n)")

    def write() -> None:
        with transactions.transaction(connection, "IMMEDIATE"):
            connection.execute("INSERT INTO numbers VALUES (1)")
            if was_interrupted_before:
                raise KeyboardInterrupt

    for call in itertools.count(1):
        with contextlib.suppress(KeyboardInterrupt), _interrupted_after_call(call) as was_interrupted:
            write()
        assert not connection.in_transaction, f"after call {call}"
        if not was_interrupted():
            break
    assert call == 3


def test_ctrl_c_while_scanning_leaves_no_transaction_open(tmp_path: Path) -> None:
    def files() -> Iterator[ScannedFile]:
        yield ScannedFile("/a.jpg", 1, 1)
        raise KeyboardInterrupt

    with LibraryFile(tmp_path / "library.db") as library:
        with pytest.raises(KeyboardInterrupt):
            library.photos.compare(files(), ["/"], None, 0, force=False)
        with library.transaction():
            library.photos.put(ScannedFile("/a.jpg", 1, 1), library.photos.add_content(b"a", 1))
        assert library.photos.compare([], ["/"], None, 0, force=False).total == 0


def test_a_transaction_waits_as_long_as_it_is_told(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    with LibraryFile(tmp_path / "library.db") as library:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusyError), library.transaction(wait_s=0.01):
            pass
        assert library._connection.execute("PRAGMA busy_timeout").fetchone() == (30_000,)
        other.rollback()
        with library.transaction(wait_s=0.01):
            pass
