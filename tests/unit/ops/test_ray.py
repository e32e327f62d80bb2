"""How --ray is read, and what is said without Ray."""

import socket
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from mcsearch import Library
from mcsearch.cli.ray_option import with_address
from mcsearch.errors import UsageError
from mcsearch.ops.cluster.connection import Connection
from mcsearch.ops.cluster.sharded import ClusterSearch
from tests.conftest import loopback_port


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("--ray", "--ray=auto"),
        ("--ray /photos", "--ray=auto /photos"),
        ("/photos --ray --quiet", "/photos --ray=auto --quiet"),
        ("--ray local /photos", "--ray=local /photos"),
        ("--ray head.example.org:6379 a b", "--ray=head.example.org:6379 a b"),
        ("--ray=local", "--ray=local"),
        ("-- --ray", "-- --ray"),
    ],
)
def test_the_address_may_be_left_out(typed: str, understood: str) -> None:
    assert with_address(typed.split()) == understood.split()


def test_ray_is_named_if_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match="A cluster needs Ray") as error:
        Connection("local")
    assert "mcsearch[ray]" in error.value.hint


def test_an_address_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))
    with pytest.raises(UsageError, match=r"No Ray cluster answers at 127\.0\.0\.1:\d+"):
        Connection(f"127.0.0.1:{loopback_port()}")


def test_an_address_where_something_else_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(is_initialized=lambda: False))

    def answer(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(100)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer, args=(listening,))
        thread.start()
        with pytest.raises(UsageError, match="what answers there is something else"):
            Connection(f"127.0.0.1:{listening.getsockname()[1]}")
        thread.join()


def test_an_answer_is_not_partial_because_the_one_before_was(indexed_library: Path) -> None:
    with Library(indexed_library) as library:
        library.cluster = ClusterSearch(SimpleNamespace(close=lambda: None))  # type: ignore[arg-type]
        library.cluster.partial = True
        assert library.partial
        assert library.find("", filters={"format": "jpeg"})
        assert not library.partial


def test_what_is_no_address() -> None:
    with pytest.raises(UsageError, match="'/photos' is not the address of a Ray cluster"):
        Connection("/photos")
