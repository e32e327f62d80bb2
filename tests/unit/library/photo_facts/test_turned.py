"""What the library does when a sidecar turns a photo, and libraries from before it knew of which file a content is."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from blake3 import blake3

from mcsearch.library import migrations
from mcsearch.library.comparing.difference import Difference
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.opening import VERSION
from mcsearch.photos.content_hash import as_turned
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.photos import Facts, ScannedFile

FILE, OTHER = bytes(32), bytes([1]) * 32
A, B, C = (ScannedFile(f"/p/{name}.jpg", 10, 20) for name in "abc")


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LibraryFile]:
    with LibraryFile(tmp_path / "library.db") as library:
        yield library


def _put(library: LibraryFile, file: ScannedFile, file_hash: bytes, turned: int | None = None) -> int:
    """Store a file as a run does that finds it turned like this, and return the id of its content."""
    content_id = library.photos.add_content(as_turned(file_hash, turned), file.size_bytes, file_hash=file_hash)
    library.photos.put(file, content_id)
    return content_id


def _say(library: LibraryFile, file: ScannedFile) -> None:
    photo_id = library.photos.id_of(file.path)
    assert photo_id is not None
    library.tags.give([photo_id], ["grandma"], given=True)
    library.tags.give([photo_id], ["dog"], given=False)


def _said(library: LibraryFile, file: ScannedFile) -> dict[str, int]:
    return dict(
        library._connection.execute(
            "SELECT label, given FROM hand_tags h JOIN photos p ON p.id = h.photo_id WHERE p.path = ?", (file.path,)
        )
    )


def _gone(library: LibraryFile, *left: ScannedFile) -> Difference:
    return library.photos.compare(left, ["/p"], None, READERS_VERSION, force=False)


SAID = {"grandma": 1, "dog": 0}


def test_what_was_said_by_hand_stays_on_a_photo_however_it_is_turned(library: LibraryFile) -> None:
    with library.transaction():
        _put(library, B, FILE)  # a copy, that nothing is said about
        _put(library, A, FILE, 6)
        _say(library, A)
        for turned, mtime_ns in ((3, 20), (None, 21), (6, 22)):  # touched as well
            _put(library, ScannedFile(A.path, 10, mtime_ns), FILE, turned)
            assert _said(library, A) == SAID
        assert _said(library, B) == {}
        _put(library, C, OTHER, 6)
        _put(library, A, OTHER)  # the file is another one now, that was known
    assert _said(library, A) == {}
    assert _said(library, B) == SAID, "they stay with the file"


@pytest.mark.parametrize(("before", "after"), [(6, None), (None, 6), (6, 3)])
def test_what_was_said_by_hand_follows_a_file_that_is_turned_another_way(
    library: LibraryFile, before: int | None, after: int | None
) -> None:
    with library.transaction():
        content_id = _put(library, A, FILE, before)
        _say(library, A)
    difference = _gone(library)
    with library.transaction():  # renamed, with its sidecar left behind or changed
        found = library.photos.add_content(as_turned(FILE, after), 10, file_hash=FILE)
        assert difference.take_gone(found) == A.path
        assert library.photos.move(A.path, B, found)
    assert content_id != found
    assert library.photos.content_of(B) == found
    assert _said(library, B) == SAID
    with library.transaction():  # out of sight for a while
        library.photos.forget_below("/p")
        _put(library, C, FILE, before)
        assert _said(library, C) == SAID
        _put(library, A, FILE, after)  # copied
        assert _said(library, A) == {}
    difference = _gone(library, A)
    with library.transaction():  # and then removed
        assert difference.remove_gone() == 1
    assert _said(library, A) == SAID
    assert library._connection.execute("SELECT COUNT(*) FROM kept_hand_tags").fetchone() == (2,)


def test_a_moved_file_is_first_looked_for_as_it_was_turned(library: LibraryFile) -> None:
    with library.transaction():
        for file, turned in ((A, 6), (B, None), (C, 3)):
            content_id = _put(library, file, FILE, turned)
    difference = _gone(library)
    assert difference.take_gone(content_id) == C.path
    assert {difference.take_gone(content_id) for _ in range(3)} == {A.path, B.path, None}


def test_a_file_is_one_example_however_it_is_turned(library: LibraryFile) -> None:
    with library.transaction():
        model = library.models.add("demo", "f" * 32, 2, 1.0, None, None)
        plain = _put(library, A, FILE)
        library.taught.put("mimi", ["mimi"])
        library.taught.add_examples("mimi", dict.fromkeys(library.taught.with_turned([plain]), True))
        photo_id = library.photos.id_of(A.path)
        assert photo_id is not None
        library.tags.add(model.id, [("taught", "mimi", photo_id, 0.5, 1.0), ("words", "cat", photo_id, 0.5, 0.5)])
        turned = _put(library, A, FILE, 6)
        assert library.taught.examples("mimi") == {plain: True, turned: True}
        assert [tag.label for tag in library.tags.of_photo(photo_id)] == ["mimi"], "of the others, nothing is known"
        assert [(label.yes, label.no) for label in library.taught.listed()] == [(1, 0)]

        # The last word on the photo counts, and stays when it is turned back.
        library.taught.add_examples("mimi", dict.fromkeys(library.taught.with_turned([turned]), False))
        _put(library, A, FILE)
        assert library.taught.examples("mimi") == {plain: False, turned: False}
        assert library.tags.of_photo(photo_id) == ()

        # An imported content does not say of which file it is; a run that reads the file does.
        imported = library.photos.add_content(as_turned(FILE, 3), 10)
        assert imported not in library.taught.examples("mimi")
        assert _put(library, A, FILE, 3) == imported
        assert library.taught.examples("mimi")[imported] is False


def test_a_library_of_format_25_learns_of_which_file_its_contents_are(tmp_path: Path) -> None:
    """From contents of the same size; a photo whose file is not among them is read again by the next run."""
    file = tmp_path / "library.db"
    lone = as_turned(OTHER, 8)
    with sqlite3.connect(file, isolation_level=None) as connection:
        migrations.migrate(connection, stop_before="m026_file_hashes")
        contents = [(1, FILE), (2, as_turned(FILE, 6)), (3, lone), (4, blake3(b"x").digest())]
        connection.executemany("INSERT INTO contents (id, content_hash, size_bytes) VALUES (?, ?, 10)", contents)
        connection.execute("INSERT INTO photos VALUES (1, '/p/a.jpg', 10, 20, 2), (2, '/p/b.jpg', 10, 20, 3)")
        connection.execute("INSERT INTO photos VALUES (3, '/p/c.jpg', 10, 20, 4)")
        connection.execute("INSERT INTO facts (photo_id, width, turned) VALUES (1, 64, 6), (2, 64, 8), (3, 64, NULL)")
        connection.execute("INSERT INTO hand_tags VALUES (1, 'grandma', 1), (1, 'dog', 0), (2, 'grandma', 1)")
        connection.execute("INSERT INTO taught_labels VALUES ('mimi', '[]', '2026')")
        connection.execute("INSERT INTO taught_examples VALUES ('mimi', 2, 1)")
    connection.close()
    with LibraryFile(file) as library:
        known = library._connection.execute("SELECT content_hash, file_hash FROM contents ORDER BY id").fetchall()
        assert known == [(contents[0][1], None), (contents[1][1], FILE), (lone, None), (contents[3][1], None)]
        assert library.photo("/p/a.jpg") is not None
        assert library.facts.of_photo("/p/a.jpg") == Facts(width=64, turned=6)
        assert library.taught.examples("mimi") == {1: True, 2: True}
        assert [library.photos.content_of(one) for one in (A, B, C)] == [2, None, 4]
        with library.transaction():
            assert _put(library, B, OTHER, 8) == 3
            _put(library, B, OTHER)
            _put(library, A, FILE)
        assert (_said(library, A), _said(library, B)) == (SAID, {"grandma": 1})
        assert library._connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
