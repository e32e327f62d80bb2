"""mcsearch models: listing, downloading, removing, and a library with two models."""

import json
import shutil
from pathlib import Path

import pytest

from mcsearch.models.catalog import MODELS
from tests.conftest import Mcsearch
from tests.support.hub import serve

CONTENT = bytes(range(256)) * 4096


@pytest.fixture
def few(photos: Path) -> Path:
    """A folder of four of the painted photos."""
    for file in sorted(photos.rglob("*.jpg"))[4:]:
        file.unlink()
    return photos


def _listed(done_stdout: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in map(json.loads, done_stdout.splitlines())}


def test_every_model_is_listed_with_what_its_authors_published(mcsearch: Mcsearch) -> None:
    listed = _listed(mcsearch("models", "--json").stdout)
    assert list(listed) == list(MODELS)
    assert listed["mobileclip2-s2"]["published_imagenet_top1"] == 77.2
    assert listed["mobileclip2-s2"]["licence"] == "apple-amlr"
    assert listed["mobileclip2-s2"]["on_disk_bytes"] is None
    assert listed["demo"]["on_disk_bytes"]
    everything = mcsearch("models", "--all").stdout
    assert all(name in everything for name in MODELS)
    assert "as published" in everything
    by_purpose = mcsearch("models").stdout.splitlines()
    assert by_purpose[1].split() == (
        ["default", "mobileclip2-s2", "English", "77.2", "48.8", "~396.4", "MB", "1x", "apple-amlr"]
    )
    assert max(map(len, by_purpose)) < 105


def test_weights_are_downloaded_and_removed(mcsearch: Mcsearch, tmp_path: Path) -> None:
    with serve(CONTENT) as hub:
        online = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hub")}
        done = mcsearch("models", "download", "mobileclip2-s0", "mobileclip-s0", env=online)
    assert [Path(line).read_bytes() for line in done.stdout.splitlines()] == [CONTENT, CONTENT]
    assert done.stderr.splitlines()[:2] == [
        "Downloading mobileclip2-s0 (1 MB, licence apple-amlr)",
        "The weights of mobileclip2-s0 are for research use only (licence apple-amlr).",
    ]
    offline = {"HF_HOME": str(tmp_path / "hub")}
    assert _listed(mcsearch("models", "--json", env=offline).stdout)["mobileclip-s0"]["on_disk_bytes"] == len(CONTENT)
    assert "Freed 1.0 MB" in mcsearch("models", "remove", "mobileclip-s0", env=offline).stderr
    listed = _listed(mcsearch("models", "--json", env=offline).stdout)
    assert listed["mobileclip-s0"]["on_disk_bytes"] is None
    assert listed["mobileclip2-s0"]["on_disk_bytes"] == len(CONTENT)


@pytest.mark.slow
def test_two_models_in_one_library(mcsearch: Mcsearch, few: Path, s0_checkpoint: Path) -> None:
    mcsearch("index", few, "--model", "demo")
    one = sorted(few.rglob("*.jpg"))[0]
    weights = ("--model", "mobileclip2-s0", "--weights", s0_checkpoint)
    begun = mcsearch("index", one, *weights, "--use")
    assert "research use only (licence apple-amlr)" in begun.stderr
    assert "3 photos have no embedding of mobileclip2-s0 yet; the default model is still demo." in begun.stderr
    assert "3 photos have no embedding" in mcsearch("models", "use", "mobileclip2-s0", exit_code=2).stderr
    by_default = mcsearch("find", "a dog on a beach", "--json").stdout
    assert len(by_default.splitlines()) == 4

    done = mcsearch("index", few, "--model", "mobileclip2-s0")
    assert "mcsearch models use mobileclip2-s0" in done.stderr
    assert "research use only" not in done.stderr
    assert mcsearch("find", "a dog on a beach", "--json").stdout == by_default
    other = mcsearch("find", "a dog on a beach", "--json", "--model", "mobileclip2-s0").stdout
    assert len(other.splitlines()) == 4
    assert other != by_default

    mcsearch("models", "use", "mobileclip2-s0")
    assert mcsearch("find", "a dog on a beach", "--json").stdout == other
    assert mcsearch("find", "a dog on a beach", "--json", "--model", "demo").stdout == by_default
    mcsearch("models", "forget", "mobileclip2-s0", "--yes")
    assert mcsearch("find", "a dog on a beach", "--json").stdout == by_default
    models = json.loads(mcsearch("status", "--json").stdout)["models"]
    assert [(model["name"], model["default"]) for model in models] == [("demo", True)]


def test_using_a_model_once_it_is_complete(mcsearch: Mcsearch, few: Path, s0_checkpoint: Path) -> None:
    mcsearch("index", few, "--model", "demo")
    done = mcsearch("index", few, "--model", "mobileclip2-s0", "--weights", s0_checkpoint, "--use", "--json")
    assert json.loads(done.stdout)["embedded"] == 4
    assert "mobileclip2-s0 is now the default model." in done.stderr
    shutil.copy(sorted(few.rglob("*.jpg"))[0], few / "copy.jpg")
    assert json.loads(mcsearch("index", few, "--json").stdout)["model"] == "mobileclip2-s0"


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["models", "download", "nonsense"], 2, "There is no model named 'nonsense'"),
        (["models", "download", "mobileclip2-s2"], 4, "--weights FILE"),
        (["models", "remove", "mobileclip2-s2"], 2, "No downloaded weights of mobileclip2-s2"),
        (["models", "use", "mobileclip2-s2"], 1, "There is no library"),
        (["models", "nonsense"], 2, "nonsense"),
    ],
)
def test_bad_input_is_one_sentence(mcsearch: Mcsearch, arguments: list[str], exit_code: int, sentence: str) -> None:
    done = mcsearch(*arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""
