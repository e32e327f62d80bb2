"""A folder that was moved keeps its tags, rules and history; a copy or an unplugged disk is not a move."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.ops.indexing import moved
from mcsearch.records.roots import RootRules
from tests.support.runs import counts, files, inside, run


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def pictures(painted: Path, tmp_path: Path) -> Path:
    """A folder of 20 photos in two folders, of which one has a sidecar."""
    folder = tmp_path / "Pictures"
    for number, file in enumerate(files(painted)[:20]):
        (folder / f"{number % 2}").mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, folder / f"{number % 2}" / f"{number}.jpg")
    (folder / "0" / "0.jpg.xmp").write_text("<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    return folder


def _paths(library: Library) -> set[Path]:
    return set(map(Path, inside(library).photos.by_path()))


def _ids(library: Library, root: Path) -> dict[str, int]:
    """The id of each photo by its path relative to a root."""
    return {os.path.relpath(path, root): photo_id for photo_id, path in inside(library).photos.ids().items()}


def _renamed(folder: Path, name: str) -> Path:
    return folder.rename(folder.with_name(name))


def test_a_renamed_root_keeps_everything(library: Library, pictures: Path) -> None:
    (pictures / "0" / "broken.jpg").write_bytes(b"\xff\xd8 no photo")
    (pictures / "private").mkdir()
    shutil.copy(pictures / "1" / "1.jpg", pictures / "private" / "p.jpg")
    run(library, pictures, exclude=[str(pictures / "private")], hidden=True)
    library.tag_by_hand([pictures / "0" / "0.jpg"], give="holiday")
    library.tag(labels=["dog", "cat", "beach"], threshold=0.0)
    before, tags = _ids(library, pictures), library.status().tags
    photos = _renamed(pictures, "Photos")
    report = run(library, photos)
    assert counts(report) == {"moved": 20, "unreadable": 1}, "the broken file is not read again"
    kept = "20 photos have kept all tags and the folder its rules."
    assert report.notices == (f"{pictures} was moved to {photos}: {kept}",)
    assert report.warnings == ()
    assert _ids(library, photos) == before
    assert library.status().tags == tags
    assert library.show(photos / "0" / "0.jpg").tags[0].label == "holiday"
    assert library.show(photos / "0" / "0.jpg").sidecars == (str(photos / "0" / "0.jpg.xmp"),)
    assert [failure.path for failure in library.failures()] == [str(photos / "0" / "broken.jpg")]
    assert inside(library).roots.known() == {str(photos): RootRules(("./private",), hidden=True)}
    again = run(library)
    assert (counts(again), again.notices) == ({"unchanged": 20, "unreadable": 1}, ())


def test_albums_follow_a_renamed_root(library: Library, pictures: Path) -> None:
    run(library, pictures)
    dog, elsewhere = pictures / "0" / "0.jpg", pictures.parent / "other"
    elsewhere.mkdir()
    filters = {"in": [pictures / "0", elsewhere], "not_in": pictures / "1"}
    saved = library.save_album("Dogs", "a dog", like=[f"2:{dog}"], not_like=[pictures / "1" / "1.jpg"], filters=filters)
    photos = _renamed(pictures, "Photos")
    run(library, photos)
    (album,) = library.albums()
    assert album.like == (f"2:{photos / '0' / '0.jpg'}",)
    assert album.not_like == (str(photos / "1" / "1.jpg"),)
    assert album.filters == {"in": [str(photos / "0"), str(elsewhere)], "not_in": [str(photos / "1")]}
    assert album.saved_at == saved.saved_at
    assert len(library.find_album("Dogs")) == 10


def test_times_may_differ_and_a_few_photos_may_be_gone(library: Library, pictures: Path) -> None:
    run(library, pictures)
    library.tag_by_hand([pictures / "0" / "0.jpg", pictures / "1" / "1.jpg"], give="holiday")
    photos = Path(shutil.copytree(pictures, pictures.with_name("Photos"), copy_function=shutil.copy))
    shutil.rmtree(pictures)
    (photos / "1" / "1.jpg").unlink()
    for file in files(photos):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    report = run(library, photos)
    assert counts(report) == {"moved": 19, "removed": 1}
    assert report.notices[0].endswith(" its rules. Not found there: 1 of 20 photos.")
    assert library.show(photos / "0" / "0.jpg").tags[0].label == "holiday"


def test_other_contents_of_the_same_names_and_sizes_are_not_a_move(library: Library, pictures: Path) -> None:
    run(library, pictures)
    photos = _renamed(pictures, "Photos")
    for file in files(photos):
        if file.suffix == ".jpg":
            times = file.stat()
            content = bytearray(file.read_bytes())
            content[-3] ^= 1
            file.write_bytes(content)
            os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    report = run(library, photos)
    assert counts(report) == {"new": 20, "embedded": 20}
    assert set(inside(library).roots.known()) == {str(pictures), str(photos)}


def test_a_copy_or_a_part_is_not_a_move(library: Library, pictures: Path) -> None:
    run(library, pictures)
    copy = Path(shutil.copytree(pictures, pictures.with_name("copy")))
    assert counts(run(library, copy)) == {"new": 20}
    part = Path(shutil.copytree(pictures, pictures.with_name("part")))
    for number in (3, 5):
        (part / "1" / f"{number}.jpg").unlink()
    shutil.rmtree(pictures)
    assert counts(run(library, part)) == {"new": 18}
    backup = Path(shutil.copytree(copy, copy.with_name("backup")))
    shutil.rmtree(copy)
    shutil.rmtree(backup / "0")
    assert counts(run(library, backup)) == {"new": 10}
    assert len(_paths(library)) == 20 + 20 + 18 + 10, "what is missing stays"
    assert len(inside(library).roots.known()) == 4


def test_a_disk_that_is_away_is_not_a_move(library: Library, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, mounted = os.path.ismount, [True]
    monkeypatch.setattr(os.path, "ismount", lambda path: mounted[0] if os.fspath(path) == str(pictures) else real(path))
    run(library, pictures)
    photos = _renamed(pictures, "Photos")
    mounted[0] = False
    report = run(library, photos)
    assert counts(report) == {"new": 20}
    assert report.notices[0].startswith(f"The photos of {pictures} are in {photos}, too. Both stay in the library")
    assert len(_paths(library)) == 40


def test_a_root_inside_a_root_moves_alone(library: Library, pictures: Path) -> None:
    run(library, pictures)
    run(library, pictures / "1", exclude=["*.png"])
    archive = pictures.with_name("Archive")
    archive.mkdir()
    (pictures / "1").rename(archive / "one")
    report = run(library, archive)
    assert counts(report) == {"moved": 10}
    known = inside(library).roots.known()
    assert known == {str(pictures): None, str(archive): None, str(archive / "one"): RootRules(("*.png",))}
    assert counts(run(library)) == {"unchanged": 20}


def test_roots_inside_move_along(library: Library, pictures: Path) -> None:
    run(library, pictures)
    run(library, pictures / "1", exclude=["*.png"])
    photos = _renamed(pictures, "Photos")
    run(library, photos)
    assert inside(library).roots.known() == {str(photos): None, str(photos / "1"): RootRules(("*.png",))}
    assert {path.parts[-3] for path in _paths(library)} == {"Photos"}


def test_a_root_that_moves_into_another_needs_none_of_its_own(library: Library, pictures: Path) -> None:
    archive = pictures.with_name("Archive")
    archive.mkdir()
    run(library, pictures)
    run(library, archive)
    pictures.rename(archive / "Pictures")
    report = run(library)
    assert counts(report) == {"moved": 20}
    assert report.warnings == ()
    assert inside(library).roots.known() == {str(archive): None}


def test_an_emptied_root_stays_a_root(library: Library, pictures: Path) -> None:
    run(library, pictures, hidden=True)
    library.tag_by_hand([pictures / "0" / "0.jpg"], give="holiday")
    photos = pictures.with_name("Photos")
    photos.mkdir()
    for folder in ("0", "1"):
        (pictures / folder).rename(photos / folder)
    assert counts(run(library, photos)) == {"moved": 20}
    assert inside(library).roots.known() == {str(pictures): RootRules(hidden=True), str(photos): RootRules(hidden=True)}
    assert library.show(photos / "0" / "0.jpg").tags[0].label == "holiday"


def test_rules_that_are_given_hold_in_the_new_place(library: Library, pictures: Path) -> None:
    run(library, pictures, hidden=True, exclude=["*.png"])
    photos = _renamed(pictures, "Photos")
    assert counts(run(library, photos, exclude=["1"])) == {"moved": 20, "removed": 10}
    assert inside(library).roots.known() == {str(photos): RootRules(("1",), hidden=True)}


def test_nothing_is_hashed_but_a_few(library: Library, pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(library, pictures)
    hashed: list[str] = []
    real = moved.content_hash
    monkeypatch.setattr(moved, "content_hash", lambda path, turned: hashed.append(path) or real(path, turned))
    monkeypatch.setattr(moved, "_ALWAYS_HASHED", 4)
    photos = _renamed(pictures, "Photos")
    assert counts(run(library, photos)) == {"moved": 20}
    assert len(hashed) == 4


def test_paths_that_are_not_utf8(library: Library, pictures: Path) -> None:
    strange = pictures / os.fsdecode(b"caf\xe9.jpg")
    try:
        shutil.copy2(pictures / "0" / "0.jpg", strange)
    except OSError:
        pytest.skip("this file system takes only Unicode")
    run(library, pictures)
    photos = _renamed(pictures, os.fsdecode(b"Fotos \xfc"))
    assert counts(run(library, photos)) == {"moved": 21}
    assert photos / strange.name in _paths(library)
    with sqlite3.connect(inside(library).file) as connection:
        assert connection.execute("SELECT COUNT(*) FROM photos WHERE typeof(path) = 'blob'").fetchone() == (21,)


def test_photos_that_only_the_rules_include(library: Library, pictures: Path) -> None:
    for file in pictures.rglob("*.jpg"):
        file.rename(file.with_suffix(""))
    run(library, pictures, any_suffix=True)
    photos = _renamed(pictures, "Photos")
    assert counts(run(library, photos)) == {"moved": 20}
    assert inside(library).roots.known() == {str(photos): RootRules(any_suffix=True)}
