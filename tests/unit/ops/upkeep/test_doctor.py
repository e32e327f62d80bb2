"""What doctor finds in a library that was damaged on purpose, and what --repair mends."""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.ops.finding.packed.copies import pack
from mcsearch.ops.upkeep import machine
from mcsearch.ops.upkeep.doctor import examine_file
from mcsearch.records.status import Finding
from mcsearch.search import packing
from tests.conftest import Mcsearch
from tests.support.runs import inside


@pytest.fixture
def file(indexed_library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(indexed_library, tmp_path / "library.db"))


@pytest.fixture
def library(file: Path) -> Iterator[Library]:
    with Library(file) as library:
        yield library


def _findings(found: list[Finding], *states: str) -> list[Finding]:
    return [finding for finding in found if finding.state in states]


def _damage(file: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_whole_library_is_well(library: Library) -> None:
    found = library.doctor()
    assert _findings(found, "wrong", "mended") == []
    subjects = {finding.subject for finding in found}
    assert subjects >= {
        "device", "confinement", "extras", "room for the library",
        "integrity", "rows", "vectors", "weights", "roots", "photos",
    }  # fmt: skip
    assert [again.state for again in library.doctor(repair=True)] == [finding.state for finding in found]


def test_wrong_vectors_are_found_and_dropped_and_embedded_again(library: Library, painted: Path) -> None:
    execute = inside(library)._connection.execute
    [size] = execute("SELECT dimensions FROM models").fetchone()
    first, second, third, *_ = [id_ for (id_,) in execute("SELECT id FROM embeddings ORDER BY id")]
    execute("UPDATE embeddings SET vector = x'00' WHERE id = ?", (first,))
    execute(
        "UPDATE embeddings SET vector = ? WHERE id = ?",
        (np.full(size, np.nan, "<f4").tobytes(), second),
    )
    execute("UPDATE embeddings SET vector = ? WHERE id = ?", (np.ones(size, "<f4").tobytes(), third))
    execute("UPDATE signatures SET signature = x'00' WHERE content_id = 1")
    execute("INSERT INTO prompts SELECT id, 'broken', x'00' FROM models")
    sentences = {finding.sentence for finding in _findings(library.doctor(), "wrong")}
    assert sentences == {
        "Of the vectors of demo in embeddings, 1 of a wrong length, 1 not finite, 1 not of unit length.",
        "Of the vectors of demo in prompts, 1 of a wrong length.",
        "1 signatures are of a wrong length.",
    }
    assert len(_findings(library.doctor(repair=True), "mended")) == 3
    assert library.index([painted], model="demo").embedded == 3
    assert _findings(library.doctor(), "wrong", "mended") == []


def test_a_query_over_a_vector_of_a_wrong_length_names_doctor(file: Path, mcsearch: Mcsearch) -> None:
    own = f"(SELECT content_id FROM photos WHERE path = '{_photo(file)}')"
    for others_or_own in ("<>", "="):
        _damage(file, f"UPDATE embeddings SET vector = x'00' WHERE content_id {others_or_own} {own}")
        done = mcsearch("find", "--like", _photo(file), exit_code=3)
        assert "of a wrong length. To mend it: mcsearch doctor --repair" in done.stderr


def _photo(file: Path) -> str:
    with LibraryFile(file) as library:
        return next(library.photos.by_path())


def test_orphans_go_and_what_was_given_by_hand_stays(file: Path, photos: Path) -> None:
    with Library(file) as library:
        library.index([photos], model="demo")
        named = sorted(map(str, photos.rglob("*.jpg")))[:3]
        library.tag_by_hand(named, give=["mine"])
        ids = [inside(library).photos.id_of(path) for path in named]
    _damage(
        file,
        f"DELETE FROM contents WHERE id = (SELECT content_id FROM photos WHERE id = {ids[0]})",
        "INSERT INTO photos VALUES (998, '/gone.jpg', 1, 1, 999)",
        "DROP TRIGGER hand_tags_stay",
        f"DELETE FROM photos WHERE id = {ids[1]}",
    )
    with Library(file) as library:
        [_, rows, by_hand, _] = _findings(library.doctor(), "wrong")
        assert all(f"in {table}" in rows.sentence for table in ("embeddings", "facts", "photos"))
        assert by_hand.sentence == "1 tags given by hand belong to no photo. They are kept."
        [trigger, mended] = _findings(library.doctor(repair=True), "mended")
        assert "hand_tags_stay" in trigger.sentence
        assert mended.subject == "rows"
        assert [found for found in _findings(library.doctor(), "wrong") if found.subject != "photos"] == [by_hand]
        assert library.index().embedded == 0, "its hash and its embedding are those of before"
        for path in (named[0], named[2]):
            assert [tag.label for tag in library.show(path).tags] == ["mine"]
        assert inside(library)._connection.execute("SELECT COUNT(*) FROM hand_tags").fetchone() == (3,)


def test_a_taught_label_that_is_missing_is_put_back_for_its_examples(file: Path) -> None:
    with Library(file) as library:
        path = library.find("dog", limit=1)[0].path
        library.teach("our house", yes=[path])
    _damage(file, "DELETE FROM taught_labels")
    with Library(file) as library:
        [mended] = _findings(library.doctor(repair=True), "mended")
        assert "1 in taught_examples" in mended.sentence
        assert _findings(library.doctor(), "wrong") == []
        label = inside(library).taught.find("our house")
        assert label is not None
        assert (label.prompts, label.yes) == (("our house",), 1)


def test_damaged_indexes_are_built_anew(file: Path) -> None:
    index = "name = 'photos_content_id'"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        row = connection.execute(f"SELECT * FROM sqlite_master WHERE {index}").fetchone()
        connection.execute(f"DELETE FROM sqlite_master WHERE {index}")
    _damage(file, "INSERT INTO photos VALUES (999, '/new.jpg', 1, 1, 1)")
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
    with Library(file) as library:
        [damage] = _findings(library.doctor(), "wrong")
        assert (damage.subject, damage.remedy) == ("integrity", "mcsearch doctor --repair")
        assert [finding.subject for finding in _findings(library.doctor(repair=True), "mended")] == ["integrity"]
        assert inside(library).checks.damage() == []


def test_what_can_be_read_of_a_damaged_file_is_saved(file: Path, tmp_path: Path) -> None:
    page_bytes, saved = 16384, tmp_path / "library.db.saved"
    with Library(file) as library:
        [(row,)] = inside(library)._connection.execute("SELECT signature FROM signatures LIMIT 1 OFFSET 18")
        library.tag_by_hand(list(inside(library).photos.by_path()), give=["mine"])
    content = bytearray(file.read_bytes())
    page = content.index(row) // page_bytes
    content[page * page_bytes : (page + 1) * page_bytes] = b"\xff" * page_bytes
    file.write_bytes(content)
    [wrong] = _findings(list(examine_file(file, None)), "wrong")
    assert wrong.subject == "integrity"
    assert "\n" not in wrong.sentence
    assert "Restore a backup: " in (wrong.remedy or "")
    assert "saves what can be read to library.db.saved" in (wrong.remedy or "")
    [wrong] = _findings(list(examine_file(file, None, repair=True)), "wrong")
    assert f"rows were saved to {saved}" in wrong.sentence
    [wrong] = _findings(list(examine_file(file, None, repair=True)), "wrong")
    assert wrong.remedy == f"{saved} exists: move it away, and try again"
    assert file.read_bytes() == content
    saved.replace(file)
    with Library(file) as library:
        assert _findings(library.doctor(), "wrong") == []
        assert inside(library)._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert [count.photos for count in library.tags() if count.source == "manual"] == [36]
        (signatures,) = inside(library)._connection.execute("SELECT COUNT(*) FROM signatures").fetchone()
        assert 0 < signatures < 36
        assert library.status().photos == 36
        assert _findings(library.doctor(), "wrong") == []


def test_a_library_that_is_cut_off_is_saved_as_far_as_it_goes(file: Path, tmp_path: Path) -> None:
    os.truncate(file, file.stat().st_size * 9 // 10)
    [wrong] = _findings(list(examine_file(file, None, repair=True)), "wrong")
    assert "rows were saved to" in wrong.sentence
    with Library(tmp_path / "library.db.saved") as saved:
        assert saved.status().photos > 0


def test_a_library_that_lacks_a_table_is_saved(file: Path, tmp_path: Path) -> None:
    _damage(file, "DROP TABLE albums", "DELETE FROM embedding_changes")
    [wrong] = _findings(list(examine_file(file, None)), "wrong")
    assert wrong.sentence == f"The library {file} lacks albums."
    assert "saves what can be read to library.db.saved" in (wrong.remedy or "")
    [wrong] = _findings(list(examine_file(file, None, repair=True)), "wrong")
    assert "rows were saved to" in wrong.sentence
    with Library(tmp_path / "library.db.saved") as saved:
        assert _findings(saved.doctor(), "wrong") == []
        assert saved.find("dog")


def test_a_library_that_lacks_contents_is_not_taken_for_another_programs(file: Path) -> None:
    _damage(file, "PRAGMA foreign_keys = OFF", "DROP TABLE contents")
    [wrong] = _findings(list(examine_file(file, None)), "wrong")
    assert wrong.sentence == f"The library {file} lacks contents."


def test_missing_indexes_and_triggers_are_put_back(file: Path) -> None:
    _damage(file, "DROP INDEX photos_content_id", "DROP TRIGGER facts_texts_update", "UPDATE facts SET caption = 'gnu'")
    with Library(file) as library:
        [wrong] = _findings(library.doctor(), "wrong")
        assert wrong.sentence == "Indexes or triggers are missing: facts_texts_update, photos_content_id."
        assert not library.find(filters={"text": "gnu"})
        [mended] = _findings(library.doctor(repair=True), "mended")
        assert mended.sentence.endswith("They were put back.")
        assert not _findings(library.doctor(), "wrong")
        assert library.find(filters={"text": "gnu"})


def test_a_wrong_number_of_components_is_corrected(file: Path) -> None:
    _damage(file, "UPDATE models SET dimensions = 7")
    with Library(file) as library:
        assert "is said to have vectors of 7 components" in _findings(library.doctor(), "wrong")[0].sentence
        library.doctor(repair=True)
        assert not _findings(library.doctor(), "wrong")
        assert library.find("dog")


def test_an_empty_record_of_changes_and_a_path_that_is_none(file: Path) -> None:
    _damage(file, "DELETE FROM embedding_changes", "UPDATE photos SET path = x'2f00' WHERE id = 1")
    with Library(file) as library:
        record, photos = _findings(library.doctor(), "wrong")
        assert (record.sentence, record.remedy) == ("The record of changes was empty.", "mcsearch doctor --repair")
        assert photos.sentence.endswith("is not there any more.")
        assert "mended" in {finding.state for finding in library.doctor(repair=True)}
        assert library.find("dog")


def test_a_file_that_is_no_database_is_said_to_be_none(file: Path) -> None:
    file.write_bytes(b"no database " * 10_000)
    [wrong] = _findings(list(examine_file(file, None)), "wrong")
    assert wrong.sentence == f"The library {file} cannot be used: file is not a database."
    assert "Restore a backup" in (wrong.remedy or "")
    [wrong] = _findings(list(examine_file(file, None, repair=True)), "wrong")
    assert "Nothing can be read." in wrong.sentence
    assert [left.name for left in file.parent.glob("library.db*")] == ["library.db"]


def test_a_machine_without_a_library_is_well(tmp_path: Path) -> None:
    found = list(examine_file(tmp_path / "library.db", tmp_path / "cache"))
    assert _findings(found, "wrong") == []
    assert found[-1].remedy == "Create one with: mcsearch index FOLDER"
    assert list(tmp_path.iterdir()) == []


def test_roots_that_are_away_and_photos_that_are_gone(file: Path, photos: Path, tmp_path: Path) -> None:
    with Library(file) as library:
        library.index([photos], model="demo")
        gone = sorted(photos.rglob("*.jpg"))[:2]
        for photo in gone:
            photo.unlink()
        [wrong] = _findings(library.doctor(), "wrong")
        assert wrong == Finding("photos", "wrong", f"{gone[0]} and 1 other are not there any more.", "mcsearch index")
        photos.rename(tmp_path / "away")
        [wrong] = _findings(library.doctor(), "wrong")
        assert wrong.sentence == f"{photos} is not there. Its photos stay in the library."


def test_weights_and_converted_towers(library: Library, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    towers = tmp_path / "cache" / "towers"
    [kept] = [one for one in (inside(library).cache / "towers").iterdir() if one.name.startswith("demo-")]  # type: ignore[operator]
    shutil.copytree(kept, towers / kept.name)
    monkeypatch.setattr(inside(library), "cache", tmp_path / "cache")
    weights = next((towers / kept.name).rglob("*.bin"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)  # of the same size
    [wrong] = _findings(library.doctor(), "wrong")
    assert wrong.sentence == f"{weights.parent.name} of demo is damaged."
    assert [found.subject for found in _findings(library.doctor(repair=True), "mended")] == ["converted towers"]
    assert not weights.parent.exists()
    monkeypatch.setattr(checkpoints, "fingerprint", lambda *_: "another")
    [wrong] = _findings(library.doctor(), "wrong")
    assert "is not the file that demo was indexed with" in wrong.sentence


def test_packed_vectors_that_are_not_the_library_s(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "PACKED_FROM", 1)
    monkeypatch.setattr(inside(library), "cache", tmp_path / "cache")
    model = inside(library).models.find()
    assert model is not None
    assert pack(inside(library), model)
    [rows] = (tmp_path / "cache" / "vectors").glob("*/rows-*")
    assert "packed vectors" in {finding.subject for finding in _findings(library.doctor(), "good")}
    before, times = rows.read_bytes(), rows.stat()
    rows.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
    os.utime(rows, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert [finding.subject for finding in _findings(library.doctor(), "wrong")] == ["packed vectors"]
    assert [finding.subject for finding in _findings(library.doctor(repair=True), "mended")] == ["packed vectors"]
    [rows] = (tmp_path / "cache" / "vectors").glob("*/rows-*")
    assert rows.read_bytes() == before


def test_little_room_is_wrong(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_NEEDED_BYTES", 2**62)
    wrong = _findings(library.doctor(), "wrong")
    assert [finding.remedy for finding in wrong] == ["Make room on this disk"] * 2
