"""What commands reach: nothing is written outside mcsearch's folders and what the user named, and no host is asked."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcsearch import settings
from tests.conftest import REPOSITORY, Mcsearch
from tests.support.every_command import COCA, MADE, WEIGHTS, check_that_all_are_there
from tests.support.hub import serve
from tests.support.seeded import write_coca

pytestmark = pytest.mark.slow

# Python's own: the null device, bytecode, and a library in memory.
PYTHONS_OWN = (os.devnull, "__pycache__", ":memory:")


@pytest.mark.skipif(os.name == "nt", reason="the folders are those of POSIX systems")
def test_no_command_writes_elsewhere_or_uses_the_network(
    mcsearch: Mcsearch,
    painted: Path,
    indexed_library: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home, temporary, data, photos = (tmp_path / name for name in ("home", "temporary", "data", "photos"))
    for folder in (home, temporary, data / MADE, photos):
        folder.mkdir(parents=True)
    library = shutil.copy(indexed_library, data / "library.db")
    mcsearch("forget", painted, "--yes", "--library", library)  # other tests use these photos, too
    for number, photo in enumerate(sorted(painted.rglob("*.jpg"))[:3]):
        shutil.copy(photo, photos / f"{number}.jpg")
    with (photos / "2.jpg").open("ab") as changed:  # its embedding is not known yet
        changed.write(b"x")
    write_coca(tmp_path / COCA)
    cache, weights = settings.cache_folder(), tmp_path / "hub"
    runtime = tmp_path_factory.mktemp("r")  # the name of a socket has to be short
    variables = {
        "HOME": str(home), "TMPDIR": str(temporary), "MCSEARCH_CACHE": str(cache), "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(weights), "MCSEARCH_LIBRARY": str(library), "XDG_RUNTIME_DIR": str(runtime),
        "PYTHONPATH": str(REPOSITORY),
    }  # fmt: skip
    # torch, with which the model was made, has named its own folder there.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TORCH")}
    before = _files(tmp_path)
    with serve(WEIGHTS) as hub:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.watched", str(photos), str(tmp_path / "report.json")],
            env={**inherited, **variables, "HF_ENDPOINT": hub.endpoint}, cwd=data, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reached = json.loads((tmp_path / "report.json").read_text())
    check_that_all_are_there([arguments for arguments, _ in reached])
    for arguments, seen in reached:
        ours = [str(data), str(cache), str(temporary), *PYTHONS_OWN]
        if "--write-xmp" in arguments:
            ours.append(f"{photos}{os.sep}")
        if arguments[0] == "serve":
            ours += [str(runtime), "('127.0.0.1', 0, "]  # where it listens
        if arguments[:2] in (["models", "download"], ["models", "remove"]):
            ours.append(str(weights))
        if arguments[:2] == ["models", "download"]:
            ours.append(hub.endpoint.removeprefix("http://").replace(":", "', "))
        elsewhere = [(event, path) for event, path in seen if path and not any(own in path for own in ours)]
        assert elsewhere == [], arguments
    # What is not Python's is not seen above, and the processes that decode are not.
    # torch, which writes captions, makes a folder for compiled code, and leaves it empty.
    known = tuple(map(str, (data, photos, runtime, weights, temporary / "torchinductor_")))
    assert [path for path in _files(tmp_path) - before if not path.startswith(known)] == [str(tmp_path / "report.json")]
    assert {Path(path).suffix for path in _files(photos) - before} == {".xmp"}


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}
