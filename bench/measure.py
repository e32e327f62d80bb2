"""How long commands take from start to end, and how much memory their processes hold."""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_POLL_S = 0.005
_TREE_POLL_S = 0.1


class FailedError(Exception):
    """A measured command did not do what it should have."""


@dataclass(frozen=True)
class Command:
    """What to run, where, and in which environment."""

    arguments: Sequence[str | Path]
    environment: Mapping[str, str]
    folder: Path | None = None


@dataclass(frozen=True)
class Ran:
    """How long a command took from start to end, and what it printed."""

    seconds: float
    stdout: str


def ran(command: Command) -> Ran:
    """Run a command to its end. Raises FailedError when it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        [str(argument) for argument in command.arguments],
        env=dict(command.environment), cwd=command.folder, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    _check(command, done.returncode, done.stderr)
    return Ran(seconds, done.stdout)


def seconds(command: Command) -> Callable[[], float]:
    """A job that runs a command and says how long it took."""
    return lambda: ran(command).seconds


def warm_seconds(command: Command) -> Callable[[], float]:
    """The same for a command that has just run once: some systems drop from memory what was not read for a while."""

    def job() -> float:
        ran(command)
        return ran(command).seconds

    return job


def medians(times: int, *jobs: Callable[[], float]) -> list[float]:
    """The median of what each job says. They take turns, so that what slows the machine slows them all."""
    said = [[job() for job in jobs] for _ in range(times)]
    return [statistics.median(of_job) for of_job in zip(*said, strict=True)]


def cpu_seconds() -> float:
    """The CPU time that this process and its live children have taken so far, in seconds."""
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children())]
    return float(sum(taken.user + taken.system for taken in times))


def peak_memory(command: Command) -> int:
    """The most bytes that all processes of a command held together, as `tree_bytes` counts them.

    Sampled, so it is not for what lasts under a fifth of a second.
    """
    return _peak(command, tree_bytes, _TREE_POLL_S)


def peak_private(command: Command) -> int:
    """The most anonymous memory (RssAnon) that a command's one process held: mapped files do not count."""
    return _peak(command, _anonymous_bytes, _POLL_S)


def _peak(command: Command, held: Callable[[int], int], every_s: float) -> int:
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [str(argument) for argument in command.arguments],
            env=dict(command.environment), cwd=command.folder, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        peak = 0
        while process.poll() is None:
            peak = max(peak, held(process.pid))
            time.sleep(every_s)
        said.seek(0)
        _check(command, process.returncode, said.read().decode(errors="replace"))
    return peak


def tree_bytes(pid: int) -> int:
    """The bytes that a process and those below it hold; a file that several of them map counts once.

    A file that other programs map, too, counts in full. A sum of proportional set sizes depends on what else runs: an
    index run had 30 MB less while another one had the same libraries loaded.
    """
    own, files = 0, dict[str, int]()
    try:
        root = psutil.Process(pid)
        processes = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0
    for process in processes:
        try:
            mappings = process.memory_maps()
        except (psutil.Error, OSError):  # it has ended meanwhile
            continue
        for mapped in mappings:
            if mapped.path.startswith("["):  # no file: shared at most by processes that were forked from one another
                own += mapped.pss
            else:
                own += mapped.anonymous
                files[mapped.path] = max(files.get(mapped.path, 0), mapped.rss - mapped.anonymous)
    return own + sum(files.values())


def _anonymous_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:")), 0)


def _check(command: Command, code: int, stderr: str) -> None:
    if code:
        said = " ".join(str(argument) for argument in command.arguments)
        raise FailedError(f"{said} ended with exit code {code}:\n{stderr[-2000:]}")
