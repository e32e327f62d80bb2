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
from tests.support.every_command import MADE, check_that_all_are_there

pytestmark = pytest.mark.slow

# Python's own: the null device, bytecode, and a library in memory.
PYTHONS_OWN = (os.devnull, "__pycache__", ":memory:")


@pytest.mark.skipif(os.name == "nt", reason="the folders are those of POSIX systems")
def test_no_command_writes_elsewhere_or_uses_the_network(
    mcsearch: Mcsearch, painted: Path, indexed_library: Path, tmp_path: Path
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
    cache = settings.cache_folder()
    variables = {
        "HOME": str(home), "TMPDIR": str(temporary), "MCSEARCH_CACHE": str(cache), "HF_HUB_OFFLINE": "0",
        "MCSEARCH_LIBRARY": str(library), "XDG_RUNTIME_DIR": str(tmp_path / "runtime"),
        "PYTHONPATH": str(REPOSITORY),
    }  # fmt: skip
    before = _files(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.watched", str(photos), str(tmp_path / "report.json")],
        env={**os.environ, **variables}, cwd=data, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    reached = json.loads((tmp_path / "report.json").read_text())
    check_that_all_are_there([arguments for arguments, _ in reached])
    for arguments, seen in reached:
        ours = [str(data), str(cache), str(temporary), *PYTHONS_OWN]
        if "--write-xmp" in arguments:
            ours.append(f"{photos}{os.sep}")
        elsewhere = [(event, path) for event, path in seen if path and not any(own in path for own in ours)]
        assert elsewhere == [], arguments
    # What is not Python's is not seen above, and the processes that decode are not.
    assert [path for path in _files(tmp_path) - before if not path.startswith((str(data), str(photos)))] == [
        str(tmp_path / "report.json")
    ]
    assert {Path(path).suffix for path in _files(photos) - before} == {".xmp"}


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}
