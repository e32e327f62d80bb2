"""mcsearch find, tag, tags and status as a user runs them."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import Mcsearch, command


@pytest.fixture(scope="module")
def indexed(indexed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the painted photos with tags, not to be changed."""
    folder = tmp_path_factory.mktemp("find")
    (folder / "labels.txt").write_text("dog\nbeach\nsunset\n")
    library = ["--library", shutil.copy(indexed_library, folder)]
    subprocess.run([command(), "tag", "--labels", str(folder / "labels.txt"), *library], check=True)
    subprocess.run([command(), "find", "a dog on a beach", *library], check=True)
    return folder / "library.db"


@pytest.fixture(autouse=True)
def _library(indexed: Path, tmp_path: Path) -> None:
    shutil.copy(indexed, tmp_path / "library.db")


def _paths(output: str) -> list[str]:
    return [json.loads(line)["path"] for line in output.splitlines()]


def test_the_best_come_first_with_score_and_path(mcsearch: Mcsearch, painted: Path) -> None:
    lines = mcsearch("find", "a dog on a beach", "-n", "5").stdout.splitlines()
    assert len(lines) == 5
    scores = [float(line.split("  ", 1)[0]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert all(len(line.split("  ", 1)[0].split(".")[1]) == 3 for line in lines)
    assert all(Path(line.split("  ", 1)[1]).is_relative_to(painted) for line in lines)


def test_json_paths_and_print0_say_the_same(mcsearch: Mcsearch) -> None:
    hits = [json.loads(line) for line in mcsearch("find", "a dog on a beach", "--json").stdout.splitlines()]
    assert len(hits) == 10
    assert set(hits[0]) >= {"path", "score"}
    paths = [hit["path"] for hit in hits]
    assert mcsearch("find", "a dog on a beach", "--paths").stdout.splitlines() == paths
    assert mcsearch("find", "a dog on a beach", "--print0").stdout.split("\0") == [*paths, ""]
    assert "Choose one" in mcsearch("find", "a", "--json", "--paths", exit_code=2).stderr


def test_limits(mcsearch: Mcsearch, painted: Path) -> None:
    everything = mcsearch("find", "a dog on a beach", "--json", "-n", "1000").stdout
    assert len(everything.splitlines()) == 36
    scores = [json.loads(line)["score"] for line in everything.splitlines()]
    some = mcsearch("find", "a dog on a beach", "--json", "-n", "1000", "--min-score", str(scores[4]))
    assert len(some.stdout.splitlines()) == 5
    nothing = mcsearch("find", "a dog on a beach", "--min-score", "1")
    assert (nothing.stdout, nothing.stderr) == ("", "mcsearch: No photo has a score of at least 1.\n")
    folder = next(path for path in painted.iterdir() if path.is_dir())
    below = _paths(mcsearch("find", "a dog on a beach", "--json", "-n", "100", "--in", folder).stdout)
    assert sorted(below) == sorted(map(str, folder.iterdir()))
    relative = _paths(mcsearch("find", "a dog on a beach", "--json", "-n", "100", "--in", ".", cwd=folder).stdout)
    assert relative == below


def test_by_tag(mcsearch: Mcsearch) -> None:
    counts = {row["label"]: row["photos"] for row in map(json.loads, mcsearch("tags", "--json").stdout.splitlines())}
    assert set(counts) == {"dog", "beach", "sunset"}
    tagged = _paths(mcsearch("find", "--tag", "beach", "--json", "-n", "100").stdout)
    assert len(tagged) == counts["beach"]
    assert sorted(
        _paths(mcsearch("find", "a dog on a beach", "--tag", "beach", "--json", "-n", "100").stdout)
    ) == sorted(tagged)
    assert f"{counts['beach']}  beach (labels)\n" in mcsearch("tags").stdout


def _hits(output: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in output.splitlines()]


def test_without_a_query_filters_list_photos_newest_first(mcsearch: Mcsearch) -> None:
    hits = _hits(mcsearch("find", "--after", "2019", "--json", "-n", "100").stdout)
    assert len(hits) > 5
    assert {hit["score"] for hit in hits} == {None}
    dates = [hit["taken_at"] for hit in hits]
    assert dates == sorted(dates, reverse=True)
    assert dates[-1] >= "2019"
    rest = _hits(mcsearch("find", "--not-after", "2019", "--json", "-n", "100").stdout)
    assert len(hits) + len(rest) == 36
    shown = mcsearch("find", "--after", "2019", "-n", "1").stdout
    assert shown == f"{dates[0][:16].replace('T', ' ')}  {hits[0]['path']}\n"
    by_path = _paths(mcsearch("find", "--after", "2019", "--sort", "path", "--json", "-n", "100").stdout)
    assert by_path == sorted(hit["path"] for hit in hits)


def test_hits_of_a_query_in_another_order(mcsearch: Mcsearch) -> None:
    best = _hits(mcsearch("find", "a dog on a beach", "--json").stdout)
    newest = _hits(mcsearch("find", "a dog on a beach", "--json", "--sort", "date").stdout)
    assert newest != best
    assert newest == sorted(best, key=lambda hit: hit["taken_at"], reverse=True)


def test_filters_narrow_find_tag_and_export(mcsearch: Mcsearch, tmp_path: Path) -> None:
    filters = ("--format", "jpg", "--orientation", "landscape", "--not-has-gps", "--after", "2021", "--not-tag", "dog")
    left = _paths(mcsearch("find", *filters, "--json", "-n", "100").stdout)
    assert 0 < len(left) < 36
    asked = _paths(mcsearch("find", "a dog on a beach", *filters, "--json", "-n", "100").stdout)
    assert sorted(asked) == sorted(left)
    mcsearch("export", "--embeddings", "some.npy", *filters)
    exported = [json.loads(line) for line in (tmp_path / "some.npy.paths.jsonl").read_text().splitlines()]
    assert exported == sorted(left)
    (tmp_path / "labels.txt").write_text("dog\n")
    tagged = _paths(mcsearch("tag", "--labels", "labels.txt", "--json", *filters).stdout)
    assert sorted(tagged) == sorted(left)


def test_keywords_of_the_photos_own_are_tags_of_another_source(
    mcsearch: Mcsearch, painted: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "own"
    folder.mkdir()
    shutil.copy(next(painted.rglob("*.jpg")), folder / "a.jpg")
    (folder / "a.jpg.xmp").write_text(
        '<x xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<rdf:Description><dc:subject><rdf:Bag><rdf:li>Holiday</rdf:li></rdf:Bag></dc:subject>"
        "<r:RegionList xmlns:r='http://www.metadataworkinggroup.com/schemas/regions/'><rdf:Bag>"
        "<rdf:li r:Name='Marie Curie' r:Type='Face'/></rdf:Bag></r:RegionList></rdf:Description></x>"
    )
    mcsearch("index", folder)
    assert _paths(mcsearch("find", "--tag", "holiday", "--json").stdout) == [str(folder / "a.jpg")]
    assert "1  Holiday (embedded)\n" in mcsearch("tags").stdout
    assert _paths(mcsearch("find", "--tag", "marie curie", "--json").stdout) == [str(folder / "a.jpg")]
    assert "1  Marie Curie (person)\n" in mcsearch("tags").stdout
    assert "Tag        Marie Curie (person)\n" in mcsearch("show", folder / "a.jpg").stdout
    known = json.loads(mcsearch("show", folder / "a.jpg", "--json").stdout)
    assert known["facts"]["people"] == ["Marie Curie"]
    assert {tag["label"]: tag["source"] for tag in known["tags"]}["Marie Curie"] == "person"
    rows = _hits(mcsearch("tags", "--json").stdout)
    assert {row["label"]: row["source"] for row in rows} == {
        "dog": "automatic", "beach": "automatic", "sunset": "automatic", "Holiday": "embedded",
        "Marie Curie": "person",
    }  # fmt: skip


def test_tag_prints_every_photo_as_json(mcsearch: Mcsearch, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("dog\nbeach\nsunset\n")
    done = mcsearch("tag", "--labels", "labels.txt", "--json")
    photos = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(photos) == 36
    assert {key for photo in photos for tag in photo["tags"] for key in tag} == {"label", "score", "probability"}
    assert " of 36 photos tagged" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("find", "a dog on a beach"), ("find", "words that nobody asked"), ("tag", "--labels", "labels.txt"), ("tags",)],
)
def test_asking_costs_no_torch(mcsearch: Mcsearch, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "labels.txt").write_text("dog\nbeach\nsunset\n")
    imported = mcsearch(*arguments, env={"PYTHONPROFILEIMPORTTIME": "1"}).stderr
    modules = {line.rsplit("|", 1)[-1].strip() for line in imported.splitlines() if line.startswith("import time:")}
    assert "numpy" in modules
    assert not modules & {"torch", "open_clip", "timm", "huggingface_hub", "sqlite_utils"}


@pytest.mark.parametrize(
    "environment", [{"_MCSEARCH_COMPLETE": "complete_bash", "COMP_WORDS": "mcsearch fi", "COMP_CWORD": "1"}, {}]
)
def test_help_and_completion_import_nothing_heavy(mcsearch: Mcsearch, environment: dict[str, str]) -> None:
    done = mcsearch(*([] if environment else ["--help"]), env={**environment, "PYTHONPROFILEIMPORTTIME": "1"})
    assert "find" in done.stdout
    modules = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not modules & {"torch", "open_clip", "numpy", "PIL", "sqlite_utils"}


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names, and has no such locale")
@pytest.mark.parametrize("name", ["\U0001f415 süß.jpg".encode(), b"caf\xe9.jpg", b"two\nlines\x1b.jpg"])
def test_any_name_is_printed_in_utf_8_whatever_the_locale(
    mcsearch: Mcsearch, painted: Path, tmp_path: Path, name: bytes
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(next(painted.rglob("*.jpg")), os.path.join(os.fsencode(folder), name))
    mcsearch("index", folder)
    ascii_locale = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    path = os.fsdecode(os.path.join(os.fsencode(folder), name))
    ask = ("find", "a dog on a beach", "--in", folder)
    assert mcsearch(*ask, "--print0", env=ascii_locale).stdout == path + "\0"
    assert json.loads(mcsearch(*ask, "--json", env=ascii_locale).stdout)["path"] == path
    assert len(mcsearch(*ask, env=ascii_locale).stdout.splitlines()) == 1


def test_status(mcsearch: Mcsearch, painted: Path) -> None:
    status = json.loads(mcsearch("status", "--json").stdout)
    assert status["photos"] == 36
    assert [(model["name"], model["photos"], model["default"]) for model in status["models"]] == [("demo", 36, True)]
    assert [(root["path"], root["photos"]) for root in status["roots"]] == [(str(painted), 36)]
    assert status["roots"][0]["indexed_at"]
    shown = mcsearch("status").stdout
    assert "Photos    36" in shown
    assert "demo: 36 photos (default)" in shown


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["find", "dog", "--library", "none.db"], 1, "mcsearch index"),
        (["find"], 2, "Say what to look for"),
        (["find", "  "], 2, "Say what to look for"),
        (["find", "--sort", "date"], 2, "Say what to look for"),
        (["find", "--has-gps", "--sort", "score"], 2, "--sort date"),
        (["find", "dog", "--after", "last summer"], 2, "Valid forms are 2023, 2023-06"),
        (["find", "dog", "--not-near", "91,0"], 2, "not a place on Earth"),
        (["export", "--embeddings", "x.npy", "--min-size", "big"], 2, "1920x1080"),
        (["find", "dog", "-n", "0"], 2, "-n"),
        (["find", "dog", "--model", "mobileclip2-s0"], 2, "This library's models: demo"),
        (["find", "dog", "--model", "nonsense"], 2, "There is no model named 'nonsense'"),
        (["tag", "--labels", "none.txt"], 2, "none.txt cannot be read"),
        (["tag", "--labels", "twice.txt"], 2, "twice.txt, line 3: the label 'dog' is already on line 1"),
        (["tag", "--labels", "twice.txt", "--threshold", "2"], 2, "--threshold"),
        (["idnex", "photos"], 2, "Did you mean 'index'? To search for these words: mcsearch find idnex photos"),
    ],
)
def test_bad_input_is_one_sentence(
    mcsearch: Mcsearch, tmp_path: Path, arguments: list[str], exit_code: int, sentence: str
) -> None:
    (tmp_path / "twice.txt").write_text("dog\ncat\ndog\n")
    done = mcsearch(*arguments, exit_code=exit_code)
    assert sentence in done.stderr
    assert done.stdout == ""


def test_an_index_without_photos_is_said(mcsearch: Mcsearch, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    mcsearch("index", "empty", "--library", "empty.db")
    assert "No photos are indexed yet" in mcsearch("find", "dog", "--library", "empty.db", exit_code=1).stderr


@pytest.mark.skipif(os.name == "nt", reason="no head on Windows")
def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    ask = f"{command()} find --format jpeg -n 1000 --library {tmp_path / 'library.db'} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", ask], capture_output=True, text=True, check=False)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_a_photo_with_no_date_but_its_time_of_change_is_undated(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder = tmp_path / "dates"
    folder.mkdir()
    for number, name in enumerate(("IMG_20230612_101112.jpg", "undated.jpg", "VID-20220101-WA0001.jpg")):
        Image.new("RGB", (40, 30), (number * 50, 99, 9)).save(folder / name)
    os.utime(folder / "undated.jpg", (1_700_000_000,) * 2)
    mcsearch("index", folder)
    hits = _hits(mcsearch("find", "--in", folder, "--json").stdout)
    assert [os.path.basename(hit["path"]) for hit in hits] == [
        "IMG_20230612_101112.jpg", "VID-20220101-WA0001.jpg", "undated.jpg",
    ]  # fmt: skip
    assert [hit["taken_from"] for hit in hits] == ["name", "name", "mtime"]
    lines = mcsearch("find", "--in", folder).stdout.splitlines()
    assert lines[0] == f"2023-06-12 10:11  {folder / 'IMG_20230612_101112.jpg'}"
    assert lines[2].startswith("~2023-11-1")
    assert lines[2].endswith(f" {folder / 'undated.jpg'}")
    asked = _hits(mcsearch("find", "a dog", "--in", folder, "--sort", "date", "--json").stdout)
    assert [hit["path"] for hit in asked] == [hit["path"] for hit in hits]
    dated = ("find", "--in", folder, "--after", "2023", "--json")
    assert [hit["taken_from"] for hit in _hits(mcsearch(*dated).stdout)] == ["name"]
    assert [hit["taken_from"] for hit in _hits(mcsearch(*dated, "--undated").stdout)] == ["name", "mtime"]
    refused = mcsearch("find", "--undated", exit_code=2).stderr
    assert refused == "mcsearch: The option undated needs one of the filters after, before and on.\n"
    assert "Taken      ~2023-11-1" in mcsearch("show", folder / "undated.jpg").stdout


def test_times_in_json_have_one_form(mcsearch: Mcsearch, tmp_path: Path) -> None:
    folder = tmp_path / "times"
    folder.mkdir()
    Image.new("RGB", (40, 30)).save(folder / "a.jpg")
    (folder / "broken.jpg").write_bytes(b"no picture")
    mcsearch("index", folder)
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
    photo = json.loads(mcsearch("show", folder / "a.jpg", "--json").stdout)
    failure = json.loads(mcsearch("failures", "--json").stdout)
    roots = [json.loads(line) for line in mcsearch("roots", "--json").stdout.splitlines()]
    status = json.loads(mcsearch("status", "--json").stdout)
    times = [photo["modified_at"], photo["facts"]["taken_at"], failure["failed_at"]]
    times += [root["indexed_at"] for root in [*roots, *status["roots"]]]
    assert len(times) >= 5
    assert [time for time in times if not moment.fullmatch(time)] == []
