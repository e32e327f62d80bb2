"""mcsearch teach, suggest and unteach, and everyday labels, as a user runs them."""

import json
import shutil
from pathlib import Path

import pytest

from mcsearch.ops.finding.labels_file import EVERYDAY, read_labels
from tests.conftest import Mcsearch
from tests.support.runs import files


@pytest.fixture(autouse=True)
def _library(indexed_library: Path, tmp_path: Path) -> None:
    """A library of painted photos."""
    shutil.copy(indexed_library, tmp_path)


def test_a_label_is_taught_asked_about_and_forgotten(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> None:
    cars = [file for file in files(painted) if file.name.startswith("car")]
    dogs = [file for file in files(painted) if file.name.startswith("dog")]
    done = mcsearch("teach", "our car", "--yes", *cars[:2], "--no", *dogs[:2])
    assert done.stderr.startswith("our car: 4 examples (2 yes, 2 no); ")
    assert "mcsearch suggest 'our car'" in done.stderr
    assert str(cars[0]) in mcsearch("find", "--tag", "our car", "--paths").stdout
    asked = mcsearch("suggest", "our car", "-n", "3", "--sheet", tmp_path / "ask.html", "--not-in", dogs[0].parent)
    assert len(asked.stdout.splitlines()) == 3
    assert "Contact sheet of 3 photos" in asked.stderr
    answer = json.loads(mcsearch("suggest", "our car", "-n", "1", "--json").stdout)
    assert set(answer) == {"path", "probability"}
    done = mcsearch("teach", "our car", "--no", answer["path"], "--json", "--model", "demo")
    assert {key: json.loads(done.stdout)[key] for key in ("label", "yes", "no", "photos")} == {
        "label": "our car", "yes": 2, "no": 3, "photos": 36,
    }  # fmt: skip
    assert "our car (taught, 5 examples)" in mcsearch("tags").stdout
    mcsearch("tag", "--clear")
    assert mcsearch("tags").stdout == "0  our car (taught, 5 examples)\n"
    mcsearch("tag", "--taught")
    assert str(cars[0]) in mcsearch("find", "--tag", "our car", "--paths").stdout
    mcsearch("unteach", "our car")
    assert "No label has been taught" in mcsearch("suggest", "our car", exit_code=2).stderr
    assert "Name photos" in mcsearch("teach", "x", exit_code=2).stderr


def test_the_everyday_labels_can_be_copied(mcsearch: Mcsearch, tmp_path: Path) -> None:
    assert "takes no other labels" in mcsearch("tag", "--print-labels", "--label", "dog", exit_code=2).stderr
    printed = mcsearch("tag", "--print-labels").stdout
    (tmp_path / "labels.txt").write_text(printed, encoding="utf-8")
    labels = read_labels(tmp_path / "labels.txt")
    assert labels == read_labels(EVERYDAY)
    assert 300 <= len(labels) <= 500
    assert all(" > " in label.name for label in labels)
