"""Growth: what a photo costs in a small library and in a large one."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.libraries import MODEL, PROMPTS, library
from bench.measure import FailedError, medians, peak_memory, ran, warm_seconds
from bench.parts import Bench, Part, remove_library
from bench.photos import tiny_photos
from bench.table import Row, Target

_SIZES = (10_000, 100_000, 1_000_000)
_NEW = 1000


def _adding(bench: Bench) -> Iterator[Row]:
    """The same number of new photos, added to libraries of each size."""
    copies = {count: bench.work.place("index", f"growing-{count}.db") for count in _SIZES}
    try:
        for count, copy in copies.items():
            remove_library(copy)
            shutil.copyfile(library(bench.work, count), copy)
        new = [
            tiny_photos(bench.work, f"tiny-new-{number}", _NEW, first=10_000_000 + number * _NEW)
            for number in range(bench.times + 1)
        ]
        for copy in copies.values():
            _add(bench, new[-1], copy)  # what a model's first run converts is there
        taken = medians(bench.times, *(_adding_to(bench, copy, iter(new)) for copy in copies.values()))
    finally:
        for copy in copies.values():
            remove_library(copy)
    first, *_ = per_photo = [of_all / _NEW * 1000 for of_all in taken]
    for count, ours in zip(_SIZES, per_photo, strict=True):
        what = f"index {_NEW:,} tiny photos into a library of {count:,}, {MODEL}"
        if count == _SIZES[0]:
            yield Row(what, "ms a photo", ours)
        else:
            targets = (Target("ratio", at_most=1.15),)
            yield Row(what, "ms a photo", ours, first, f"into {_SIZES[0]:,}", targets=targets)


def _find(bench: Bench) -> Iterator[Row]:
    files = {count: library(bench.work, count) for count in _SIZES}
    taken = medians(bench.times, *(warm_seconds(bench.find(file, PROMPTS[1])) for file in files.values()))
    for count, ours in zip(_SIZES, taken, strict=True):
        what = f"find in {count:,} photos, asked before"
        if count == _SIZES[0]:
            yield Row(what, "s", ours)
        else:
            targets = (Target("ratio", at_most=count / _SIZES[0]),)
            yield Row(what, "s", ours, taken[0], f"in {_SIZES[0]:,}", targets=targets)


def _size(bench: Bench) -> Iterator[Row]:
    for count in _SIZES:
        yield Row(f"database of {count:,} photos", "bytes a photo", library(bench.work, count).stat().st_size / count)


def _memory(bench: Bench) -> Iterator[Row]:
    """The built-in model and tiny photos, so that what grows is not hidden behind what does not."""
    held = []
    for count in (1000, 100_000):
        folder = tiny_photos(bench.work, f"tiny-{count}", count)
        held.append(peak_memory(bench.index(folder, bench.fresh_library())) / 1e6)
    small, large = held
    yield Row(
        "peak memory of indexing 100,000 tiny photos, demo", "MB", large, small, "1,000 photos",
        targets=(Target("ours", at_most=1500), Target("ratio", at_most=1.15)),
    )  # fmt: skip


def _adding_to(bench: Bench, copy: Path, new: Iterator[Path]) -> Callable[[], float]:
    return lambda: _add(bench, next(new), copy)


def _add(bench: Bench, new: Path, copy: Path) -> float:
    done = ran(bench.index(new, copy, MODEL))
    if (embedded := json.loads(done.stdout)["embedded"]) != _NEW:
        raise FailedError(f"{embedded} of {_NEW} new photos were embedded")
    return done.seconds


PARTS: dict[str, Part] = {"size": _size, "find": _find, "adding": _adding, "memory": _memory}
