"""mcsearch find with photos and several terms, and mcsearch similar, as a user runs them."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Mcsearch, command


@pytest.fixture(scope="module")
def indexed(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the painted photos, not to be changed."""
    file = tmp_path_factory.mktemp("asking") / "library.db"
    subprocess.run([command(), "index", str(painted), "--model", "demo", "--library", str(file)], check=True)
    subprocess.run([command(), "find", "a dog", "--not", "night", "--library", str(file)], check=True)
    return file


@pytest.fixture(autouse=True)
def _library(indexed: Path, tmp_path: Path) -> None:
    shutil.copy(indexed, tmp_path / "library.db")


def _hits(output: str) -> list[tuple[str, str]]:
    """Subject and time of the scenes found, which their names say."""
    names = [Path(json.loads(line)["path"]).stem.split("-") for line in output.splitlines()]
    return [(subject, time) for subject, _, time, _ in names]


def _photo(painted: Path, pattern: str) -> Path:
    return sorted(painted.rglob(pattern))[0]


def test_texts_to_stay_away_from(mcsearch: Mcsearch) -> None:
    plain = _hits(mcsearch("find", "a dog", "--json", "-n", "3").stdout)
    by_day = _hits(mcsearch("find", "a dog", "--not", "night", "--json", "-n", "36").stdout)
    assert {subject for subject, _ in plain} == {"dog"}
    nights = [number for number, (_, time) in enumerate(by_day) if time == "night"]
    days = [number for number, (_, time) in enumerate(by_day) if time == "day"]
    assert sum(nights) / len(nights) > sum(days) / len(days) + 6


def test_photos_and_texts_mix(mcsearch: Mcsearch, painted: Path) -> None:
    like = _photo(painted, "boat-*-night-*.jpg")
    alone = mcsearch("find", "--like", like, "--json").stdout.splitlines()
    assert json.loads(alone[0])["path"] == str(like)
    assert json.loads(alone[0])["score"] == pytest.approx(1, abs=1e-5)
    assert {subject for subject, _ in _hits(mcsearch("find", "5:a dog", "--like", like, "--json", "-n", "2").stdout)} == {
        "dog"
    }
    away = mcsearch("find", "a boat", "--not-like", like, "--json", "-n", "36").stdout.splitlines()
    assert json.loads(away[0])["path"] != str(like)


def test_a_picture_from_standard_input_or_from_elsewhere(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> None:
    like = _photo(painted, "cat-*.jpg")
    elsewhere = shutil.copy(like, tmp_path / "elsewhere.jpg")
    outside = mcsearch("find", "--like", elsewhere, "--paths").stdout
    with like.open("rb") as picture:
        assert mcsearch("find", "--like", "-", "--paths", stdin=picture).stdout == outside
    assert outside.splitlines()[0] == str(like)


def test_a_photo_of_the_library_costs_no_torch_and_is_not_decoded(mcsearch: Mcsearch, painted: Path) -> None:
    ask = ("find", "a dog", "--not", "night", "--like", _photo(painted, "cat-*.jpg"))
    imported = mcsearch(*ask, env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr
    modules = {line.rsplit("|", 1)[-1].strip() for line in imported.splitlines() if line.startswith("import time:")}
    assert "numpy" in modules
    assert not modules & {"torch", "open_clip", "timm", "openvino", "PIL", "sqlite_utils"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["find", "--not", "people"], "Say also what to look for"),
        (["find", "a dog", "--not", "a dog"], "cancel each other"),
        (["find", "--like", "none.jpg"], "none.jpg: cannot be read"),
        (["find", "--like", "text.jpg"], "text.jpg: not a picture"),
        (["find", "--like", "-"], "no picture on standard input"),
        (["find", "0:dog"], "a weight is a number above 0"),
    ],
)
def test_bad_input_is_one_sentence(mcsearch: Mcsearch, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    done = mcsearch(*arguments, exit_code=2, stdin=subprocess.DEVNULL)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
