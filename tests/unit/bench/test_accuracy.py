"""bench/accuracy.py on painted scenes with the demo model, whose accuracy there is known."""

import csv
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY


def _run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    script = [sys.executable, str(REPOSITORY / "bench" / "accuracy.py"), *map(str, arguments)]
    return subprocess.run(script, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def figures(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """What is printed for the painted photos, which lie in a folder for each place."""
    scenes = Path(shutil.copytree(painted, tmp_path_factory.mktemp("accuracy") / "scenes"))
    files = sorted(scenes.rglob("*.jpg"))
    table = scenes / "captions.csv"
    with table.open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["file", "caption"])
        for file in files:
            subject, place, time, *_ = file.stem.split("-")
            rows.writerow(
                [file.relative_to(scenes), f"a {subject} {'on' if place == 'beach' else 'in'} {place} {time}"]
            )
    done = _run(scenes, "--model", "demo")
    assert done.returncode == 0, done.stderr
    found = re.findall(r"(top-\d|recall@\d+) +([\d.]+) %", done.stdout)
    return {name: float(value) for name, value in found}


def test_zero_shot_over_the_places(figures: dict[str, float]) -> None:
    assert figures["top-1"] >= 90
    assert figures["top-5"] >= figures["top-1"]


def test_retrieval_by_caption(figures: dict[str, float]) -> None:
    assert figures["recall@1"] >= 60
    assert figures["recall@10"] >= 95
    assert figures["recall@1"] <= figures["recall@5"] <= figures["recall@10"]


def test_files_named_after_imagenet_classes_get_their_names(tmp_path: Path) -> None:
    sys.path.insert(0, str(REPOSITORY / "bench"))
    try:
        import accuracy  # type: ignore[import-not-found,unused-ignore]
    finally:
        sys.path.pop(0)
    assert accuracy._class_names(["n01440764", "n02099601"]) == ["tench", "Golden Retriever"]
    for name in ("n01440764_10.JPEG", "ILSVRC2012_val_00000293_n02099601.JPEG", "notes.txt"):
        (tmp_path / name).touch()
    assert [label for _, label in accuracy._labelled(tmp_path)] == ["n02099601", "n01440764"]


def test_a_folder_with_nothing_to_measure_is_one_sentence(tmp_path: Path) -> None:
    done = _run(tmp_path, "--model", "demo")
    assert done.returncode == 1
    assert "neither folders of classes" in done.stderr
    assert "Traceback" not in done.stderr
