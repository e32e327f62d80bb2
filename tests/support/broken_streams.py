"""Runs all commands with broken standard streams: python -m tests.support.broken_streams PHOTOS FOLDER...

The name of each folder says what happens to the streams; it holds a library and becomes the current folder. The
commands run in one process, since starting one for each would take minutes. `done.json` there says what each did.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mcsearch.__main__ import open_closed_descriptors
from mcsearch.cli.app import complete
from tests.support.every_command import MADE, every_command, interrupted, rows

_STREAMS = sys.stdin, sys.stdout, sys.stderr


def main() -> None:
    """Run the commands in all folders."""
    photos, *folders = map(Path, sys.argv[1:])
    for folder in folders:
        os.chdir(folder)
        os.environ["MCSEARCH_LIBRARY"] = str(folder / "library.db")
        done = [_run(arguments, folder, photos) for arguments in every_command(photos)]
        (folder / "done.json").write_text(json.dumps(done))
        for sidecar in photos.rglob("*.xmp"):
            sidecar.unlink()


def _run(arguments: list[str], folder: Path, photos: Path) -> dict[str, Any]:
    files = folder / "out", folder / "err"
    sys.stdin, sys.stdout, sys.stderr = _STREAMS
    _lead(folder.name, *files)
    sys.argv = ["mcsearch", *arguments]
    open_closed_descriptors()
    with interrupted(arguments):
        code = complete()
    return {
        "code": code, "out": files[0].read_text(), "err": files[1].read_text(), "rows": rows(folder / "library.db"),
        "made": len(list((folder / MADE).rglob("*"))), "sidecars": len(list(photos.rglob("*.xmp"))),
    }  # fmt: skip


def _lead(way: str, *files: Path) -> None:
    """Let the standard streams of this process lead to where `way` says."""
    unread, gone = os.pipe()
    os.close(unread)
    full = os.open("/dev/full", os.O_WRONLY)
    out, err = (os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for file in files)
    streams = {"usual": (out, err), "full": (full, err), "abandoned": (gone, full), "closed": ()}[way]
    for number, stream in enumerate(streams, start=1):
        os.dup2(stream, number)
    for descriptor in (gone, full, out, err):
        os.close(descriptor)
    if not streams:
        for number in range(3):
            os.close(number)
        sys.stdin = sys.stdout = sys.stderr = None  # type: ignore[assignment] # as Python has them at its start


if __name__ == "__main__":
    main()
