"""The packed copy as files: what was written is read, and what is not as it was left is not there."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from mcsearch.records.embeddings import EmbeddingState
from mcsearch.search.packing.packed import PackedVectors, write
from mcsearch.search.packing.quantise import ERROR_PER_SCALE

STATE = EmbeddingState(3, -(2**63), 5000)


def _unit(count: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, 24)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vectors, ids = _unit(1000), np.arange(5, 1005)
    write(tmp_path / "copy", [(ids[:700], vectors[:700]), (ids[700:], vectors[700:])], STATE)
    return tmp_path / "copy"


def _loaded(folder: Path, dimensions: int = 24) -> PackedVectors:
    packed = PackedVectors.load(folder, dimensions)
    assert packed is not None
    return packed


def test_bounds_are_above_every_cosine_and_not_far(folder: Path) -> None:
    packed, query = _loaded(folder), _unit(1, seed=1)[0]
    assert packed.ids.tolist() == list(range(5, 1005))
    assert packed.state == STATE
    bounds, scale = packed.upper_bounds(query)
    exact = _unit(1000) @ query
    assert np.all(bounds + 1e-6 >= exact)
    assert np.all(bounds - exact <= 2 * ERROR_PER_SCALE * (packed.scales + scale) + 1e-6)


def test_appending_leaves_the_rows_there_are_and_whoever_reads_them(folder: Path) -> None:
    before = _loaded(folder)
    rows, later = before.rows.copy(), EmbeddingState(4, 7, 6000)
    write(folder, [(np.arange(2000, 2010), _unit(10, seed=2))], later, after=before)
    after = _loaded(folder)
    assert (len(after.ids), after.state, after.generation) == (1010, later, before.generation)
    assert np.array_equal(after.rows[:1000], rows)
    assert np.array_equal(before.rows, rows)


def test_another_copy_replaces_the_first_and_leaves_nothing_of_it(folder: Path) -> None:
    write(folder, [(np.arange(1, 11), _unit(10))], STATE)
    assert len(_loaded(folder).ids) == 10
    assert len(list(folder.iterdir())) == 4


def test_a_copy_of_nothing(tmp_path: Path) -> None:
    write(tmp_path, [], STATE)
    assert _loaded(tmp_path).upper_bounds(_unit(1)[0])[0].shape == (0,)


def _cut(file: Path) -> None:
    os.truncate(file, file.stat().st_size - 1)


def _grow(file: Path) -> None:
    with file.open("ab") as grown:
        grown.write(b"\0")


def _zero(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as zeroed:
        zeroed.write(b"\0" * size)


@pytest.mark.parametrize("damage", [_cut, _grow, _zero, Path.unlink])
@pytest.mark.parametrize("name", ["rows", "scales", "ids", "state"])
def test_what_is_not_as_it_was_left_is_not_there(folder: Path, name: str, damage) -> None:
    [file] = folder.glob(f"{name}*")
    os.utime(file, ns=(1, 1)) if name == "state" else None
    damage(file)
    assert PackedVectors.load(folder, 24) is None


def _flip(file: Path, place: int) -> None:
    """Change one byte, and keep the modification time."""
    times = file.stat()
    with file.open("r+b") as changed:
        changed.seek(place)
        byte = changed.read(1)[0]
        changed.seek(place)
        changed.write(bytes([byte ^ 0x55]))
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _record_files_anew(folder: Path) -> None:
    """Do as if the files had been like this all the time: a disk that returns other bytes changes no time."""
    state = folder / "state.json"
    header = json.loads(state.read_text())
    for name in header["files"]:
        stat = (folder / f"{name}-{header['generation']}").stat()
        header["files"][name] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    state.write_text(json.dumps(header))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
@pytest.mark.parametrize("name", ["rows", "scales", "ids"])
@pytest.mark.parametrize("where", [0, 0.5, 0.999])
def test_a_byte_that_was_changed_is_noticed_though_the_time_is_kept(tmp_path: Path, name: str, where: float) -> None:
    write(tmp_path, [(np.arange(1, 20001), _unit(20000))], STATE)  # ten blocks
    [file] = tmp_path.glob(f"{name}*")
    _flip(file, int(where * file.stat().st_size))
    assert PackedVectors.load(tmp_path, 24) is None
    assert PackedVectors.load_restored(tmp_path, 24) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no time of change")
def test_a_byte_that_changed_on_the_disk_by_itself_is_found_in_time(tmp_path: Path) -> None:
    write(tmp_path, [(np.arange(1, 5001), _unit(5000))], STATE)
    [rows] = tmp_path.glob("rows-*")
    _flip(rows, 3000 * 24)  # in the second of three blocks
    _record_files_anew(tmp_path)
    assert any(PackedVectors.load(tmp_path, 24) is None for _ in range(100))
    assert not (tmp_path / "state.json").exists()


def test_all_rows_can_be_checked_after_any_appending(tmp_path: Path) -> None:
    copy, start = None, 1
    for number in (0, 1, 2046, 1, 1, 5000, 3):
        blocks = [(np.arange(start, start + number), _unit(number, seed=number))] if number else []
        write(tmp_path, blocks, STATE, after=copy)
        copy, start = _loaded(tmp_path), start + number
        assert copy.is_intact()
        assert copy.has_intact_end()
    at_once, ids = tmp_path / "at once", copy.ids
    vectors = np.concatenate([_unit(number, seed=number) for number in (1, 2046, 1, 1, 5000, 3)])
    write(at_once, [(ids, vectors)], STATE)
    assert _loaded(at_once).checksums == copy.checksums
    _flip(next(tmp_path.glob("scales-*")), 4 * len(ids) - 1)
    assert not copy.is_intact()
    assert not copy.has_intact_end()


def test_files_that_were_moved_are_accepted_once_they_are_checked(folder: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(folder, tmp_path / "moved"))
    if os.name == "posix":
        assert PackedVectors.load(moved, 24) is None
    assert PackedVectors.load_restored(moved, 24) is not None
    assert _loaded(moved).rows.tolist() == _loaded(folder).rows.tolist()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 0},
        {"count": 999},
        {"count": "many"},
        {"state": {}},
        {"generation": "x"},
        {"files": None},
        {"checksums": []},
        {"checksums": None},
    ],
)
def test_a_state_that_says_something_else_is_not_believed(folder: Path, change: dict) -> None:
    file = folder / "state.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert PackedVectors.load(folder, 24) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"null", b"{}"])
def test_garbage_is_no_state(folder: Path, content: bytes) -> None:
    (folder / "state.json").write_bytes(content)
    assert PackedVectors.load(folder, 24) is None


def test_a_copy_of_other_dimensions_is_another_one(folder: Path) -> None:
    assert PackedVectors.load(folder, 48) is None


def test_a_copy_that_could_not_be_finished_is_not_there_and_takes_no_room(folder: Path) -> None:
    def broken():
        yield np.arange(2000, 2010), _unit(10)
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write(folder, broken(), STATE, after=_loaded(folder))
    assert PackedVectors.load(folder, 24) is None
    assert [file.name for file in folder.iterdir()] == ["state.json"]
