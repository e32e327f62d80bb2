"""Forgetting photos, and dropping in the end what no photo uses."""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import LibraryBusyError, UsageError
from mcsearch.library import migrations
from tests.support.runs import inside


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def root(painted: Path, tmp_path: Path) -> Path:
    """Three photos; a copy of the first is in a folder of its own."""
    root = tmp_path / "root"
    (root / "copies").mkdir(parents=True)
    for number, file in enumerate(sorted(painted.rglob("*.jpg"))[:3]):
        shutil.copy(file, root / f"{number}.jpg")
    shutil.copy(root / "0.jpg", root / "copies" / "0.jpg")
    return root


def _unused(library: Library) -> int:
    return int(inside(library)._connection.execute("SELECT COUNT(unused_since) FROM contents").fetchone()[0])


def _embeddings(library: Library) -> int:
    return int(inside(library)._connection.execute("SELECT COUNT(*) FROM embeddings").fetchone()[0])


def _age(library: Library, days: int) -> None:
    inside(library)._connection.execute(
        "UPDATE contents SET unused_since = strftime('%Y-%m-%dT%H:%M:%S+00:00', 'now', ?) WHERE unused_since NOT NULL",
        (f"-{days} days",),
    )


def test_forgetting_touches_no_file_and_says_what_comes_back(library: Library, root: Path) -> None:
    library.index([root], model="demo")
    (root / "bad.jpg").write_bytes(b"no picture")
    library.index()
    report = library.forget(root / "copies")
    assert (report.photos, report.roots, report.still_in) == (1, (), str(root))
    report = library.forget(root)
    assert (report.photos, report.roots, report.still_in) == (3, (str(root),), None)
    assert (inside(library).photos.count(), inside(library).photos.failures(), library.status().roots) == (0, [], ())
    assert len(list(root.rglob("*.jpg"))) == 5
    assert library.index([root]).embedded == 0, "the embeddings have stayed"
    with pytest.raises(UsageError, match="Nothing at or below"):
        library.forget(root / "none")


def test_a_content_is_unused_from_when_its_last_photo_goes_until_one_comes(library: Library, root: Path) -> None:
    library.index([root], model="demo")
    library.forget(root / "copies")
    assert _unused(library) == 0, "the original is still there"
    (root / "0.jpg").unlink()
    shutil.rmtree(root / "copies")
    library.index()
    assert _unused(library) == 1
    shutil.copy(root / "2.jpg", root / "1.jpg")  # changed
    library.index()
    assert _unused(library) == 2
    (root / "2.jpg").rename(root / "3.jpg")
    library.index()
    assert _unused(library) == 2


def test_compact_drops_only_what_has_been_unused_for_90_days(library: Library, root: Path, tmp_path: Path) -> None:
    library.index([root], model="demo")
    (tmp_path / "labels.txt").write_text("a dog")
    library.tag(tmp_path / "labels.txt", threshold=0.0)
    library.forget(root / "0.jpg")
    library.forget(root / "1.jpg")
    _age(library, 89)
    assert library.compact().embeddings == 0
    _age(library, 91)
    assert library.compact().embeddings == 1
    assert (_embeddings(library), _unused(library)) == (2, 0)
    assert library.index([root]).embedded == 1
    assert len(library.find("a photo", limit=9)) == 4
    assert inside(library)._connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_compact_makes_the_file_smaller(library: Library, root: Path) -> None:
    library.index([root], model="demo")
    with inside(library).transaction():
        for number in range(2000):
            content_id = inside(library).photos.add_content(number.to_bytes(32), 1)
            inside(library)._connection.execute(
                "INSERT INTO embeddings VALUES (NULL, 1, ?, zeroblob(2048))", (content_id,)
            )
            inside(library)._connection.execute("UPDATE contents SET unused_since = '2020' WHERE id = ?", (content_id,))
    before = library.status().size_bytes
    report = library.compact()
    assert report.embeddings == 2000
    assert report.freed_bytes > 2000 * 2048
    assert library.status().size_bytes == before - report.freed_bytes


def test_a_library_that_another_process_writes_to_is_busy(library: Library, tmp_path: Path) -> None:
    inside(library)._connection.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryBusyError, match="Another process"):
        library.compact()
    other.rollback()
    assert library.compact().embeddings == 0


def test_an_older_library_learns_what_is_unused_now(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m007_roots")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10), (2, x'bb', 10)")
    connection.execute("INSERT INTO photos (path, size_bytes, mtime_ns, content_id) VALUES ('/a.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO roots VALUES ('/', NULL)")
    connection.close()
    with Library(file) as library:
        rows = (
            inside(library)._connection.execute("SELECT id, unused_since > '2026' FROM contents ORDER BY id").fetchall()
        )
        assert rows == [(1, None), (2, 1)]
        assert inside(library).roots.known() == {"/": None}
