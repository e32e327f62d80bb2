"""Indexing from nothing: photos a second of the whole command, start-up included, and memory."""

import contextlib
import sqlite3
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.measure import Command, FailedError, medians, peak_memory, ran
from bench.parts import REPOSITORY, Bench, Part
from bench.peers import DATABASE, plain_open_clip
from bench.photos import SETS, photos, total_bytes
from bench.sections import heic, previews
from bench.table import Row, Target
from mcsearch.models.lookup import find_model

_NAMES = {"small": "0.2 MP", "12mp": "12 MP", "48mp": "48 MP", "heic": "12 MP HEIC"}
_QUERY = "a dog on a beach"


def _against_rclip(bench: Bench, name: str, model: str, at_least: float | None) -> Iterator[Row]:
    folder, count = _ready(bench, name, model), SETS[name].count
    ours, theirs = medians(
        bench.times,
        lambda: bench.index_seconds(folder, model, count),
        lambda: _rclip_seconds(bench, folder, count),
    )
    decode, tower = _alone(bench, folder, model)
    what, busier = f"{count} photos of {_NAMES[name]}, {model}", "decode" if decode < tower else "tower"
    targets = (Target("ratio", at_least=at_least),) if at_least else ()
    yield Row(
        what, "photos/s", count / ours, count / theirs, "rclip", min(decode, tower), f"{busier} alone",
        (*targets, Target("share", at_least=0.85)),
    )  # fmt: skip
    both = 1 / (1 / decode + 1 / tower)
    yield Row(f"{what}, both on the same cores", "photos/s", count / ours, limit=both, limit_name="decode, then tower")


def _against_open_clip(bench: Bench, name: str, model: str) -> Iterator[Row]:
    folder, count = _ready(bench, name, model), SETS[name].count
    plain = Command(
        plain_open_clip(folder, find_model(model).architecture, bench.work.checkpoint(model)),
        bench.work.environment, REPOSITORY,
    )  # fmt: skip
    ours, theirs = medians(bench.times, lambda: bench.index_seconds(folder, model, count), lambda: ran(plain).seconds)
    what = f"{count} photos of {_NAMES[name]}, {model}"
    yield Row(what, "photos/s", count / ours, count / theirs, "open_clip", targets=(Target("ratio", at_least=5),))


def _memory(bench: Bench, name: str, model: str) -> Iterator[Row]:
    folder = _ready(bench, name, model)
    ours = peak_memory(bench.index(folder, bench.fresh_library(), model))
    theirs = peak_memory(_rclip(bench, folder))
    what = f"peak memory of all processes, {SETS[name].count} photos of {_NAMES[name]}, {model}"
    yield Row(what, "MB", ours / 1e6, theirs / 1e6, "rclip", targets=(Target("ours", at_most=1500),))


def _heic(bench: Bench) -> Iterator[Row]:
    from mcsearch.photos.formats import is_photo_name

    if not is_photo_name("IMG_0001.heic"):
        print("bench: HEIC is left out: mcsearch does not read it here.", file=sys.stderr)
        return
    try:
        photos(bench.work, "heic")
    except ImportError:
        print("bench: HEIC is left out: pillow-heif, which writes it, is not installed.", file=sys.stderr)
        return
    yield from _against_rclip(bench, "heic", "mobileclip2-s0", None)


def _ready(bench: Bench, name: str, model: str) -> Path:
    """The photos, read into memory; and one photo indexed, so that what a model's first run converts is there."""
    folder = photos(bench.work, name)
    total_bytes(folder)
    first = next(file for file in sorted(folder.rglob("*")) if file.is_file())
    ran(bench.index(first, bench.fresh_library(), model))
    return folder


def _rclip(bench: Bench, folder: Path) -> Command:
    data = bench.rclip.data_folder("index", fresh=True)
    return Command([bench.rclip.command, _QUERY], bench.rclip.environment(data), folder)


def _rclip_seconds(bench: Bench, folder: Path, count: int) -> float:
    """How long rclip takes from nothing, less the query that its command cannot do without."""
    index = _rclip(bench, folder)
    whole = ran(index).seconds
    database = Path(index.environment["RCLIP_DATADIR"], DATABASE)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        (indexed,) = connection.execute("SELECT COUNT(*) FROM images WHERE deleted IS NULL").fetchone()
    if indexed != count:
        raise FailedError(f"rclip indexed {indexed} of {count} photos of {folder}")
    only_query = ran(Command([bench.rclip.command, "-n", _QUERY], index.environment, folder)).seconds
    start_up = ran(Command([bench.rclip.command, "--version"], index.environment, folder)).seconds
    return whole - (only_query - start_up)


def _alone(bench: Bench, folder: Path, model: str) -> tuple[float, float]:
    """Photos a second of decode alone and of the tower alone."""
    decode = bench.python("-m", "bench.sections.alone", "decode", folder, model)
    tower = bench.python("-m", "bench.sections.alone", "tower", model, bench.work.checkpoint(model), "400")
    decoded, embedded = medians(bench.times, lambda: float(ran(decode).stdout), lambda: float(ran(tower).stdout))
    return decoded, embedded


PARTS: dict[str, Part] = {
    "small-s0": partial(_against_rclip, name="small", model="mobileclip2-s0", at_least=3.0),
    "small-s2": partial(_against_rclip, name="small", model="mobileclip2-s2", at_least=1.2),
    "12mp-s0": partial(_against_rclip, name="12mp", model="mobileclip2-s0", at_least=4.5),
    "12mp-s2": partial(_against_rclip, name="12mp", model="mobileclip2-s2", at_least=2.4),
    "12mp-s0-open_clip": partial(_against_open_clip, name="12mp", model="mobileclip2-s0"),
    "12mp-s2-open_clip": partial(_against_open_clip, name="12mp", model="mobileclip2-s2"),
    "48mp-s0": partial(_against_rclip, name="48mp", model="mobileclip2-s0", at_least=None),
    "heic-s0": _heic,
    "heic-decode": heic.decode,
    "previews": previews.decode,
    "memory-small-s0": partial(_memory, name="small", model="mobileclip2-s0"),
    "memory-12mp-s2": partial(_memory, name="12mp", model="mobileclip2-s2"),
}
