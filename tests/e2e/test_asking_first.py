"""What drops much asks first on a terminal, and needs --yes elsewhere."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import Mcsearch, command
from tests.support.terminals import read_to_the_end

DROP_MUCH = (["models", "forget", "demo"], ["compact"])


@pytest.fixture
def library(indexed_library: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(indexed_library, tmp_path / "library.db"))


def test_without_a_terminal_nothing_is_dropped_unless_it_is_wanted(
    mcsearch: Mcsearch, library: Path, painted: Path
) -> None:
    before = library.read_bytes()
    for arguments in (*DROP_MUCH, ["forget", painted], ["forget", painted.parent]):
        said = mcsearch(*arguments, exit_code=2).stderr
        assert said.startswith("mcsearch: This drops ")
        assert said.endswith(" There is no terminal to ask on. If you want it, add --yes.\n")
        assert library.read_bytes() == before
    folder = next(path for path in painted.iterdir() if path.is_dir())
    assert "Forgot" in mcsearch("forget", folder).stderr  # less than a root
    for arguments in (["compact"], ["forget", painted.parent], ["models", "forget", "demo"]):
        mcsearch(*arguments, "--yes")


@pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are of POSIX systems")
@pytest.mark.parametrize(("answer", "exit_code", "photos"), [(b"n\n", 130, 36), (b"\x04", 130, 36), (b"y\n", 0, 0)])
def test_a_terminal_is_asked(
    mcsearch: Mcsearch, library: Path, painted: Path, answer: bytes, exit_code: int, photos: int
) -> None:
    import pty

    ours, theirs = pty.openpty()
    os.write(ours, answer)
    done = subprocess.run(
        [command(), "forget", str(painted), "--library", str(library)],
        stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(theirs)
    said = read_to_the_end(ours)
    assert f"mcsearch: This drops 36 photos of {painted} from the library, and their tags. Continue? [y/N]:" in said
    assert (done.returncode, done.stdout) == (exit_code, b"")
    assert ("Nothing was dropped." in said) == bool(photos)
    assert f'"photos": {photos}' in mcsearch("status", "--json").stdout
