"""An error in mcsearch itself: one sentence, exit code 70, and a log file that holds the traceback."""

import os
import shutil
from pathlib import Path

from mcsearch.error_log import FILES_AT_MOST
from tests.conftest import Mcsearch


def test_the_traceback_is_in_a_file_that_only_the_user_can_read(
    installed: Mcsearch, indexed_library: Path, tmp_path: Path
) -> None:
    shutil.copy(indexed_library, tmp_path / "library.db")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "numpy.py").write_text("raise RuntimeError('no numbers\\n\\x1b[31mtoday')\n")
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o755)
    for number in range(FILES_AT_MOST):
        (logs / f"error-2001{number:02}.log").touch()
    variables = {"PYTHONPATH": f"{broken}{os.pathsep}{os.environ.get('PYTHONPATH', '')}", "MCSEARCH_LOGS": str(logs)}
    done = installed("find", "a dog", exit_code=70, env=variables)
    [log] = logs.glob("error-20[!0]*.log")
    assert done.stdout == ""
    assert done.stderr == (
        "mcsearch: Error in mcsearch itself: RuntimeError: no numbers. Please report it in the project's issue tracker "
        f"with this file: {log}\n"
    )
    written = log.read_text()
    assert "mcsearch find 'a dog'\n" in written
    assert "Traceback (most recent call last):" in written
    if os.name == "posix":
        assert (log.stat().st_mode & 0o777, logs.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(list(logs.iterdir())) == FILES_AT_MOST
    assert not (logs / "error-200100.log").exists()

    in_the_way = tmp_path / "a file"
    in_the_way.touch()
    done = installed("find", "a dog", exit_code=70, env={**variables, "MCSEARCH_LOGS": str(in_the_way / "logs")})
    assert "no numbers. Please report it. Its log cannot be written: " in done.stderr
