"""mcsearch watch as a user runs it: files that grow, go, move; a disk that is away; Ctrl-C and SIGTERM."""

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Mcsearch, command

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals cannot be sent to a process of its own console here")
PATIENCE_S = 120.0  # only so that a failure ends


class Watch:
    """A running `mcsearch watch` and what it says."""

    def __init__(self, *arguments: str | Path, library: Path, prefix: tuple[str, ...] = ()) -> None:
        self.process = subprocess.Popen(
            [*prefix, command(), "watch", *map(str, arguments), "--library", str(library)],
            text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.said: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line)

    def wait_for(self, words: str) -> str:
        """Wait until it says a line with these words."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                self.said.append(self._lines.get(timeout=0.2))
                if words in self.said[-1]:
                    return self.said[-1]
        raise AssertionError(f"never said {words!r}, but {self.said}; exit code {self.process.poll()}")

    def end(self, number: signal.Signals) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


Start = Callable[..., Watch]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `mcsearch watch` on the test's library and wait until it watches."""
    running: list[Watch] = []

    def watch(*arguments: str | Path, **options: tuple[str, ...]) -> Watch:
        running.append(Watch(*arguments, library=tmp_path / "library.db", **options))
        running[-1].wait_for("Ctrl-C ends it")
        return running[-1]

    yield watch
    for watching in running:
        watching.process.kill()
        watching.process.wait()


@pytest.fixture
def root(mcsearch: Mcsearch, painted: Path, tmp_path: Path) -> Path:
    """An indexed folder with two photos in each of two folders."""
    root = tmp_path / "Pictures"
    files = _files(painted)
    for number, name in enumerate(("a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(files[number], root / name)
    mcsearch("index", root, "--model", "demo")
    return root


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _found(mcsearch: Mcsearch) -> set[str]:
    return set(mcsearch("find", "a photo", "-n", "1000", "--paths").stdout.splitlines())


def test_a_photo_is_indexed_when_it_has_stopped_growing(
    mcsearch: Mcsearch, start: Start, root: Path, painted: Path
) -> None:
    watch = start()
    whole = _files(painted)[9].read_bytes()
    with open(root / "a" / "new.jpg", "wb") as file:
        for part in range(12):
            file.write(whole[len(whole) * part // 12 : len(whole) * (part + 1) // 12])
            file.flush()
            time.sleep(0.4)
    watch.wait_for("1 new")
    assert str(root / "a" / "new.jpg") in _found(mcsearch)
    assert mcsearch("failures").stdout == "", "it was never read before it was whole"


def test_what_is_removed_renamed_and_left_out(mcsearch: Mcsearch, start: Start, root: Path, painted: Path) -> None:
    watch = start(root)
    (root / "a" / "1.jpg").unlink()
    watch.wait_for("1 removed")
    (root / "b").rename(root / "c")
    watch.wait_for("2 moved")
    (root / ".hidden").mkdir()
    for name in (".hidden/x.jpg", "notes.txt", ".x.jpg"):
        shutil.copy(_files(painted)[7], root / name)
    shutil.copytree(painted, root / "many" / "deep")
    # Several runs may share the work; the last one finds all of it done.
    deadline = time.monotonic() + PATIENCE_S
    expected = {str(file) for file in _files(root) if file.suffix == ".jpg" and "/." not in str(file)}
    while _found(mcsearch) != expected and time.monotonic() < deadline:
        time.sleep(0.5)
    assert _found(mcsearch) == expected
    shutil.rmtree(root / "many")
    watch.wait_for("36 removed")
    assert _found(mcsearch) == {str(root / name) for name in ("a/2.jpg", "c/1.jpg", "c/2.jpg")}


def test_a_disk_goes_away_and_comes_back(mcsearch: Mcsearch, start: Start, root: Path, painted: Path) -> None:
    watch = start()
    before = _found(mcsearch)
    away = root.with_name("unplugged")
    root.rename(away)
    watch.wait_for(f"{root} is missing")
    assert _found(mcsearch) == before
    shutil.copy(_files(painted)[8], away / "from-elsewhere.jpg")
    away.rename(root)
    watch.wait_for(f"{root} is back")
    watch.wait_for("1 new, 4 unchanged in")
    shutil.copy(_files(painted)[10], root / "later.jpg")
    watch.wait_for("1 new")
    assert _found(mcsearch) == before | {str(root / "from-elsewhere.jpg"), str(root / "later.jpg")}


def test_ctrl_c_and_sigterm_end_it(start: Start, root: Path) -> None:
    assert start(root).end(signal.SIGINT) == 130
    assert start(root).end(signal.SIGTERM) == 0


def test_sigterm_in_the_middle_of_a_run_keeps_what_is_done(
    mcsearch: Mcsearch, start: Start, root: Path, painted: Path
) -> None:
    watch = start()
    originals = [file.read_bytes() for file in _files(painted)]
    many = root / "many"
    many.mkdir()
    for number in range(400):  # bytes after the end of a JPEG make it another content and the same picture
        (many / f"{number}.jpg").write_bytes(originals[number % 36] + number.to_bytes(4))
    deadline = time.monotonic() + PATIENCE_S
    while not any("/many/" in path for path in _found(mcsearch)):
        assert time.monotonic() < deadline
    assert watch.end(signal.SIGTERM) == 0
    mcsearch("index")
    assert len(_found(mcsearch)) == 404


def test_once_indexes_the_known_roots_and_ends(mcsearch: Mcsearch, root: Path, painted: Path) -> None:
    shutil.copy(_files(painted)[9], root / "new.jpg")
    assert "1 new, 4 unchanged in" in mcsearch("watch", "--once").stderr


def test_where_the_system_cannot_watch_so_many_folders_it_looks_every_few_seconds(
    mcsearch: Mcsearch, start: Start, root: Path, painted: Path
) -> None:
    limited = ("unshare", "--user", "--map-root-user", "sh", "-c")
    limit = "echo 2 > /proc/sys/user/max_inotify_watches"
    if not shutil.which("unshare") or subprocess.run([*limited, limit], check=False, capture_output=True).returncode:
        pytest.skip("no user namespaces here")
    watch = start(root, prefix=(*limited, f'{limit}; exec "$@"', "sh"))
    assert any("checking every few seconds" in line for line in watch.said)
    shutil.copy(_files(painted)[9], root / "b" / "new.jpg")
    watch.wait_for("1 new")
    (root / "a" / "1.jpg").unlink()
    watch.wait_for("1 removed")
    assert str(root / "b" / "new.jpg") in _found(mcsearch)


def test_bad_input_is_one_sentence(mcsearch: Mcsearch, root: Path, tmp_path: Path) -> None:
    assert "Only folders can be watched" in mcsearch("watch", root / "a" / "1.jpg", exit_code=2).stderr
    assert "There is no file or folder" in mcsearch("watch", "none", exit_code=2).stderr
    nothing = ("--library", tmp_path / "nothing.db")
    assert "There is no library" in mcsearch("watch", *nothing, exit_code=1).stderr
    assert "There is no library" in mcsearch("index", *nothing, exit_code=1).stderr
    assert not (tmp_path / "nothing.db").exists()
