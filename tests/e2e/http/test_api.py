"""The HTTP API answers what the commands answer."""

import io
import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mcsearch import Library
from mcsearch.library.filtering.filters import FILTERS, NOT
from mcsearch.web.parameters import Search
from tests.conftest import REPOSITORY
from tests.e2e.http.conftest import Indexed
from tests.support.served import Served, serving

API = "/api/v1"


def get(served: Served, path: str, **parameters: Any) -> Any:
    answer = served.client.get(API + path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def error(answer: Any) -> tuple[int, str]:
    fields = answer.json()
    assert set(fields) == {"error"}
    assert set(fields["error"]) == {"code", "message", "hint"}
    return answer.status_code, fields["error"]["code"]


def test_a_query_finds_what_find_finds(served: Served, indexed: Indexed) -> None:
    answer = get(served, "/search", q="a dog", limit=5)
    with Library(indexed.file) as library:
        hits = [hit for hit in library.find("a dog", limit=6) if not hit.path.endswith("copy.jpg")][:5]
    assert [hit["path"] for hit in answer["hits"]] == [hit.path for hit in hits]
    for ours, theirs in zip(answer["hits"], hits, strict=True):
        assert ours["score"] == pytest.approx(theirs.score)
        assert ours["relevance"] == pytest.approx(theirs.relevance)
        assert (ours["taken_at"], ours["relevant"]) == (theirs.taken_at, theirs.is_relevant)
    assert answer["total"] == 12
    assert answer["model"] == "demo"


def test_weights_pictures_and_texts_to_avoid_make_one_query(
    served: Served, indexed: Indexed, ids: dict[str, str]
) -> None:
    name, photo = next(iter(ids.items()))
    path = next(indexed.photos.rglob(name))
    answer = served.client.get(
        f"{API}/search", params={"q": "2:dog", "like": f"0.5:{photo}", "not": ["car", "0.5:snow"], "limit": 12}
    ).json()
    with Library(indexed.file) as library:
        hits = library.find("2:dog", like=[f"0.5:{path}"], not_text=["car", "0.5:snow"], limit=13)
    scores = {hit.path: hit.score for hit in hits}
    assert [hit["score"] for hit in answer["hits"]] == pytest.approx([scores[hit["path"]] for hit in answer["hits"]])
    assert answer["hits"][0]["path"] == hits[0].path


def test_without_a_query_the_newest_come_first_and_copies_are_one(served: Served) -> None:
    answer = get(served, "/search")
    dates = [hit["taken_at"] for hit in answer["hits"]]
    assert dates == sorted(dates, reverse=True)
    assert sum(hit["stands_for"] for hit in answer["hits"]) == 13
    assert len({hit["id"] for hit in answer["hits"]}) == answer["total"] == 12


@pytest.mark.parametrize("parameters", [{"q": "a dog"}, {}, {"sort": "path"}, {"q": "dog", "sort": "date"}])
def test_following_next_shows_every_hit_once(served: Served, parameters: dict[str, str]) -> None:
    whole = get(served, "/search", **parameters)["hits"]
    answer = get(served, "/search", limit=5, **parameters)
    parts = answer["hits"]
    while answer["next"] is not None:
        answer = served.client.get(answer["next"]).json()
        parts += answer["hits"]
    assert [hit["path"] for hit in parts] == [hit["path"] for hit in whole]
    assert [hit["score"] for hit in parts] == [hit["score"] for hit in whole]


def test_a_cursor_keeps_the_list_and_an_unknown_one_is_answered_anew(served: Served) -> None:
    cursor = get(served, "/search", q="cat")["cursor"]
    assert get(served, "/search", q="cat", cursor=cursor)["cursor"] == cursor
    assert get(served, "/search", q="dog", cursor=cursor)["cursor"] != cursor
    assert get(served, "/search", q="cat", cursor="lost", offset=3)["total"] == 12


def test_the_layout_has_the_shape_of_every_hit(served: Served) -> None:
    hits, layout = get(served, "/search")["hits"], get(served, "/search/layout")
    assert layout["ratios"] == [round(100 * hit["width"] / hit["height"]) for hit in hits]
    assert layout["months"][0] == [hits[0]["taken_at"][:7], 0]
    assert get(served, "/search/layout", q="dog")["months"] == []


def test_with_words_alone_the_best_match_comes_first_and_tells_where(served: Served, indexed: Indexed) -> None:
    [hit] = get(served, "/search", text="drop")["hits"]
    name = "photos/hostile/'; DROP TABLE photos; --.jpg"
    assert hit["texts"] == [{"source": "names", "text": name, "marks": [[18, 22]]}]
    assert hit["place"] is None
    answer = get(served, "/search", text="photos")
    with Library(indexed.file) as library:
        found = [library.show(hit.path).content_hash for hit in library.find(filters={"text": "photos"}, limit=20)]
    assert [hit["id"] for hit in answer["hits"]] == list(dict.fromkeys(found))
    assert answer["hits"][0]["path"].endswith(name)
    assert get(served, "/search", text="photos", limit=5, offset=5)["hits"] == answer["hits"][5:10]
    assert get(served, "/search/layout", text="photos")["months"] == []
    assert get(served, "/search/layout", text="photos", sort="date")["months"] != []
    assert get(served, "/search", q="dog", text="drop")["hits"][0]["texts"] == hit["texts"]


def test_every_filter_of_the_registry_is_a_parameter(served: Served) -> None:
    fields = set(Search.model_fields)
    assert {key for one in FILTERS for key in (one.key, NOT + one.key)} <= fields
    assert [one["name"] for one in get(served, "/filters")["filters"]] == [one.key for one in FILTERS]
    folder = str(Path(get(served, "/search")["hits"][0]["path"]).parent)
    assert {Path(hit["path"]).parent for hit in get(served, "/search", **{"in": folder})["hits"]} == {Path(folder)}
    assert error(served.client.get(f"{API}/search?after=summer")) == (400, "usage")
    assert error(served.client.get(f"{API}/search?colour=red")) == (400, "usage")


def test_facets_count_what_the_filters_leave(served: Served) -> None:
    facets = get(served, "/facets")
    assert facets["photos"] == 13 == sum(one["photos"] for one in facets["years"])
    year = facets["years"][0]
    narrowed = {"after": year["value"], "before": str(int(year["value"]) + 1)}
    assert get(served, "/facets", **narrowed)["photos"] == year["photos"]
    folder = facets["folders"][0]
    assert get(served, "/facets", **{"in": folder["value"]})["photos"] == folder["photos"]
    assert facets["formats"] == [{"value": "JPEG", "photos": 13}]


def test_a_photo_shows_what_show_shows(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    for name, photo in ids.items():
        fields = get(served, f"/photos/{photo}")
        with Library(indexed.file) as library:
            known = library.show(fields["path"])
        assert fields["content_hash"] == fields["id"] == photo == known.content_hash
        assert fields["facts"]["taken_at"] == known.facts.taken_at
        assert fields["present"] is True
        assert name in {Path(path).name for path in (fields["path"], *fields["copies"])}
    assert error(served.client.get(f"{API}/photos/{'0' * 64}")) == (404, "not_found")


def test_similar_leaves_the_photo_out(served: Served, ids: dict[str, str]) -> None:
    for photo in list(ids.values())[:3]:
        answer = get(served, f"/photos/{photo}/similar")
        assert answer["total"] == len(answer["hits"]) == 11
        assert photo not in [hit["id"] for hit in answer["hits"]]


def test_a_thumbnail_is_small_webp_without_metadata(served: Served, ids: dict[str, str]) -> None:
    answer = served.client.get(f"{API}/photos/{max(ids.values())}/thumbnail")
    picture = Image.open(io.BytesIO(answer.content))
    assert (picture.format, max(picture.size)) == ("WEBP", 256)
    assert not picture.getexif()
    assert "immutable" in answer.headers["Cache-Control"]
    again = served.client.get(answer.request.url, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert error(served.client.get(f"{API}/photos/{max(ids.values())}/thumbnail?size=257")) == (400, "usage")


def test_the_original_comes_whole_or_by_range(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    name, photo = next(iter(ids.items()))
    content = next(indexed.photos.rglob(name.replace("[", "[[]"))).read_bytes()
    address = f"{API}/photos/{photo}/original"
    whole = served.client.get(address)
    assert (whole.content, whole.headers["Content-Type"]) == (content, "image/jpeg")
    for asked, part in (
        ("bytes=0-9", content[:10]),
        ("bytes=-5", content[-5:]),
        ("bytes=100-", content[100:]),
        (f"bytes=0-{'9' * 30}", content),
        (f"bytes=-{'9' * 30}", content),
    ):
        answer = served.client.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, part)
    assert served.client.get(address, headers={"Range": f"bytes={len(content)}-"}).status_code == 416
    assert served.client.get(f"{address}?download=true").headers["Content-Disposition"].startswith("attachment")


def test_tags_are_given_and_taken(served: Served, ids: dict[str, str]) -> None:
    photo, other = list(ids.values())[:2]
    answer = served.client.post(f"{API}/tags", json={"ids": [photo, other], "give": ["Rex", "<b>"]})
    assert [tag["label"] for tag in answer.json()["tags"][photo]] == ["<b>", "Rex"]
    assert {hit["id"] for hit in get(served, "/search", tag="rex")["hits"]} == {photo, other}
    files = answer.json()["photos"]  # of a photo that has a copy, both
    assert {"label": "Rex", "photos": files, "source": "manual", "sets": [], "examples": 0} in get(served, "/tags")[
        "tags"
    ]
    assert {"value": "Rex", "photos": files} in get(served, "/facets")["tags"]
    served.client.post(f"{API}/tags", json={"ids": [photo, other], "take": ["Rex", "<b>"]})
    assert get(served, "/search", tag="rex")["total"] == 0
    assert error(served.client.post(f"{API}/tags", json={"ids": [photo]})) == (400, "usage")
    assert error(served.client.post(f"{API}/tags", json={"ids": ["0" * 64], "give": ["a"]})) == (404, "not_found")


def test_a_label_is_taught_and_corrected(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    cars = [photo for name, photo in ids.items() if name.startswith("house")] or list(ids.values())[:1]
    others = [photo for photo in ids.values() if photo not in cars]
    body = {"label": "mine", "yes": cars, "no": others[:2]}
    answer = served.client.post(f"{API}/taught", json=body).json()
    assert (answer["label"], answer["yes"], answer["no"]) == ("mine", len(cars), 2)
    found = {hit["id"] for hit in get(served, "/search", tag="mine")["hits"]}
    assert found >= set(cars)
    assert not found & set(others[:2])
    served.client.post(f"{API}/taught", json={"label": "mine", "no": others[2:3]})
    assert others[2] not in {hit["id"] for hit in get(served, "/search", tag="mine")["hits"]}
    assert error(served.client.post(f"{API}/taught", json={"label": "x", "no": others})) == (400, "usage")
    assert error(served.client.post(f"{API}/taught", json={"label": "x", "yes": ["0" * 64]})) == (404, "not_found")
    with Library(indexed.file) as library:
        library.unteach("mine")


def test_an_album_is_a_search_by_name(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    search = f"q=2%3Adog&like=0.5%3A{max(ids.values())}&not=car&after=2015&sort=date&relevant=true"
    saved = served.client.post(f"{API}/albums", json={"name": "Dogs & co", "search": search})
    assert saved.status_code == 201, saved.text
    [album] = get(served, "/albums")["albums"]
    assert saved.json() == album
    assert (
        served.client.get(f"{API}/search?{album['search']}").json()["hits"]
        == served.client.get(f"{API}/search?{search}").json()["hits"]
    )
    with Library(indexed.file) as library:
        assert [album.name for album in library.albums()] == ["Dogs & co"]
    assert error(served.client.post(f"{API}/albums", json={"name": "dogs & CO", "search": "q=x"})) == (400, "usage")
    for bad in ("", "colour=red", f"like=upload-{'0' * 32}", "in=/etc", "limit=1"):
        assert error(served.client.post(f"{API}/albums", json={"name": "Bad", "search": bad})) == (400, "usage"), bad
    assert served.client.delete(f"{API}/albums/Dogs%20%26%20co").json() == {"albums": []}
    assert error(served.client.delete(f"{API}/albums/none")) == (404, "not_found")


def test_an_uploaded_picture_finds_itself(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    name, photo = list(ids.items())[-1]
    picture = next(indexed.photos.rglob(name)).read_bytes()
    answer = served.client.post(f"{API}/uploads", content=picture, headers={"Content-Type": "image/jpeg"})
    assert answer.status_code == 201
    [hit] = get(served, "/search", like=answer.json()["id"], limit=1)["hits"]
    assert (hit["id"], round(hit["score"], 2)) == (photo, 1.0)
    bad = served.client.post(f"{API}/uploads", content=b"no picture", headers={"Content-Type": "image/jpeg"})
    assert error(bad) == (400, "unreadable")
    assert error(served.client.get(f"{API}/search?like=upload-{'0' * 32}")) == (404, "not_found")


def test_a_zip_has_the_originals(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    answer = served.client.post(f"{API}/downloads", json={"ids": list(ids.values())}).json()
    with zipfile.ZipFile(io.BytesIO(served.client.get(answer["url"]).content)) as archive:
        contents = {archive.read(name) for name in archive.namelist()}
        assert not [name for name in archive.namelist() if "/" in name or "\\" in name]
    assert contents == {path.read_bytes() for path in indexed.photos.rglob("*.jpg")}
    assert error(served.client.get(f"{API}/downloads/none")) == (404, "not_found")


def test_equal_files_are_duplicates(served: Served) -> None:
    [group] = get(served, "/duplicates", exact=True)["groups"]
    assert len({photo["id"] for photo in group["photos"]}) == 1
    assert sorted(photo["keep"] for photo in group["photos"]) == [False, True]


def events(text: str) -> list[tuple[str, dict[str, Any]]]:
    found = re.findall(r"event: (\w+)\ndata: (.*)\n\n", text)
    return [(name, json.loads(fields)) for name, fields in found]


def test_an_index_job_reports_its_progress_and_finds_new_photos(
    served: Served, indexed: Indexed, painted: Path
) -> None:
    new = indexed.photos / "new.png"
    Image.open(sorted(painted.rglob("*.jpg"))[20]).save(new)
    try:
        job = served.client.post(f"{API}/jobs", json={"kind": "index", "roots": [str(indexed.photos)]}).json()
        assert error(served.client.post(f"{API}/jobs", json={"kind": "index"})) == (409, "busy")
        followed = events(served.client.get(f"{API}/jobs/{job['job']}/events").text)
        assert [followed[0][0], followed[-1][0]] == ["running", "done"]
        assert followed[-1][1]["report"]["new"] == 1
        assert get(served, "/search")["total"] == 13
        assert get(served, f"/jobs/{job['job']}")["state"] == "done"
    finally:
        new.unlink()
        job = served.client.post(f"{API}/jobs", json={"kind": "index"}).json()
        served.client.get(f"{API}/jobs/{job['job']}/events")


def test_a_job_is_stopped(served: Served) -> None:
    job = served.client.post(f"{API}/jobs", json={"kind": "duplicates"}).json()
    assert served.client.delete(f"{API}/jobs/{job['job']}").json()["state"] in ("stopped", "done")
    assert get(served, "/status")["jobs"] == []


def test_text_is_compressed_and_known_text_is_not_sent_again(served: Served) -> None:
    answer = served.client.get(f"{API}/filters")
    assert answer.headers["Content-Encoding"] == "gzip"
    again = served.client.get(f"{API}/filters", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (
        "Content-Encoding" not in served.client.get(f"{API}/filters", headers={"Accept-Encoding": "identity"}).headers
    )


def test_an_empty_library_has_answers(tmp_path: Path) -> None:
    with serving(tmp_path / "library.db", None) as empty:
        assert get(empty, "/status")["empty"] is True
        assert get(empty, "/search", q="dog")["hits"] == []
        assert get(empty, "/search/layout")["ratios"] == []
        assert get(empty, "/facets")["photos"] == 0
        assert get(empty, "/tags")["tags"] == []
        assert error(empty.client.get(f"{API}/photos/{'0' * 64}")) == (404, "not_found")


def test_the_page_is_served(served: Served) -> None:
    answer = served.client.get("/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<!doctype html>" in answer.text.lower()
    assert error(served.client.get("/nothing.js")) == (404, "not_found")


def test_every_route_is_documented(served: Served) -> None:
    text = (REPOSITORY / "docs" / "http-api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([A-Z]+ /api/[^`]+)`", text, re.MULTILINE))
    answer = served.client.get("/api/openapi.json")
    assert served.client.get("/api/openapi.json", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    description = answer.json()
    routes = {f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods}
    assert {re.sub(r"\{\w+\}", "{}", one) for one in routes} == {re.sub(r"\{\w+\}", "{}", one) for one in listed}
    for schema in ("HitFields", "PhotoFields", "JobFields", "FacetFields", "Status"):
        for field in description["components"]["schemas"][schema]["properties"]:
            assert f"`{field}`" in text + (REPOSITORY / "docs" / "json.md").read_text(encoding="utf-8"), field


@pytest.mark.skipif(os.name != "posix" or os.uname().sysname == "Darwin", reason="names are any bytes on Linux only")
def test_a_name_that_is_not_utf_8_is_answered(painted: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    name = b"caf\xe9.jpg"
    (folder / os.fsdecode(name)).write_bytes(min(painted.rglob("*.jpg")).read_bytes())
    with Library(tmp_path / "library.db") as library:
        library.index([folder], model="demo", workers=1)
    with serving(tmp_path / "library.db", None) as served:
        [hit] = get(served, "/search")["hits"]
        assert os.fsencode(hit["path"]).endswith(name)
        assert get(served, f"/photos/{hit['id']}")["path"] == hit["path"]
        assert served.client.get(f"{API}/photos/{hit['id']}/original").status_code == 200


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("/search?q=dog&q=cat", "q may be given only once."),
        ("/search?limit=1&limit=2", "limit may be given only once."),
        ("/status?q=dog", "There is no parameter q."),
        ("/photos/{photo}?size=256", "There is no parameter size."),
        ("/photos/{photo}/thumbnail?size=256&size=512", "size may be given only once."),
    ],
)
def test_parameters_that_would_not_be_used_are_refused(
    served: Served, ids: dict[str, str], asked: str, sentence: str
) -> None:
    answer = served.client.get(API + asked.format(photo=next(iter(ids.values()))))
    assert error(answer) == (400, "usage")
    assert answer.json()["error"]["message"] == sentence


def test_a_filter_without_a_value_may_be_false(served: Served) -> None:
    everything, without = (get(served, "/search", **of)["total"] for of in ({}, {"not_has_gps": True}))
    assert get(served, "/search", has_gps="false")["total"] == without
    assert get(served, "/search", not_has_gps="false")["total"] == everything - without
    assert get(served, "/search", undated="false")["total"] == everything


def test_a_bug_is_one_answer_and_a_log_file(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError("no\nanswer")

    monkeypatch.setenv("MCSEARCH_LOGS", str(tmp_path))
    monkeypatch.setattr("mcsearch.web.readers.Readers.ask", broken)
    answer = served.client.get(f"{API}/status")
    assert error(answer) == (500, "internal")
    assert "ZeroDivisionError" in answer.json()["error"]["message"]
    [log] = tmp_path.glob("error-*.log")
    assert "Traceback" in log.read_text()
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert str(log) in said
