"""Tagging: a million photos with 200 labels whose prompts have been asked before, and new prompts."""

import json
import shutil
from collections.abc import Iterator
from functools import partial

from bench.libraries import PROMPTS, labels_file, library
from bench.measure import medians, ran, seconds
from bench.parts import Bench, Part, remove_library
from bench.table import Row, Target

_COUNT = 1_000_000


def _tag(bench: Bench) -> Iterator[Row]:
    file = bench.work.place("index", "tagged.db")
    remove_library(file)
    shutil.copyfile(library(bench.work, _COUNT), file)
    try:
        ran(bench.find(file, PROMPTS[0]))  # what the first question makes once is there
        tag = bench.mcsearch("tag", "--labels", labels_file(bench.work), "--library", file)
        (taken,) = medians(max(1, bench.times // 3), seconds(tag))
        tags = json.loads(ran(bench.mcsearch("status", "--json", "--library", file)).stdout)["tags"]
    finally:
        remove_library(file)
    what = f"tag {_COUNT:,} photos × 200 labels, {tags:,} tags written"
    yield Row(what, "s", taken, targets=(Target("ours", at_most=60),))


def _product(bench: Bench) -> Iterator[Row]:
    said = json.loads(ran(bench.python("-m", "bench.sections.product")).stdout)
    yield Row(
        "photos × 200 labels, with probabilities and the choice of tags", "photos/s", said["assign"],
        limit=said["matmul"], limit_name="numpy's product", targets=(Target("share", at_least=0.5),),
    )  # fmt: skip


def _prompts(bench: Bench, model: str, at_least: float) -> Iterator[Row]:
    folder = bench.work.place("towers", model)
    measure = bench.python("-m", "bench.sections.prompts", model, bench.work.checkpoint(model), folder)
    said = json.loads(ran(measure).stdout)
    yield Row(
        f"new prompts, {model}, of processor time", "prompts/s", said["many"], said["one_after_another"],
        "64 at a time, with padding", said["multiplied"], "numpy's product",
        targets=(Target("ratio", at_least=at_least),),
    )  # fmt: skip
    yield Row(f"new prompts, {model}: least cosine to float32", "", said["agreement"])


PARTS: dict[str, Part] = {
    "1m": _tag,
    "product": _product,
    "prompts-causal": partial(_prompts, model="datacomp-b-32", at_least=3),
    "prompts": partial(_prompts, model="mobileclip2-s0", at_least=1),
}
