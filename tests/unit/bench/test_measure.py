"""Memory is measured as what a command holds, whatever else runs."""

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import tree_bytes

_FILE_BYTES = 48 << 20
_OWN_BYTES = 24 << 20
_INTERPRETERS_BYTES = 40 << 20


@pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux")
def test_a_mapped_file_counts_once_whoever_else_maps_it(tmp_path: Path) -> None:
    """As where several processes of a command have the same libraries loaded, and so does another command."""
    file, script = tmp_path / "mapped", tmp_path / "script.py"
    file.write_bytes(os.urandom(_FILE_BYTES))
    script.write_text(f"""
import mmap, subprocess, sys
with open({str(file)!r}, "rb") as opened:
    mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
mapped[:: mmap.PAGESIZE]
own = bytearray({_OWN_BYTES})
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"], check=True)
else:
    print("ready", flush=True)
    sys.stdin.read()
""")
    with (
        file.open("rb") as opened,
        mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
        subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process,
    ):
        assert len(mapped[:: mmap.PAGESIZE]) == _FILE_BYTES // mmap.PAGESIZE
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        held = tree_bytes(process.pid)
        process.communicate()
    least = _FILE_BYTES + 2 * _OWN_BYTES
    assert least < held < least + _INTERPRETERS_BYTES
