"""Opening a library: new, old, newer, foreign, damaged, shared."""

import contextlib
import dataclasses
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from mcsearch.errors import LibraryError, NothingIndexedError
from mcsearch.library import migrations
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.opening import CACHE_KIB, VERSION
from mcsearch.paths import stored
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.photos.scan import ScanNotes, scan
from mcsearch.records.answers import Album, Hit
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.records.roots import RootRules
from mcsearch.records.tags import PhotoTag, TagCount
from tests.support.users import unprivileged


def test_a_new_library_has_the_newest_schema_and_waits_for_writers(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "new" / "library.db") as library:
        pragma = library._connection.execute
        assert pragma("PRAGMA user_version").fetchone()[0] == VERSION
        assert pragma("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert pragma("PRAGMA foreign_keys").fetchone()[0] == 1
        assert pragma("PRAGMA busy_timeout").fetchone()[0] >= 10_000
        assert pragma("PRAGMA page_size").fetchone()[0] == 16384
        assert pragma("SELECT COUNT(*) FROM _sqlite_migrations").fetchone()[0] == VERSION


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_first_run_keeps_no_more_of_the_library_in_memory_than_later_ones(tmp_path: Path) -> None:
    """SQLite takes the size of its cache for a number of pages, which become four times as large in a new library."""
    code = f"""
from pathlib import Path
from mcsearch.library.library_file import LibraryFile

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) / 1024

with LibraryFile(Path({str(tmp_path / "library.db")!r})) as library:
    before = held()
    for first in range(0, 12_000, 1000):
        with library.transaction():
            for number in range(first, first + 1000):
                content_id = library.photos.add_content(number.to_bytes(32), number)
                library.duplicates.add_signatures({{content_id: bytes(1024)}})
    print(held() - before)
"""
    grown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(grown.stdout) < 1.5 * CACHE_KIB / 1024


def test_the_list_of_files_to_process_is_not_kept_in_memory(tmp_path: Path) -> None:
    """SQLite keeps 2 MB of it and writes the rest to a file: 60,000 new files take 8 MB."""
    code = f"""
from pathlib import Path
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.photos import ScannedFile

def held():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("RssAnon")) / 1024

def scanned(count):
    return (ScannedFile(f"/photos/a folder of photos/IMG_{{number:07}}.jpg", number, number) for number in range(count))

def compared(count):
    return sum(1 for _ in library.photos.compare(scanned(count), ["/photos"], None, 1, force=False).to_do())

with LibraryFile(Path({str(tmp_path / "library.db")!r})) as library:
    compared(1)
    before = held()
    assert compared(60_000) == 60_000
    print(held() - before)
"""
    grown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(grown.stdout) < 5


def test_several_may_open_a_new_library_at_once(tmp_path: Path) -> None:
    start = threading.Barrier(8)

    def opened(number: int) -> int:
        start.wait()
        with contextlib.closing(LibraryFile(tmp_path / f"{number // 8}.db")) as library:
            return library.status().photos

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(opened, range(80))) == [0] * 80


def test_a_missing_library_is_only_made_when_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NothingIndexedError, match="There is no library"):
        LibraryFile(tmp_path / "library.db", create=False)
    assert not (tmp_path / "library.db").exists()


def test_an_older_library_is_migrated_with_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m003_tags")
    connection.execute("INSERT INTO contents VALUES (1, x'aa', 10)")
    connection.execute("INSERT INTO photos VALUES (1, '/a.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO models VALUES (1, 'demo', 'f', 2, 100.0, NULL, NULL, 1)")
    connection.execute("INSERT INTO embeddings VALUES (1, 1, 1, ?)", (np.array([0, 1], "<f4").tobytes(),))
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'tags'").fetchone() is None
    connection.close()

    with LibraryFile(file) as library:
        assert library.tags.sets(1) == []
        model = library.models.find()
        assert model is not None
        [(ids, vectors)] = library.embeddings.blocks(model)
        assert ids.tolist() == [1]
        assert vectors.tolist() == [[0.0, 1.0]]


def test_keywords_of_an_older_library_stay(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m010_keyword_sources")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10)")
    connection.execute("INSERT INTO photos VALUES (1, '/a.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO keywords VALUES (1, 'beach')")
    connection.close()
    with LibraryFile(file) as library:
        assert library.facts.keyword_counts() == [TagCount("beach", 1, "embedded")]
        with library.transaction():
            library._connection.execute("DELETE FROM photos")
        assert library.facts.keyword_counts() == []


def test_a_library_with_one_sidecar_a_photo_keeps_it_so_that_nothing_is_read_again(tmp_path: Path) -> None:
    file, odd = tmp_path / "library.db", os.fsdecode(b"/caf\xe9.jpg")
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m009_sidecars")
    connection.execute("INSERT INTO contents VALUES (1, x'aa', 10, NULL)")
    connection.execute("INSERT INTO models VALUES (1, 'demo', 'f', 2, 100.0, NULL, NULL, 1)")
    connection.execute("INSERT INTO embeddings VALUES (1, 1, 1, ?)", (np.array([0, 1], "<f4").tobytes(),))
    sidecars = {"/é.jpg": ("/é.xmp", 1, 2**61), odd: (f"{odd}.xmp", 3, 4), "/none.jpg": None}
    for number, (path, sidecar) in enumerate(sidecars.items()):
        connection.execute("INSERT INTO photos VALUES (?, ?, 10, 20, 1)", (number, stored(path)))
        row = (stored(sidecar[0]), *sidecar[1:]) if sidecar else (None, None, None)
        connection.execute(
            """INSERT INTO facts (photo_id, caption, sidecar, sidecar_size_bytes, sidecar_mtime_ns)
               VALUES (?, 'c', ?, ?, ?)""",
            (number, *row),
        )
    connection.close()
    with LibraryFile(file) as library:
        for path, sidecar in sidecars.items():
            assert library.facts.sidecars(path) == ((sidecar[0],) if sidecar else ())
            facts = library.facts.of_photo(path)
            assert facts is not None
            assert facts.caption == "c"
        seen = [
            ScannedFile(path, 10, 20, (ScannedFile(*sidecar),) if sidecar else ()) for path, sidecar in sidecars.items()
        ]
        assert library.photos.compare(seen, ["/"], 1, 0, force=False).total == 0


def test_tags_of_an_older_library_become_a_set_of_each_photo(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    migrations.migrate(connection, stop_before="m011_tag_sets")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10), (2, x'bb', 10)")
    connection.execute("INSERT INTO photos VALUES (1, '/a.jpg', 10, 20, 1), (2, '/b.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO models VALUES (1, 'demo', 'f', 2, 100.0, NULL, NULL, 1)")
    connection.execute("INSERT INTO tags VALUES (1, 'dog', 1, 0.25, 0.75), (1, 'cat', 2, 0.25, 0.75)")
    connection.close()
    with LibraryFile(file) as library:
        assert library.tags.sets(1) == ["labels"]
        for path in ("/a.jpg", "/b.jpg"):
            photo = library.photo(path)
            assert photo is not None
            assert photo.tags == (PhotoTag("dog", "automatic", "demo", 0.25, 0.75, "labels"),)
        assert library.status().tags == 2


def test_one_label_in_two_spellings_returns_once(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "library.db") as library, library.transaction():
        contents = [library.photos.add_content(name, 1) for name in (b"a", b"b")]
        for path, label in (("/a.jpg", "Dog"), ("/b.jpg", "dog")):
            library.photos.put(ScannedFile(path, 1, 1), contents[0])
            library.tags.give(list(library.photos.ids()), [label], given=True)
        library.photos.forget_below("/")
        library.photos.put(ScannedFile("/c.jpg", 1, 1), contents[0])
        library.photos.put(ScannedFile("/d.jpg", 1, 1), contents[1])
        library.photos.put(ScannedFile("/d.jpg", 1, 2), contents[0])
        for path in ("/c.jpg", "/d.jpg"):
            photo = library.photo(path)
            assert photo is not None
            assert [tag.label.lower() for tag in photo.tags] == ["dog"]


def test_facts_go_with_their_photo(tmp_path: Path) -> None:
    sidecar, other = ScannedFile("/a.jpg.xmp", 3, 4), ScannedFile("/a.xmp", 5, 6)
    facts = Facts(taken_at="2023-06-12", taken_from="name", latitude=38.7, longitude=-9.1, keywords=("a", "b"))
    facts = dataclasses.replace(facts, people=("Marie", "a"))  # a name may be a keyword, too
    with LibraryFile(tmp_path / "library.db") as library:
        with library.transaction():
            library.photos.put(ScannedFile("/a.jpg", 1, 1), library.photos.add_content(b"a", 1))
            library.facts.put(ScannedFile("/a.jpg", 1, 1, (sidecar, other)), Facts(keywords=("old",)), READERS_VERSION)
            library.facts.put(ScannedFile("/a.jpg", 1, 1, (sidecar, other)), facts, READERS_VERSION)
        assert library.facts.of_photo("/a.jpg") == facts
        dated = library.facts.dated([Hit("/a.jpg", 1.0), Hit("/b.jpg", 0.5)])
        assert dated == [Hit("/a.jpg", 1.0, "2023-06-12", "name"), Hit("/b.jpg", 0.5)]
        assert library.facts.sidecars("/a.jpg") == ("/a.jpg.xmp", "/a.xmp")
        assert library.facts.sidecars("/b.jpg") == ()
        [(length,)] = library._connection.execute("SELECT x * x + y * y + z * z FROM facts")
        assert length == pytest.approx(1)
        with library.transaction():
            library._connection.execute("DELETE FROM photos")
        assert library.facts.of_photo("/a.jpg") is None
        for table in ("facts", "keywords"):
            assert library._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)


def test_a_library_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    LibraryFile(file).close()
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryError, match="newer version of mcsearch"):
        LibraryFile(file)
    assert sqlite3.connect(file).execute("PRAGMA user_version").fetchone()[0] == 99


@pytest.mark.parametrize("table", ["bookmarks", "photos", "_sqlite_migrations"])
@pytest.mark.parametrize("journal", ["DELETE", "WAL"])
@pytest.mark.parametrize("version", [0, 3, 99])
def test_a_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, table: str, journal: str, version: int
) -> None:
    file = tmp_path / "other.db"
    connection = sqlite3.connect(file)
    connection.execute(f"PRAGMA journal_mode = {journal}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute(f"CREATE TABLE {table} (url TEXT)")
    connection.commit()
    connection.close()
    before = file.read_bytes(), file.stat()
    with pytest.raises(LibraryError, match="another program"):
        LibraryFile(file)
    after = file.read_bytes(), file.stat()
    assert (after[0], after[1].st_mtime_ns, after[1].st_mode) == (before[0], before[1].st_mtime_ns, before[1].st_mode)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path(os.devnull)):
        with pytest.raises(LibraryError, match="is not a file, so it is no library"):
            LibraryFile(path)


def test_only_the_user_can_read_a_new_library(tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no permissions of this kind")
    folder = tmp_path / "data" / "mcsearch"
    with LibraryFile(folder / "library.db") as library, library.transaction():
        library.roots.begin({"/photos": None})
        assert {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()} == {
            "library.db": 0o600, "library.db-wal": 0o600, "library.db-shm": 0o600,
        }  # fmt: skip
    assert folder.stat().st_mode & 0o777 == folder.parent.stat().st_mode & 0o777 == 0o700
    (folder / "library.db").chmod(0o640)  # the user lets a group read it
    with LibraryFile(folder / "library.db"):
        assert (folder / "library.db").stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
@pytest.mark.parametrize("folder_mode", [0o755, 0o555])
def test_a_library_that_cannot_be_written_can_be_read(unprivileged_folder: Path, folder_mode: int) -> None:
    file = unprivileged_folder / "library.db"
    with unprivileged():
        with LibraryFile(file) as library, library.transaction():
            library.roots.begin({"/photos": None})
        file.chmod(0o444)
        unprivileged_folder.chmod(folder_mode)
        with LibraryFile(file) as library:
            assert list(library.roots.known()) == ["/photos"]
            with library.snapshot():
                assert library.photos.count() == 0
            for write in (library.transaction().__enter__, library.vacuum):
                with pytest.raises(LibraryError, match="can only be read"):
                    write()
        unprivileged_folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
@pytest.mark.parametrize("create", [False, True])
def test_a_library_in_a_folder_that_cannot_be_searched_is_said_to_be_there(
    unprivileged_folder: Path, create: bool
) -> None:
    with unprivileged():
        unprivileged_folder.chmod(0o600)
        with pytest.raises(LibraryError, match=r"library\.db cannot be opened: .*Permission denied"):
            LibraryFile(unprivileged_folder / "library.db", create=create)
        unprivileged_folder.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
def test_a_library_whose_changes_are_missing_is_not_read_without_them(unprivileged_folder: Path) -> None:
    file, apart = unprivileged_folder / "library.db", unprivileged_folder / "medium"
    with unprivileged():
        with LibraryFile(file) as library:
            with library.transaction():
                library.roots.begin({"/photos": None})
            apart.mkdir()
            for suffix in ("", "-wal"):
                shutil.copy(f"{file}{suffix}", apart)
        apart.chmod(0o555)
        with pytest.raises(LibraryError, match=r"its last changes are still in library\.db-wal"):
            LibraryFile(apart / "library.db")
        apart.chmod(0o755)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
def test_an_older_library_that_cannot_be_written_says_so(unprivileged_folder: Path) -> None:
    file = unprivileged_folder / "library.db"
    with unprivileged():
        connection = sqlite3.connect(file)
        migrations.migrate(connection, stop_before="m004_embedding_changes")
        connection.close()
        file.chmod(0o444)
        with pytest.raises(LibraryError, match="has an older format"):
            LibraryFile(file)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 1000)
    with pytest.raises(LibraryError, match="not a database"):
        LibraryFile(file)
    assert file.read_text() == "no database " * 1000


def test_a_transaction_is_undone_by_any_exception(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "library.db") as library:

        def stopped_half_way() -> None:
            with library.transaction():
                library.photos.put(ScannedFile("/a.jpg", 1, 1), library.photos.add_content(b"a", 1))
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            stopped_half_way()
        assert library.photos.count() == 0


def test_two_connections_see_each_other_s_commits(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "library.db") as one, LibraryFile(tmp_path / "library.db") as other:
        with one.transaction():
            one.photos.put(ScannedFile("/a.jpg", 1, 1), one.photos.add_content(b"a", 1))
        with other.transaction():
            other.photos.put(ScannedFile("/b.jpg", 1, 1), other.photos.add_content(b"a", 1))
        assert one.photos.count() == other.photos.count() == 2


def test_each_commit_that_adds_embeddings_is_recorded_with_a_token_of_its_own(tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "library.db") as library:
        states = [library.embeddings.state()]

        def embed(*names: bytes, keep: bool = True) -> None:
            with library.transaction(keep=keep):
                row = library.models.add("demo", "f", 2, 1.0, None, None)
                for name in names:
                    content_id = library.photos.add_content(name, 1)
                    library.embeddings.add(content_id, row.id, np.array([0, 1], np.float32))
            states.append(library.embeddings.state())

        embed(b"a", b"b")
        embed()
        embed(b"c", keep=False)
        embed(b"c")
        assert [state.highest_id for state in states] == [0, 2, 2, 2, 3]
        assert [state.change_id for state in states] == [1, 2, 2, 2, 3]
        assert len({state.token for state in states}) == 3
        assert all(library.embeddings.came_from(state) for state in states)
        library._connection.execute("UPDATE embeddings SET vector = vector WHERE id = 1")
        assert not any(library.embeddings.came_from(state) for state in states)
    with LibraryFile(tmp_path / "other.db") as other:
        assert not any(other.embeddings.came_from(state) for state in states)


def test_a_library_from_before_changes_were_recorded_has_a_state(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m004_embedding_changes")
    connection.execute("INSERT INTO contents VALUES (1, x'aa', 10)")
    connection.execute("INSERT INTO models VALUES (1, 'demo', 'f', 2, 100.0, NULL, NULL, 1)")
    connection.execute("INSERT INTO embeddings VALUES (7, 1, 1, ?)", (np.array([0, 1], "<f4").tobytes(),))
    connection.close()
    with LibraryFile(file) as library:
        state = library.embeddings.state()
        assert (state.change_id, state.highest_id) == (1, 7)
        assert library.embeddings.came_from(state)


def test_a_model_id_is_never_given_twice_and_older_libraries_keep_their_rows(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    connection = sqlite3.connect(file, isolation_level=None)
    migrations.migrate(connection, stop_before="m014_model_ids")
    connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'aa', 10)")
    connection.execute("INSERT INTO models VALUES (4, 'demo', 'f', 2, 100.0, NULL, NULL, 1)")
    connection.execute("INSERT INTO embeddings VALUES (7, 4, 1, ?)", (np.array([0, 1], "<f4").tobytes(),))
    connection.execute("INSERT INTO prompts VALUES (4, 'a dog', x'00')")
    connection.execute("INSERT INTO photos VALUES (1, '/a.jpg', 10, 20, 1)")
    connection.execute("INSERT INTO tags VALUES (4, 'labels', 'dog', 1, 0.25, 0.75)")
    connection.close()
    with LibraryFile(file) as library:
        for table in ("embeddings", "prompts", "tags"):
            assert library._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (1,)
        assert library._connection.execute("PRAGMA foreign_key_check").fetchall() == []
        with library.transaction():
            library.models.forget(4)
        for table in ("embeddings", "prompts", "tags"):
            assert library._connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (0,)
        with library.transaction():
            assert library.models.add("demo", "f", 2, 100.0, None, None).id == 5


@pytest.mark.parametrize("again", ["opened", "found in a photo folder", "found through links"])
def test_the_locks_of_this_process_outlast_what_else_happens_to_the_library(tmp_path: Path, again: str) -> None:
    """Another process that closes the library must not take itself for the last one, and delete the log in use."""
    file = tmp_path / "library.db"
    other = f"""
import sqlite3
connection = sqlite3.connect({str(file)!r})
connection.execute("INSERT INTO embedding_changes DEFAULT VALUES")
connection.commit()
connection.close()
"""
    with LibraryFile(file) as library:
        with library.transaction():
            library.albums.put(Album("one", "dog"))
        if again == "opened":
            LibraryFile(file).close()
        elif again == "found in a photo folder":
            assert [*scan(str(tmp_path), RootRules(any_suffix=True), ScanNotes())] == []
        else:
            (tmp_path / "photos").mkdir()
            (tmp_path / "photos" / "above").symlink_to(tmp_path)
            (tmp_path / "photos" / "log").symlink_to(file.with_name("library.db-shm"))
            assert [*scan(str(tmp_path / "photos"), RootRules(any_suffix=True), ScanNotes())] == []
        subprocess.run([sys.executable, "-c", other], check=True)
        assert file.with_name("library.db-wal").exists()
        with library.transaction():
            library.albums.put(Album("two", "cat"))
        assert [album.name for album in library.albums.listed()] == ["one", "two"]
