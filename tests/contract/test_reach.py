"""What commands reach: no command writes outside its folders or the files named to it, and none uses the network."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mcsearch.cli.app import app
from tests.conftest import Mcsearch

# These run until they are stopped; tests/e2e/test_watch.py and tests/e2e/http run them.
ENDLESS = {"watch", "serve"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_seen: list[tuple[str, str]] | None = None  # what the hook records; None while no test watches


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is None:
        return
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        _seen.append((event, str(arguments[0])))
    elif event in ("os.mkdir", "os.remove", "os.rmdir", "sqlite3.connect", "os.truncate", "os.symlink", "os.link"):
        _seen.append((event, os.fsdecode(arguments[0])))
    elif event == "os.rename":
        _seen.append((event, os.fsdecode(arguments[1])))
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        _seen.append((event, str(arguments[1] if event != "socket.getaddrinfo" else arguments[0])))


sys.addaudithook(_watch)


@pytest.fixture
def seen() -> Iterator[list[tuple[str, str]]]:
    global _seen
    _seen = []
    yield _seen
    _seen = None


def test_no_command_writes_elsewhere_or_uses_the_network(
    mcsearch: Mcsearch, indexed_library: Path, photos: Path, seen: list[tuple[str, str]], tmp_path: Path
) -> None:
    home = Path.home()
    data, sheet, vectors = tmp_path / "data", tmp_path / "sheet.html", tmp_path / "all.npy"
    data.mkdir()
    library = shutil.copy(indexed_library, data / "library.db")
    photo = str(next(photos.rglob("*.jpg")))
    commands = [
        ["index", photos, "--model", "demo"], ["find", "a dog"], ["similar", photo], ["album", "dogs", "a dog"],
        ["albums"], ["dupes"], ["show", photo], ["tag", "--label", "dog"], ["tags"], ["failures"], ["formats"],
        ["roots"], ["status"], ["stats"], ["embed", photo], ["score", photo, "a dog", "a cat"],
        ["export", "--embeddings", vectors], ["models"], ["find", "a dog", "--sheet", sheet],
        ["tag", "--write-xmp"], ["doctor"], ["backup", tmp_path / "copy.db"], ["forget", photo],
        ["compact", "--yes"], ["models", "forget", "demo", "--yes"],
    ]  # fmt: skip
    known = {command.name or command.callback.__name__ for command in app.registered_commands if not command.hidden}  # type: ignore[union-attr]
    commands = [command for command in commands if command[0] in {*known, "models"}]
    assert known - ENDLESS == {str(command[0]) for command in commands} - {"models"}
    allowed = (str(data), str(home), tempfile.gettempdir() + "/mcsearch", os.devnull)
    named = {("export", str(vectors)), ("find", str(sheet)), ("backup", str(tmp_path / "copy.db"))}
    for command in commands:
        seen.clear()
        mcsearch(*command, "--library", library) if command[0] not in ("formats",) else mcsearch(*command)
        for event, path in list(seen):
            where = f"{event} {path} by {command[0]}"
            if event == "socket.connect" and os.path.isabs(path):
                continue  # a socket of this machine, where `serve` may listen
            assert not event.startswith("socket."), where
            if "__pycache__" in path or path.isdigit() or path.startswith(allowed) or ":memory:" in path:
                continue
            if tempfile.gettempdir() in (path, os.path.dirname(path)) or path.startswith("file:"):
                continue
            if "--write-xmp" in command and path.startswith(str(photos)):
                continue
            beside = {(name, os.path.dirname(file)) for name, file in named}
            in_beside = {(command[0], path), (command[0], os.path.dirname(path))} & beside  # a file without a name yet
            assert in_beside or (command[0], path) in named, where
