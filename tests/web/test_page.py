"""The page in a real browser: searching, filtering, looking, tagging, and what it says when something is wrong."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")

from playwright.sync_api import Page, Route, expect

from tests.web.conftest import HOSTILE_NAME

TILES = "#grid .tile"
FIRST = f"{TILES} >> nth=0"


def _search(page: Page, words: str) -> None:
    page.get_by_label("What the photo shows").fill(words)
    expect(page.locator("#found")).to_have_text(re.compile(r"probably fits?$"))


def test_shows_all_photos_newest_first(page: Page) -> None:
    expect(page.locator("#found")).to_have_text("61 photos")
    expect(page.locator(f"{TILES} img").first).to_have_js_property("complete", True)
    dates = page.locator(f"{TILES} .caption").all_inner_texts()
    shown = [text[:10] for text in dates if re.match(r"\d{4}-", text)]
    assert shown == sorted(shown, reverse=True)


def test_searches_while_typing(page: Page) -> None:
    expect(page.get_by_label("What the photo shows")).to_be_focused()
    page.keyboard.type("a dog on a beach", delay=20)
    expect(page.locator("#found")).to_have_text(re.compile("probably"))
    expect(page).to_have_url(re.compile(r"\?q=a\+dog\+on\+a\+beach$"))
    expect(page).to_have_title("a dog on a beach · mcsearch")


def test_keeps_doubtful_hits_behind_a_line(page: Page) -> None:
    _search(page, "a red car")
    fitting = page.locator(TILES).count()
    page.get_by_role("button", name="Show the nearest ones anyway").click()
    expect(page.locator("#found")).to_have_text("61 photos")
    assert page.locator(TILES).count() > fitting
    assert page.locator(f"{TILES}.doubtful").count() > 0


def test_drops_an_answer_that_comes_too_late(page: Page) -> None:
    page.route("**/search?q=slow**", lambda route: (page.wait_for_timeout(800), route.continue_()))
    box = page.get_by_label("What the photo shows")
    box.fill("slow")
    page.wait_for_timeout(150)
    box.fill("a boat")
    expect(page.locator("#found")).to_have_text(re.compile("probably"))
    shown = page.locator(f"{TILES} img").first.get_attribute("alt")
    page.wait_for_timeout(1200)
    assert page.locator(f"{TILES} img").first.get_attribute("alt") == shown


def test_says_that_photos_are_missing_while_a_node_is_away(page: Page) -> None:
    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "partial": True})

    page.route("**/search?q=**", answer)
    page.get_by_label("What the photo shows").fill("a red car")
    expect(page.locator("#found")).to_contain_text("Some photos are missing, because a node of the cluster was lost.")
    page.unroute("**/search?q=**")
    _search(page, "a boat")


def test_filters_by_a_tag_and_takes_the_filter_away(page: Page) -> None:
    page.get_by_title("dog", exact=True).click()
    expect(page.locator("#chips")).to_contain_text("tag: dog")
    expect(page.locator("#found")).not_to_have_text("61 photos")
    page.get_by_role("button", name="Remove tag: dog").click()
    expect(page.locator("#found")).to_have_text("61 photos")


def test_filters_by_dates(page: Page) -> None:
    page.get_by_label("From").fill("2100-01-01")
    page.get_by_label("From").press("Enter")
    expect(page.get_by_role("heading", name="No photo matches")).to_be_visible()


def test_goes_back_to_the_question_before(page: Page) -> None:
    page.get_by_title("dog", exact=True).click()
    expect(page.locator("#chips")).to_contain_text("tag: dog")
    page.go_back()
    expect(page.locator("#chips")).to_be_empty()
    expect(page.locator("#found")).to_have_text("61 photos")
    page.go_forward()
    expect(page.locator("#chips")).to_contain_text("tag: dog")


def test_the_address_holds_the_question(page: Page) -> None:
    page.goto("/?q=a+boat&f.tag=boat")
    expect(page.get_by_label("What the photo shows")).to_have_value("a boat")
    expect(page.locator("#chips")).to_contain_text("tag: boat")


def test_moves_in_the_viewer_by_keyboard(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp")).to_be_visible()
    first = page.url
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(first)
    page.keyboard.press("f")
    expect(page.get_by_role("region", name="Facts")).to_contain_text("Taken")
    page.keyboard.press("Escape")
    expect(page.locator(".pswp")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("photo="))
    expect(page.locator(f"{TILES} .open:focus")).to_have_count(1)


def test_goes_to_the_ends_in_the_viewer(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp__counter")).to_have_text("1 / 61")
    page.keyboard.press("End")
    expect(page.locator(".pswp__counter")).to_have_text("61 / 61")
    page.keyboard.press("Home")
    expect(page.locator(".pswp__counter")).to_have_text("1 / 61")


def test_the_address_of_a_photo_opens_it_among_its_neighbours(page: Page) -> None:
    page.route("**/js/hits.js", _in_small_pages)
    page.reload()
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp__counter")).to_have_text("1 / 61")
    page.keyboard.press("End")
    expect(page.locator(".pswp__counter")).to_have_text("61 / 61")
    expect(page).to_have_url(re.compile("at=60"))
    page.reload()
    expect(page.locator(".pswp__counter")).to_have_text("61 / 61")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("at="))


def test_lays_out_photos_that_only_the_viewer_has_asked_for(page: Page) -> None:
    page.route("**/js/hits.js", _in_small_pages)
    page.route("**/search/layout*", lambda route: route.abort())  # the grid has to go on with estimated heights
    page.reload()
    page.locator(f"{FIRST} >> .open").click()
    page.keyboard.press("End")
    expect(page.locator(".pswp__counter")).to_have_text("61 / 61")
    page.keyboard.press("Escape")
    expect(page.locator("#grid [aria-posinset='61'] .open")).to_be_focused()


def test_offers_to_avoid_only_with_something_to_look_for(page: Page) -> None:
    page.get_by_title("dog", exact=True).click()
    expect(page.get_by_role("button", name="Save as album")).to_be_visible()
    expect(page.get_by_role("button", name="Without")).to_have_count(0)
    page.locator(f"{FIRST} >> .open").click()
    expect(page.get_by_role("button", name="More like this")).to_be_visible()
    expect(page.get_by_role("button", name="Not this")).to_have_count(0)


def test_closes_the_viewer_with_back(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp")).to_be_visible()
    page.go_back()
    expect(page.locator(".pswp")).to_have_count(0)


def test_finds_photos_like_one(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp")).to_be_visible()
    page.keyboard.press("s")
    expect(page.locator("#chips")).to_contain_text("like")
    expect(page).to_have_url(re.compile("like="))


def test_avoids_photos_like_one(page: Page) -> None:
    _search(page, "a dog")
    page.locator(f"{FIRST} >> .open").click()
    page.get_by_role("button", name="Not this").click()
    expect(page).to_have_url(re.compile("not_like="))


def test_adds_and_removes_a_tag(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    expect(page.locator(".pswp")).to_be_visible()
    page.keyboard.press("t")
    page.get_by_label("Add a tag").fill('<b>grandma</b> & "co"')
    page.keyboard.press("Enter")
    expect(page.locator(".viewer-tags")).to_contain_text('<b>grandma</b> & "co"')
    page.get_by_role("button", name="Remove the tag <b>grandma</b>").click()
    expect(page.locator(".viewer-tags")).not_to_contain_text("grandma")


def test_searches_by_a_picture_that_is_dropped(page: Page, painted: Path) -> None:
    _transfer(page, "drop", painted)
    expect(page.locator("#chips")).to_contain_text("like mine.png")
    expect(page.locator("#found")).to_have_text("61 photos")


def test_searches_by_a_picture_that_is_picked(page: Page, painted: Path) -> None:
    page.locator("#picked").set_input_files(painted)
    expect(page.locator("#chips")).to_contain_text("like mine.png")


def test_says_that_a_dropped_file_is_no_picture(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a picture")
    _transfer(page, "drop", text)
    expect(page.locator(".told.failed")).to_be_visible()


def test_a_long_tag_can_be_removed(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    page.keyboard.press("t")
    page.get_by_label("Add a tag").fill("y" * 190)
    page.keyboard.press("Enter")
    remove = page.get_by_role("button", name="Remove the tag yyy")
    box = remove.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 1200
    remove.click()
    expect(remove).to_have_count(0)


def test_a_message_does_not_cover_the_selection(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Label").fill("holiday")
    page.keyboard.press("Enter")
    told, bar = page.locator("#told .told").bounding_box(), page.locator("#selection").bounding_box()
    assert told
    assert bar
    assert told["y"] + told["height"] <= bar["y"]


def test_selects_many_and_tags_them(page: Page) -> None:
    page.locator(FIRST).hover()
    page.locator(f"{FIRST} >> .mark").click()
    page.locator(f"{TILES} >> nth=3").hover()
    page.locator(f"{TILES} >> nth=3 >> .mark").click(modifiers=["Shift"])
    expect(page.locator("#selection")).to_contain_text("4 photos selected")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download", exact=True).click()
    assert saved.value.suggested_filename.endswith(".zip")
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Label").fill("holiday")
    page.get_by_role("button", name="Add the tag").click()
    expect(page.locator("#told")).to_contain_text("4 photos tagged")
    page.get_by_role("button", name="Select nothing").click()
    expect(page.locator("#selection")).to_be_hidden()


def test_saves_an_album_and_asks_it_again(page: Page) -> None:
    _search(page, "a boat")
    page.get_by_title("boat", exact=True).click()
    page.get_by_role("button", name="Save as album").click()
    page.get_by_label("Name").fill("Boats & <ships>")
    page.get_by_role("button", name="Save", exact=True).click()
    album = page.get_by_role("button", name="Boats & <ships>", exact=True)
    expect(album).to_be_visible()
    page.goto("/")
    # The answer for the side was asked for before the album is removed, and comes after.
    page.route("**/api/v1/facets?**", lambda _route: None)
    album.click()
    expect(page).to_have_url(re.compile(r"\?q=a\+boat&f\.tag=boat$"))
    page.get_by_role("button", name="Remove the album Boats & <ships>").click()
    expect(page.locator("#told")).to_contain_text("is removed")
    page.unroute("**/api/v1/facets?**")  # what was held goes on
    expect(page.get_by_title("boat", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(album).to_have_count(0)


def test_moves_in_the_grid_by_keyboard(page: Page) -> None:
    page.keyboard.press("ArrowDown")  # from the search box
    expect(page.locator(f"{TILES} .open:focus")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    expect(page.locator("#selection")).to_contain_text("1 photo selected")
    page.keyboard.press("End")
    expect(page.locator(".tile[aria-posinset='61'] .open")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()


def test_shows_duplicates_side_by_side(page: Page) -> None:
    page.get_by_role("button", name="Duplicates").click()
    page.get_by_role("button", name="Look for duplicates").click()
    expect(page.locator("#duplicates article")).to_have_count(1, timeout=60_000)
    expect(page.locator("#duplicates figure")).to_have_count(2)
    expect(page.locator("#duplicates")).to_contain_text("1 group, 1 extra copy")


def test_shows_the_progress_of_a_run(page: Page) -> None:
    page.get_by_role("button", name="Library").click()
    page.get_by_role("button", name="Look for new photos").click()
    expect(page.locator("#told")).to_contain_text("up to date", timeout=60_000)


def test_a_hostile_file_name_stays_text(page: Page) -> None:
    name = page.locator(f"{TILES} img[alt^='<img']")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")  # it has no date
    expect(name).to_have_count(1)
    assert page.title() == "mcsearch"
    assert page.locator("img[src='x']").count() == 0


def test_finds_words_and_shows_where_they_stand(page: Page) -> None:
    page.get_by_label("Words in and around photos").fill("onerror")
    page.keyboard.press("Enter")
    expect(page.locator("#found")).to_have_text("1 photo")
    expect(page.locator(f"{FIRST} >> .open")).to_have_attribute("title", f"photos/{HOSTILE_NAME}")
    page.locator(f"{FIRST} >> .open").click()
    page.keyboard.press("f")
    expect(page.locator(".viewer-facts .words")).to_have_text(f"Name: photos/{HOSTILE_NAME}")
    expect(page.locator(".viewer-facts mark")).to_have_text("onerror")
    expect(page).to_have_title("mcsearch")


def test_teaches_a_label_by_selected_photos(page: Page) -> None:
    page.locator(f"{FIRST} >> .mark").click()
    for button, told in (
        ("Teach: yes", "learnt from 1 photo with it and 0 photos without"),
        ("Teach: no", "must show the label"),
    ):
        page.get_by_role("button", name=button).click()
        page.get_by_role("textbox", name="Label").fill("mine")
        page.get_by_role("button", name="Teach", exact=True).click()
        expect(page.locator("#told")).to_contain_text(told)
    expect(page.locator("#side")).to_contain_text("mine")


def test_says_that_the_server_does_not_answer(page: Page) -> None:
    expect(page.locator("#found")).to_have_text("61 photos")
    page.route("**/api/v1/**", lambda route: route.abort())
    page.get_by_label("What the photo shows").fill("a cat")
    expect(page.get_by_role("heading", name="mcsearch does not answer")).to_be_visible()
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#found")).to_have_text(re.compile("probably"))


def test_fits_a_narrow_window(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    expect(page.locator(FIRST)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Filters").click()
    expect(page.get_by_label("Filters and albums")).to_be_visible()
    page.get_by_title("dog", exact=True).click()
    expect(page.locator("#chips")).to_contain_text("tag: dog")


def test_asks_no_other_host(page: Page, served: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    _search(page, "a house")
    assert asked
    assert all(url.startswith((served, "data:", "blob:")) for url in asked)


def test_back_returns_to_the_words_typed_before(page: Page) -> None:
    box = page.get_by_label("What the photo shows")
    page.keyboard.type("a boat")
    expect(page).to_have_url(re.compile(r"\?q=a\+boat$"))
    page.keyboard.press("Enter")
    box.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("a dog")
    expect(page).to_have_url(re.compile(r"\?q=a\+dog$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"\?q=a\+boat$"))
    expect(box).to_have_value("a boat")  # though it has the focus
    page.go_back()
    expect(page.locator("#found")).to_have_text("61 photos")
    expect(box).to_have_value("")


def test_a_picture_can_be_picked_again(page: Page, painted: Path) -> None:
    page.locator("#picked").set_input_files(painted)
    page.get_by_role("button", name="Remove like mine.png").click()
    expect(page.locator("#chips")).to_be_empty()
    assert page.locator("#picked").input_value() == ""  # else the browser sees no change


def test_names_what_is_wrong_with_a_dropped_file(page: Page, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a picture")
    _transfer(page, "drop", text)
    expect(page.locator(".told.failed")).to_have_text(re.compile("^The picture cannot be read"))


def test_an_album_with_a_slash_in_its_name_is_removed(page: Page) -> None:
    page.get_by_title("boat", exact=True).click()
    for _ in range(2):
        page.get_by_role("button", name="Save as album").click()
        page.get_by_label("Name").fill("2024/summer")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.locator("#asked")).to_be_hidden()
    expect(page.locator(".told.failed")).to_have_text("There is an album 2024/summer already.")
    page.get_by_role("button", name="Remove the album 2024/summer").click()
    expect(page.get_by_role("button", name="2024/summer", exact=True)).to_have_count(0)


def test_a_new_tag_stands_among_the_filters(page: Page) -> None:
    page.locator(f"{FIRST} >> .open").click()
    page.keyboard.press("t")
    page.get_by_label("Add a tag").fill("brand new")
    page.keyboard.press("Enter")
    expect(page.locator("#side")).to_contain_text("brand new")
    page.get_by_role("button", name="Remove the tag brand new").click()
    expect(page.locator("#side")).not_to_contain_text("brand new")


def test_a_finished_run_leaves_no_progress_behind(page: Page) -> None:
    page.get_by_role("button", name="Library").click()
    page.get_by_role("button", name="Look for new photos").click()
    expect(page.locator("#running")).not_to_be_empty()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#told")).to_contain_text("up to date", timeout=60_000)
    expect(page.locator("#running")).to_be_empty()


def test_an_empty_library_has_no_nearest_photos(page: Page) -> None:
    nothing = {"total": 0, "offset": 0, "hits": [], "cursor": "x", "next": None, "model": None}
    page.route("**/api/v1/search?**", lambda route: route.fulfill(json=nothing))
    page.route("**/api/v1/status", lambda route: route.fulfill(json={"photos": 0, "jobs": []}))
    page.get_by_label("What the photo shows").fill("a dog")
    expect(page.get_by_role("heading", name="There are no photos here yet")).to_be_visible()
    expect(page.get_by_role("button", name="Show the nearest ones anyway")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["/", "/?q=a+dog", "/?view=duplicates", "viewer"])
def test_axe_finds_nothing_serious(page: Page, view: str, scheme: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page.emulate_media(color_scheme=scheme)
    if view == "viewer":
        page.locator(f"{FIRST} >> .open").click()
        page.keyboard.press("f")
        expect(page.get_by_role("region", name="Facts")).to_contain_text("Taken")
    else:
        page.goto(view)
        loaded = "#duplicates button" if "duplicates" in view else "#side details"
        expect(page.locator(loaded).first).to_be_visible()
    found = [one for one in axe.run(page).response["violations"] if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def _in_small_pages(route: Route) -> None:
    """Let the page ask for ten hits at a time, as if its photos were beyond the first hundred."""
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace("PAGE = 100", "PAGE = 10"))


def _transfer(page: Page, event: str, file: Path) -> None:
    """Drop a file onto the window, as a browser does."""
    content = base64.b64encode(file.read_bytes()).decode()
    page.evaluate(
        """([event, name, content]) => {
            const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
            const moved = new DataTransfer();
            moved.items.add(new File([bytes], name, { type: name.endsWith(".png") ? "image/png" : "text/plain" }));
            dispatchEvent(new DragEvent("dragenter", { dataTransfer: moved, bubbles: true, cancelable: true }));
            dispatchEvent(new DragEvent(event, { dataTransfer: moved, bubbles: true, cancelable: true }));
        }""",
        [event, file.name, content],
    )
