"""What the library does when a sidecar turns a photo, and a library from before sidecars turned any."""

import sqlite3
from pathlib import Path

import pytest

from mcsearch.library import migrations
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.opening import VERSION
from mcsearch.records import Facts, ScannedFile


@pytest.mark.parametrize("mtime_ns", [20, 21])
def test_hand_tags_stay_on_a_photo_that_is_turned_and_go_with_a_content_that_is_renamed(
    tmp_path: Path, mtime_ns: int
) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m023_turned")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10), (2, x'bb', 10)")
    connection.execute("INSERT INTO photos VALUES (1, '/a.jpg', 10, 20, 1), (2, '/b.jpg', 10, 20, 2)")
    connection.execute("INSERT INTO hand_tags VALUES (1, 'dog', 1), (2, 'cat', 1)")
    connection.execute("INSERT INTO facts (photo_id, width) VALUES (1, 64)")
    connection.close()
    with LibraryFile(file) as library:
        assert library.facts.of_photo("/a.jpg") == Facts(width=64)
        assert library.facts.turned("/a.jpg") is None
        with library.transaction():
            library.photos.put(ScannedFile("/a.jpg", 10, mtime_ns), 2)
        photo = library.photo("/a.jpg")
        assert photo is not None
        assert {tag.label for tag in photo.tags} == ({"dog"} if mtime_ns == 20 else {"cat"})
        assert library._connection.execute("SELECT COUNT(*) FROM kept_hand_tags").fetchone() == (mtime_ns - 20,)
        assert library._connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
