"""What the command line makes of what people type first: words, typing errors, and calls for help."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Mcsearch, command


@pytest.fixture(scope="module")
def indexed(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the painted photos with tags, not to be changed."""
    file = tmp_path_factory.mktemp("entry") / "library.db"
    for arguments in (["index", str(painted), "--model", "demo"], ["tag", "--label", "dog"], ["find", "a dog"]):
        subprocess.run([command(), *arguments, "--library", str(file)], check=True)
    return file


@pytest.fixture
def _library(indexed: Path, tmp_path: Path) -> None:
    shutil.copy(indexed, tmp_path / "library.db")


@pytest.mark.usefixtures("_library")
def test_a_query_needs_neither_quotation_marks_nor_a_command(mcsearch: Mcsearch) -> None:
    quoted = mcsearch("find", "a dog", "-n", "3").stdout
    assert len(quoted.splitlines()) == 3
    for arguments in (
        ["find", "a", "dog"],
        ["find", "a", "-n", "3", "dog"],
        ["a dog"],
        ["a", "dog"],
        ["search", "a dog"],
    ):
        assert mcsearch(*arguments, *([] if "-n" in arguments else ["-n", "3"])).stdout == quoted


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["idnex", "~/My Pictures"], "There is no command 'idnex'. Did you mean 'index'? To search for these words: "
         "mcsearch find idnex '~/My Pictures'"),
        (["serach", "dog"], "Did you mean 'search'?"),
        (["snow"], "Did you mean 'show'? To search for these words: mcsearch find snow"),
        (["./photos"], "./photos is a folder, not a command. To index it: mcsearch index ./photos"),
        (["a.jpg"], "a.jpg is a file, not a command. To find photos like it: mcsearch similar a.jpg"),
        (["./photo.jpg"], "There is no file or folder ./photo.jpg."),
        (["help", "fnid"], "mcsearch: There is no command 'fnid'. Did you mean 'find'?"),
        (["help", "gallery"], "mcsearch: There is no command 'gallery'."),
        (["models", "downlod", "demo"], "Did you mean 'download'?"),
        (["find", "dog", "--jsn"], "Possible options: --in, --json"),
        (["find", "dog", "--format", "jpge"], "'jpge' is not a format. Did you mean 'jpg'?"),
        (["find", "dog", "--model", "demmo"], "There is no model named 'demmo'. Did you mean 'demo'?"),
        (["tag", "--clear", "--set", "label:dgo"], "There is no tag set 'label:dgo'. Did you mean 'label:dog'?"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("_library")
def test_a_typing_error_is_pointed_out(mcsearch: Mcsearch, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "a.jpg").touch()
    done = mcsearch(*arguments, exit_code=2)
    assert sentence in " ".join(done.stderr.split())
    assert done.stdout == ""


@pytest.mark.usefixtures("_library")
@pytest.mark.parametrize("arguments", [["find", "dog"], ["tag", "--label", "dog"], ["export", "--embeddings", "x.npy"]])
def test_a_filter_that_leaves_nothing_is_named(mcsearch: Mcsearch, arguments: list[str]) -> None:
    done = mcsearch(*arguments, "--tag", "dgo")
    assert (
        "mcsearch: No photo matches these filters: --tag 'dgo' leaves none of 36. The library has 'dog'.\n"
        in done.stderr
    )


def test_help_is_a_command_too(mcsearch: Mcsearch) -> None:
    assert mcsearch("help", "models", "use").stdout == mcsearch("models", "use", "--help").stdout
    assert mcsearch("help").stdout.rstrip() == mcsearch("--help").stdout.rstrip()
    assert mcsearch("help", "find").stdout.rstrip() == mcsearch("find", "--help").stdout.rstrip()


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_help_fills_the_terminal_and_cuts_no_summary_off(mcsearch: Mcsearch, columns: int) -> None:
    shown = mcsearch("--help", env={"COLUMNS": str(columns)}).stdout
    assert "..." not in shown.partition("Commands:")[2]
    longest = max(map(len, shown.splitlines()))
    assert columns - 15 < longest <= columns
    listed = shown.partition("Commands:")[2].partition("Exit codes")[0]
    summaries = re.split(r"\n  (?=\S)", listed)[1:]
    assert len(summaries) > 15
    assert all(summary.rstrip().endswith(".") for summary in summaries)


def test_repeats_are_shown(mcsearch: Mcsearch) -> None:
    wide = {"COLUMNS": "150"}
    assert "Usage: mcsearch embed [OPTIONS] [PHOTO...]\n" in mcsearch("embed", "--help", env=wide).stdout
    assert "Usage: mcsearch forget [OPTIONS] PATH\n" in mcsearch("forget", "--help", env=wide).stdout
    shown = mcsearch("find", "--help", env=wide).stdout
    assert re.search(r"--camera NAME .*\[repeatable\]", shown)
    assert not re.search(r"--limit N .*\[repeatable\]", shown)
