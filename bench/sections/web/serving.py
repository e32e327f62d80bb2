"""Serving: what `mcsearch serve` answers to one client and to fifty, while an index run goes on."""

import contextlib
import itertools
import json
import re
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import psutil

from bench.libraries import MODEL, PROMPTS, library
from bench.measure import FailedError, medians, ran
from bench.parts import Bench, Part, remove_library
from bench.photos import tiny_photos
from bench.table import Row, Target

_CLIENTS, _SECONDS = 50, 60
_NEW = 20_000


def _load(bench: Bench, count: int, clients: int = _CLIENTS, seconds: int = _SECONDS) -> Iterator[Row]:
    copy = bench.work.place("index", f"served-{count}.db")
    remove_library(copy)
    shutil.copyfile(library(bench.work, count), copy)
    ran(bench.find(copy, PROMPTS[0]))  # what the first question makes once is there
    photos = tiny_photos(bench.work, "tiny-served", _NEW, first=20_000_000)
    try:
        with served(bench, copy) as (process, port):
            alone = _asked(bench, port, 1, 5)
            indexing = _indexing(bench, photos, copy)
            _asked(bench, port, clients, 10)  # what every reader keeps is there
            before = process.memory_info().rss
            answers = _asked(bench, port, clients, seconds)
            after, is_indexing = process.memory_info().rss, indexing.poll() is None
            indexing.send_signal(signal.SIGINT)
            indexing.wait()
    finally:
        remove_library(copy)
    if not is_indexing:
        raise FailedError(f"the index run of {_NEW:,} photos ended before the {seconds} s")
    yield from _rows(f"serve, {count:,} photos, one client", alone, 5)
    what = f"serve, {count:,} photos, {clients} clients for {seconds} s beside an index run"
    yield from _rows(what, answers, seconds)
    yield Row(f"{what}: memory at the start and at the end", "MB", after / 1e6, before / 1e6, "start")


def _find(bench: Bench, count: int) -> Iterator[Row]:
    """The whole command `find` with a new prompt, answered by a server, beside one that goes alone."""
    file = library(bench.work, count)
    numbers = itertools.count(time.time_ns())

    def new_seconds(*options: str) -> float:
        prompt = f"a prompt that was never asked before, number {next(numbers)}"
        return ran(bench.mcsearch("find", prompt, "--library", file, *options)).seconds

    with served(bench, file):
        for options in ((), ("--no-server",)):
            new_seconds(*options)  # what the first question makes once is there
        ours, alone = medians(bench.times, new_seconds, lambda: new_seconds("--no-server"))
    yield Row(
        f"find in {count:,} photos, new prompt, while serve runs", "s", ours, alone, "--no-server",
        targets=(Target("ours", at_most=0.25),),
    )  # fmt: skip


def _rows(what: str, answers: Mapping[str, Sequence[float]], seconds: float) -> Iterator[Row]:
    for kind, taken in {"all answers": [one for of in answers.values() for one in of], **answers}.items():
        parts = statistics.quantiles(taken, n=100) if len(taken) > 1 else [taken[0]] * 99
        yield Row(f"{what}: {kind}, p50", "ms", parts[49])
        yield Row(f"{what}: {kind}, p99", "ms", parts[98])
    yield Row(f"{what}: answers", "/s", sum(map(len, answers.values())) / seconds)


def _asked(bench: Bench, port: int, clients: int, seconds: float) -> dict[str, list[float]]:
    """The milliseconds of all answers by kind. Raises FailedError if one of them is an error."""
    load = bench.python("-m", "bench.sections.web.load", "127.0.0.1", str(port), str(clients), str(seconds))
    said = json.loads(ran(load).stdout)
    if said["errors"]:
        raise FailedError(f"{len(said['errors'])} answers were errors, the first: {said['errors'][0]}")
    taken: dict[str, list[float]] = said["taken_ms"]
    return taken


def _indexing(bench: Bench, photos: Path, copy: Path) -> "subprocess.Popen[bytes]":
    command = bench.index(photos, copy, MODEL)
    process = subprocess.Popen(
        [str(argument) for argument in command.arguments], env=dict(command.environment), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(3)  # until it stores photos
    return process


@contextlib.contextmanager
def served(bench: Bench, copy: Path) -> Iterator[tuple[psutil.Process, int]]:
    """A server for a library: its process and its port."""
    command = bench.mcsearch("serve", "--port", "0", "--library", copy)
    process = subprocess.Popen(
        [str(argument) for argument in command.arguments], env=dict(command.environment), stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stderr is not None
    try:
        found = re.search(r":(\d+)/", line := process.stderr.readline())
        if found is None:
            raise FailedError(f"the server did not start: {line}")
        time.sleep(2)  # until the text tower is loaded
        yield psutil.Process(process.pid), int(found[1])
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


PARTS: dict[str, Part] = {
    "find-100k": partial(_find, count=100_000),
    "load-100k": partial(_load, count=100_000),
}
