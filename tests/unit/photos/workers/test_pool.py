"""The pool of decode workers: no file stops it, whatever the file does to the process that reads it."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from blake3 import blake3

from mcsearch.photos.pixels.decode import decode
from mcsearch.photos.workers.memory import Shares, shares
from mcsearch.photos.workers.outcomes import Decoded, FactsRead, Hashed, Outcome, Undecodable
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.photos.workers.process import FILE_LIMIT_BYTES
from mcsearch.photos.workers.protocol import READ_AT_ONCE
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile
from tests.support.samples import encoded, quarters

SIZE = 48
SLOW = b"P6\n# slow:"  # the start of a picture, with a comment
PATIENCE_S = 60.0
posix = pytest.mark.skipif(os.name != "posix", reason="needs FIFOs and signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


class Bench:
    """A pool, and the outcomes it has delivered."""

    def __init__(self) -> None:
        self.outcomes: queue.Queue[Outcome] = queue.Queue()
        self.pools: list[DecodePool] = []

    def start(self, count: int = 1, time_limit_s: float = PATIENCE_S) -> DecodePool:
        self.pools.append(DecodePool(count, Framing(SIZE), self.outcomes.put, time_limit_s))
        return self.pools[-1]

    def next(self) -> Outcome:
        return self.outcomes.get(timeout=PATIENCE_S)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    for pool in bench.pools:
        pool.close()


@pytest.fixture
def good(tmp_path: Path) -> ScannedFile:
    return written(tmp_path / "good.jpg", encoded(quarters(), "JPEG"))


def written(path: Path, content: bytes) -> ScannedFile:
    path.write_bytes(content)
    return scanned(path)


def scanned(path: Path | str) -> ScannedFile:
    return ScannedFile(str(path), 0, 0)


@pytest.fixture
def slow_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Workers started from now on read files that begin with SLOW as from a slow disk.

    Each part of such a file takes until there is a file of its path and number, such as a.jpg.0.
    """
    code = f"""
        import blake3, os, time
        class Hash:
            def __init__(self, content=b""):
                self.real, self.path, self.part = real(), None, 0
                if content:
                    self.update(content)
            def update(self, content):
                if content.startswith({SLOW!r}):
                    self.path = content.split(b"\\n")[2][2:]
                while self.path and not os.path.exists(self.path + b".%d" % self.part):
                    time.sleep(0.02)
                self.part += 1
                self.real.update(content)
            def digest(self):
                return self.real.digest()
        real, blake3.blake3 = blake3.blake3, Hash
    """
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "sitecustomize.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))  # for programs of their own
    return tmp_path / "modules"


def slow(path: Path, after: bytes = b"") -> ScannedFile:
    """A picture that is read as slowly as `go_on` says."""
    return written(path, SLOW + b"\n# " + os.fsencode(path) + b"\n1 1\n255\n" + b"red" + after)


def go_on(file: ScannedFile, part: int = 0) -> None:
    Path(f"{file.path}.{part}").touch()


def is_reading(process: int, path: str) -> bool:
    """Whether a process has a file open."""
    with contextlib.suppress(OSError):  # a process that has ended
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with contextlib.suppress(OSError):
                if os.readlink(descriptor) == path:
                    return True
    return False


def reading_worker(path: str) -> int:
    """The worker of this process that reads this file, once it does; those of earlier tests may still be ending."""

    def reading() -> list[int]:
        return [pid for pid in children(os.getpid()) if is_reading(pid, path)]

    wait_until(lambda: bool(reading()))
    return reading()[0]


def children(parent: int) -> list[int]:
    """The worker processes a process has started; other tests may have started others in this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, its_parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                is_worker = b"mcsearch.photos.workers.process" in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if int(its_parent) == parent and state != "Z" and is_worker:
                found.append(int(entry.name))
    return found


def ended(process: int) -> bool:
    """Whether a process is gone, or waits only for its parent to take notice."""
    try:
        facts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return True
    return facts[0] == "Z" and facts[17] in ("0", "1")  # other threads than the first may take a moment longer


def worker() -> int:
    """The one worker of this process, once those of earlier tests are gone."""
    wait_until(lambda: len(children(os.getpid())) == 1)
    return children(os.getpid())[0]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def run_driver(code: str, *arguments: str) -> "subprocess.Popen[str]":
    """Run a program of its own that owns a pool."""
    preamble = f"""
        import os, queue, signal, sys, time
        from mcsearch.photos.workers.pool import DecodePool
        from mcsearch.records.embeddings import Framing
        from mcsearch.records.photos import ScannedFile
        outcomes = queue.Queue()
        def start(count): return DecodePool(count, Framing({SIZE}), outcomes.put)
    """
    program = textwrap.dedent(preamble) + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, start_new_session=True
    )


def test_decodes_and_hashes(bench: Bench, good: ScannedFile) -> None:
    pool = bench.start()
    content = Path(good.path).read_bytes()
    pool.submit(good, "decode")
    decoded = bench.next()
    assert isinstance(decoded, Decoded)
    assert (decoded.file, decoded.content_hash) == (good, blake3(content).digest())
    assert decoded.pixels.dtype == np.uint8
    assert np.array_equal(decoded.pixels, decode(content, Framing(SIZE)))
    pool.submit(good, "hash")
    hashed = bench.next()
    assert isinstance(hashed, Hashed)
    assert (hashed.file, hashed.content_hash, hashed.facts) == (good, blake3(content).digest(), decoded.facts)
    pool.submit(good, "facts")
    read = bench.next()
    assert isinstance(read, FactsRead)
    assert (read.file, read.facts) == (good, decoded.facts)
    assert min(hashed.read_s, decoded.read_s, decoded.decode_s, read.read_s) > 0


def test_several_workers_settle_every_file_once(bench: Bench, good: ScannedFile, tmp_path: Path) -> None:
    pool = bench.start(2)
    bad = [written(tmp_path / f"{number}.jpg", b"no picture") for number in range(10)]
    files = [*bad, *[good] * 10]
    for file in files:
        pool.submit(file, "decode")
    outcomes = [bench.next() for _ in files]
    assert sum(isinstance(outcome, Decoded) for outcome in outcomes) == 10
    failed = [outcome for outcome in outcomes if isinstance(outcome, Undecodable)]
    assert {outcome.file.path for outcome in failed} == {file.path for file in bad}
    assert {(outcome.reason, outcome.retry) for outcome in failed} == {("not a picture in a supported format", False)}


@pytest.mark.parametrize(
    "name", ["two words.jpg", "line\nbreak.jpg", '"quoted\\".jpg', "été 📷.jpg", "undecodable \udcff.jpg"]
)
def test_any_file_name(bench: Bench, name: str, tmp_path: Path) -> None:
    if sys.platform != "linux" and name != "two words.jpg":
        pytest.skip("this system does not allow every name")
    path = os.path.join(tmp_path, name)
    with open(path, "wb") as file:
        file.write(encoded(quarters(), "PNG"))
    bench.start().submit(scanned(path), "decode")
    assert isinstance(bench.next(), Decoded)


def test_file_that_cannot_be_opened_is_worth_another_try(bench: Bench, tmp_path: Path) -> None:
    pool = bench.start()
    for path in (tmp_path / "gone.jpg", tmp_path):
        pool.submit(scanned(path), "decode")
        outcome = bench.next()
        assert isinstance(outcome, Undecodable)
        assert outcome.reason.startswith("cannot be read (")
        assert outcome.retry


def test_vast_file_is_not_read_into_memory(bench: Bench, tmp_path: Path) -> None:
    with open(tmp_path / "vast.tif", "wb") as file:
        file.truncate(FILE_LIMIT_BYTES + 1)
    bench.start().submit(scanned(tmp_path / "vast.tif"), "decode")
    outcome = bench.next()
    assert isinstance(outcome, Undecodable)
    assert (outcome.reason, outcome.retry) == ("larger than 2 GiB", False)


@posix
@pytest.mark.usefixtures("slow_disk")
def test_worker_that_hangs_is_killed_and_replaced(bench: Bench, good: ScannedFile, tmp_path: Path) -> None:
    pool = bench.start(time_limit_s=2.0)
    hanging = slow(tmp_path / "hanging.jpg")
    for file in (good, hanging, good):
        pool.submit(file, "decode")
    assert isinstance(bench.next(), Decoded)
    assert bench.next() == Undecodable(hanging, "took longer than 2 seconds to read", retry=True)
    assert isinstance(bench.next(), Decoded)


@posix
@pytest.mark.usefixtures("slow_disk")
def test_a_slow_disk_is_waited_for_as_long_as_it_goes_on(bench: Bench, tmp_path: Path) -> None:
    film = slow(tmp_path / "film.mp4", bytes(2 * READ_AT_ONCE))  # read in three parts, each of them almost too slowly
    bench.start(time_limit_s=1.5).submit(film, "hash")
    for part in range(3):
        time.sleep(1.0)
        go_on(film, part)
    assert isinstance(bench.next(), Hashed)


@linux
def test_what_is_no_regular_file_is_not_opened(bench: Bench, good: ScannedFile, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    pool = bench.start()
    for name in ("pipe.jpg", "endless.jpg"):
        pool.submit(scanned(tmp_path / name), "decode")
        assert bench.next() == Undecodable(scanned(tmp_path / name), "cannot be read (not a regular file)", retry=True)
    beside = good._replace(sidecars=(scanned(tmp_path / "pipe.jpg"),))
    pool.submit(beside, "decode")
    assert isinstance(bench.next(), Decoded)


@posix
def test_decoding_has_its_own_limit_and_is_not_tried_again(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "sitecustomize.py").write_text(
        "import time, PIL.Image\nPIL.Image.Image.load = lambda *_: time.sleep(600)"
    )
    monkeypatch.syspath_prepend(tmp_path / "modules")
    bench.start(time_limit_s=1.0).submit(good._replace(size_bytes=600_000_000), "decode")
    assert bench.next() == Undecodable(
        good._replace(size_bytes=600_000_000), "took longer than 1 seconds to decode", retry=False
    )


@linux
@pytest.mark.usefixtures("slow_disk")
def test_worker_that_crashes_costs_one_failure(bench: Bench, good: ScannedFile, tmp_path: Path) -> None:
    pool = bench.start()
    crashing = slow(tmp_path / "crashing.jpg")
    pool.submit(crashing, "decode")
    pool.submit(good, "decode")
    os.kill(reading_worker(crashing.path), signal.SIGSEGV)
    assert bench.next() == Undecodable(crashing, "the decoder crashed (exit code -11)", retry=False)
    assert isinstance(bench.next(), Decoded)


@linux
@pytest.mark.usefixtures("slow_disk")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_worker_that_is_killed_from_outside_is_not_the_fault_of_the_file(
    bench: Bench, good: ScannedFile, tmp_path: Path, number: signal.Signals
) -> None:
    pool = bench.start()
    innocent = slow(tmp_path / "innocent.jpg")
    pool.submit(innocent, "decode")
    os.kill(reading_worker(innocent.path), number)
    assert bench.next() == Undecodable(innocent, "the decoder was killed, possibly because memory ran out", retry=True)
    pool.submit(good, "decode")
    assert isinstance(bench.next(), Decoded)


@linux
def test_worker_that_dies_between_two_files_costs_none(bench: Bench, good: ScannedFile) -> None:
    pool = bench.start()
    pool.submit(good, "decode")
    bench.next()
    first = worker()
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: ended(first))
    pool.submit(good, "decode")
    assert isinstance(bench.next(), Decoded)


@linux
def test_worker_is_limited_and_light(bench: Bench, good: ScannedFile) -> None:
    pool = bench.start()
    pool.submit(good, "decode")
    bench.next()
    limits = Path(f"/proc/{worker()}/limits").read_text()
    assert [line.split()[3] for line in limits.splitlines() if "address space" in line] == [str(shares(1).each_bytes)]
    assert "torch" not in Path(f"/proc/{worker()}/maps").read_text()


@linux
def test_photo_that_needs_too_much_memory_is_one_failure(good: ScannedFile, tmp_path: Path) -> None:
    # A hard limit from outside is kept to, and reached sooner than the worker's own.
    large = written(tmp_path / "large.pgm", b"P6 13000 13000 255\n" + bytes(10_000))
    code = """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))
        pool = start(1)
        for path in sys.argv[1:]:
            pool.submit(ScannedFile(path, 0, 0), "decode")
            outcome = outcomes.get(timeout=60)
            print(getattr(outcome, "reason", type(outcome).__name__))
    """
    said, _ = run_driver(code, large.path, good.path).communicate(timeout=PATIENCE_S)
    assert said.splitlines() == ["decoding requires more memory than a worker may use", "Decoded"]


@linux
@pytest.mark.usefixtures("slow_disk")
def test_workers_end_when_the_parent_is_killed(good: ScannedFile, tmp_path: Path) -> None:
    blocking = slow(tmp_path / "blocking.jpg")
    code = """
        pool = start(2)
        for path in sys.argv[1:]:
            pool.submit(ScannedFile(path, 0, 0), "decode")
        outcomes.get(timeout=60)
        print("decoded", flush=True)
        time.sleep(600)
    """
    with run_driver(code, blocking.path, good.path) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "decoded\n"
        pids = children(parent.pid)  # one worker is idle now, and one in the middle of a file that does not end
        assert len(pids) == 2
        parent.kill()
        wait_until(lambda: not any(is_alive(pid) for pid in pids))


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@posix
@pytest.mark.usefixtures("slow_disk")
def test_interrupting_the_process_group_does_not_reach_workers(tmp_path: Path) -> None:
    blocking = slow(tmp_path / "blocking.jpg")
    code = """
        signal.signal(signal.SIGINT, lambda *_: print("interrupted", flush=True))
        pool = start(1)
        pool.submit(ScannedFile(sys.argv[1], 0, 0), "decode")
        time.sleep(1)
        os.killpg(0, signal.SIGINT)
        time.sleep(0.5)
        open(sys.argv[1] + ".0", "wb").close()
        print(type(outcomes.get(timeout=60)).__name__)
    """
    said, _ = run_driver(code, blocking.path).communicate(timeout=PATIENCE_S)
    assert said.splitlines() == ["interrupted", "Decoded"]


@posix
def test_what_a_library_prints_does_not_get_among_the_answers(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = """
        import os, threading, time
        os.write(1, b"noise while modules are imported")
        def print_on():
            while True:
                os.write(1, b"noise\\n")
                time.sleep(0.0001)
        threading.Thread(target=print_on, daemon=True).start()
    """
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "sitecustomize.py").write_text(textwrap.dedent(noise))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    pool = bench.start()
    for _ in range(200):
        pool.submit(good, "decode")
    assert all(isinstance(bench.next(), Decoded) for _ in range(200))


def test_modules_in_the_working_directory_are_not_imported(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blake3.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    bench.start().submit(good, "decode")
    assert isinstance(bench.next(), Decoded)


def test_workers_that_do_not_start_are_reported(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "blake3.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(tmp_path)
    bench.start().submit(good, "decode")
    assert isinstance(bench.next(), OSError)


@linux
@pytest.mark.usefixtures("slow_disk")
def test_close_ends_busy_and_idle_workers_and_forgets_the_rest(bench: Bench, good: ScannedFile, tmp_path: Path) -> None:
    pool = bench.start(2)
    blocking = slow(tmp_path / "blocking.jpg")
    pool.submit(blocking, "decode")
    pool.submit(good, "decode")
    bench.next()
    wait_until(lambda: len(children(os.getpid())) == 2)
    for _ in range(50):
        pool.submit(blocking, "decode")
    pool.close()
    wait_until(lambda: not children(os.getpid()))
    assert bench.outcomes.empty()


@linux
def test_an_answer_that_cannot_be_right_costs_its_file_only(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lying = """
        import json
        real = json.dumps
        def lie(answer, **options):
            said = real(answer, **options)
            return said.replace('"width": 96', '"width": ' + "9" * 400) if "width" in said else said
        json.dumps = lie
    """
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "sitecustomize.py").write_text(textwrap.dedent(lying))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    liar = written(tmp_path / "liar.bmp", encoded(quarters().resize((96, 64)), "BMP"))
    pool = bench.start()
    for file in (liar, good):
        pool.submit(file, "decode")
    assert bench.next() == Undecodable(liar, "the decoder gave an answer that is not valid", retry=False)
    assert isinstance(bench.next(), Decoded)


@linux
def test_what_a_worker_says_unasked_is_not_taken_for_the_next_answer(
    bench: Bench, good: ScannedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talking = """
        import json, os, threading
        real, real_dup, copies = json.dumps, os.dup, []
        def dup(descriptor):
            copies.append(real_dup(descriptor))
            return copies[-1]
        def talk_on(answer, **options):
            if "facts" in answer:
                threading.Timer(0.2, lambda: os.write(copies[0], b'{"reason": "forged", "retry": false}')).start()
            return real(answer, **options)
        os.dup, json.dumps = dup, talk_on
    """
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "sitecustomize.py").write_text(textwrap.dedent(talking))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    pool = bench.start()
    pool.submit(good, "decode")
    assert isinstance(bench.next(), Decoded)
    first = worker()
    time.sleep(0.6)
    pool.submit(good, "decode")
    assert isinstance(bench.next(), Decoded)
    assert worker() != first


@linux
def test_a_picture_that_needs_more_than_its_share_is_decoded_alone(
    bench: Bench, good: ScannedFile, tmp_path: Path
) -> None:
    large = tmp_path / "large.ppm"
    with large.open("wb") as file:
        file.write(b"P6 8000 6000 255\n")
        file.truncate(8000 * 6000 * 3 + 17)
    pool = bench.start(2)
    for thread in pool._workers:
        thread._memory = Shares(2, 400 << 20, 2 << 30)
    for _ in range(3):
        pool.submit(good, "decode")
    pool.submit(scanned(large), "decode")
    for _ in range(3):
        pool.submit(good, "decode")
    outcomes = [bench.next() for _ in range(7)]
    assert all(isinstance(outcome, Decoded) for outcome in outcomes), outcomes


def test_the_largest_picture_is_set_for_a_run_and_tried_again_in_the_next(bench: Bench, tmp_path: Path) -> None:
    vast = written(tmp_path / "vast.pgm", b"P5 20000 20000 255\n" + bytes(100_000))
    for megapixels, reason, retry in ((250, "more than 250 megapixels", True), (500, "damaged picture", False)):
        bench.pools.append(DecodePool(1, Framing(SIZE), bench.outcomes.put, max_megapixels=megapixels))
        bench.pools[-1].submit(vast, "decode")
        outcome = bench.next()
        assert isinstance(outcome, Undecodable)
        assert outcome.reason.startswith(reason)
        assert outcome.retry is retry
