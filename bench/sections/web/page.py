"""The page in a real browser: from the last keystroke to the first result, and a scroll through all hits."""

import gzip
import shutil
import statistics
from collections.abc import Iterator
from functools import partial
from typing import Any

from bench.libraries import PROMPTS, library
from bench.measure import FailedError, ran
from bench.parts import REPOSITORY, Bench, Part, remove_library
from bench.sections.web.serving import served
from bench.table import Row, Target

_NEW_PROMPTS = ("a tree beside a lake", "birthday cake with candles", "snow at night", "two boats in a harbour")
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_SCROLL_S = 10
_FRAME_MS = 1000 / 60

# Puts a query into the box as its last keystroke would, and waits until a tile of the answer has been drawn.
_TYPE = """(words) => new Promise((resolve) => {
    const box = document.getElementById("query");
    const started = performance.now();
    new MutationObserver((changes, observer) => {
        if (!changes.some((change) => change.addedNodes.length)) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
    }).observe(document.getElementById("grid"), { childList: true });
    box.value = words;
    box.dispatchEvent(new Event("input"));
})"""

# Scrolls from the top to the bottom in the given time, and gives the milliseconds between frames.
_SCROLL = """(seconds) => new Promise((resolve) => {
    const bottom = document.documentElement.scrollHeight - innerHeight;
    const frames = [];
    const started = performance.now();
    let last = started;
    const step = (now) => {
        frames.push(now - last);
        last = now;
        const share = (now - started) / 1000 / seconds;
        scrollTo(0, bottom * share);
        if (share < 1) requestAnimationFrame(step); else resolve(frames.slice(1));
    };
    requestAnimationFrame(step);
})"""


def _page(bench: Bench, count: int) -> Iterator[Row]:
    """Rows about the page on a library of `count` photos, whose files are not there: tiles stay empty."""
    from playwright.sync_api import sync_playwright

    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise FailedError("there is no Chromium here")
    copy = bench.work.place("index", f"page-{count}.db")
    remove_library(copy)
    shutil.copyfile(library(bench.work, count), copy)
    ran(bench.find(copy, PROMPTS[0]))  # what the first question makes once is there
    try:
        with served(bench, copy) as (_, port), sync_playwright() as driver:
            started = driver.chromium.launch(executable_path=browser, args=list(_FLAGS))
            page = started.new_page(viewport={"width": 1440, "height": 900}, bypass_csp=True)
            page.goto(f"http://127.0.0.1:{port}/?all=1")
            page.wait_for_selector("#grid .tile")
            page.evaluate(_TYPE, PROMPTS[-1])  # the first answer fills caches
            asked = [page.evaluate(_TYPE, prompt) for prompt in PROMPTS[:8]]
            new = [page.evaluate(_TYPE, prompt) for prompt in _NEW_PROMPTS]
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_function("document.documentElement.scrollHeight > 1e5")
            page.wait_for_timeout(2000)
            frames: list[float] = page.evaluate(_SCROLL, _SCROLL_S)
            started.close()
    finally:
        remove_library(copy)
    what = f"page, {count:,} photos"
    for kind, taken, at_most in (("asked before", asked, 60), ("new prompt", new, 150)):
        yield Row(
            f"{what}: last keystroke to first result, {kind}, median", "ms", statistics.median(taken),
            targets=(Target("ours", at_most=at_most),),
        )  # fmt: skip
    dropped = sum(max(0, round(frame / _FRAME_MS) - 1) for frame in frames)
    yield Row(
        f"{what}: frames dropped in a scroll through all in {_SCROLL_S} s",
        "%",
        100 * dropped / (60 * _SCROLL_S),
        targets=(Target("ours", at_most=5),),
    )


def _weight(_: Bench) -> Iterator[Row]:
    """The weight of the page's own files, compressed as the server sends them."""
    files: list[Any] = [file for file in (REPOSITORY / "mcsearch" / "web" / "page").rglob("*") if file.is_file()]
    total = sum(len(gzip.compress(file.read_bytes(), 4)) for file in files if file.name != "LICENSE")
    yield Row("page: its own weight, compressed", "kB", total / 1000, targets=(Target("ours", at_most=150),))


PARTS: dict[str, Part] = {
    "page-100k": partial(_page, count=100_000),
    "page-weight": _weight,
}
