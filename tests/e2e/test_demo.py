"""python -m mcsearch.demo"""

import os
import subprocess
import sys

import pytest

_DEMO = [sys.executable, "-m", "mcsearch.demo"]


def test_help_and_wrong_arguments_run_nothing() -> None:
    done = subprocess.run([*_DEMO, "--help"], capture_output=True, text=True, check=True)
    assert "painted photos" in done.stdout
    assert "Painting" not in done.stdout
    assert subprocess.run([*_DEMO, "photos"], capture_output=True, check=False).returncode == 2


@pytest.mark.slow
def test_a_reader_that_has_gone_does_not_stop_the_demo() -> None:
    unread, gone = os.pipe()
    os.close(unread)
    done = subprocess.run(
        _DEMO,
        stdout=gone,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        check=False,
    )
    os.close(gone)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "60 new" in done.stderr
