"""mcsearch find with photos and several terms, and mcsearch similar, as a user runs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Mcsearch, command
from tests.support.terminals import read_to_the_end


@pytest.fixture(scope="module")
def indexed(indexed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the painted photos, not to be changed."""
    file = Path(shutil.copy(indexed_library, tmp_path_factory.mktemp("asking")))
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
    assert {
        subject for subject, _ in _hits(mcsearch("find", "5:a dog", "--like", like, "--json", "-n", "2").stdout)
    } == {"dog"}
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
        (["find", "--not", "people"], "must also say what to look for"),
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


def test_similar_leaves_the_photo_itself_out_but_not_its_copies(
    mcsearch: Mcsearch, painted: Path, tmp_path: Path
) -> None:
    photo = _photo(painted, "dog-*.jpg")
    plain = mcsearch("find", "--like", photo, "--paths", "-n", "6").stdout.splitlines()
    assert mcsearch("similar", photo, "--paths", "-n", "5").stdout.splitlines() == plain[1:]
    (tmp_path / "more").mkdir()
    copy = shutil.copy(photo, tmp_path / "more" / "copy.jpg")
    mcsearch("index", tmp_path / "more")
    assert mcsearch("similar", photo, "--paths", "-n", "1").stdout.splitlines() == [str(copy)]
    assert (
        mcsearch("similar", photo, "--paths", "-n", "5", "--not-in", tmp_path / "more").stdout.splitlines() == plain[1:]
    )
    Path(copy).unlink()
    assert mcsearch("similar", copy, "--paths", "-n", "1").stdout.splitlines() == [str(photo)]
    with photo.open("rb") as picture:
        assert str(photo) in mcsearch("similar", "-", "--paths", stdin=picture).stdout.splitlines()


def test_only_what_is_relevant(mcsearch: Mcsearch) -> None:
    dogs = mcsearch("find", "a dog", "--relevant", "--json", "-n", "36")
    assert {subject for subject, _ in _hits(dogs.stdout)} == {"dog"}
    hits = [json.loads(line) for line in mcsearch("find", "a dog", "--json", "-n", "36").stdout.splitlines()]
    assert all(0 <= hit["relevance"] <= 1 for hit in hits)
    believed = sum(hit["relevance"] >= 0.5 for hit in hits)
    assert len(dogs.stdout.splitlines()) == believed
    assert dogs.stderr == ""
    all_fit = mcsearch("find", "a dog", "-n", "1")
    assert all_fit.stderr == ""
    nothing = mcsearch("find", "an elephant", "--relevant", exit_code=1)
    assert (nothing.stdout, nothing.stderr) == ("", "mcsearch: Nothing here seems to fit.\n")
    filtered = mcsearch("find", "a dog", "--camera", "no such", "--relevant", exit_code=1)
    assert filtered.stdout == ""
    without = mcsearch("find", "a dog", "--not", "night", "--relevant", "--json", "-n", "36").stdout
    assert {time for _, time in _hits(without)} <= {"day", "sunset"}


def test_an_explanation_has_the_cosine_of_each_term_what_it_needs_and_what_filters_leave(
    mcsearch: Mcsearch, painted: Path
) -> None:
    like = _photo(painted, "dog-*.jpg")
    ask = ("find", "2:a dog", "--not", "night", "--like", like, "--format", "jpg", "--after", "2021", "-n", "36")
    plain = [json.loads(line) for line in mcsearch(*ask, "--json").stdout.splitlines()]
    assert {hit["explanation"] for hit in plain} == {None}
    done = mcsearch(*ask, "--explain", "--json")
    for hit, without in zip(map(json.loads, done.stdout.splitlines()), plain, strict=True):
        why = hit.pop("explanation")
        assert hit == {key: value for key, value in without.items() if key != "explanation"}
        assert [(term["text"], term["photo"], term["weight"]) for term in why["terms"]] == [
            ("a dog", None, 2), (None, str(like), 1), ("night", None, -1),
        ]  # fmt: skip
        dog, _, night = (term["score"] for term in why["terms"])
        needed = why["background"] + why["margin"]
        assert (hit["relevance"] > 0.5) == (dog > needed and night < needed)
        assert why["filters"] == [
            {"filter": "after", "values": ["2021"], "photos": len(plain)},
            {"filter": "format", "values": ["jpg"], "photos": len(plain)},
        ]
    text = mcsearch("find", "a dog", "--format", "jpg", "-n", "1", "--explain")
    _, term, needed, *_ = text.stdout.splitlines()
    assert '"a dog"' in term
    assert "needed: background" in needed
    assert text.stderr == "mcsearch: --format jpg leaves 36 photos.\n"


def test_a_query_of_photos_says_nothing_of_relevance(mcsearch: Mcsearch, painted: Path) -> None:
    hits = mcsearch("find", "--like", _photo(painted, "cat-*.jpg"), "--json", "--relevant").stdout.splitlines()
    assert [json.loads(hit)["relevance"] for hit in hits] == [None] * 10


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals")
@pytest.mark.parametrize(("environment", "dim"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_shows_dim_what_hardly_fits(tmp_path: Path, environment: dict[str, str], dim: bool) -> None:
    import pty

    ours, theirs = pty.openpty()
    ask = [command(), "find", "an elephant", "-n", "3", "--library", str(tmp_path / "library.db")]
    quiet = {**os.environ, "TERM": "xterm"}
    quiet.pop("NO_COLOR", None)
    done = subprocess.run(
        ask, stdout=theirs, stderr=subprocess.PIPE, text=True, check=True, env={**quiet, **environment}
    )
    os.close(theirs)
    shown = read_to_the_end(ours).splitlines()
    assert len(shown) == 3
    assert all((line.startswith("\x1b[2m") and line.endswith("\x1b[0m")) == dim for line in shown)
    assert done.stderr == "mcsearch: Nothing here seems to fit.\n"


@pytest.mark.parametrize("form", [(), ("--json",), ("--paths",)])
def test_a_pipe_is_told_how_many_fit(mcsearch: Mcsearch, form: tuple[str, ...]) -> None:
    hits = [json.loads(line) for line in mcsearch("find", "a dog", "--json", "-n", "36").stdout.splitlines()]
    believed = sum(hit["relevance"] >= 0.5 for hit in hits)
    assert 1 < believed < 36
    some = mcsearch("find", "a dog", "-n", "36", *form)
    assert some.stderr == f"mcsearch: {believed} of these 36 probably fit; --relevant shows only those.\n"
    assert len(some.stdout.splitlines()) == 36
    none = mcsearch("find", "an elephant", *form, env={"NO_COLOR": "1"})
    assert (none.stderr, len(none.stdout.splitlines())) == ("mcsearch: Nothing here seems to fit.\n", 10)


def test_one_of_each_group_of_nearly_the_same(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> None:
    from PIL import Image

    photo = _photo(painted, "boat-*.jpg")
    (tmp_path / "burst").mkdir()
    with Image.open(photo) as picture:
        for quality in (60, 70, 80, 90):
            picture.convert("RGB").save(tmp_path / "burst" / f"{quality}.jpg", quality=quality)
    shutil.copy(photo, tmp_path / "burst" / "copy.jpg")
    mcsearch("index", tmp_path / "burst")
    ask = ("find", "--like", photo, "--in", tmp_path / "burst", "--in", photo.parent)
    hits = [json.loads(line) for line in mcsearch(*ask, "--collapse", "--json", "-n", "3").stdout.splitlines()]
    assert len(hits) == 3
    assert hits[0]["stands_for"] >= 6
    everything = mcsearch(*ask, "--json", "-n", "36").stdout.splitlines()
    assert {json.loads(hit)["stands_for"] for hit in everything} == {1}
    collapsed = [json.loads(line) for line in mcsearch(*ask, "--collapse", "--json", "-n", "36").stdout.splitlines()]
    assert sum(hit["stands_for"] for hit in collapsed) == len(everything)
    assert "like it)" in mcsearch(*ask, "--collapse").stdout.splitlines()[0]
