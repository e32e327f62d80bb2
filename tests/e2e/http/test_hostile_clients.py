"""What hostile clients may cost a server. Each test was seen to fail without the limit that it is about."""

import io
import socket
import time
from collections.abc import Iterator

import pytest
from PIL import Image

from mcsearch.web.listening.limits import Bounds
from tests.e2e.http.conftest import Indexed
from tests.support.served import Served, serving, status_of

API = "/api/v1"
JSON_HEAD = f"POST {API}/tags HTTP/1.1\r\nHost: {{}}\r\nContent-Type: application/json\r\n"
QUICK = Bounds(
    head_bytes=8192, body_bytes=10_000, upload_bytes=50_000, requests=8, connections=12, head_s=0.5, part_s=0.5,
    body_s=1.0, idle_s=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def strict(indexed: Indexed) -> Iterator[Served]:
    """A server with low limits."""
    with serving(indexed.file, indexed.cache, bounds=QUICK) as running:
        yield running


def test_a_huge_body_is_refused_before_it_is_read(strict: Served) -> None:
    head = JSON_HEAD.format(strict.host)
    assert status_of(strict.raw(f"{head}Content-Length: 999999999\r\n\r\n".encode())) == 413
    chunks = "".join(f"1000\r\n{'x' * 4096}\r\n" for _ in range(5))
    assert status_of(strict.raw(f"{head}Transfer-Encoding: chunked\r\n\r\n{chunks}".encode())) == 413
    upload = head.replace("tags", "uploads").replace("application/json", "image/png")
    assert status_of(strict.raw(f"{upload}Content-Length: 50001\r\n\r\n".encode())) == 413


def test_an_upload_of_another_type_is_refused(strict: Served) -> None:
    for kind in ("text/html", "application/json", ""):
        answer = strict.client.post(f"{API}/uploads", content=b"x", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "media_type")


def test_a_picture_of_too_many_pixels_is_refused(served: Served) -> None:
    content = io.BytesIO()
    Image.new("1", (40_000, 30_000)).save(content, "PNG")
    answer = served.client.post(f"{API}/uploads", content=content.getvalue(), headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")
    assert "megapixels" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ",
        JSON_HEAD.format("127.0.0.1").encode() + b"Content-Length: 99\r\n\r\n{",
    ],
)
def test_a_slow_client_is_cut_off(strict: Served, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", strict.port), 10) as connection:
        connection.sendall(start)
        assert any(is_closed_after(connection, b" " if start.endswith(b"{") else b"a") for _ in range(60))


def is_closed_after(connection: socket.socket, part: bytes) -> bool:
    """Send a part, and return whether the server has closed the connection a moment later."""
    try:
        connection.sendall(part)
        connection.settimeout(0.1)
        return b"" in (connection.recv(65536), connection.recv(65536))
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def test_too_many_connections_and_requests_are_refused(strict: Served) -> None:
    head = JSON_HEAD.format(strict.host) + "Content-Length: 9\r\n\r\n"
    connections = []
    try:
        answers = []
        for _ in range(30):
            connection = socket.create_connection(("127.0.0.1", strict.port), 10)
            connections.append(connection)
            connection.sendall(head.encode())
        for connection in connections:
            try:
                answers.append(connection.recv(65536)[9:12])
            except ConnectionError:
                answers.append(b"")
    finally:
        for connection in connections:
            connection.close()
    assert answers.count(b"503") > 0  # more than QUICK.requests at once
    assert answers.count(b"") > 0  # more than QUICK.connections at once
    time.sleep(0.2)
    assert strict.client.get(f"{API}/filters").status_code == 200


@pytest.mark.parametrize(
    "head", ["X: " + "a" * 20_000, "\r\n".join(f"X-{number}: {'a' * 60}" for number in range(300))]
)
def test_a_huge_head_is_refused(strict: Served, head: str) -> None:
    answer = strict.raw(f"GET {API}/status HTTP/1.1\r\nHost: {strict.host}\r\n{head}\r\n\r\n".encode())
    assert status_of(answer) in (400, 413)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"1e999", b'{"ids": 1}', b"\xff\xfe", b"[" * 9000, b'{"a":' * 1500]
)
def test_bad_json_is_refused(strict: Served, body: bytes) -> None:
    for path in ("tags", "jobs", "downloads"):
        answer = strict.client.post(f"{API}/{path}", content=body, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "usage")


def test_lists_are_bounded(served: Served, ids: dict[str, str]) -> None:
    photo = min(ids.values())
    for path, body in (
        ("tags", {"ids": [photo] * 10_001, "give": ["a"]}),
        ("tags", {"ids": [photo], "give": ["a"] * 101}),
        ("downloads", {"ids": [photo] * 2001}),
        ("taught", {"label": "a", "yes": [photo] * 1001}),
        ("taught", {"label": "a", "yes": [photo], "no": [photo] * 1001}),
        ("albums", {"name": "a" * 201, "search": "q=a"}),
    ):
        assert served.client.post(f"{API}/{path}", json=body).status_code == 400
    for parameters in (
        {"q": "a" * 1001},
        {"like": [photo] * 51},
        {"limit": 501},
        {"offset": 10**9},
        {"cursor": "a" * 65},
    ):
        assert served.client.get(f"{API}/search", params=parameters).status_code == 400
