"""What every test may rely on: no real home directory, no network beyond loopback, and a library of painted scenes."""

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from tests.support.commands import Done, in_a_process, in_this_process
from tests.support.users import NOBODY

REPOSITORY = Path(__file__).parent.parent
_REAL_HOME = Path.home()
_MAY_WRITE = (str(REPOSITORY), tempfile.gettempdir(), sys.prefix)


def _guard(event: str, arguments: tuple[Any, ...]) -> None:
    """Turn writing below the real home directory, and connecting beyond loopback, into errors."""
    if event == "open":
        path, _, flags = arguments
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and isinstance(path, str) and _in_real_home(path):
            raise AssertionError(f"a test writes into the real home directory: {path}")
    elif event in ("os.mkdir", "sqlite3.connect") and isinstance(arguments[0], str) and _in_real_home(arguments[0]):
        raise AssertionError(f"a test writes into the real home directory: {arguments[0]}")
    elif event == "socket.connect":
        address = arguments[1]
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test connects to {address[0]}")


def _in_real_home(path: str) -> bool:
    path = os.path.abspath(path)
    return path.startswith(str(_REAL_HOME) + os.sep) and not path.startswith(_MAY_WRITE)


sys.addaudithook(_guard)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a job in the background; the commands under test inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Test processes run side by side; spinning while they wait for a core would slow each other down many times.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# Without bytecode, each of the many processes that tests start would compile the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what all test processes of this run share; whoever makes something in it holds a lock."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(autouse=True, scope="session")
def _own_home(shared: Path) -> Iterator[None]:
    """One home for all test processes, so that each model is converted once a run."""
    home = shared / "home"
    home.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("USERPROFILE", str(home))
        for name in (
            "XDG_DATA_HOME",
            "XDG_CACHE_HOME",
            "XDG_STATE_HOME",
            "HF_HOME",
            "MCSEARCH_LIBRARY",
            "MCSEARCH_CACHE",
            "MCSEARCH_LOGS",
        ):
            patch.delenv(name, raising=False)
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


Mcsearch = Callable[..., Done]


@pytest.fixture
def mcsearch(tmp_path: Path) -> Mcsearch:
    """Run a command on a library of its own; stdout and stderr as text.

    It runs in this process, unless it is given variables or a standard input: `installed` always starts a process.
    """
    return _runner(tmp_path, in_this_process)


@pytest.fixture
def installed(tmp_path: Path) -> Mcsearch:
    """Run the installed command in a process of its own, on the same library as `mcsearch`."""
    return _runner(tmp_path, in_a_process)


def _runner(folder: Path, way: Callable[..., Done]) -> Mcsearch:
    def run(*arguments: str | Path, exit_code: int = 0, cwd: Path = folder, **options: Any) -> Done:
        needed = in_a_process if options else way
        variables = {"MCSEARCH_LIBRARY": str(folder / "library.db"), **options.pop("env", {})}
        done = needed([command(), *map(str, arguments)], env=variables, cwd=cwd, **options)
        assert done.returncode == exit_code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


def command() -> str:
    """The installed mcsearch command."""
    return str(Path(sys.executable).with_name("mcsearch.exe" if os.name == "nt" else "mcsearch"))


def loopback_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def s0_checkpoint(shared: Path) -> Path:
    """A seeded checkpoint of mobileclip2-s0."""
    from tests.support.seeded import write_checkpoint

    return _made_once(shared / "mobileclip2-s0.safetensors", lambda file: write_checkpoint("mobileclip2-s0", file))


@pytest.fixture(scope="session")
def painted(shared: Path) -> Path:
    """A folder of 36 painted photos, not to be changed; `photos` gives a test its own copy."""
    from mcsearch.demo.painter import paint_folder

    return _made_once(shared / "painted" / "photos", lambda folder: paint_folder(folder, 36, seed=6))


@pytest.fixture(scope="session")
def indexed_library(shared: Path, painted: Path) -> Path:
    """A library of the painted photos by the demo model, not to be changed: copy it to where a test needs it."""
    from mcsearch import Library

    def index(file: Path) -> None:
        with Library(file) as library:
            library.index([painted], model="demo")

    return _made_once(shared / "indexed" / "library.db", index)


def _made_once(place: Path, make: Callable[[Path], object]) -> Path:
    """Make a file or folder unless another test process of this run has done so."""
    place.parent.mkdir(exist_ok=True)
    with FileLock(f"{place}.lock"):
        done = place.with_name(f"{place.name}.done")
        if not done.exists():
            make(place)
            done.touch()
    return place


@pytest.fixture
def photos(painted: Path, tmp_path: Path) -> Path:
    """A folder of painted photos that the test may change."""
    import shutil

    return Path(shutil.copytree(painted, tmp_path / "photos"))


@pytest.fixture
def unprivileged_folder() -> Iterator[Path]:
    """An empty folder that an unprivileged user can reach and owns."""
    import shutil

    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    if os.getuid() == 0:
        os.chown(folder, NOBODY, -1)
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
