"""The command `mcsearch serve`, and the socket by which `mcsearch find` asks it."""

import contextlib
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.browsing.prompt_socket import PromptSocket
from mcsearch.settings import runtime_folder
from tests.conftest import Mcsearch, command
from tests.e2e.http.conftest import Indexed


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for sockets of this test."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    return tmp_path / "mcsearch"


@contextlib.contextmanager
def started(*arguments: str, library: Path) -> Iterator[str]:
    """Start `mcsearch serve` on a free port; the address that it prints."""
    process = subprocess.Popen(
        [command(), "serve", "--port", "0", "--library", str(library), *arguments], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r" at (http://\S+) ", line)
        assert found, line
        yield found[1]
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=60)[1]
        assert "Traceback" not in rest
        assert process.returncode == 130


@pytest.mark.skipif(os.name != "posix", reason="there is no such socket on Windows")
def test_find_asks_the_server_over_a_socket_of_the_users_own(
    indexed: Indexed, runtime: Path, mcsearch: Mcsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_CACHE", str(indexed.cache))
    alone = mcsearch("find", "a boat at night", "--no-server", "--json", "--library", indexed.file).stdout
    with started(library=indexed.file) as address:
        assert httpx.get(f"{address}api/v1/status").json()["photos"] == 13
        [socket] = runtime.iterdir()
        assert stat.S_IMODE(runtime.stat().st_mode) == 0o700
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
        # Without a text tower of its own, the command can only ask the server.
        monkeypatch.setenv("MCSEARCH_CACHE", str(runtime.parent / "empty"))
        code = "import sys; from mcsearch.cli.commands import command_line;"
        code += "command_line()(sys.argv[1:], standalone_mode=False); "
        code += "assert not {'torch', 'openvino'} & set(sys.modules)"
        asked = ["find", "a boat at sea", "--json", "--library", str(indexed.file)]
        subprocess.run([sys.executable, "-c", code, *asked], check=True, capture_output=True)
        again = mcsearch("find", "a boat at night", "--json", "--library", indexed.file).stdout
    assert again == alone
    assert not list(runtime.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="there is no such socket on Windows")
def test_a_dead_socket_or_one_that_others_may_change_is_ignored(indexed: Indexed, runtime: Path) -> None:
    with LibraryFile(indexed.file) as library:
        model = library.models.find()
    assert model is not None
    place = PromptSocket(runtime_folder(), indexed.file)
    assert place.encode(model, ["a"]) is None
    runtime.mkdir(mode=0o700)
    place.file.touch()
    assert place.is_safe()
    assert place.encode(model, ["a"]) is None
    runtime.chmod(0o770)
    assert not place.is_safe()


def test_another_address_asks_for_a_token(indexed: Indexed, runtime: Path) -> None:
    assert runtime.name
    with started("--token", library=indexed.file) as address:
        base, _, token = address.partition("?token=")
        assert httpx.get(base).status_code == 401
        assert httpx.get(base, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_a_port_in_use_and_a_bad_origin_are_refused(mcsearch: Mcsearch, indexed: Indexed, runtime: Path) -> None:
    assert runtime.name
    with started(library=indexed.file) as address:
        port = address.rsplit(":", 1)[1].strip("/")
        done = mcsearch("serve", "--port", port, "--library", indexed.file, exit_code=2)
        assert "cannot listen on 127.0.0.1" in done.stderr
    done = mcsearch("serve", "--allow-origin", "example.org", "--library", indexed.file, exit_code=2)
    assert "is not an origin" in done.stderr
