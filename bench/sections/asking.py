"""Asking: whole commands from a cold process with a warm disk cache, beside rclip on the same library."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench.libraries import PROMPTS, library, photos_folder, rclip_database
from bench.measure import Command, medians, peak_private, ran, seconds, warm_seconds
from bench.parts import Bench, Part
from bench.sections.unchanged import tiny_library
from bench.table import Row, Target

_QUERY = "a dog on a beach"
_WITH_RCLIP = (1000, 100_000, 1_000_000)
# The greatest share of rclip's time.
_RATIOS = {1000: 0.7, 100_000: 0.4, 1_000_000: 0.06}
_ASKED_BEFORE_S = {100_000: 0.30, 1_000_000: 0.40}
_NEW_S = {100_000: 0.55, 1_000_000: 0.65}


def _find(bench: Bench, count: int) -> Iterator[Row]:
    file = library(bench.work, count)
    numbers = itertools.count(time.time_ns())
    ran(bench.find(file, PROMPTS[0]))  # what the first question makes once is there
    ran(bench.find(file, _new_prompt(next(numbers))))
    asking = bench.find(file, PROMPTS[1])

    def new_seconds() -> float:
        ran(bench.find(file, _new_prompt(next(numbers))))  # the tower's file is in memory, as the library is
        return ran(bench.find(file, _new_prompt(next(numbers)))).seconds

    jobs = [warm_seconds(asking), new_seconds]
    if count in _WITH_RCLIP:
        data = rclip_database(bench.work, bench.rclip, count)
        question = [bench.rclip.command, "-n", _QUERY]
        peer = Command(question, bench.rclip.environment(data), photos_folder(bench.work))
        jobs.append(warm_seconds(peer))
    asked, new, *theirs = medians(bench.times, *jobs)
    for what, ours, limits in (("asked before", asked, _ASKED_BEFORE_S), ("new prompt", new, _NEW_S)):
        targets = [Target("ours", at_most=limits[count])] if count in limits else []
        targets += [Target("ratio", at_most=_RATIOS[count])] if theirs else []
        yield Row(
            f"find in {count:,} photos, {what}", "s", ours, theirs[0] if theirs else None, "rclip",
            targets=tuple(targets),
        )  # fmt: skip


def _recall(bench: Bench, count: int) -> Iterator[Row]:
    at_least = 1.0 if count < 2_000_000 else 0.999
    said = json.loads(ran(bench.python("-m", "bench.sections.scan", "recall", library(bench.work, count))).stdout)
    what = f"recall@10 in {count:,} photos, {len(PROMPTS)} prompts"
    yield Row(what, "", said["recall"], targets=(Target("ours", at_least=at_least),))
    yield Row(f"{what}: largest error of a score", "", said["error"])


def _memory(bench: Bench, count: int) -> Iterator[Row]:
    file = library(bench.work, count)
    ran(bench.find(file, PROMPTS[0]))
    targets = (Target("ours", at_most=500),)
    for what, prompt in (("asked before", PROMPTS[1]), ("new prompt", _new_prompt(time.time_ns()))):
        held = peak_private(bench.find(file, prompt))
        yield Row(f"private memory of find in {count:,} photos, {what}", "MB", held / 1e6, targets=targets)


def _scan(bench: Bench, count: int) -> Iterator[Row]:
    file = library(bench.work, count)
    ran(bench.find(file, PROMPTS[0]))
    said = json.loads(ran(bench.python("-m", "bench.sections.scan", "scan", file)).stdout)
    yield Row(f"find in {count:,} photos within a process, asked before", "ms", said["find_ms"])
    yield Row(
        f"the scan of {count:,} photos", "ms", said["scan_ms"],
        targets=(Target("ours", at_most=30),) if count == 1_000_000 else (),
    )  # fmt: skip
    yield Row(
        f"the scan of {count:,} photos, bytes read", "GB/s", said["scan_gb_s"], limit=said["copy_gb_s"],
        limit_name="copy, read and written", targets=(Target("share", at_least=0.6),),
    )  # fmt: skip


def _filtered(bench: Bench, count: int) -> Iterator[Row]:
    file = library(bench.work, count)
    prompt = bench.mcsearch("find", PROMPTS[1], "--library", file)
    month = photos_folder(bench.work) / "2015" / "06"
    filters: dict[str, list[str | Path]] = {
        "": [],
        ", --in a month's folder": ["--in", month],
        ", --on 06-12 --camera Pixel": ["--on", "06-12", "--camera", "Pixel"],
        ", --near 20 km": ["--near", "38.5,-9.5,20"],
        ", --orientation portrait": ["--orientation", "portrait"],
    }
    asking = [replace(prompt, arguments=[*prompt.arguments, *some]) for some in filters.values()]
    unfiltered, *_ = taken = medians(bench.times, *(warm_seconds(command) for command in asking))
    for what, ours in zip(filters, taken, strict=True):
        if what:
            yield Row(f"find in {count:,} photos, asked before{what}", "s", ours, unfiltered, "no filter")


def _start_up(bench: Bench) -> Iterator[Row]:
    """What a query costs besides its packages, in a library so small that the search itself takes no time."""
    _, file = tiny_library(bench, 1000)  # of photos that are there: find looks for the files of its hits
    ran(bench.python("-m", "compileall", "-q", "mcsearch"))  # as pip does when it installs
    ran(bench.find(file, PROMPTS[1]))
    packages = bench.python("-c", "import numpy, typer")
    ours, bare = medians(3 * bench.times, seconds(bench.find(file, PROMPTS[1])), seconds(packages))
    yield Row(
        "find in 1,000 photos, asked before: start-up", "s", ours, bare, "import numpy, typer",
        targets=(Target("ratio", at_most=1.4),),
    )  # fmt: skip


def _text(bench: Bench, count: int) -> Iterator[Row]:
    """Words alone, without a query: rare ones, and one that is in the name of every photo."""
    file = library(bench.work, count)
    asking = {
        "one photo's name": "IMG_0123456",
        "a month's folder": '"2015 06"',
        "the beginning of a name": "IMG_01234*",
        "a word of every photo": "photos",
        "the beginning of every name": "img*",
    }
    commands = [bench.mcsearch("find", "--text", words, "--library", file) for words in asking.values()]
    for what, ours in zip(asking, medians(bench.times, *map(warm_seconds, commands)), strict=True):
        yield Row(
            f"find --text in {count:,} photos, {what}", "s", ours, targets=(Target("ours", at_most=0.35),)
        )  # fmt: skip


def _new_prompt(number: int) -> str:
    """A prompt that was never asked, as long as people's are."""
    return f"a dog on a beach with {number} people"


def _only_if_huge(bench: Bench, part: Part) -> Iterator[Row]:
    if bench.huge:
        yield from part(bench)


def _help(bench: Bench) -> Iterator[Row]:
    theirs = Command([bench.rclip.command, "--help"], bench.rclip.environment(bench.rclip.data_folder("index")))
    ours, peer = medians(3 * bench.times, seconds(bench.mcsearch("--help")), seconds(theirs))
    yield Row("--help", "s", ours, peer, "rclip", targets=(Target("ours", at_most=0.25),))


_SIZES = {"1k": 1000, "10k": 10_000, "100k": 100_000, "1m": 1_000_000}
PARTS: dict[str, Part] = {
    **{f"find-{name}": partial(_find, count=count) for name, count in _SIZES.items()},
    **{f"recall-{name}": partial(_recall, count=count) for name, count in _SIZES.items()},
    "filters-1m": partial(_filtered, count=1_000_000),
    "memory-1m": partial(_memory, count=1_000_000),
    "scan-1m": partial(_scan, count=1_000_000),
    "find-5m": partial(_only_if_huge, part=partial(_find, count=5_000_000)),
    "recall-5m": partial(_only_if_huge, part=partial(_recall, count=5_000_000)),
    "scan-5m": partial(_only_if_huge, part=partial(_scan, count=5_000_000)),
    "start-up": _start_up,
    "text-1m": partial(_text, count=1_000_000),
    "help": _help,
}
