"""kill -9 at random instants: the short version of `python -m bench.kills`."""

import os
import random
from pathlib import Path

import pytest

from bench.kills.killing import Killing
from mcsearch import settings

pytestmark = [pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL"), pytest.mark.slow]


@pytest.mark.parametrize("name", ["index", "write-xmp", "compact", "migration", "packed"])
def test_what_is_killed_is_completed_by_the_next_run(
    name: str, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_CACHE", str(settings.cache_folder()))
    for photo in sorted(photos.rglob("*.jpg"))[4:]:
        photo.unlink()
    killing = Killing(name, photos, tmp_path)
    killing.kill_at(random.Random(name).random())
