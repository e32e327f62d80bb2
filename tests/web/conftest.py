"""A running server with a library of painted scenes, and a real browser to look at its page."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch.demo.painter import paint, paint_folder, scenes
from tests.conftest import command

playwright = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
HOSTILE_NAME = '<img src=x onerror="document.title=1">.jpg'
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose library has 60 painted scenes, two of them copies, one with a hostile name."""
    folder = tmp_path_factory.mktemp("served")
    environment = {
        **os.environ,
        "MCSEARCH_LIBRARY": str(folder / "library.db"),
        "MCSEARCH_CACHE": str(folder / "cache"),
    }
    photos = paint_folder(folder / "photos", 60, seed=7)
    shutil.copy(photos[0], folder / "photos" / "copy.jpg")
    paint(scenes(1, 5)[0]).save(folder / "photos" / HOSTILE_NAME)
    for arguments in (
        ["index", str(folder / "photos"), "--model", "demo"],
        ["tag", "--label", "dog", "--label", "boat"],
    ):
        subprocess.run([command(), *arguments], env=environment, check=True, capture_output=True)
    server = subprocess.Popen(
        [command(), "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, encoding="utf-8"
    )
    try:
        yield _address(server)
    finally:
        server.terminate()
        server.wait(20)


def _address(server: "subprocess.Popen[str]") -> str:
    assert server.stderr is not None
    said = ""
    for line in server.stderr:
        said += line
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0]
    raise AssertionError(f"the server did not start: {said}")


@pytest.fixture(scope="session")
def browser() -> Iterator["playwright.Browser"]:
    if BROWSER is None:
        pytest.skip("there is no Chromium on this machine")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=BROWSER, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: "playwright.Browser", served: str) -> Iterator["playwright.Page"]:
    """The page, in a window of its own; an error in its scripts fails the test."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, base_url=served)
    context.set_default_timeout(20_000)
    playwright.expect.set_options(timeout=20_000)  # the machine may be busy with other tests
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(error.stack or str(error)))
    opened.goto("/")
    playwright.expect(opened.locator("#found")).to_have_text("61 photos", timeout=20_000)
    yield opened
    context.close()
    assert not errors


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """A picture that is not in the library."""
    file = tmp_path / "mine.png"
    paint(scenes(1, 1234)[0]).save(file)
    return file
