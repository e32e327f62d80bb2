"""What mcsearch does when its output is closed, full or no terminal for colours, and when words are no text."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from mcsearch import Library
from tests.conftest import Mcsearch, command
from tests.support.terminals import read_to_the_end

COPIES = 900
pytestmark = pytest.mark.skipif(os.name == "nt", reason="what a shell of POSIX systems does")


@pytest.fixture(scope="module")
def many(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, one under many names so that what is printed of them does not fit into a pipe, and their library."""
    folder = tmp_path_factory.mktemp("many")
    photos = Path(shutil.copytree(painted, folder / "photos"))
    for number in range(COPIES):
        os.link(next(photos.rglob("*.jpg")), photos / f"copy {number:04} {'x' * 60}.jpg")
    with Library(folder / "library.db") as library:
        library.index([photos], model="demo")
    return folder


@pytest.fixture
def indexed(many: Path, tmp_path: Path) -> Path:
    """These photos, a copy of their library, and labels."""
    (tmp_path / "labels.txt").write_text("dog\nbeach\n")
    shutil.copy(many / "library.db", tmp_path)
    return many / "photos"


def _first_line_of(tmp_path: Path, *arguments: str) -> str:
    """The first line that the command prints, read by a reader that then closes the pipe; the command ends with 0."""
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db")}
    with subprocess.Popen(
        [command(), *arguments],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:  # fmt: skip
        assert running.stdout is not None
        line = running.stdout.readline()
        running.stdout.close()
        assert running.stderr is not None
        errors = running.stderr.read()
        assert running.wait(300) == 0, errors
        assert "Traceback" not in errors
    return line


def test_a_reader_that_has_seen_enough_ends_the_printing_and_not_the_work(indexed: Path, tmp_path: Path) -> None:
    line = _first_line_of(tmp_path, "tag", "--labels", "labels.txt", "--threshold", "0", "--json")
    assert len(json.loads(line)["tags"]) == 2
    with Library(tmp_path / "library.db") as library:
        assert library.status().tags == 2 * library.status().photos
    assert _first_line_of(tmp_path, "tag", "--write-xmp", "--json")
    assert len(list(indexed.rglob("*.xmp"))) == 36 + COPIES


@pytest.mark.usefixtures("indexed")
def test_output_that_cannot_be_written_is_one_sentence(mcsearch: Mcsearch, tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs a device that is always full")
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db")}
    for arguments in (["find", "a dog"], ["find", "a dog", "--json", "-n", "1000"], ["--help"], ["--version"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [command(), *arguments], env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
            )
        last = done.stderr.splitlines()[-1]
        assert (done.returncode, last) == (5, "mcsearch: The output cannot be written: No space left on device.")
    mcsearch("find", "a dog")


@pytest.mark.usefixtures("indexed")
def test_closed_streams_lead_nowhere(tmp_path: Path) -> None:
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db"), "COMMAND": command()}
    for closed in (">&-", "<&- >&-", "<&- >&- 2>&-"):
        done = subprocess.run(
            ["sh", "-c", f'"$COMMAND" find --format jpeg {closed}'],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.usefixtures("indexed")
def test_a_reader_that_has_gone_is_no_failure(tmp_path: Path) -> None:
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db")}
    for arguments in (["--help"], ["tags"], ["tag", "--label", "dog"], ["index"]):
        ours, theirs = os.pipe()
        os.close(ours)
        done = subprocess.run([command(), *arguments], env=environment, stdout=theirs, stderr=theirs, check=False)
        os.close(theirs)
        assert done.returncode == 0, arguments


def test_words_that_are_not_utf_8_are_one_sentence(mcsearch: Mcsearch, photos: Path) -> None:
    mcsearch("index", photos, "--model", "demo", "--quiet")
    photo = next(photos.rglob("*.jpg"))
    word = "x\udcff"
    for arguments in (
        ["find", word], ["find", "--tag", word], ["find", "x", "--camera", word], ["embed", "--text", word],
        ["tag", "--label", word], ["tag", photo, f"+{word}"], ["score", photo, word], ["models", "use", word],
    ):  # fmt: skip
        done = mcsearch(*arguments, exit_code=2)
        assert done.stderr.removeprefix("mcsearch: ").removeprefix("+") == "x\\udcff is not valid UTF-8 text.\n"


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"TERM": "xterm", "NO_COLOR": "1"}])
def test_a_terminal_without_colours_gets_no_codes(
    mcsearch: Mcsearch, photos: Path, tmp_path: Path, environment: dict[str, str]
) -> None:
    import pty

    mcsearch("index", photos, "--model", "demo", "--quiet")
    ours, theirs = pty.openpty()
    asked = [command(), "find", "an elephant", "-n", "3", "--library", str(tmp_path / "library.db")]
    quiet = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    subprocess.run(asked, stdout=theirs, stderr=subprocess.PIPE, check=True, env={**quiet, **environment})
    os.close(theirs)
    shown = read_to_the_end(ours)
    assert len(shown.splitlines()) == 3
    assert "\x1b" not in shown


def test_ctrl_c_while_python_imports_leaves_no_traceback(tmp_path: Path) -> None:
    # A package that the command line imports, in whose place this one interrupts the import.
    (tmp_path / "typer.py").write_text("import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    module, function = project["scripts"]["mcsearch"].split(":")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    for started in (["-m", "mcsearch"], ["-c", f"from {module} import {function}; {function}()"]):
        done = subprocess.run(
            [sys.executable, *started, "status"], env=environment, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout, done.stderr) == (130, "", "mcsearch: Stopped.\n")


def test_ctrl_c_in_the_middle_of_a_command_is_said(indexed: Path, tmp_path: Path) -> None:  # noqa: ARG001
    # The command waits for a picture on standard input, once it has made a folder for it.
    waiting = tmp_path / "waiting"
    waiting.mkdir()
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db"), "TMPDIR": str(waiting)}
    with subprocess.Popen(
        [command(), "find", "--like", "-"], env=environment, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        deadline = time.monotonic() + 60
        while not any(waiting.iterdir()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        assert running.stderr is not None
        assert running.stderr.read() == "mcsearch: Stopped.\n"
        assert running.wait(60) == 130


def test_little_is_imported_before_ctrl_c_is_caught() -> None:
    code = "import sys; before = set(sys.modules); import mcsearch.__main__; print(*(set(sys.modules) - before))"
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert not {"typing", "re", "typer", "mcsearch.cli.app"} & set(done.stdout.split())
