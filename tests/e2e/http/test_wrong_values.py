"""What the API says about wrong values: sentences for people, never an internal error."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.support.served import Served

API = "/api/v1"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("search?limit=0", "limit must be at least 1."),
        ("search?limit=501", "limit must be at most 500."),
        ("search?limit=many", "limit must be a whole number."),
        ("search?min_score=nan", "min_score must be at most 1.0."),
        ("search?relevant=maybe", "relevant must be true or false."),
        ("search?sort=size", "sort must be 'score', 'date' or 'path'."),
        ("search?colour=red", "There is no parameter colour."),
        (f"search?q={'x' * 1001}", "q has more than 1000 characters."),
        ("photos/abc", "photo is not the id of a photo, 64 hexadecimal digits."),
    ],
)
def test_a_wrong_parameter_gets_a_plain_sentence(served: Served, address: str, sentence: str) -> None:
    answer = served.client.get(f"{API}/{address}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, sentence)


@pytest.mark.parametrize(
    ("route", "body", "sentence"),
    [
        ("tags", b"", "The body is missing."),
        ("tags", b"{", "The body is not valid JSON."),
        ("tags", b"\xff", "The body is not valid JSON."),
        ("tags", b"[]", "The body must be a JSON object."),
        ("tags", b'{"ids": []}', "ids is empty."),
        ("tags", b'{"ids": "x"}', "ids must be a list."),
        ("tags", b'{"ids": ["x"], "give": ["\\ud800"]}', "give.0 is not valid Unicode."),
        ("albums", b'{"name": "x", "search": "\\udfff"}', "search is not valid Unicode."),
        ("albums", b'{"name": "x", "search": "colour=red"}', "There is no parameter colour."),
        ("albums", b'{"name": "..", "search": "q=dog"}', 'An album cannot have the name "..".'),
        ("jobs", b"{}", "kind is missing."),
        ("jobs", b'{"kind": "index", "roots": []}', "roots is empty."),
        ("jobs", b'{"kind": "index", "root": []}', "There is no field root."),
    ],
)
def test_a_wrong_body_gets_a_plain_sentence(served: Served, route: str, body: bytes, sentence: str) -> None:
    answer = served.client.post(f"{API}/{route}", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, sentence)


@pytest.mark.parametrize("name", ["a/b", "/", "%2f", "a?b#c", "x/../y"])
def test_an_album_is_deleted_whatever_its_name(served: Served, name: str) -> None:
    body: dict[str, Any] = {"name": name, "search": "q=dog"}
    assert served.client.post(f"{API}/albums", json=body).status_code == 201
    answer = served.client.delete(f"{API}/albums/{quote(name, safe='')}")
    assert (answer.status_code, answer.json()) == (200, {"albums": []})


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "pages=1", "bytes=", "bytes=a-b"])
def test_a_range_that_is_not_understood_gets_the_whole_file(served: Served, ids: dict[str, str], wanted: str) -> None:
    address = f"{API}/photos/{next(iter(ids.values()))}/original"
    answer = served.client.get(address, headers={"Range": wanted})
    assert answer.status_code == 200
    assert "Content-Range" not in answer.headers
    assert answer.content == served.client.get(address).content
