"""The page in a real browser: other ways to ask and to move, and what it says about photos and groups out of reach."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")

from playwright.sync_api import Page, Route, expect

TILES = "#grid .tile"
FIRST = f"{TILES} >> nth=0"
AWAY = {"error": {"code": "away", "message": "The file is not there.", "hint": ""}}


def test_searches_by_a_picture_that_is_pasted(page: Page, painted: Path) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async (content) => {
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            const picture = new Blob([bytes], { type: "image/png" });
            await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        }""",
        base64.b64encode(painted.read_bytes()).decode(),
    )
    page.keyboard.press("Control+v")
    expect(page.locator("#chips")).to_contain_text("like image.png")
    expect(page.locator("#found")).to_have_text("61 photos")


def test_searches_by_a_picture_that_is_dragged_in(page: Page, painted: Path) -> None:
    drag = _dragging(page, painted)
    drag("dragEnter")
    drag("dragOver")
    expect(page.get_by_text("Drop a picture to find photos like it")).to_be_visible()
    drag("drop")
    expect(page.locator("#chips")).to_contain_text("like mine.png")
    expect(page.locator("#drop")).to_be_hidden()


def test_the_grid_may_be_drawn_anew_while_a_picture_is_dragged(page: Page, painted: Path) -> None:
    drag = _dragging(page, painted)
    drag("dragEnter")
    _draw_anew(page)
    drag("dragOver")
    _draw_anew(page)
    drag("drop")
    expect(page.locator("#chips")).to_contain_text("like mine.png")
    expect(page.locator("#drop")).to_be_hidden()


def test_takes_its_offer_back_when_a_picture_is_dragged_out_again(page: Page) -> None:
    offer = page.locator("#drop")
    _drag_event(page, "dragenter", ".top")
    expect(offer).to_be_visible()
    _drag_event(page, "dragleave", ".top")  # out of the window
    expect(offer).to_be_hidden()
    _drag_event(page, "dragenter", FIRST)
    _drag_event(page, "dragenter", "#drop")  # the offer is over the photo now
    _draw_anew(page)  # nobody hears that the photo is left
    _drag_event(page, "dragleave", "#drop")
    expect(offer).to_be_hidden()


def _drag_event(page: Page, event: str, target: str) -> None:
    """Send an event of a dragged file, since Chromium cannot be told to drag one out of its window."""
    page.locator(target).evaluate(
        """(target, event) => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([], "mine.png"));
            target.dispatchEvent(new DragEvent(event, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        event,
    )


def _dragging(page: Page, file: Path) -> Callable[[str], object]:
    """A function that drags a file over the middle of the window, one step a call."""
    mouse = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    return lambda step: mouse.send("Input.dispatchDragEvent", {"type": step, "x": 600, "y": 400, "data": dragged})


def _draw_anew(page: Page) -> None:
    """Put other elements where the tiles are, as the grid does when it is laid out again."""
    page.evaluate("document.querySelectorAll('#grid .tile').forEach((tile) => tile.replaceWith(tile.cloneNode(true)))")


def test_jumps_along_the_timeline(page: Page) -> None:
    page.set_viewport_size({"width": 800, "height": 400})
    years = page.get_by_role("navigation", name="Timeline").get_by_role("button")
    expect(years.first).to_be_visible()
    last = years.filter(has_text=re.compile(r"^\d{4}$")).last
    year = last.inner_text()
    last.click()
    page.wait_for_function("scrollY > 0")
    expect(page.locator(f"{TILES} .caption").filter(has_text=re.compile(f"^{year}-")).first).to_be_in_viewport()


def test_copies_the_paths_of_selected_photos(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    paths = _copy_two_paths(page)
    expect(page.locator("#told")).to_contain_text("2 paths copied")
    assert len(paths) == 2
    assert all(Path(path).is_file() for path in paths)


def test_copies_paths_where_the_browser_keeps_its_clipboard_from_scripts(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("window.kept = navigator.clipboard")
    page.evaluate(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })"
    )  # http://nas
    paths = _copy_two_paths(page)
    expect(page.locator("#told")).to_contain_text("2 paths copied")
    assert len(paths) == 2


def _copy_two_paths(page: Page) -> list[str]:
    for place in (0, 1):
        page.locator(f"{TILES} >> nth={place}").hover()
        page.locator(f"{TILES} >> nth={place} >> .mark").click()
    page.get_by_role("button", name="Copy paths").click()
    expect(page.locator("#told")).not_to_be_empty()
    return page.evaluate("(window.kept ?? navigator.clipboard).readText()").split("\n")


def test_says_that_the_disk_of_a_photo_is_away(page: Page) -> None:
    page.route("**/thumbnail?**", lambda route: route.fulfill(status=404, json=AWAY))
    page.reload()
    expect(page.locator(f"{TILES}.away").first).to_be_visible()
    page.locator(f"{FIRST} >> .open").click()
    sentence = "This photo cannot be shown now. Its file may have gone, or its disk may be away."
    expect(page.get_by_text(sentence).first).to_be_visible()  # its neighbours are drawn, too


def test_says_that_the_first_run_goes_on(page: Page) -> None:
    nothing = {"total": 0, "offset": 0, "hits": [], "cursor": "x", "next": None, "model": None, "partial": False}
    running = {"job": "j", "kind": "index", "state": "running", "stage": "indexing", "done": 3, "total": 60}
    page.route("**/api/v1/search?**", lambda route: route.fulfill(json=nothing))
    page.route("**/api/v1/status", lambda route: route.fulfill(json={"photos": 0, "jobs": [running]}))
    page.route("**/api/v1/jobs/j/events", lambda route: route.fulfill(status=404))
    page.reload()
    expect(page.get_by_role("heading", name="Your photos are being indexed")).to_be_visible()


def test_shows_further_groups_of_duplicates(page: Page) -> None:
    def answer(route: Route) -> None:
        first = int(re.search(r"offset=(\d+)", route.request.url)[1]) if "offset=" in route.request.url else 0
        groups = [{"photos": [_copy(n, keep=True), _copy(n, keep=False)]} for n in range(first, min(first + 200, 250))]
        route.fulfill(json={"total": 250, "offset": first, "groups": groups, "job": "j"})

    page.route("**/api/v1/duplicates?**", answer)
    page.goto("/?view=duplicates")
    expect(page.locator("#duplicates")).to_contain_text("250 groups")
    expect(page.locator("#duplicates article")).to_have_count(200)
    page.get_by_role("button", name="Show more groups").click()
    expect(page.locator("#duplicates article")).to_have_count(250)
    expect(page.get_by_role("button", name="Show more groups")).to_have_count(0)


def _copy(number: int, *, keep: bool) -> dict[str, Any]:
    facts = dict.fromkeys(("format", "width", "height", "taken_at", "taken_from", "camera"))
    return {
        "id": "0" * 64,
        "path": f"/{number}{'' if keep else ' copy'}.jpg",
        "size_bytes": 1000,
        "keep": keep,
        **facts,
    }
