"""Paths as they are stored, compared and shown."""

import os
import sqlite3

import pytest

from mcsearch.library.conditions import at_or_below
from mcsearch.paths import restored, shown, stored

NAMES = [
    b"/a/plain.jpg",
    "/a/snö \U0001f600.jpg".encode(),
    b"/a/new\nline\x1b[31m.jpg",
    b"/a/caf\xe9.jpg",
    b"/a/\xff/x.jpg",
]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file names of arbitrary bytes")
@pytest.mark.parametrize("name", NAMES)
def test_any_path_comes_back_from_sqlite_as_it_was_and_prints_on_one_line(name: bytes) -> None:
    path = os.fsdecode(name)
    value = sqlite3.connect(":memory:").execute("SELECT ?", (stored(path),)).fetchone()[0]
    assert os.fsencode(restored(value)) == name
    assert shown(path).isprintable()
    shown(path).encode("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file names of arbitrary bytes")
def test_under_holds_for_the_folder_and_what_is_below_it_alone() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE photos (path)")
    inside = [b"/a", b"/a/x", b"/a/b/c", b"/a/\xff", b"/a/b/\xe9.jpg"]
    outside = [b"/", b"/ab", b"/a.jpg", b"/A/x", b"/a-\xff/x", b"/b"]
    connection.executemany("INSERT INTO photos VALUES (?)", [(stored(os.fsdecode(p)),) for p in inside + outside])
    for folder, expected in (("/a", inside), (os.fsdecode(b"/a/b"), [b"/a/b/c", b"/a/b/\xe9.jpg"])):
        condition = at_or_below(folder)
        rows = connection.execute(f"SELECT path FROM photos p WHERE {condition.sql}", condition.parameters)
        assert {os.fsencode(restored(path)) for (path,) in rows} == set(expected)
    everything = at_or_below("/")
    count = connection.execute(f"SELECT COUNT(*) FROM photos p WHERE {everything.sql}", everything.parameters)
    assert count.fetchone()[0] == len(inside) + len(outside)
