"""Make docs/images/*.png, the pictures of the page: searching, the viewer, duplicates and a narrow window.

.venv/bin/python docs/page_pictures.py

It needs Chromium, and Playwright from the test tools. The library has 400 painted photos, some of them smaller copies.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from mcsearch.demo.painter import paint, scenes

IMAGES = Path(__file__).parent / "images"
MCSEARCH = Path(sys.executable).with_name("mcsearch")
PHOTOS = 400
SIZES = ((640, 480), (480, 640), (720, 405), (600, 600), (900, 400))
TOWNS = ((38.72, -9.14), (52.52, 13.40), (48.85, 2.35), (40.41, -3.70))


def main() -> None:
    """Paint and index a library, serve it, and take a picture of each view."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mcsearch-") as private:
        name = private + "/ada"  # whose pictures these are
        folder = Path(name)
        environment = {**os.environ, "MCSEARCH_LIBRARY": name + "/library.db", "MCSEARCH_CACHE": name + "/cache"}
        _paint(folder / "Pictures")
        labels = [part for label in ("dog", "cat", "boat", "beach", "snow", "forest") for part in ("--label", label)]
        for arguments in (["index", name + "/Pictures", "--model", "demo"], ["tag", *labels]):
            subprocess.run([MCSEARCH, *arguments], env=environment, check=True)
        server = subprocess.Popen(
            [MCSEARCH, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            assert server.stderr is not None
            found = re.search(r"http://\S+/", server.stderr.readline())
            assert found is not None
            _take(found[0])
        finally:
            server.terminate()
            server.wait()


def _paint(folder: Path) -> None:
    rng = random.Random(3)
    for number, scene in enumerate(scenes(PHOTOS, 11)):
        year = 2015 + number * 10 // PHOTOS
        picture, exif = paint(scene, rng.choice(SIZES)), Image.Exif()
        day = f"{year}:{rng.randint(1, 12):02}:{rng.randint(1, 28):02}"
        exif.get_ifd(0x8769)[0x9003] = f"{day} {rng.randint(8, 20):02}:15:00"
        exif[0x0110] = rng.choice(("Pixel 7", "NIKON D750"))
        if number % 2:
            latitude, longitude = rng.choice(TOWNS)
            place = {1: "N", 2: (latitude, 0, 0), 3: "EW"[longitude < 0], 4: (abs(longitude), 0, 0)}
            exif.get_ifd(0x8825).update(place)
        file = folder / str(year) / f"IMG_{number:04}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        picture.save(file, quality=90, exif=exif)
        if number % 80 == 0:
            picture.resize((picture.width // 2, picture.height // 2)).save(file.with_stem(file.stem + "_small"))


def _take(address: str) -> None:
    browser_file = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_file, args=["--no-sandbox", "--disable-gpu"])
        page = _opened(browser, address + "?q=a+dog+on+a+beach", 1440, 900, "light")
        _save(page, "search")
        page = _opened(browser, address, 1440, 900, "dark")
        _save(page, "library-dark")
        page = _opened(browser, address + "?q=a+boat", 1440, 900, "light")
        page.locator("#grid .open").first.click()
        page.keyboard.press("f")
        page.wait_for_selector(".viewer-facts table")
        _save(page, "viewer")
        page = _opened(browser, address, 1440, 900, "light")
        page.get_by_role("button", name="Duplicates").click()
        page.get_by_role("button", name="Look for duplicates").click()
        page.wait_for_selector("#duplicates article", timeout=120_000)
        _save(page, "duplicates")
        page = _opened(browser, address + "?f.tag=dog", 390, 800, "dark")
        _save(page, "narrow-dark")
        browser.close()


def _opened(browser: Browser, address: str, width: int, height: int, scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # the pictures are waited for by a script of ours
    )
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector("#grid .tile")
    return page


def _save(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.screenshot(path=IMAGES / f"{name}.png")
    with Image.open(IMAGES / f"{name}.png") as picture:  # 256 colours are enough, at a quarter of the size
        picture.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
