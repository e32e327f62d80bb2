"""mcsearch tag --write-xmp and --remove-xmp as a user runs them."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mcsearch import Library
from mcsearch.records.photos import ScannedFile
from tests.conftest import Mcsearch, command
from tests.support.runs import inside
from tests.support.sidecars import DIGIKAM


@pytest.fixture
def tagged(mcsearch: Mcsearch, photos: Path, tmp_path: Path) -> Path:
    """Photos indexed and a labels file; nothing tagged yet."""
    (tmp_path / "labels.txt").write_text("dog\nbeach\n")
    mcsearch("index", photos, "--model", "demo", "--quiet")
    return photos


def _files(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def _sidecars(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.suffix == ".xmp"}


def test_from_labels_to_other_programs_and_back(mcsearch: Mcsearch, tagged: Path) -> None:
    before = _files(tagged)
    beach = next(path for path in sorted(before) if "beach" in path.stem)
    foreign = beach.with_suffix(".xmp")
    foreign.write_text(DIGIKAM, encoding="utf-8")
    there = _files(tagged)

    dry = mcsearch("tag", "--labels", "labels.txt", "--write-xmp", "--dry-run")
    assert _files(tagged) == there
    assert mcsearch("tags").stdout == ""
    planned = {line.split(": ")[0]: line.split(": ")[1] for line in dry.stdout.splitlines() if ".xmp: " in line}
    assert planned[str(foreign)].startswith("beach")
    assert f"{len(planned)} sidecars would be written" in dry.stderr

    done = mcsearch("tag", "--labels", "labels.txt", "--write-xmp", "--json")
    labels = {
        photo["path"]: [tag["label"] for tag in photo["tags"]] for photo in map(json.loads, done.stdout.splitlines())
    }
    assert len(labels) == 36
    assert f"{len(planned)} sidecars written" in done.stderr
    assert _sidecars(tagged) == set(planned)
    assert planned == {
        str(foreign) if path == str(beach) else f"{path}.xmp": ", ".join(sorted(given))
        for path, given in labels.items()
        if given
    }
    assert {path: content for path, content in _files(tagged).items() if path in before} == before
    assert f"Facts of {len(planned)} photos read again in " in mcsearch("index", tagged).stderr
    assert "Nothing has changed: 36 photos." in mcsearch("index", tagged).stderr
    if shutil.which("exiftool"):
        read = subprocess.run(
            ["exiftool", "-json", "-r", "-ext", "xmp", "-G1", str(tagged)], capture_output=True, check=True
        )
        for found in json.loads(read.stdout):
            given = planned[found["SourceFile"]].split(", ")
            theirs = ["Ana", "pyrénées"] if found["SourceFile"] == str(foreign) else []
            subject = found["XMP-dc:Subject"]
            assert (subject if isinstance(subject, list) else [subject]) == theirs + given

    again = mcsearch("tag", "--write-xmp", "--json")
    assert again.stdout == ""
    assert f"{len(planned)} sidecars unchanged" in again.stderr
    some = mcsearch("tag", "--remove-xmp", "--in", beach.parent, "--dry-run", "--json").stdout.splitlines()
    assert {json.loads(line)["sidecar"] for line in some} == {p for p in planned if Path(p).parent == beach.parent}
    assert set(json.loads(some[0])) == {"path", "sidecar", "labels", "deleted", "description"}
    removed = mcsearch("tag", "--remove-xmp")
    assert f"1 sidecar written, {len(planned) - 1} deleted" in removed.stderr
    after = _files(tagged)
    assert ElementTree.canonicalize(after.pop(foreign)[1].decode()) == ElementTree.canonicalize(DIGIKAM)
    assert after == before


def test_tags_that_are_gone_leave_the_sidecars_at_the_next_writing(mcsearch: Mcsearch, tagged: Path) -> None:
    mcsearch("tag", "--labels", "labels.txt", "--write-xmp", "--threshold", "0")
    assert len(_sidecars(tagged)) == 36
    mcsearch("tag", "--labels", "labels.txt", "--threshold", "1")
    assert len(_sidecars(tagged)) == 36
    assert "36 sidecars deleted" in mcsearch("tag", "--write-xmp").stderr
    assert _sidecars(tagged) == set()


def test_a_malformed_sidecar_is_left_and_told_of(mcsearch: Mcsearch, tagged: Path) -> None:
    photo = min(tagged.rglob("*.jpg"))
    sidecar = photo.with_name(photo.name + ".xmp")
    sidecar.write_text("<x:xmpmeta>")
    done = mcsearch("tag", "--labels", "labels.txt", "--write-xmp", "--threshold", "0")
    assert f"mcsearch: warning: {sidecar} was left unchanged: it is not well-formed XML" in done.stderr
    assert "35 sidecars written, 1 skipped" in done.stderr
    assert sidecar.read_text() == "<x:xmpmeta>"


def test_options_that_make_no_sense_together(mcsearch: Mcsearch, tmp_path: Path) -> None:
    for arguments, sentence in (
        (["--write-xmp", "--remove-xmp"], "--remove-xmp cannot be combined"),
        (["--remove-xmp", "--labels", "labels.txt"], "--remove-xmp cannot be combined"),
        (["--write-xmp", "--threshold", "0.9"], "--threshold needs --labels"),
        (["--remove-xmp", "--top-k", "3"], "--top-k needs --labels"),
    ):
        assert sentence in mcsearch("tag", *arguments, exit_code=2).stderr
    assert "mcsearch index" in mcsearch("tag", "--write-xmp", exit_code=1).stderr
    assert not list(tmp_path.rglob("*.xmp"))


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send")
def test_ctrl_c_leaves_whole_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    with Library(tmp_path / "library.db") as library, inside(library).transaction():
        model = inside(library).models.add("demo", "0" * 32, 64, 100.0, None, None).id
        content = inside(library).photos.add_content(b"0" * 32, 1)
        for number in range(5000):
            path = folder / f"{number:04}.jpg"
            path.touch()
            inside(library).photos.put(ScannedFile(str(path), 0, 0), content)
        given = [("labels", "dog", photo_id, 0.3, 0.9) for photo_id in inside(library).photos.ids()]
        inside(library).tags.add(model, given)
    running = subprocess.Popen(
        [command(), "tag", "--write-xmp"], env={**os.environ, "MCSEARCH_LIBRARY": str(tmp_path / "library.db")},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(os.listdir(folder)) < 5050 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130, errors
    assert "Stopped." in errors
    written = list(folder.glob("*.xmp"))
    assert 49 <= len(written) < 5000  # the file that was being written was counted above
    assert len(os.listdir(folder)) == 5000 + len(written)
    assert all(file.read_bytes().endswith(b"</x:xmpmeta>\n") for file in written)
