"""Duplicates: the same files, and vectors that are near each other, among very many."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.libraries import PROMPTS, library
from bench.measure import Command, medians, peak_memory, ran, seconds
from bench.parts import Bench, Part
from bench.table import Row, Target

_SIMILARITY = "0.95"
# Seconds, minutes, and memory that does not grow with the square.
_EXACT_S = 10
_SIMILAR_S = 600
_MEMORY_MB = 1500


def _exact(bench: Bench, count: int) -> Iterator[Row]:
    (taken,) = medians(bench.times, seconds(_dupes(bench, library(bench.work, count), "--exact")))
    yield Row(f"dupes --exact in {count:,} photos", "s", taken, targets=(Target("ours", at_most=_EXACT_S),))


def _similar(bench: Bench, count: int) -> Iterator[Row]:
    file = library(bench.work, count)
    ran(bench.find(file, PROMPTS[0]))  # what the first question makes once is there
    similar = _dupes(bench, file, "--similar", _SIMILARITY)
    (taken,) = medians(max(1, bench.times // 3), seconds(similar))
    what = f"dupes --similar {_SIMILARITY} in {count:,} photos"
    yield Row(what, "s", taken, targets=(Target("ours", at_most=_SIMILAR_S),))
    yield Row(f"{what}: memory", "MB", peak_memory(similar) / 1e6, targets=(Target("ours", at_most=_MEMORY_MB),))


def _dupes(bench: Bench, file: Path, *options: str) -> Command:
    return bench.mcsearch("dupes", *options, "--json", "--library", file)


PARTS: dict[str, Part] = {
    "exact-1m": partial(_exact, count=1_000_000),
    "similar-100k": partial(_similar, count=100_000),
    "similar-1m": partial(_similar, count=1_000_000),
}
