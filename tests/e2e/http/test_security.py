"""Nobody else gets in: what other sites, other machines and hostile clients and files may not do.

Each test was seen to fail without the defence that it is about.
"""

import io
import os
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mcsearch import Library
from mcsearch.web.listening.guard import Access, cookie_name
from mcsearch.web.run import access_to
from tests.e2e.http.conftest import HOSTILE_NAMES, Indexed
from tests.support.runs import run
from tests.support.served import Served, serving, status_of

API = "/api/v1"
TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def guarded(indexed: Indexed) -> Iterator[Served]:
    """A server that other machines may reach with a token, and one other site."""
    access = Access(addresses=True, token=TOKEN, origins=frozenset({"https://example.org"}))
    with serving(indexed.file, indexed.cache, access) as running:
        yield running


# Other sites


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example", "10.0.0.1", ""]
)
def test_a_name_that_was_bent_to_this_machine_is_refused(served: Served, host: str) -> None:
    assert status_of(served.raw_get(f"{API}/status", host=host or " ")) == 421


def test_two_hosts_are_refused(served: Served) -> None:
    request = f"GET {API}/status HTTP/1.1\r\nHost: {served.host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert status_of(served.raw(request.encode())) in (400, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9999", "LOCALHOST", "[::1]:7878"])
def test_this_machine_is_answered_by_all_its_names(served: Served, host: str) -> None:
    assert status_of(served.raw_get(f"{API}/status", host=host)) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_request_of_another_site_changes_nothing_and_reads_nothing(
    served: Served, ids: dict[str, str], headers: dict[str, str]
) -> None:
    body = {"ids": [min(ids.values())], "give": ["planted"]}
    for answer in (
        served.client.post(f"{API}/tags", json=body, headers=headers),
        served.client.get(f"{API}/search", headers=headers),
        served.client.get(f"{API}/photos/{min(ids.values())}/thumbnail", headers=headers),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert served.client.get(f"{API}/search?tag=planted").json()["total"] == 0


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_is_refused(served: Served, ids: dict[str, str], kind: str) -> None:
    body = f'{{"ids": ["{min(ids.values())}"], "give": ["planted"]}}'
    for path in ("tags", "uploads", "jobs"):
        answer = served.client.post(f"{API}/{path}", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "media_type")


def test_the_page_itself_and_programs_are_answered(served: Served, ids: dict[str, str]) -> None:
    own = {"Origin": f"http://{served.host}", "Sec-Fetch-Site": "same-origin"}
    body = {"ids": [min(ids.values())], "give": ["a"]}
    assert served.client.post(f"{API}/tags", json=body, headers=own).status_code == 200
    assert served.client.post(f"{API}/tags", json={"ids": body["ids"], "take": ["a"]}).status_code == 200
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert served.client.get("/", headers=followed).status_code == 200
    assert served.client.get(f"{API}/search", headers=followed).status_code == 403


def test_only_a_named_site_is_let_in(guarded: Served) -> None:
    key = {"Authorization": f"Bearer {TOKEN}"}
    answer = guarded.client.get(f"{API}/status", headers={**key, "Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://example.org"
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert guarded.client.options(f"{API}/tags", headers=asked).status_code == 204
    refused = guarded.client.get(f"{API}/status", headers={**key, "Origin": "https://evil.example"})
    assert refused.status_code == 403
    assert "Access-Control-Allow-Origin" not in refused.headers


def test_every_answer_keeps_browsers_from_others(served: Served, ids: dict[str, str]) -> None:
    for path in ("/", f"{API}/search", "/nothing", f"{API}/photos/{min(ids.values())}/thumbnail"):
        headers = served.client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; ")
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


# Other machines


def test_another_machine_needs_the_token_for_everything(guarded: Served, ids: dict[str, str]) -> None:
    for path in ("/", f"{API}/status", f"{API}/photos/{min(ids.values())}/thumbnail", "/api/openapi.json", "/?token=x"):
        answer = guarded.client.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token")
        for wrong in ({"Authorization": "Bearer x"}, {"Cookie": f"{cookie_name(TOKEN)}=x"}, {"Authorization": TOKEN}):
            assert guarded.client.get(path, headers=wrong).status_code == 401
    assert guarded.client.get(f"{API}/status?token={TOKEN}").status_code == 401
    assert guarded.client.get(f"{API}/status", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_the_page_gets_the_token_as_a_cookie_that_scripts_cannot_read(guarded: Served) -> None:
    answer = guarded.client.get(f"/?q=a+dog&token={TOKEN}&f.tag=dog")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?q=a+dog&f.tag=dog")
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["Set-Cookie"].split("; "))
    cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
    assert guarded.client.get(f"{API}/status", headers=cookie).status_code == 200


def test_any_address_but_loopback_gets_a_token() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.1.2.3"):
        assert access_to(host, (), with_token=False).token is None
    for host in ("0.0.0.0", "::", "192.168.1.5", "photos.example"):
        access = access_to(host, (), with_token=False)
        assert len(access.token or "") >= 32
        assert "evil.example" not in access.hosts


# Files


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py", "/..%2fapp.py", "/%2e%2e/app.py", "/js/../../app.py", "//etc/passwd", "/%00",
        f"{API}/photos/../../secret.txt/original", f"{API}/photos/..%2f..%2fsecret.txt/original",
        f"{API}/downloads/..%2f..%2fsecret.txt", "/page/index.html", "/app.py",
    ],
)  # fmt: skip
def test_no_address_leads_to_a_file(served: Served, path: str) -> None:
    assert status_of(served.raw_get(path)) in (400, 404)


def test_no_path_is_looked_up_outside_the_indexed_folders(served: Served, indexed: Indexed) -> None:
    for folder in (
        "/etc",
        "/",
        str(indexed.photos.parent),
        f"{indexed.photos}/../..",
        "\\\\host\\share",
        "~",
        "",
        "a\0",
    ):
        answer = served.client.get(f"{API}/search", params={"in": folder})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage"), folder
    answer = served.client.post(f"{API}/jobs", json={"kind": "index", "roots": [str(indexed.photos.parent)]})
    assert answer.status_code == 400


def test_a_file_that_took_the_place_of_a_photo_is_not_shown(
    served: Served, indexed: Indexed, ids: dict[str, str]
) -> None:
    name, photo = next((name, photo) for name, photo in ids.items() if (indexed.photos / "hostile" / name).exists())
    path, kept = indexed.photos / "hostile" / name, indexed.photos.parent / "kept.jpg"
    path.rename(kept)
    try:
        for target in ("link", "other"):
            path.symlink_to(indexed.secret) if target == "link" else path.write_text("secret")
            for part in ("original", "thumbnail?size=1024"):
                answer = served.client.get(f"{API}/photos/{photo}/{part}")
                assert (answer.status_code, answer.json()["error"]["code"]) == (404, "away")
            assert served.client.get(f"{API}/photos/{photo}").json()["present"] is False
            download = served.client.post(f"{API}/downloads", json={"ids": [photo]}).json()
            with zipfile.ZipFile(io.BytesIO(served.client.get(download["url"]).content)) as archive:
                assert archive.namelist() == ["left out.txt"]
            path.unlink()
    finally:
        kept.rename(path)
    assert served.client.get(f"{API}/photos/{photo}/original").status_code == 200


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_in_place_of_a_photo_is_not_waited_for(served: Served, indexed: Indexed, ids: dict[str, str]) -> None:
    name, photo = next((name, photo) for name, photo in ids.items() if (indexed.photos / "hostile" / name).exists())
    path, kept = indexed.photos / "hostile" / name, indexed.photos.parent / "kept.jpg"
    path.rename(kept)
    try:
        os.mkfifo(path)
        assert served.client.get(f"{API}/photos/{photo}/original", timeout=10).status_code == 404
    finally:
        path.unlink()
        kept.rename(path)


def test_a_photo_outside_all_roots_is_not_shown(served: Served, indexed: Indexed, tmp_path: Path) -> None:
    library = tmp_path / "library.db"
    with sqlite3.connect(indexed.file) as source, sqlite3.connect(library) as target:
        source.backup(target)
        target.execute("UPDATE roots SET path = ?", (str(indexed.photos / "hostile"),))
    hits = served.client.get(f"{API}/search").json()["hits"]
    for hit in hits:
        assert served.client.get(f"{API}/photos/{hit['id']}/thumbnail").status_code == 200  # it is kept from now on
    with serving(library, indexed.cache) as other:
        for part in ("original", "thumbnail"):
            shown = {hit["path"]: other.client.get(f"{API}/photos/{hit['id']}/{part}").status_code for hit in hits}
            assert {Path(path).parent.name for path, code in shown.items() if code == 200} == {"hostile"}, part
            assert 404 in shown.values()


def test_thumbnails_have_no_metadata_and_originals_run_no_script(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>'; DROP TABLE facts; --"
    exif[0x0110] = "<b>Camera</b>"
    gps = exif.get_ifd(0x8825)
    gps.update({1: "N", 2: (38.0, 43.0, 0.0), 3: "W", 4: (9.0, 8.0, 0.0)})
    Image.new("RGB", (64, 48), "red").save(folder / "<svg onload=alert(1)>.jpg", exif=exif)
    with Library(tmp_path / "library.db") as library:
        run(library, folder)
    with serving(tmp_path / "library.db", tmp_path / "cache") as served:
        [hit] = served.client.get(f"{API}/search", params={"camera": "<b>"}).json()["hits"]
        fields = served.client.get(f"{API}/photos/{hit['id']}").json()
        assert fields["facts"]["caption"].startswith("<script>")
        thumbnail = served.client.get(f"{API}/photos/{hit['id']}/thumbnail").content
        assert not Image.open(io.BytesIO(thumbnail)).getexif()
        assert b"GPS" not in thumbnail
        assert b"script" not in thumbnail
        original = served.client.get(f"{API}/photos/{hit['id']}/original")
        assert original.headers["Content-Security-Policy"] == "sandbox"
        assert "<" not in original.headers["Content-Disposition"]


HOSTILE_TEXTS = (
    "'; DROP TABLE photos; --",
    "%' OR 1=1 --",
    "<script>alert(1)</script>",
    "\x00",
    "\U0001f415",
    "a" * 900,
)


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_sql_and_html_in_parameters_are_text(served: Served, ids: dict[str, str], text: str) -> None:
    photo = min(ids.values())
    before = served.client.get(f"{API}/status").json()["photos"]
    for name in ("q", "tag", "camera", "not_tag", "lens", "near", "after", "format", "like", "cursor", "in", "sort"):
        answer = served.client.get(f"{API}/search", params={name: text})
        assert answer.status_code in (200, 400, 404), (name, answer.text)
        assert answer.headers["Content-Type"] == "application/json"
    for name in ("tag", "camera", "lens"):
        assert served.client.get(f"{API}/search", params={name: text}).json().get("total", 0) == 0
    answer = served.client.post(f"{API}/tags", json={"ids": [photo], "give": [text]})
    if answer.status_code == 200:
        assert [hit["id"] for hit in served.client.get(f"{API}/search", params={"tag": text}).json()["hits"]] == [photo]
        served.client.post(f"{API}/tags", json={"ids": [photo], "take": [text]})
    assert served.client.get(f"{API}/status").json()["photos"] == before


def test_hostile_file_names_are_data(served: Served, ids: dict[str, str]) -> None:
    for name in HOSTILE_NAMES:
        answer = served.client.get(f"{API}/photos/{ids[name]}")
        assert Path(answer.json()["path"]).name == name
        disposition = served.client.get(f"{API}/photos/{ids[name]}/original").headers["Content-Disposition"]
        assert not set(disposition.removeprefix("inline; filename*=UTF-8''")) & set("\"'<>;\r\n ")
