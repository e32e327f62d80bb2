"""The full-text index: what is in it, in which order it answers, and that no change of the library makes it wrong."""

import os
import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.library import migrations
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.texts.texts import Texts
from mcsearch.library.texts.words import match_expression
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.answers import FoundText
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.records.roots import RootRules

_NO_FACTS = Facts()


@pytest.fixture
def library(tmp_path: Path) -> LibraryFile:
    return LibraryFile(tmp_path / "library.db")


def _add(library: LibraryFile, path: str, content: int = 1, facts: Facts = _NO_FACTS, read: str | None = None) -> None:
    with library.transaction():
        file = ScannedFile(path, 10, 20)
        content_id = library.photos.add_content(bytes([content]) * 32, 10)
        library.photos.put(file, content_id)
        library.facts.put(file, facts, READERS_VERSION)
        if read is not None:
            library.read_texts.put(content_id, read, "reader 1")


def _names(library: LibraryFile, text: str) -> list[str]:
    return [os.path.basename(hit.path) for hit in library.texts.best(match_expression(text), (), 100)]


def _rows(library: LibraryFile) -> list[tuple[object, ...]]:
    return library._connection.execute("SELECT rowid, * FROM texts ORDER BY rowid").fetchall()


def test_words_of_every_source_are_found(library: LibraryFile) -> None:
    with library.transaction():
        library.roots.begin({"/home/anna/Pictures": None})
    facts = Facts(caption="Tram at the Praça", keywords=("holiday",), people=("Marie Curie",))
    _add(library, "/home/anna/Pictures/2023 Lisboa/IMG_0042.jpg", 1, facts, "MUSEU\nNACIONAL")
    _add(library, "/home/anna/Pictures/b.jpg", 2)
    photo_id = library.photos.id_of("/home/anna/Pictures/b.jpg")
    assert photo_id is not None
    with library.transaction():
        library.tags.give([photo_id], ["Grandma's garden"], given=True)
        library.tags.give([photo_id], ["taken away"], given=False)
    for text in (
        "lisboa",
        "0042",
        "pictures 2023",
        "praca",
        "holiday",
        "curie",
        '"museu nacional"',
        "tram museu curie",
    ):
        assert "IMG_0042.jpg" in _names(library, text), text
    assert _names(library, "garden") == ["b.jpg"]
    assert _names(library, "taken") == []
    assert _names(library, "anna") == []  # above the root
    [hit] = library.texts.best(match_expression("museu holiday"), (), 10)
    [hit] = library.texts.with_found([hit], match_expression("museu holiday"))
    assert hit.texts == (
        FoundText("keywords", "Marie Curie, holiday", ((13, 20),)),
        FoundText("read", "MUSEU NACIONAL", ((0, 5),)),
    )


def test_the_best_match_comes_first(library: LibraryFile) -> None:
    _add(library, "/p/a.jpg", 1, read="many words about trams, trains, boats and once about a hotel in the old town")
    _add(library, "/p/hotel.jpg", 2)
    _add(library, "/p/c.jpg", 3, Facts(caption="a hotel with a view, and many more words about what there is to see"))
    for number in range(4, 12):
        _add(library, f"/p/{number}.jpg", number)
    assert _names(library, "hotel") == ["hotel.jpg", "c.jpg", "a.jpg"]


def test_of_very_many_matches_those_added_last_are_compared_and_the_others_follow(
    indexed_library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcsearch.library.texts.texts.RANKED", 5)
    with Library(shutil.copy(indexed_library, tmp_path)) as library:
        every = library.find(filters={"text": "jpg"}, limit=100)
        assert len({hit.path for hit in every}) == len(every) == 36
        assert all(hit.texts for hit in every)
        assert len(library.find(filters={"text": "jpg"}, limit=9)) == 9
        folder = os.path.dirname(every[0].path)
        assert {os.path.dirname(hit.path) for hit in library.find(filters={"text": "jpg", "in": folder})} == {folder}


def test_a_name_that_is_not_valid_unicode_is_indexed(library: LibraryFile) -> None:
    _add(library, os.fsdecode(b"/p/caf\xe9 lisboa.jpg"))
    assert len(library.texts.best(match_expression("lisboa"), (), 9)) == 1


def test_an_older_library_is_filled(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m019_texts")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10)")
    connection.execute("INSERT INTO photos VALUES (7, '/p/lisboa/a.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO facts (photo_id, caption) VALUES (7, 'a tram')")
    connection.close()
    with LibraryFile(file) as library:
        assert _names(library, "lisboa tram") == ["a.jpg"]


def test_an_older_library_is_folded(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m025_folding")
    for number, name in ((1, "Łódź"), (2, "Oslo")):
        connection.execute(
            "INSERT INTO contents (id, content_hash, size_bytes) VALUES (?, ?, 10)", (number, name.encode())
        )
        connection.execute("INSERT INTO photos VALUES (?, ?, 10, 20, ?)", (number, f"/p/{name}/{number}.jpg", number))
        connection.execute("INSERT INTO texts (rowid, names) VALUES (?, ?)", (number, f"{name}/{number}.jpg"))
    connection.execute("DELETE FROM stale_texts")
    connection.execute("INSERT INTO places VALUES (1, NULL, NULL, 'France', 'FR', ?)", ("\nile-de-france\nfr\n",))
    connection.close()
    with LibraryFile(file) as library:
        assert _names(library, "lodz") == ["1.jpg"]
        assert _names(library, "oslo") == ["2.jpg"]
        names = library._connection.execute("SELECT names FROM places ORDER BY id").fetchall()
        assert names == [("",), ("\nile de france\nfr\n",)]


_WORDS = ("lisboa", "tram", "hotel", "beach", "cat", "café", "東京", "Łódź")


@pytest.mark.parametrize("seed", range(3))
def test_the_index_is_that_of_a_rebuild_after_any_changes(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcsearch.library.texts.texts._AT_ONCE", 5)
    monkeypatch.setattr("mcsearch.library.texts.texts._REBUILT_FROM", 20)
    rng = random.Random(seed)
    with LibraryFile(tmp_path / "library.db") as library:
        for _ in range(150):
            with library.transaction(keep=rng.random() > 0.1):
                for _ in range(rng.randint(1, 3)):
                    _change(library, rng)
        kept = _rows(library)
        assert len(kept) == library.photos.count()
        with library.transaction():
            Texts(library._connection).rebuild()
        assert _rows(library) == kept
        assert library._connection.execute("SELECT COUNT(*) FROM stale_texts").fetchone() == (0,)


def _change(library: LibraryFile, rng: random.Random) -> None:
    """Do one of the things to the library that commands do."""
    folder = rng.choice(["/r", "/r/in lisboa", "/r/in lisboa/deep", "/s"])
    path = f"{folder}/{rng.choice(_WORDS)}{rng.randint(1, 3)}.jpg"
    known = [*library.photos.by_path()]
    some = rng.choice(known) if known else path
    kind = rng.choice(["put", "put", "put", "facts", "read", "tag", "move", "forget", "folder", "root", "compact"])
    file, content_id = ScannedFile(path, 10, 20), library.photos.add_content(bytes([rng.randint(1, 9)]) * 32, 10)
    if kind == "put":
        library.photos.put(file, content_id)
    elif kind == "facts":
        words = tuple(rng.sample(_WORDS, 3))
        library.facts.put(ScannedFile(some, 10, 20), Facts(caption=words[0], keywords=words[1:]), READERS_VERSION)
    elif kind == "read":
        library.read_texts.put(content_id, " ".join(rng.sample(_WORDS, 2)), "reader 1")
    elif kind == "tag" and (photo_id := library.photos.id_of(some)) is not None:
        library.tags.give([photo_id], [rng.choice(_WORDS)], given=rng.random() < 0.7)
    elif kind == "move" and some != path:
        (its,) = library._connection.execute("SELECT content_id FROM photos WHERE path = ?", (some,)).fetchone() or (0,)
        library.photos.move(some, file, its)
    elif kind == "forget":
        library.photos.forget_below(some if rng.random() < 0.8 else folder)
    elif kind == "folder":
        if library.moves.is_unknown("/new", "/s"):
            library.moves.carry_over("/s", "/new", [], roots=True)
    elif kind == "root":
        if rng.random() < 0.6:
            library.roots.begin({folder: RootRules(hidden=True) if rng.random() < 0.5 else None})
        else:
            library.roots.forget(folder)
    elif kind == "compact":
        library.photos.drop_contents("2999")
