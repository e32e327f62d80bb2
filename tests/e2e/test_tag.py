"""mcsearch tag as a user runs it: sets, dry runs, tags by hand, and a reader that has seen enough."""

import json
import shutil
from pathlib import Path

import pytest

from tests.conftest import Mcsearch
from tests.support.runs import files


@pytest.fixture(autouse=True)
def _library(indexed_library: Path, tmp_path: Path) -> None:
    """A library of painted photos, and labels."""
    shutil.copy(indexed_library, tmp_path)
    (tmp_path / "animals.txt").write_text("dog\ncat\n")
    (tmp_path / "places.txt").write_text("beach\n")


def test_sets_stand_beside_each_other(mcsearch: Mcsearch, tmp_path: Path) -> None:
    mcsearch("tag", "--labels", "animals.txt", "--threshold", "0")
    mcsearch("tag", "--labels", "places.txt", "--threshold", "0")
    mcsearch("tag", "--label", "sea", "--label", "sun", "--threshold", "0")
    mcsearch("tag", "--labels", "-", "--set", "places", "--threshold", "0", input="forest\n")
    assert mcsearch("tags").stdout.splitlines() == [
        "36  cat (animals)", "36  dog (animals)", "36  forest (places)", "36  sea (label:sea)", "36  sun (label:sun)",
    ]  # fmt: skip
    (tmp_path / "animals.txt").write_text("cat\nbird\n")
    dry = mcsearch("tag", "--labels", "animals.txt", "--threshold", "0", "--dry-run")
    assert dry.stdout.splitlines() == ["36  +36   -0  bird", "36   +0   -0  cat", " 0   +0  -36  dog"]
    assert mcsearch("tag", "--clear", "--set", "animals").stderr == "72 tags removed from: animals\n"
    assert "no tag set 'animals'" in mcsearch("tag", "--clear", "--set", "animals", exit_code=2).stderr
    mcsearch("tag", "--clear")
    assert mcsearch("tags").stdout == ""


def test_tags_by_hand(mcsearch: Mcsearch, painted: Path, photos: Path) -> None:
    mcsearch("index", photos)
    mcsearch("forget", painted, "--yes")
    first, second = files(photos)[:2]
    mcsearch("tag", "--labels", "animals.txt", "--threshold", "0")
    # A label may begin with the letter of an option, and a coordinate with a minus is no label.
    mcsearch("tag", first, second, "+polar bear", "-hut", "-dog", "--not-near", "-33.8,151.2")
    mcsearch("tag", "--labels", "animals.txt", "--threshold", "0")
    shown = json.loads(mcsearch("show", first, "--json").stdout)["tags"]
    assert [(tag["label"], tag["source"], tag["set"]) for tag in shown] == [
        ("polar bear", "manual", None), ("cat", "automatic", "animals"),
    ]  # fmt: skip
    assert "Tag        polar bear (manual)\n" in mcsearch("show", first).stdout
    assert mcsearch("find", "--tag", "polar bear", "--paths", "--sort", "path").stdout == f"{first}\n{second}\n"
    done = mcsearch("tag", first, "+x", "--json", "--write-xmp")
    assert [tag["label"] for tag in json.loads(done.stdout)["tags"]] == ["polar bear", "x", "cat"]
    assert ">polar bear<" in first.with_name(first.name + ".xmp").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["a.jpg", "+x", "--labels", "animals.txt"], "Choose one of"),
        (["--clear", "--label", "x"], "Choose one of"),
        (["--clear", "--write-xmp"], "Clear the tags first"),
        (["--remove-xmp", "--clear"], "--remove-xmp cannot be combined"),
        (["--write-xmp", "--set", "x"], "--set needs --labels"),
        (["a.jpg", "+x"], "there is no such file"),
        (["a.jpg"], "Name labels"),
        (["+x"], "Name the photos"),
        (["-x", "--threshold", "0.9"], "--threshold needs --labels"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(mcsearch: Mcsearch, arguments: list[str], sentence: str) -> None:
    done = mcsearch("tag", *arguments, exit_code=2)
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
