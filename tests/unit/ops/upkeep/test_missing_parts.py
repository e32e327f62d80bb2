"""Libraries that lack a table, an index or a trigger: doctor says so, and puts back what can be filled again."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.demo.painter import paint_folder
from mcsearch.library.migrations import migrate
from mcsearch.library.upkeep.parts import DERIVED
from mcsearch.ops.upkeep.doctor import examine_file
from mcsearch.records.status import Finding
from tests.conftest import command
from tests.support.commands import Done, in_this_process
from tests.support.runs import files, inside, run
from tests.support.tables import contents

_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:exif="http://ns.adobe.com/exif/1.0/"
 exif:GPSLatitude="38,42.0N" exif:GPSLongitude="9,8.4W"><dc:subject><rdf:Bag><rdf:li>gnu</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta>"""
# What other commands than index fill again.
_BY_COMMANDS = {"captions", "damage", "prompts", "read_texts", "signatures", "tags", "taught_classifiers"}
_REPAIR = "mcsearch doctor --repair"


def _parts() -> list[tuple[str, str]]:
    """Every table, index and trigger of a library that SQLite lets anybody drop."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as new:
        migrate(new)
        rows = new.execute("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type DESC, name")
        return [(kind, name) for kind, name in rows if not name.startswith("sqlite_")]


PARTS = _parts()


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of a few photos with something in most tables; the photos are in a folder beside it."""
    folder = tmp_path_factory.mktemp("rich")
    paint_folder(folder / "photos", 4, seed=6)
    for photo in files(folder / "photos"):
        photo.with_name(f"{photo.name}.xmp").write_text(_XMP)
    (folder / "photos" / "broken.jpg").write_bytes(b"no picture")
    with Library(folder / "library.db") as library:
        run(library, folder / "photos", previews=True)
        first, second, *_ = inside(library).photos.by_path()
        library.tag(labels=["dog", "cat"], threshold=0)
        library.tag_by_hand([first], give=["mine"])
        library.teach("our house", yes=[first], no=[second])
        library.tag(taught=True, threshold=0)
        with inside(library).transaction():
            inside(library).captions.put(1, "a gnu on a beach", "a model")
            inside(library).read_texts.put(1, "GNU'S INN", "a reader")
    return folder / "library.db"


def _without(library: Path, folder: Path, *parts: tuple[str, str]) -> Path:
    file = Path(shutil.copy(library, folder / "library.db"))
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for kind, name in parts:
            connection.execute(f"DROP {kind} IF EXISTS {name}")
    return file


def _examined(file: Path, *, repair: bool = False) -> list[Finding]:
    return [one for one in examine_file(file, None, repair=repair) if one.state in ("wrong", "mended")]


def _schema(file: Path) -> set[tuple[str, str, str]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return set(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def test_all_that_can_be_made_again_is_put_back(rich: Path, tmp_path: Path) -> None:
    lost = [(kind, name) for kind, name in PARTS if kind != "table" or name in DERIVED]
    file = _without(rich, tmp_path, *lost)
    wrong = _examined(file)
    assert {one.remedy for one in wrong} == {_REPAIR}
    assert {f"The table {name} is missing." for name in DERIVED} < {one.sentence for one in wrong}
    assert {one.state for one in _examined(file, repair=True)} == {"mended"}
    assert _examined(file) == []
    assert _schema(file) == _schema(rich)
    with Library(file) as library:
        run(library, rich.parent / "photos")
    before, after = contents(rich), contents(file)
    assert {name for name in before if before[name] != after[name]} <= _BY_COMMANDS | {"texts"}


def test_the_words_of_photos_are_written_anew_from_what_is_known(rich: Path, tmp_path: Path) -> None:
    for lost in ("texts", "texts_data", "texts_config", "texts_content", "stale_texts"):
        file = _without(rich, tmp_path, ("table", lost))
        assert [one.state for one in _examined(file, repair=True)] == ["mended"]
        assert contents(file) == contents(rich)


def test_embeddings_of_previews_are_not_taken_for_those_of_pictures(rich: Path, tmp_path: Path) -> None:
    file = _without(rich, tmp_path, ("table", "from_previews"))
    assert [one.state for one in _examined(file, repair=True)] == ["mended"]
    assert len(contents(file)["from_previews"]) == 4
    with Library(file) as library:
        assert run(library, rich.parent / "photos").embedded == 0
        assert run(library, rich.parent / "photos", previews=False).embedded == 4


@pytest.mark.weekly
@pytest.mark.parametrize(("kind", "name"), PARTS, ids=[name for _, name in PARTS])
def test_each_part_is_put_back_or_a_backup_is_asked_for(rich: Path, tmp_path: Path, kind: str, name: str) -> None:
    photos = rich.parent / "photos"
    for arguments in (
        ["find", "dog"],
        ["find", "--text", "gnu"],
        ["index", str(photos), "--quiet"],
        ["tag"],
        ["dupes"],
    ):
        file = _without(rich, tmp_path, (kind, name))
        done = _run(file, *arguments)
        assert done.returncode in (0, 3), done.stderr
        assert done.returncode == 0 or done.stderr.endswith("mcsearch doctor\n"), done.stderr
    file = _without(rich, tmp_path, (kind, name))
    found = _run(file, "doctor")
    assert (found.returncode, found.stdout.count("WRONG")) == (1, 1)
    repaired, again = _run(file, "doctor", "--repair"), _run(file, "doctor")
    if name in DERIVED or kind != "table" or name.startswith("texts_"):
        assert (repaired.returncode, again.returncode) == (0, 0), again.stdout
        assert _schema(file) == _schema(rich)
    else:
        assert (repaired.returncode, again.returncode) == (1, 1)
        assert "Restore a backup" in found.stdout
        file = Path(shutil.move(f"{file}.saved", file))
        _run(file, "doctor", "--repair")
    assert _run(file, "index", str(photos), "--quiet").returncode == 0
    assert _run(file, "find", "dog").returncode == 0
    assert len(_run(file, "find", "--text", "gnu").stdout.splitlines()) >= 4


def _run(file: Path, *arguments: str) -> Done:
    return in_this_process([command(), *arguments], env={"MCSEARCH_LIBRARY": str(file)}, cwd=file.parent)
