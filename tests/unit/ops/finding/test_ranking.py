"""Ranking by the packed copy against a plain product with every vector, whatever happened to library and copy."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.ops.finding.packed.copies import pack, remove_unused_copies
from mcsearch.ops.finding.ranking import rank
from mcsearch.ops.models import forget_model
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import ScannedFile
from mcsearch.search.packing import PACKED_FROM
from tests.conftest import command

DIMENSIONS = 24
COUNT = PACKED_FROM + 1000


def _unit(count: int, seed: int) -> np.ndarray:
    """Clustered, as embeddings are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((20, DIMENSIONS))
    vectors = centres[random.integers(0, 20, count)] + 0.3 * random.standard_normal((count, DIMENSIONS))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _add(library: LibraryFile, count: int, seed: int, model: str = "one", folder: str = "/photos") -> None:
    with library.transaction():
        row = library.models.add(model, model * 8, DIMENSIONS, 100.0, None, None)
        for number, vector in enumerate(_unit(count, seed)):
            content_id = library.photos.add_content(f"{seed} {number}".encode(), number)
            library.embeddings.add(content_id, row.id, vector)
            library.photos.put(ScannedFile(f"{folder}/{seed}/{number}.jpg", number, number), content_id)


def _model(library: LibraryFile, name: str | None = None) -> IndexedModel:
    model = library.models.find(name)
    assert model is not None
    return model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("made") / "library.db"
    with LibraryFile(file) as library:
        _add(library, COUNT, 0)
    return file


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Iterator[LibraryFile]:
    shutil.copy(made, tmp_path / "library.db")
    with LibraryFile(tmp_path / "library.db", cache=tmp_path / "cache") as library:
        yield library


def _expected(library: LibraryFile, query: np.ndarray, name: str | None, like: str) -> list[tuple[float, int]]:
    """Every content that has a photo of such a path, by score and id, from SQL and numpy alone."""
    rows = library._connection.execute(
        """SELECT content_id, vector FROM embeddings JOIN models ON models.id = model_id
           WHERE (models.name = ? OR ? IS NULL AND is_default)
             AND content_id IN (SELECT content_id FROM photos WHERE path LIKE ?)""",
        (name, name, like),
    ).fetchall()
    return sorted((-float(np.frombuffer(blob, "<f4").astype(float) @ query), content_id) for content_id, blob in rows)


def _check(library: LibraryFile, name: str | None = None, *, like: str = "%", limit: int = 10) -> None:
    conditions = [Condition("p.path LIKE ?", (like,))] if like != "%" else []
    for query in _unit(3, 1234):
        expected = [(content_id, -score) for score, content_id in _expected(library, query, name, like)][:limit]
        found = rank(library, _model(library, name), query, limit, -1.0, conditions)
        assert [content_id for content_id, _ in found] == [content_id for content_id, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)


def _copy(library: LibraryFile) -> Path:
    [folder] = (library.cache / "vectors").iterdir()  # type: ignore[operator]
    return folder


def test_the_copy_is_made_once_and_used_again(library: LibraryFile) -> None:
    _check(library)
    before = {file.name: file.stat().st_mtime_ns for file in _copy(library).iterdir()}
    _check(library)
    assert {file.name: file.stat().st_mtime_ns for file in _copy(library).iterdir()} == before


def test_few_photos_and_no_cache_need_no_copy(library: LibraryFile, tmp_path: Path) -> None:
    with LibraryFile(tmp_path / "few.db", cache=tmp_path / "other") as few:
        _add(few, 50, 0)
        _check(few)
        assert not pack(few, _model(few))
    assert not (tmp_path / "other").exists()
    library.cache = None
    _check(library)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("limit", [1, 300, COUNT - 1, 2 * COUNT])
def test_any_number_can_be_asked_for(library: LibraryFile, limit: int) -> None:
    _check(library, limit=limit)


def test_min_score_is_a_bound_for_true_scores(library: LibraryFile) -> None:
    model, query = _model(library), _unit(1, 5)[0]
    every = rank(library, model, query, COUNT)
    scores = [score for _, score in every]
    for least in (2.0, scores[0], scores[7], scores[700], -1.0):
        assert rank(library, model, query, COUNT, least) == [pair for pair in every if pair[1] >= least]


def test_equal_scores_come_in_the_order_of_their_contents(library: LibraryFile) -> None:
    query = _unit(1, 7)[0]
    blob = query.tobytes()
    ids = np.random.default_rng(0).permutation(np.arange(1, COUNT))[:600].tolist()
    with library.transaction():
        for content_id in ids:
            library.embeddings.add(content_id, 1, np.frombuffer(blob, np.float32))
    found = rank(library, _model(library), query, 500)
    assert [content_id for content_id, _ in found] == sorted(ids)[:500]
    assert len({score for _, score in found}) == 1


def test_photos_added_changed_and_removed(library: LibraryFile) -> None:
    _check(library)
    _add(library, 100, 1)
    _check(library)
    generation = {file.name for file in _copy(library).iterdir()}
    with library.transaction():  # a model run again over known contents
        for content_id, vector in enumerate(_unit(100, 2), start=1):
            library.embeddings.add(content_id, 1, vector)
    _check(library)
    with library.transaction():
        library._connection.execute("DELETE FROM photos WHERE path LIKE '/photos/0/%7%'")
    _check(library)
    assert {file.name for file in _copy(library).iterdir()} == generation, "it was appended to, not made anew"


def test_a_transaction_that_was_undone_leaves_no_trace(library: LibraryFile) -> None:
    _check(library)
    with library.transaction(keep=False):
        library.embeddings.add(1, 1, _unit(1, 3)[0])
    _check(library)
    with library.transaction():
        library.embeddings.add(2, 1, _unit(1, 4)[0])
    _check(library)


def test_most_photos_near_the_query_are_gone(library: LibraryFile) -> None:
    query = _unit(1, 1234)[0]
    near = [content_id for content_id, _ in rank(library, _model(library), query, COUNT - 20)]
    with library.transaction():
        library._connection.executemany("DELETE FROM photos WHERE content_id = ?", [(one,) for one in near])
    _check(library)
    _check(library, limit=100)
    with library.transaction():
        library._connection.execute("DELETE FROM photos")
    assert rank(library, _model(library), query, 10) == []


def test_every_photo_embedded_again_leaves_a_small_copy(library: LibraryFile) -> None:
    _check(library)
    with library.transaction():
        for content_id, vector in enumerate(_unit(COUNT, 3), start=1):
            library.embeddings.add(content_id, 1, vector)
    _check(library)
    [rows] = _copy(library).glob("rows-*")
    assert rows.stat().st_size == COUNT * DIMENSIONS


def test_a_filter_applies_before_ranking(library: LibraryFile) -> None:
    _add(library, 5, 8, folder="/few")
    for like in ("/few/%", "/photos/%", "%/77.jpg", "%7.jpg", "/none/%"):
        _check(library, like=like)
    query = _unit(1, 1234)[0]
    found = rank(library, _model(library), query, 10, -1.0, filter_conditions(library, _model(library), {"in": "/few"}))
    assert len(found) == 5


def test_several_models_are_kept_apart(library: LibraryFile) -> None:
    _check(library)
    _add(library, COUNT, 0, model="two")
    _check(library, "two")
    _check(library, "one")
    with library.transaction():
        library.models.forget(_model(library, "one").id)
    _check(library, "two")
    with library.transaction():
        library.embeddings.add(5, _model(library, "two").id, _unit(1, 6)[0])
    _check(library, "two")
    _add(library, 100, 7, model="one")
    _check(library, "one")


def test_another_process_adds_photos(library: LibraryFile) -> None:
    _check(library)
    with LibraryFile(library.file) as other:
        _add(other, 30, 4)
    _check(library)


def test_a_backup_that_is_put_back_and_goes_on_differently(library: LibraryFile, tmp_path: Path) -> None:
    file = library.file
    _check(library)
    backup = sqlite3.connect(tmp_path / "backup.db")
    library._connection.backup(backup)
    backup.close()
    _add(library, 40, 1)
    _check(library)
    library.close()

    def put_back() -> LibraryFile:
        for name in (file.name + "-wal", file.name + "-shm"):
            file.with_name(name).unlink(missing_ok=True)
        shutil.copy(tmp_path / "backup.db", file)
        return LibraryFile(file, cache=tmp_path / "cache")

    with put_back() as restored:
        _check(restored)
    with put_back() as restored:
        _add(restored, 40, 2)  # as many, with the same ids, but others
        _check(restored)
    with put_back() as restored:
        _add(restored, 80, 3)
        _check(restored)
    file.unlink()
    with LibraryFile(file, cache=tmp_path / "cache") as anew:
        _add(anew, COUNT, 5)
        _check(anew)


def test_another_program_writes_embeddings(library: LibraryFile) -> None:
    _check(library)
    [vector, other] = _unit(2, 1234)
    foreign = sqlite3.connect(library.file, isolation_level=None)
    foreign.execute("UPDATE embeddings SET vector = ? WHERE id = 77", (vector.tobytes(),))
    _check(library)
    foreign.execute(
        "INSERT OR REPLACE INTO embeddings (content_id, model_id, vector) VALUES (9, 1, ?)", (other.tobytes(),)
    )
    _check(library)
    foreign.execute("DELETE FROM embeddings WHERE id % 3 = 0")
    _check(library)
    foreign.close()


def _shorten(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _overwrite(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(50)
        opened.write(bytes(range(200)) * 3)


def _empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("damage", [_shorten, _overwrite, _empty, Path.unlink])
@pytest.mark.parametrize("name", ["rows", "scales", "ids", "state"])
def test_a_damaged_copy_is_made_anew(library: LibraryFile, name: str, damage) -> None:
    _check(library)
    for file in _copy(library).glob(f"{name}*"):
        damage(file)
    _check(library)
    assert (_copy(library) / "state.json").exists()


def test_damage_that_the_state_does_not_show_is_noticed_in_the_scores(library: LibraryFile) -> None:
    _check(library)
    [rows] = _copy(library).glob("rows-*")
    times = rows.stat()
    content = np.fromfile(rows, np.int8)
    np.roll(content, 100 * DIMENSIONS).tofile(rows)
    os.utime(rows, ns=(times.st_atime_ns, times.st_mtime_ns))
    _check(library)
    assert not list(_copy(library).glob(rows.name))


@pytest.mark.parametrize("name", ["rows", "scales", "ids", "state"])
def test_the_copy_of_another_library_is_not_taken_for_this_one_s(
    library: LibraryFile, tmp_path: Path, name: str
) -> None:
    _check(library)
    with LibraryFile(tmp_path / "other.db", cache=tmp_path / "elsewhere") as other:
        _add(other, COUNT, 9)
        _check(other)
        for file in _copy(other).glob(f"{name}*"):
            [mine] = _copy(library).glob(f"{name}*")
            shutil.copy(file, mine)
    _check(library)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs permissions that bind")
def test_a_cache_that_cannot_be_written_is_done_without(library: LibraryFile, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    _check(library)
    (tmp_path / "cache").chmod(0o700)
    _check(library)
    folder = _copy(library)
    folder.chmod(0o500)
    _check(library)
    _add(library, 10, 1)
    _check(library)
    folder.chmod(0o700)


def test_a_cache_that_is_a_file_is_done_without(library: LibraryFile, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    _check(library)


def test_a_copy_that_another_process_is_writing_does_not_stop_a_search(
    library: LibraryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    _check(library)
    _add(library, 10, 1)
    monkeypatch.setattr("mcsearch.ops.finding.packed.copies._LOCK_TIMEOUT_S", 0.0)
    with FileLock(_copy(library) / "lock"):
        _check(library)
    _check(library)


def test_the_command_searches_the_same_copy(library: LibraryFile, tmp_path: Path) -> None:
    _check(library)
    [query] = _unit(1, 1234)
    with library.transaction():
        library.prompts.add(1, {"a dog": query})
        library._connection.execute("UPDATE models SET name = 'demo'")
    _add(library, 20, 1, model="demo")
    environment = {**os.environ, "MCSEARCH_CACHE": str(tmp_path / "cache"), "PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run(
        [command(), "find", "a dog", "--paths", "--library", str(library.file)],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    best = rank(library, _model(library), query, 10)
    paths = library.photos.paths([content_id for content_id, _ in best], [])
    assert done.stdout.splitlines() == [path for content_id, _ in best for path in paths[content_id]]
    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert "numkong" in modules
    assert not modules & {"torch", "open_clip", "timm", "huggingface_hub", "sqlite_utils", "PIL"}
    assert len(list((tmp_path / "cache" / "vectors").iterdir())) == 1


def test_ids_that_are_known_to_meet_the_conditions_give_the_same_ranking(library: LibraryFile) -> None:
    model, query = _model(library), _unit(1, 11)[0]
    conditions = [Condition("p.size_bytes % 7 = 3", ())]
    only = library.embeddings.meeting(model, conditions)
    expected = rank(library, model, query, 50, conditions=conditions)
    assert rank(library, model, query, 50, conditions=conditions, only=only) == expected
    pack(library, model)
    _add(library, 20, 12)  # which the copy does not have yet
    more = library.embeddings.meeting(model, conditions)
    expected = rank(library, model, query, 50, conditions=conditions)
    assert rank(library, model, query, 50, conditions=conditions, only=more) == expected


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
def test_changed_bytes_give_no_wrong_answer_though_the_time_is_kept(library: LibraryFile) -> None:
    random = np.random.default_rng(0)
    for name in ("rows", "scales", "ids") * 4:
        pack(library, _model(library))
        [file] = _copy(library).glob(f"{name}-*")
        times, content = file.stat(), bytearray(file.read_bytes())
        start = int(random.integers(len(content) * 4 // 5))
        for place in range(start, start + len(content) // 5):
            content[place] ^= 0x80
        with file.open("r+b") as changed:
            changed.write(content)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
        _check(library)


def test_a_cache_that_was_moved_is_used_again(library: LibraryFile, tmp_path: Path) -> None:
    _check(library)
    [rows] = _copy(library).glob("rows-*")
    shutil.copytree(tmp_path / "cache", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "cache")
    shutil.copytree(tmp_path / "elsewhere", tmp_path / "cache")
    _check(library)
    assert rows.exists(), "it was checked, not made anew"


def test_copies_that_nothing_will_use_again_are_removed(library: LibraryFile, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    away = tmp_path / "disk"
    away.mkdir()
    for file in (tmp_path / "deleted.db", away / "library.db"):
        with LibraryFile(file, cache=cache) as other:
            _add(other, COUNT, 0)
            _check(other)
    away.rename(tmp_path / "not mounted")
    (tmp_path / "deleted.db").unlink()
    _add(library, COUNT, 0, model="two")
    _check(library, "two")
    _check(library, "one")
    assert sum(1 for _ in (cache / "vectors").iterdir()) == 3  # two of this library, one of the disk that is away
    forget_model(library, "one")
    left = {folder.name.partition("-")[2] for folder in (cache / "vectors").iterdir()}
    assert left == {"twotwotwotwotwotwotwotwo", "oneoneoneoneoneoneoneone"}
    [its] = (folder for folder in (cache / "vectors").iterdir() if folder.name.endswith("one"))
    long_ago = 1e9
    os.utime(its / "state.json", (long_ago, long_ago))
    remove_unused_copies(library)
    assert not its.exists()
    _check(library, "two")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
def test_only_the_user_can_read_the_copy(library: LibraryFile) -> None:
    _check(library)
    folder = _copy(library)
    for one in (folder, folder.parent, folder.parent.parent):
        assert one.stat().st_mode & 0o077 == 0
