"""Every standard stream may be closed, full or abandoned by its reader: each command does its work all the same."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REPOSITORY, command
from tests.support.every_command import COCA, MADE, WEIGHTS, check_that_all_are_there, every_command
from tests.support.hub import serve
from tests.support.seeded import write_coca

pytestmark = [
    pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs fork, and a device that is always full"),
    pytest.mark.slow,
]

SENTENCE = "mcsearch: The output cannot be written: No space left on device.\n"
BROKEN = ("closed", "full", "abandoned")


@pytest.fixture(scope="module")
def done(
    painted: Path, indexed_library: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[list[str]], dict[str, list[dict[str, Any]]]]:
    """All commands, and what each did with each way of breaking the streams, and with none broken."""
    folder = tmp_path_factory.mktemp("streams")
    photos = Path(shutil.copytree(painted, folder / "photos"))
    write_coca(folder / COCA)
    library = folder / "library.db"
    shutil.copy(indexed_library, library)
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(library), "XDG_RUNTIME_DIR": str(folder)}
    # From here on nothing needs a tower, which takes long to load.
    photo = next(photos.rglob("*.jpg"))
    for arguments in (
        ["forget", painted, "--yes"], ["index", photos], ["find", "a dog"], ["find", "nothing"],
        ["tag", "--label", "dog"], ["score", photo, "a dog", "a cat"],
    ):  # fmt: skip
        subprocess.run([command(), *arguments], env=environment, capture_output=True, check=False)
    shutil.copy(photo, photos / "copy.jpg")
    ways = [folder / name for name in ("usual", *BROKEN)]
    for way in ways:
        (way / MADE).mkdir(parents=True)
        shutil.copy(library, way)
    program = [sys.executable, "-m", "tests.support.broken_streams", str(photos), *map(str, ways)]
    with serve(WEIGHTS) as hub:
        online = {"HF_HUB_OFFLINE": "0", "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(folder / "hub")}
        subprocess.run(program, env=environment | online, cwd=REPOSITORY, check=True)
    return every_command(photos), {way.name: json.loads((way / "done.json").read_text()) for way in ways}


def test_all_commands_are_run(done: tuple[list[list[str]], dict[str, list[dict[str, Any]]]]) -> None:
    commands, did = done
    check_that_all_are_there(commands)
    for arguments, usual in zip(commands, did["usual"], strict=True):
        refused = arguments in (["find"], ["models", "remove", "demo"])
        expected = (2,) if refused else (130,) if arguments[0] == "serve" else (0, 1)
        assert usual["code"] in expected, (arguments, usual)


@pytest.mark.parametrize("way", BROKEN)
def test_broken_streams_change_neither_work_nor_exit_code(
    way: str, done: tuple[list[list[str]], dict[str, list[dict[str, Any]]]]
) -> None:
    commands, did = done
    for arguments, usual, broken in zip(commands, did["usual"], did[way], strict=True):
        why = f"{arguments} {usual} {broken}"
        for what in ("rows", "made", "sidecars"):
            assert broken[what] == usual[what], why
        lost = way == "full" and usual["out"] and not usual["code"]
        assert broken["code"] == (5 if lost else usual["code"]), why
        if way == "full":
            assert _settled(broken["err"]) == _settled(usual["err"] + (SENTENCE if lost else "")), why


def _settled(text: str) -> str:
    """Return what is printed without what differs from run to run: figures, and the folder's name."""
    return re.sub(r"[0-9][0-9.,:]*( bytes| KB| MB)?|usual|full", "0", text)
