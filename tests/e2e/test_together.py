"""Several processes on one library: two index runs on overlapping roots, watch, and somebody who asks and tags."""

import subprocess
from pathlib import Path

import pytest

from mcsearch import Library
from tests.conftest import Mcsearch, command
from tests.support.runs import files, inside

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("indexed_library")  # the model's towers are converted then
def test_nobody_is_locked_out_and_nothing_is_lost_or_stored_twice(
    mcsearch: Mcsearch, photos: Path, tmp_path: Path
) -> None:
    folder = sorted(path for path in photos.iterdir() if path.is_dir())[0]
    tagged: set[str] = set()
    options = ["--library", str(tmp_path / "library.db")]
    fast = ["--model", "demo", "--quiet"]
    with Library(tmp_path / "library.db") as library:
        library.index([folder], model="demo")
        runs = [
            subprocess.Popen(
                [command(), *arguments, *options],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            )
            for arguments in (
                ["index", photos, *fast],
                ["index", folder, "--force", "--batch-size", "2", *fast],
                ["watch", photos],
            )
        ]  # fmt: skip
        try:
            while any(run.poll() is None for run in runs[:2]):
                hits = library.find(filters={"in": str(photos)}, limit=50)
                library.tag_by_hand([hit.path for hit in hits], give=["seen"])
                tagged |= {hit.path for hit in hits}
        finally:
            runs[2].terminate()
        said = [run.communicate(timeout=60)[1] for run in runs]
        assert [run.returncode for run in runs] == [0, 0, 0], said
        assert said[:2] == ["", ""]
        assert "locked" not in said[2].replace(str(tmp_path), "")  # whose name comes from this test's
        execute = inside(library)._connection.execute
        assert list(inside(library).photos.by_path()) == sorted(map(str, files(photos)))
        assert execute("SELECT COUNT(*), COUNT(DISTINCT content_id) FROM embeddings").fetchone() == (36, 36)
        carrying = execute("SELECT path FROM photos WHERE id IN (SELECT photo_id FROM hand_tags)").fetchall()
        assert {path for (path,) in carrying} == tagged
        assert (inside(library).checks.damage(), inside(library).checks.orphans()) == ([], {})
    assert "36 photos" in mcsearch("index", photos).stderr
