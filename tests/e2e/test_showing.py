"""find and similar with thumbnails, contact sheets, the viewer and folders of hits, and albums."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from mcsearch import Library
from tests.conftest import Mcsearch, command
from tests.support.runs import files

posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@pytest.fixture(scope="module")
def indexed(painted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of six photos that has answered "a dog", not to be changed."""
    folder = tmp_path_factory.mktemp("showing")
    (folder / "photos").mkdir()
    for file in files(painted)[:6]:
        shutil.copy(file, folder / "photos")
    library = ["--library", str(folder / "library.db")]
    subprocess.run([command(), "index", str(folder / "photos"), "--model", "demo", *library], check=True)
    subprocess.run([command(), "find", "a dog", *library], check=True)
    return folder


@pytest.fixture(autouse=True)
def _library(indexed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(indexed / "library.db", tmp_path / "library.db")
    monkeypatch.setenv("MCSEARCH_CACHE", str(tmp_path / "cache"))


def test_a_sheet_holds_the_hits_and_is_written_again_but_over_nothing_else(
    mcsearch: Mcsearch, indexed: Path, tmp_path: Path
) -> None:
    done = mcsearch("find", "a dog", "-n", "3", "--sheet", "hits.html")
    assert "Contact sheet of 3 photos written to hits.html." in done.stderr
    page = (tmp_path / "hits.html").read_text(encoding="utf-8")
    linked = [line.split("  ", 1)[1] for line in done.stdout.splitlines()]
    assert re.findall(r'href="([^"]+)"', page) == [Path(path).as_uri() for path in linked]
    assert page.count("data:image/webp;base64,") == 3
    mcsearch("similar", linked[0], "--sheet", "hits.html")
    mcsearch("find", "a dog", "--sheet", "hits.png", "--paths")
    assert Image.open(tmp_path / "hits.png").format == "PNG"
    photo = Path(shutil.copy(linked[0], tmp_path / "photo.jpg"))
    refused = mcsearch("find", "a dog", "--sheet", photo, exit_code=2)
    assert "was not made by mcsearch" in refused.stderr
    assert photo.read_bytes() == Path(linked[0]).read_bytes()
    inside = mcsearch("find", "a dog", "-n", "1", "--sheet", indexed / "photos" / "sheet.jpg")
    assert "so the next index run will add it" in inside.stderr
    (indexed / "photos" / "sheet.jpg").unlink()


def test_hits_are_copied_and_linked(mcsearch: Mcsearch, tmp_path: Path) -> None:
    done = mcsearch("find", "a dog", "-n", "2", "--paths", "--copy-to", "copies", "--link-to", "links")
    assert "2 photos copied to copies." in done.stderr
    assert "2 links made in links." in done.stderr
    for path in done.stdout.splitlines():
        assert (tmp_path / "copies" / Path(path).name).read_bytes() == Path(path).read_bytes()
        assert (tmp_path / "links" / Path(path).name).samefile(path)
    again = mcsearch("find", "a dog", "-n", "2", "--copy-to", "copies")
    assert "0 photos copied to copies; 2 already there." in again.stderr
    for folder, sentence in ("", "The path is empty."), ("file", "file is a file"):
        (tmp_path / "file").touch()
        refused = mcsearch("find", "a dog", "--copy-to", folder, exit_code=2)
        assert sentence in refused.stderr
        assert refused.stdout == ""


@posix
def test_one_hit_opens_itself_and_several_a_sheet(mcsearch: Mcsearch, tmp_path: Path) -> None:
    viewer = tmp_path / "bin" / ("open" if sys.platform == "darwin" else "xdg-open")
    viewer.parent.mkdir()
    viewer.write_text(f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/opened"\n')
    viewer.chmod(0o755)
    environment = {"PATH": f"{viewer.parent}{os.pathsep}{os.environ['PATH']}"}
    path = mcsearch("find", "a dog", "-n", "1", "--open", "--paths", env=environment).stdout.strip()
    assert (tmp_path / "opened").read_text() == path
    mcsearch("find", "a dog", "--open", env=environment)
    assert (tmp_path / "opened").read_text() == str(tmp_path / "cache" / "hits.html")
    missing = mcsearch("find", "a dog", "-n", "1", "--open", env={"PATH": str(tmp_path)}, exit_code=5)
    assert "is missing" in missing.stderr


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_where_no_pictures_can_be_shown_there_are_lines(mcsearch: Mcsearch, environment: dict[str, str]) -> None:
    plain = mcsearch("find", "a dog").stdout
    done = mcsearch("find", "a dog", "--preview", env=environment)
    assert done.stdout == plain
    assert "no thumbnails are shown" in done.stderr.lower()
    assert "Choose one of" in mcsearch("find", "a dog", "--preview", "--json", exit_code=2).stderr


@posix
@pytest.mark.parametrize(
    ("answer", "sign"),
    [
        (b"\x1b[?62;4;22c", rb'\x1bP0;0;0q"1;1;'),
        (b"\x1b_Gi=31;OK\x1b\\\x1b[?62;c", rb"\x1b_Gi=\d+,"),
        (b"\x1b[?1;2c", "▀".encode()),
        (b"", "▀".encode()),
    ],
    ids=["sixel", "kitty", "blocks", "silent"],
)
def test_a_terminal_gets_the_pictures_that_it_can_show(answer: bytes, sign: bytes, tmp_path: Path) -> None:
    written = on_a_terminal(["find", "a dog", "-n", "1", "--preview", "--explain"], answer, tmp_path)
    assert re.search(sign, written)
    assert b"needed: background" in written
    assert b"mcsearch: Error in mcsearch itself" not in written


@posix
def test_a_terminal_that_does_not_say_its_size_gets_lines(tmp_path: Path) -> None:
    written = on_a_terminal(["find", "a dog", "-n", "1", "--preview"], b"", tmp_path, size=None)
    assert b"the terminal does not say how large it is" in written


def on_a_terminal(arguments: list[str], answer: bytes, folder: Path, size: tuple[int, int] | None = (24, 80)) -> bytes:
    """Run the command on a terminal that answers the question what it is, and return what it wrote."""
    import fcntl
    import pty
    import select
    import struct
    import termios

    environment = {
        **os.environ, "MCSEARCH_LIBRARY": str(folder / "library.db"), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    environment.pop("NO_COLOR", None)
    process, terminal = pty.fork()
    if not process:
        if size is not None:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        os.execve(command(), [command(), *arguments], environment)
    written, is_answered = b"", False
    while select.select([terminal], [], [], 60)[0]:
        try:
            some = os.read(terminal, 65536)
        except OSError:  # Linux, at the end
            break
        if not some:
            break
        written += some
        if not is_answered and b"\x1b[c" in written:
            os.write(terminal, answer)
            is_answered = True
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0, written
    return written


def test_an_album_asks_again_and_filters_narrow_it(mcsearch: Mcsearch, indexed: Path, tmp_path: Path) -> None:
    found = mcsearch("find", "a dog", "--in", indexed / "photos", "-n", "3", "--json").stdout
    saved = mcsearch("album", "My dogs", "a", "dog", "--in", "photos", "-n", "3", cwd=indexed)
    assert "mcsearch find --album 'My dogs'" in saved.stderr
    assert mcsearch("find", "--album", "my DOGS", "--json").stdout == found
    best = json.loads(found.splitlines()[0])["path"]
    assert mcsearch("find", "--album", "my dogs", "--in", best, "--paths").stdout.splitlines() == [best]
    explained = mcsearch("find", "--album", "my dogs", "--in", best, "--explain").stderr
    assert f"--in {indexed / 'photos'} leaves 6, --in {best} leaves 1" in explained
    assert len(mcsearch("find", "--album", "my dogs", "-n", "1").stdout.splitlines()) == 1
    listed = json.loads(mcsearch("albums", "--json").stdout)
    assert (listed["name"], listed["query"], listed["limit"]) == ("My dogs", "a dog", 3)
    assert listed["filters"] == {"in": [str(indexed / "photos")]}
    assert mcsearch("albums").stdout == f"My dogs  'a dog' --in {indexed / 'photos'} --limit 3\n"
    with Library(tmp_path / "library.db") as library:
        assert [hit.path for hit in library.find_album("my dogs")] == [
            json.loads(line)["path"] for line in found.splitlines()
        ]


def test_an_album_is_replaced_and_deleted_only_on_demand(mcsearch: Mcsearch) -> None:
    mcsearch("album", "Recent", "--after", "2 weeks ago")
    assert "already" in mcsearch("album", "recent", "a dog", exit_code=2).stderr
    mcsearch("album", "recent", "a dog", "--replace")
    assert mcsearch("albums").stdout == "recent  'a dog'\n"
    assert "has a text already" in mcsearch("find", "--album", "recent", "a cat", exit_code=2).stderr
    mcsearch("album", "recent", "--delete")
    assert "There is no album recent." in mcsearch("find", "--album", "recent", exit_code=2).stderr
    assert "needs a query or filters" in mcsearch("album", "Empty", exit_code=2).stderr
    assert "not a format" in mcsearch("album", "Bad", "--format", "exe", exit_code=2).stderr
    assert "standard input" in mcsearch("album", "Bad", "--like", "-", exit_code=2).stderr


def test_stats_count_photos_and_draw_them(mcsearch: Mcsearch, tmp_path: Path) -> None:
    done = mcsearch("stats", "--plot", "plot.png", env={"COLUMNS": "60"})
    assert done.stdout.startswith("Photos  6\n")
    assert max(map(len, done.stdout.splitlines())) < 60
    assert Image.open(tmp_path / "plot.png").format == "PNG"
    counted = json.loads(mcsearch("stats", "--format", "jpg", "--json").stdout)
    assert counted["formats"] == [{"value": "JPEG", "photos": counted["photos"]}]
    assert "--after '2030' leaves none of 6." in mcsearch("stats", "--after", "2030").stderr
    assert "not a format" in mcsearch("stats", "--format", "exe", exit_code=2).stderr
    assert "is a .png file" in mcsearch("stats", "--plot", "plot.svg", exit_code=2).stderr
