"""Indexing again when nothing has changed, beside a bare walk that asks for every file's size and time."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Command, FailedError, medians, ran, seconds
from bench.parts import Bench, Part, remove_library
from bench.photos import tiny_photos
from bench.table import Row, Target

_WALK = """
import os, sys
folders = [sys.argv[1]]
while folders:
    with os.scandir(folders.pop()) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                entry.stat()
"""


def tiny_library(bench: Bench, count: int) -> tuple[Path, Path]:
    """A folder of so many tiny photos, and a library in which the built-in model has indexed all of them."""
    folder, file = tiny_photos(bench.work, f"tiny-{count}", count), bench.work.place("index", f"tiny-{count}.db")
    if not file.exists():
        print(f"bench: indexing {count:,} tiny photos", file=sys.stderr)
        part = file.with_name(f"tiny-{count}.part.db")
        remove_library(part)
        ran(bench.index(folder, part))
        _fold_wal(part)
        part.replace(file)
    return folder, file


def _unchanged(bench: Bench, count: int, at_most_s: float, times: float) -> Iterator[Row]:
    folder, file = tiny_library(bench, count)
    again = bench.index(folder, file)
    if (found := json.loads(ran(again).stdout)["unchanged"]) != count:
        raise FailedError(f"{found} of {count} photos are taken as unchanged")
    walk = Command([sys.executable, "-c", _WALK, folder], bench.work.environment)
    ours, bare = medians(bench.times, seconds(again), seconds(walk))
    yield Row(
        f"{count:,} unchanged photos", "s", ours, bare, "bare walk",
        targets=(Target("ours", at_most=at_most_s), Target("ratio", at_most=times)),
    )  # fmt: skip


def _fold_wal(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


PARTS: dict[str, Part] = {
    "20k": partial(_unchanged, count=20_000, at_most_s=1.2, times=4),
    "100k": partial(_unchanged, count=100_000, at_most_s=5.0, times=2.5),
}
