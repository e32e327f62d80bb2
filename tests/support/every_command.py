"""All commands in an order in which each finds what it needs, and what they change in a folder."""

import contextlib
import sqlite3
from pathlib import Path

from mcsearch.cli.commands import command_line
from mcsearch.cli.upkeep import models

# serve runs until it is stopped; the download of weights needs the network, the others files or models of their own.
LEFT_OUT = {"serve", "models download", "caption", "import", "read"}
MADE = "made"  # the folder for what commands are told to write


def every_command(photos: Path) -> list[list[str]]:
    """Return every command except LEFT_OUT, for a library of these photos, to be run in the folder of the library.

    What they are told to write lies in MADE, and sidecars beside the photos.
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
        ["backup", f"{MADE}/backup.db"], ["models"], ["models", "use", "demo"], ["models", "remove", "demo"],
        ["find"], ["find", "--camera", "none"], ["forget", photo], ["compact", "--yes"],
        ["models", "forget", "demo", "--yes"],
    ]  # fmt: skip


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
    assert known - LEFT_OUT <= asked


def rows(library: Path) -> dict[str, int]:
    """Return the number of rows of each table of a library."""
    with contextlib.closing(sqlite3.connect(library)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}
