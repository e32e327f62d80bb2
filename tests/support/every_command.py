"""All commands in an order in which each finds what it needs, and what they change in a folder."""

import contextlib
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from mcsearch.cli.commands import command_line
from mcsearch.cli.upkeep import models
from mcsearch.settings import runtime_folder

MADE = "made"  # the folder for what commands are told to write
COCA = "coca"  # the folder of a CoCa model, beside that of the photos
WEIGHTS = bytes(range(256)) * 40  # what a hub on loopback has to give for any model
_DOWNLOADED = "mobileclip2-s0"
_SERVING_S = 30  # long enough for a server to start


def every_command(photos: Path) -> list[list[str]]:
    """Return every command, for a library of these photos, to be run in the folder of the library.

    What they are told to write lies in MADE, and sidecars beside the photos. `serve` has to run within `interrupted`,
    captions need COCA, and the download of weights a hub.
    """
    photo, other = sorted(str(file) for file in photos.rglob("*.jpg"))[:2]
    return [
        ["--help"], ["--version"], ["index", str(photos), "--json"], ["watch", "--once"],
        ["find", "a dog"], ["find", "a dog", "--json", "--explain"], ["find", "--relevant", "nothing"],
        ["find", "a dog", "--copy-to", f"{MADE}/hits"], ["similar", photo],
        ["album", "dogs", "a dog"], ["albums"], ["dupes"], ["show", photo],
        ["tag", "--label", "dog", "--threshold", "0", "--json"], ["tag", photo, "+mine"], ["tags"],
        ["tag", "--write-xmp", "--json"], ["teach", "mine", "--yes", photo, "--no", other], ["suggest", "mine"],
        ["unteach", "mine"], ["failures"], ["formats"], ["roots"], ["places"], ["status"], ["stats"], ["doctor"],
        ["embed", photo], ["score", photo, "a dog", "a cat"], ["export", "--embeddings", f"{MADE}/all.npy"],
        ["export", "--embeddings", f"{MADE}/shards", "--shards", "2"], ["import", f"{MADE}/shards"],
        ["read", "--in", photo, "--workers", "1"],
        ["caption", "--in", photo, "--model", f"local-dir:{photos.parent / COCA}"],
        ["serve", "--port", "0"], ["models", "download", _DOWNLOADED], ["models", "remove", _DOWNLOADED],
        ["backup", f"{MADE}/backup.db"], ["models"], ["models", "use", "demo"], ["models", "remove", "demo"],
        ["find"], ["find", "--camera", "none"], ["forget", photo], ["compact", "--yes"],
        ["models", "forget", "demo", "--yes"],
    ]  # fmt: skip


@contextlib.contextmanager
def interrupted(arguments: list[str]) -> Iterator[None]:
    """Within the block, press Ctrl-C once a server answers, if the command starts one; others are left alone."""
    if arguments[0] != "serve":
        yield
        return
    ended = threading.Event()

    def press() -> None:
        until = time.monotonic() + _SERVING_S
        while not ended.wait(0.1):
            if any(runtime_folder().glob("*")) or time.monotonic() > until:  # the socket for prompts is there
                time.sleep(0.2)
                os.kill(os.getpid(), signal.SIGINT)
                return

    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def check_that_all_are_there(commands: list[list[str]]) -> None:
    """Fail if the command line has a command that is not among these."""
    groups = {"": command_line(), "models ": models.app}
    known = {
        group + (command.name or command.callback.__name__)  # type: ignore[union-attr]
        for group, commands_of in groups.items()
        for command in commands_of.registered_commands
        if not command.hidden
    }
    asked = {command[0] for command in commands} | {" ".join(command[:2]) for command in commands}
    assert known <= asked


def rows(library: Path) -> dict[str, int]:
    """Return the number of rows of each table of a library."""
    with contextlib.closing(sqlite3.connect(library)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
