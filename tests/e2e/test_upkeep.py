"""mcsearch doctor and mcsearch backup as a user runs them."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from mcsearch import settings
from tests.conftest import Mcsearch, command

_ON_A_FULL_DISK = """
mount -t tmpfs -o size=16000k none {place} || exit 99
cp {library} {place}/library.db
head -c 16000k /dev/zero > {place}/filler 2> /dev/null
{command} index {photos} --quiet; echo "code $?"
rm {place}/filler
{command} index {photos} --quiet; echo "code $?"
head -c 16000k /dev/zero > {place}/filler 2> /dev/null; truncate -s -400k {place}/filler
{command} backup {place}/backup.db; echo "code $?"
mount -o remount,ro {place}
{command} index {photos} --force --quiet; echo "code $?"
ls -A {place}
"""


def test_doctor_says_what_is_wrong_and_what_mends_it(
    mcsearch: Mcsearch, installed: Mcsearch, indexed_library: Path, tmp_path: Path
) -> None:
    file = Path(shutil.copy(indexed_library, tmp_path / "library.db"))
    done = installed("doctor", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert done.stderr.splitlines()[-1] == "mcsearch: All is well."
    assert "| torch" not in done.stderr
    found = [json.loads(line) for line in mcsearch("doctor", "--json").stdout.splitlines()]
    assert all(set(one) == {"subject", "state", "sentence", "remedy"} for one in found)
    mcsearch("backup", tmp_path / "backup.db")
    content = bytearray(file.read_bytes())
    content[30 * 16384 : 31 * 16384] = b"\xff" * 16384
    file.write_bytes(content)
    done = mcsearch("doctor", exit_code=1)
    assert "WRONG   integrity: " in done.stdout
    assert "Restore a backup" in done.stdout
    file.write_bytes(b"no library " * 3000)
    assert "mcsearch doctor" in mcsearch("status", exit_code=3).stderr
    done = mcsearch("doctor", exit_code=1)
    assert "file is not a database" in done.stdout
    shutil.copy(tmp_path / "backup.db", file)
    mcsearch("doctor")
    file.write_bytes(b"a photo")
    assert "is not a backup" in mcsearch("backup", file, "--library", tmp_path / "backup.db", exit_code=2).stderr


def test_a_full_and_a_read_only_disk(indexed_library: Path, photos: Path, tmp_path: Path) -> None:
    (place := tmp_path / "small").mkdir()
    script = _ON_A_FULL_DISK.format(place=place, command=command(), library=indexed_library, photos=photos)
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    variables = {"MCSEARCH_LIBRARY": str(place / "library.db"), "MCSEARCH_CACHE": str(settings.cache_folder())}
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], env={**os.environ, **variables}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    if done.returncode in (1, 99) and "code" not in done.stdout:
        pytest.skip("needs to be allowed to mount")
    codes = [line for line in done.stdout.splitlines() if line.startswith("code")]
    assert codes == ["code 3", "code 0", "code 5", "code 3"], done.stderr
    full, backup, read_only = done.stderr.splitlines()
    assert "room" in full
    assert "backup.db cannot be written: " in backup
    assert "read" in read_only
    assert "backup" not in done.stdout
