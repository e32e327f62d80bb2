"""Whatever stands in files, no command lets it command a terminal, in a table, an error, a warning or JSON."""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import Mcsearch
from tests.support.terminals import read_to_the_end

pytestmark = pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals, and no such file names")

EVIL = "\x1b]0;OWNED\a\x9b31m\x7f\u202egpj\u2066"
RAW = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
# Dimmed hits, and a progress line that is replaced.
OURS = re.compile(r"\x1b\[[02]m")
# Runs several commands in one process, as the command line does.
PROGRAM = """
import json, sys
from mcsearch.cli.app import run
for arguments in json.load(open(sys.argv[1])):
    sys.argv = ["mcsearch", *arguments]
    sentence, _ = run()
    print(sentence, file=sys.stderr)
    print("ran", json.dumps(arguments[0]), flush=True)
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, painted: Path, indexed_library: Path) -> tuple[Path, Path]:
    """The folder and the library of two photos that have nothing but hostile names and words, and of a failure."""
    folder = tmp_path_factory.mktemp("hostile")
    photos = folder / f"photos{EVIL}"
    photos.mkdir()
    paths = sorted(painted.glob("*/*.jpg"))[:2]
    for number, photo in enumerate(paths):
        shutil.copy(photo, photos / f"{number}{EVIL}.jpg")
    library = shutil.copy(indexed_library, folder / "library.db")
    with contextlib.closing(sqlite3.connect(library)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM photos WHERE path NOT IN (?, ?)", [*map(str, paths)])
        connection.execute("UPDATE roots SET path = ?", [str(photos)])
        for number, photo in enumerate(paths):
            new = photos / f"{number}{EVIL}.jpg"
            connection.execute(
                "UPDATE photos SET path = ?, mtime_ns = ? WHERE path = ?",
                (str(new), new.stat().st_mtime_ns, str(photo)),
            )
        texts = ", ".join(f"{column} = '{EVIL}'" for column in ("format", "camera", "lens", "caption", "taken_from"))
        connection.execute(f"UPDATE facts SET {texts}")
        connection.execute("INSERT INTO keywords (photo_id, label) SELECT id, ? FROM photos", [EVIL])
        connection.execute("INSERT INTO damage SELECT content_id, ?, '2026' FROM photos LIMIT 1", [EVIL])
        connection.execute(
            "INSERT INTO failures VALUES (?, 1, 1, ?, 0, '2026-01-01T00:00:00+00:00')", (f"{photos}/bad.jpg", EVIL)
        )
    return photos, folder


def commands(photos: Path, folder: Path) -> list[list[str]]:
    """Every command that prints what comes from files, as text and as JSON."""
    photo = str(photos / f"0{EVIL}.jpg")
    found = [
        ["tag", photo, f"+{EVIL}"], ["album", EVIL, f"{EVIL} dog", "--camera", EVIL], ["albums"], ["albums", "--json"],
        ["find", "a boat"], ["find", "--explain", "a boat", "--json"], ["find", "--like", photo, "--explain"],
        ["find", "--camera", EVIL, "--json"], ["find", "--album", EVIL], ["find", "--tag", "none", "--camera", EVIL],
        ["find", "boat", "--sheet", str(folder / "sheet.html")], ["find", "--in", f"{photos}/none"],
        ["find", "boat", "--to", str(folder / f"hits{EVIL}")], ["similar", photo], ["similar", photo, "--json"],
        ["similar", f"{photo}x"], ["show", photo], ["show", photo, "--json"], ["show", f"{photo}x"], ["tags"],
        ["tags", "--json"], ["tag", "--label", EVIL, "--threshold", "0"], ["tag", "--label", EVIL, "--json"],
        ["tag", "--write-xmp", "--dry-run"], ["tag", "--labels", f"{photo}.txt"], ["failures"], ["failures", "--json"],
        ["roots"], ["roots", "--json"], ["status"], ["status", "--json"], ["stats"], ["stats", "--json"],
        ["dupes"], ["dupes", "--similar", "0.1"], ["dupes", "--similar", "0.1", "--json"], ["score", photo, EVIL],
        ["score", photo, EVIL, "--json"], ["embed", photo, "--text", EVIL], ["embed", f"{photo}x"], ["models"],
        ["export", str(folder / f"out{EVIL}.npz")], ["export", str(folder / f"out{EVIL}.none")], ["formats"],
        ["index", "--model", EVIL], ["index", f"{photo}x"], ["index", "--force"], [f"--{EVIL}"], [f"x{EVIL}/"],
        ["find", "--limit", EVIL], ["find", "--format", EVIL], ["find", "--album", f"{EVIL}x"], ["models", EVIL],
        ["forget", f"{photo}x"], ["forget", str(photos)],
    ]  # fmt: skip
    return found


@pytest.mark.parametrize("way", ["terminal", "pipe"])
def test_no_command_prints_what_a_terminal_would_obey(way: str, hostile: tuple[Path, Path], tmp_path: Path) -> None:
    photos, folder = hostile
    library = shutil.copy(folder / "library.db", tmp_path)
    asked = commands(photos, tmp_path) + (
        [["find", "--damaged", "--paths"], ["dupes", "--print0"]] if way == "terminal" else []
    )
    (tmp_path / "commands.json").write_text(json.dumps(asked))
    printed = _printed([sys.executable, "-c", PROGRAM, str(tmp_path / "commands.json")], library, way)
    assert printed.count("OWNED") > 2 * len(asked)
    assert [line[4:].rstrip() for line in printed.splitlines() if line.startswith("ran ")] == [
        json.dumps(arguments[0]) for arguments in asked
    ]
    lines = re.split("[\r\n]", OURS.sub("", printed))
    raw = [line for line in lines if RAW.search(line)]
    assert raw == []
    assert not RAW.search((tmp_path / "sheet.html").read_text())
    for line in printed.splitlines():
        if line.startswith('{"'):
            assert json.loads(line)


def _printed(program: Sequence[str], library: str | Path, way: str) -> str:
    """Return what a program writes to stdout and stderr, which are both a terminal or both a pipe."""
    import pty

    environment = {**os.environ, "TERM": "xterm", "MCSEARCH_LIBRARY": str(library)}
    ours, theirs = pty.openpty() if way == "terminal" else os.pipe()
    with subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment):
        os.close(theirs)
        return read_to_the_end(ours)


def test_json_stands_for_the_same_values(mcsearch: Mcsearch, hostile: tuple[Path, Path], tmp_path: Path) -> None:
    photos, folder = hostile
    shutil.copy(folder / "library.db", tmp_path)
    known = json.loads(mcsearch("show", photos / f"1{EVIL}.jpg", "--json").stdout)
    assert known["path"] == str(photos / f"1{EVIL}.jpg")
    assert known["facts"]["camera"] == EVIL
    assert mcsearch("find", "--camera", EVIL, "--paths").stdout.count(EVIL) == 4  # exact where no terminal reads them
