"""One clear sentence for what makes no sense: empty paths, files that are no photos, missing photos, the only model."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mcsearch import Library, settings
from mcsearch.errors import UsageError
from tests.conftest import Mcsearch, command
from tests.support.runs import files

_EMPTY = "The path is empty. Name a file or a folder, such as . for the working folder."


@pytest.fixture
def indexed(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> Path:
    """A folder of three indexed photos."""
    (tmp_path / "few").mkdir()
    for number, file in enumerate(files(painted)[:3]):
        shutil.copy(file, tmp_path / "few" / f"{number}.jpg")
    mcsearch("index", "few", "--model", "demo", "--quiet")
    return tmp_path / "few"


def test_an_empty_path_is_not_the_working_folder(mcsearch: Mcsearch, indexed: Path) -> None:
    for arguments in (
        ["forget", ""], ["find", "--in", ""], ["find", "x", "--not-in", ""], ["index", ""], ["show", ""], ["watch", ""],
        ["similar", ""],
    ):  # fmt: skip
        done = mcsearch(*arguments, exit_code=2, cwd=indexed)
        assert done.stderr == f"mcsearch: {_EMPTY}\n"
    assert '"photos": 3' in mcsearch("status", "--json").stdout


def test_a_file_that_is_no_photo_is_not_indexed_in_silence(mcsearch: Mcsearch, indexed: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no photo")
    done = mcsearch("index", "note.txt", exit_code=2)
    assert "note.txt does not have the suffix of a photo" in done.stderr
    assert "Nothing has changed: 3 photos." in mcsearch("index", indexed).stderr


def test_a_missing_photo_is_no_text(mcsearch: Mcsearch, indexed: Path) -> None:
    first, second = indexed / "0.jpg", indexed / "1.jpg"
    for arguments, sentence in (
        ([first, "nofile.jpg", "dog"], "There is no photo nofile.jpg. If it is a text, give it with --text."),
        (["dog", "cat"], "There is no photo dog."),
        ([first, "dog", second], f"{second} comes after a text."),
        ([first, second], "Name a photo and then texts"),
    ):
        assert sentence in mcsearch("score", *arguments, exit_code=2).stderr
    assert len(mcsearch("score", first, second, "dog", "cat").stdout.splitlines()) == 4
    assert "nofile.jpg" in mcsearch("score", first, "--text", "nofile.jpg", "--text", "dog").stdout


def test_too_many_workers_are_refused(mcsearch: Mcsearch, indexed: Path) -> None:
    done = mcsearch("index", indexed, "--workers", "100000", exit_code=2)
    assert done.stderr == "mcsearch: 100,000 decode workers are not possible: the number must be 1 to 256.\n"


@pytest.mark.usefixtures("indexed")
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_library_that_may_not_be_read_is_no_wrong_usage(mcsearch: Mcsearch, tmp_path: Path) -> None:
    (tmp_path / "library.db").chmod(0)
    assert "cannot be" in mcsearch("status", "--library", tmp_path / "library.db", exit_code=3).stderr


def test_a_folder_for_a_library_is_one_that_cannot_be_used(mcsearch: Mcsearch, indexed: Path) -> None:
    assert "is not a file" in mcsearch("status", "--library", indexed, exit_code=3).stderr


@pytest.mark.usefixtures("indexed")
def test_the_only_model_is_remembered_when_it_is_forgotten(mcsearch: Mcsearch) -> None:
    done = mcsearch("models", "forget", "demo", "--yes")
    assert "demo was the only model of this library" in done.stderr
    done = mcsearch("index")
    assert "3 photos embedded with demo in " in done.stderr
    assert '"name": "demo"' in mcsearch("status", "--json").stdout
    assert len(mcsearch("find", "a dog", "--paths").stdout.splitlines()) == 3


def test_in_python_a_string_is_one_path_and_a_limit_is_at_least_one(
    painted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_CACHE", str(settings.cache_folder()))  # converted towers, of the first home folder
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    photo = shutil.copy(files(painted)[0], tmp_path / "0.jpg")
    with Library(tmp_path / "library.db") as library:
        assert library.index("~/0.jpg", model="demo").new == 1
        assert [hit.path for hit in library.find(like=str(photo))] == [str(photo)]
        assert len(library.find("a boat", not_text="night")) == 1
        for limit in (0, -5):
            with pytest.raises(UsageError, match="must be at least 1"):
                library.find("a dog", limit=limit)
        with pytest.raises(UsageError, match="1 to 256"):
            library.index("~/0.jpg", workers=0)


def test_an_export_is_of_one_moment(tmp_path: Path) -> None:
    """While photos come, an array has as many rows as its header says and as there are paths."""
    import numpy as np

    from mcsearch.library.library_file import LibraryFile
    from mcsearch.ops.export import export_embeddings
    from mcsearch.ops.model import model_to_ask
    from mcsearch.records.photos import ScannedFile

    folder = tmp_path / "exports"
    folder.mkdir()
    adding = """
import sys, numpy as np
from pathlib import Path
from mcsearch.library.library_file import LibraryFile
from mcsearch.records.photos import ScannedFile
with LibraryFile(Path(sys.argv[1])) as library:
    for number in range(100, 100000):
        with library.transaction():
            content = library.photos.add_content(number.to_bytes(4, "big"), 1)
            library.embeddings.add(content, 1, np.array([0, 1], np.float32))
            library.photos.put(ScannedFile(f"/{number:05}.jpg", 1, 1), content)
        print(number, flush=True)
"""
    with LibraryFile(tmp_path / "library.db") as library:
        with library.transaction():
            model = library.models.add("demo", "f", 2, 100.0, None, None)
            content = library.photos.add_content(b"first", 1)
            library.embeddings.add(content, model.id, np.array([0, 1], np.float32))
            library.photos.put(ScannedFile("/00000.jpg", 1, 1), content)
        python = Path(command()).with_name("python")
        with subprocess.Popen(
            [python, "-c", adding, str(tmp_path / "library.db")], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            try:
                for number in range(50):
                    writer.stdout.readline()
                    file = folder / f"{number}.npy"
                    count = export_embeddings(library, model_to_ask(library), file)
                    paths = file.with_name(f"{number}.npy.paths.jsonl").read_text().splitlines()
                    assert np.load(file).shape == (count, 2)
                    assert len(paths) == count
            finally:
                writer.kill()


def test_a_first_run_that_makes_no_sense_leaves_no_library(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("no photo")
    for arguments in (
        ["index", "nope"], ["index", painted, "nope"], ["index", "note.txt"], ["watch", "nope"],
        ["index", painted, "--model", "nope"],
    ):  # fmt: skip
        assert "no" in mcsearch(*arguments, exit_code=2).stderr
        assert not (tmp_path / "library.db").exists(), arguments


def test_what_was_forgotten_is_said_of_files_that_are_no_photos(mcsearch: Mcsearch, indexed: Path) -> None:
    (indexed / "bad.jpg").write_bytes(b"\xff\xd8 no jpeg")
    shutil.copy(indexed / "0.jpg", indexed / "pair.jpg")
    (indexed / "pair.dng").write_bytes(b"not read")
    mcsearch("index")
    assert "Forgot 1 file that could not be read." in mcsearch("forget", "few/bad.jpg").stderr
    assert "Forgot 1 companion file." in mcsearch("forget", "few/pair.dng").stderr
    mcsearch("index")
    said = mcsearch("forget", "few", "--yes").stderr
    assert "Forgot 4 photos, 1 file that could not be read and 1 companion file." in said


def test_clearing_tags_prints_an_object(mcsearch: Mcsearch, indexed: Path) -> None:
    mcsearch("tag", "few/0.jpg", "+mine")
    for options in (["--dry-run"], []):
        done = mcsearch("tag", "--clear", "--set", "manual", "--json", *options)
        assert json.loads(done.stdout) == {"tags": 1, "sets": ["manual"]}
    assert mcsearch("tag", "--clear", "--set", "manual").stderr == "0 tags removed from: manual\n"
    assert indexed.exists()


def test_a_limit_may_be_any_number(mcsearch: Mcsearch, indexed: Path) -> None:
    photo = str(next(indexed.rglob("*.jpg")))
    mcsearch("teach", "mine", "--yes", photo)
    for arguments in (["find", "a dog"], ["find", "--format", "jpeg"], ["similar", photo], ["suggest", "mine"]):
        assert mcsearch(*arguments, "-n", "99999999999999999999").stdout
    mcsearch("album", "dogs", "a dog", "-n", "99999999999999999999")
    assert mcsearch("find", "--album", "dogs").stdout


def test_a_path_that_is_too_long_is_said_in_a_sentence(mcsearch: Mcsearch, indexed: Path) -> None:
    assert indexed.exists()
    path = "/d" * 2500
    for options in (
        ["find", "a dog", "--sheet", f"{path}.html"], ["find", "a dog", "--copy-to", path],
        ["status", "--library", path], ["doctor", "--library", path],
    ):  # fmt: skip
        done = mcsearch(*options, exit_code=2)
        assert done.stderr.startswith("mcsearch: /d/d")
        assert done.stderr.endswith("is longer than a path may be.\n")
        assert len(done.stderr) < 200
