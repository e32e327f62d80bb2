"""python -m mcsearch.demo"""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_a_reader_that_has_gone_does_not_stop_the_demo() -> None:
    unread, gone = os.pipe()
    os.close(unread)
    done = subprocess.run(
        [sys.executable, "-m", "mcsearch.demo"],
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
