"""A library that cannot be written answers all the same, and what needs writing says so."""

import os
import shutil
from pathlib import Path

import pytest

from mcsearch import settings
from tests.conftest import Mcsearch
from tests.support.users import unprivileged

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no permissions of this kind")
SENTENCE = "can only be read: it is on a read-only medium, or belongs to somebody else. To change it, copy it"


@pytest.fixture
def library(
    indexed_library: Path,
    unprivileged_folder: Path,
    mcsearch: Mcsearch,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A library in a folder that can only be read, and a cache that can be written."""
    file = Path(shutil.copy(indexed_library, unprivileged_folder / "library.db"))
    mcsearch("find", "a dog", "--library", file)  # the text tower is in the cache now
    cache, home = unprivileged_folder / "cache", unprivileged_folder / "home"
    shutil.copytree(settings.cache_folder() / "towers", cache / "towers")
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MCSEARCH_CACHE", str(cache))
    for name in (cache, home, *(path for path in cache.rglob("*"))):
        name.chmod(0o777 if name.is_dir() else 0o666)
    file.chmod(0o444)
    unprivileged_folder.chmod(0o555)
    return file


def test_reading_works_and_writing_says_why_not(
    mcsearch: Mcsearch, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = library.read_bytes()
    monkeypatch.chdir(library.parent)

    def run(*arguments: str, exit_code: int = 0) -> str:
        done = mcsearch(*arguments, "--library", str(library), cwd=library.parent, exit_code=exit_code)
        return done.stderr if exit_code else done.stdout

    with unprivileged():
        paths = run("find", "a dog", "--paths").splitlines()
        assert run("find", "an animal that nobody has asked for", "--paths").count("\n") == len(paths) == 10
        assert run("find", "--after", "2000", "--json")
        assert run("similar", paths[0], "--json")
        assert paths[0] in run("show", paths[0])
        assert run("tags") == ""
        assert run("roots")
        run("dupes", "--json")
        assert run("stats")
        assert "Photos    36" in run("status")
        assert run("export", "--embeddings", str(library.parent / "home" / "all.npy")) == ""
        for arguments in (
            ["tag", "--label", "dog"], ["tag", paths[0], "+mine"], ["index"], ["forget", paths[0]],
            ["compact", "--yes"], ["models", "forget", "demo", "--yes"], ["models", "use", "demo"],
            ["album", "dogs", "a dog"],
        ):  # fmt: skip
            assert SENTENCE in run(*arguments, exit_code=3), arguments
    assert library.read_bytes() == before
    assert {file.name for file in library.parent.iterdir()} == {"library.db", "cache", "home"}
