"""Runs all commands and watches what they reach: python -m tests.support.watched PHOTOS REPORT

The current folder holds the library. The report, a JSON file, has what each command wrote to and connected to.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mcsearch.cli.app import run
from tests.support.every_command import every_command, interrupted

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
# The events whose argument of this number is a path that is changed.
_CHANGES = {
    "os.chmod": 0, "os.chown": 0, "os.link": 1, "os.mkdir": 0, "os.remove": 0, "os.rename": 1, "os.rmdir": 0,
    "os.symlink": 1, "os.truncate": 0, "os.utime": 0, "shutil.rmtree": 0, "sqlite3.connect": 0,
}  # fmt: skip
_CONNECTIONS = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")


def main() -> None:
    """Run the commands."""
    photos, report = map(Path, sys.argv[1:])
    seen: list[tuple[str, str]] = []
    reached = []

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES:
            seen.append((event, _path(arguments[0])))
        elif event in _CHANGES:
            seen.append((event, _path(arguments[_CHANGES[event]])))
        elif event in _CONNECTIONS and not (event == "socket.connect" and isinstance(arguments[1], str | bytes)):
            seen.append((event, repr(arguments)))  # a path as an address is a socket of this machine

    sys.addaudithook(watch)
    for arguments in every_command(photos):
        seen.clear()
        sys.argv = ["mcsearch", *arguments]
        with interrupted(arguments):
            sentence, code = run()
        assert code in (0, 1, 2, 130 if arguments[0] == "serve" else 0), (arguments, sentence)
        reached.append((arguments, sorted(set(seen))))
    report.write_text(json.dumps(reached))


def _path(argument: Any) -> str:
    """Return an absolute path; "" for a descriptor, which was opened before."""
    return "" if isinstance(argument, int) else os.path.abspath(os.fsdecode(argument))


if __name__ == "__main__":
    main()
