"""mcsearch roots, forget and compact, and index without a path, as a user runs them."""

import json
import shlex
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.conftest import Mcsearch


def _count(mcsearch: Mcsearch) -> int:
    count: int = json.loads(mcsearch("status", "--json").stdout)["photos"]
    return count


def test_roots_says_what_is_indexed_and_how(mcsearch: Mcsearch, photos: Path) -> None:
    assert "There is no library" in mcsearch("roots", exit_code=1).stderr
    mcsearch("index", photos, "--model", "demo", "--exclude", "raw *", "--hidden", "--videos", "--previews")
    [root] = map(json.loads, mcsearch("roots", "--json").stdout.splitlines())
    rules = {
        "exclude": ["raw *"],
        "hidden": True,
        "raw_pairs": "one",
        "videos": True,
        "any_suffix": False,
        "read": False,
        "previews": True,
    }
    assert root == {
        "path": str(photos),
        "photos": 36,
        "indexed_at": root["indexed_at"],
        "rules": rules,
        "present": True,
    }
    photos.rename(photos.with_name("away"))
    line = mcsearch("roots").stdout
    assert line.startswith(f"{photos}: 36 photos, indexed ")
    assert line.endswith(", without raw *, with hidden files, with videos, by previews (not there now)\n")


def test_a_moved_folder(mcsearch: Mcsearch, photos: Path) -> None:
    mcsearch("index", photos, "--model", "demo", "--hidden")
    first = mcsearch("find", "a dog", "--paths", "-n", "1").stdout.strip()
    mcsearch("tag", first, "+holiday")
    moved = photos.rename(photos.with_name("moved"))
    assert all(line.endswith("  (disk away)") for line in mcsearch("find", "a dog").stdout.splitlines())
    done = mcsearch("index", moved)
    assert (
        f"mcsearch: {photos} was moved to {moved}: 36 photos have kept all tags and the folder its rules."
        in done.stderr
    )
    assert "36 moved" in done.stderr
    assert mcsearch("roots").stdout.startswith(f"{moved}: 36 photos, indexed ")
    tagged = json.loads(mcsearch("find", "--tag", "holiday", "--json").stdout)
    assert (tagged["path"], tagged["missing"]) == (first.replace(str(photos), str(moved)), None)
    Path(tagged["path"]).unlink()
    assert json.loads(mcsearch("find", "--tag", "holiday", "--json").stdout)["missing"] == "gone"
    assert mcsearch("find", "a dog", "-n", "1").stdout.endswith("  (gone)\n")


def test_files_of_any_suffix(mcsearch: Mcsearch, photos: Path) -> None:
    for number, file in enumerate(sorted(photos.rglob("*.jpg"))):
        file.rename(file.with_name(f"{number}"))
    mcsearch("index", photos, "--model", "demo")
    assert _count(mcsearch) == 0
    mcsearch("index", photos, "--any-suffix", "--model", "demo")
    assert _count(mcsearch) > 0
    assert ", with any suffix" in mcsearch("roots").stdout
    counted = _count(mcsearch)
    mcsearch("index")
    assert _count(mcsearch) == counted, "the root remembers it"
    shutil.copy(next(path for path in photos.rglob("*") if path.is_file()), photos / "late")
    mcsearch("index", photos / "late")
    assert _count(mcsearch) == counted + 1
    mcsearch("index", photos, "--known-suffixes")
    assert _count(mcsearch) == 0


def test_index_without_a_path(mcsearch: Mcsearch, photos: Path) -> None:
    one, other = sorted(path for path in photos.iterdir() if path.is_dir())[:2]
    mcsearch("index", one, other, "--model", "demo")
    next(other.glob("*.jpg")).unlink()
    summary = json.loads(mcsearch("index", "--json").stdout)
    assert (summary["removed"], summary["unchanged"]) == (1, _count(mcsearch))


def test_what_is_forgotten_comes_back_unless_the_advice_is_followed(mcsearch: Mcsearch, photos: Path) -> None:
    folder = next(path for path in sorted(photos.iterdir()) if path.is_dir())
    odd = folder.rename(folder.with_name("it's [2023]"))
    inside = len(list(odd.rglob("*.jpg")))
    mcsearch("index", photos, "--model", "demo", "--exclude", "*_edited*")
    said = mcsearch("forget", odd).stderr
    assert f"Forgot {inside} photos. Indexing {photos} again would add them again." in said
    assert _count(mcsearch) == 36 - inside
    mcsearch("index")
    assert _count(mcsearch) == 36
    advice = shlex.split(mcsearch("forget", odd).stderr.strip().split("permanently: mcsearch ")[1])
    mcsearch(*advice)
    mcsearch("index")
    assert _count(mcsearch) == 36 - inside
    [root] = map(json.loads, mcsearch("roots", "--json").stdout.splitlines())
    assert root["rules"]["exclude"][0] == "*_edited*"
    assert f"No longer indexed: {photos}." in mcsearch("forget", photos, "--yes").stderr
    assert _count(mcsearch) == 0
    assert "Nothing at or below" in mcsearch("forget", photos, exit_code=2).stderr
    assert "No folder is indexed yet" in mcsearch("index", exit_code=1).stderr
    assert len(list(photos.rglob("*.jpg"))) == 36


def test_compact_says_what_it_freed(mcsearch: Mcsearch, photos: Path, tmp_path: Path) -> None:
    mcsearch("index", photos, "--model", "demo")
    mcsearch("forget", photos, "--yes")
    assert "Dropped 0 embeddings" in mcsearch("compact", "--yes").stderr
    with sqlite3.connect(tmp_path / "library.db") as library:
        library.execute("UPDATE contents SET unused_since = '2020-01-01T00:00:00+00:00'")
    library.close()
    assert "Dropped 36 embeddings that no photo has used for 90 days; freed " in mcsearch("compact", "--yes").stderr


@pytest.mark.parametrize("command", ["forget", "compact", "roots"])
def test_without_a_library_there_is_one_sentence(mcsearch: Mcsearch, command: str) -> None:
    arguments = ["."] if command == "forget" else []
    assert "There is no library" in mcsearch(command, *arguments, exit_code=1).stderr
