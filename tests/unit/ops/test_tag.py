"""Tag runs on painted photos, in this process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import NothingIndexedError, UsageError
from mcsearch.records.tags import TaggedPhoto
from tests.support.runs import inside


@pytest.fixture(scope="module")
def indexed(indexed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(indexed_library, tmp_path_factory.mktemp("tag")))


@pytest.fixture
def library(indexed: Path) -> Iterator[Library]:
    with Library(indexed) as library:
        yield library
        with inside(library).transaction():
            inside(library).tags.clear(1, inside(library).tags.sets(1))
            inside(library).tags.clear_by_hand()


def _labels(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "labels.txt"
    file.write_text(text)
    return file


def _stored(library: Library) -> set[tuple[str, str]]:
    rows = inside(library)._connection.execute("SELECT path, label FROM tags JOIN photos ON photos.id = photo_id")
    return {(path, label) for path, label in rows}


def test_painted_photos_get_the_labels_of_what_they_show(library: Library, tmp_path: Path) -> None:
    told: list[TaggedPhoto] = []
    report = library.tag(_labels(tmp_path, "dog\nbeach\nforest\nsunset\n"), on_photo=told.append)
    assert report.photos == len(told) == 36
    right = wrong = missed = 0
    for photo in told:
        given = {tag.label for tag in photo.tags}
        shows = {label for label in ("dog", "beach", "forest", "sunset") if label in Path(photo.path).stem.split("-")}
        right, wrong, missed = right + len(given & shows), wrong + len(given - shows), missed + len(shows - given)
        assert all(tag.probability >= 0.5 for tag in photo.tags)
        assert [tag.probability for tag in photo.tags] == sorted((tag.probability for tag in photo.tags), reverse=True)
    assert right >= 0.9 * (right + wrong)
    assert right >= 0.9 * (right + missed)
    assert _stored(library) == {(photo.path, tag.label) for photo in told for tag in photo.tags}
    assert {count.label: count.photos for count in report.labels} == {
        label: sum(label == other for _, other in _stored(library))
        for label in {label for _, label in _stored(library)}
    }
    assert report.tagged == len({path for path, _ in _stored(library)})


def test_no_stale_tag_stays_when_labels_or_thresholds_change(library: Library, tmp_path: Path) -> None:
    library.tag(_labels(tmp_path, "dog\nbeach\n"), threshold=0.0)
    assert len(_stored(library)) == 72
    library.tag(_labels(tmp_path, "dog\nbeach\n"), threshold=0.0, top_k=1)
    assert len(_stored(library)) == 36
    library.tag(_labels(tmp_path, "forest\n"))
    assert {label for _, label in _stored(library)} == {"forest"}
    library.tag(_labels(tmp_path, "forest\n"), threshold=1.0)
    assert _stored(library) == set()


def test_tagging_one_folder_leaves_the_tags_of_the_others(library: Library, tmp_path: Path, painted: Path) -> None:
    library.tag(_labels(tmp_path, "dog\n"), threshold=0.0)
    assert len(_stored(library)) == 36
    folder = next(path for path in painted.iterdir() if path.is_dir())
    library.tag(_labels(tmp_path, "cat\n"), threshold=0.0, filters={"in": folder})
    for path, label in _stored(library):
        assert label == ("cat" if Path(path).is_relative_to(folder) else "dog")


def test_a_dry_run_and_a_bad_file_change_nothing(library: Library, tmp_path: Path) -> None:
    library.tag(_labels(tmp_path, "dog\n"), threshold=0.0)
    before = _stored(library)
    report = library.tag(_labels(tmp_path, "cat\n"), threshold=0.0, dry_run=True)
    assert [(count.label, count.photos) for count in report.labels] == [("cat", 36)]
    assert _stored(library) == before
    with pytest.raises(UsageError, match="line 2"):
        library.tag(_labels(tmp_path, "cat\ncat\n"))
    assert _stored(library) == before


def test_tagging_what_carries_a_tag_replaces_it_there_alone(library: Library, tmp_path: Path) -> None:
    library.tag(_labels(tmp_path, "beach\n"))
    tagged = {path for path, _ in _stored(library)}
    assert 0 < len(tagged) < 36
    report = library.tag(_labels(tmp_path, "sea\n"), threshold=0.0, filters={"tag": "beach"})
    assert (report.photos, report.tagged) == (len(tagged), len(tagged))
    assert _stored(library) == {(path, "sea") for path in tagged}


def test_tags_are_the_same_however_many_are_stored_at_once(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = _labels(tmp_path, "dog\nbeach\nÄpfel\nZebra\n")
    report = library.tag(labels, threshold=0.0)
    at_once = _stored(library)
    monkeypatch.setattr("mcsearch.ops.tag._STORED_AT_ONCE", 10)
    assert library.tag(labels, threshold=0.0) == report
    assert _stored(library) == at_once
    assert len(at_once) == 4 * 36


def test_find_by_tag_with_and_without_a_query(library: Library, tmp_path: Path) -> None:
    library.tag(_labels(tmp_path, "beach\n"))
    tagged = {path for path, _ in _stored(library)}
    alone = library.find(filters={"tag": "Beach"}, limit=100)
    assert {hit.path for hit in alone} == tagged
    asked = library.find("a dog", filters={"tag": ["beach", "other"]}, limit=100)
    assert {hit.path for hit in asked} == tagged
    others = library.find("a dog", filters={"not_tag": "beach"}, limit=100)
    assert {hit.path for hit in others}.isdisjoint(tagged)
    assert len(others) + len(tagged) == 36
    assert library.find("a dog", filters={"tag": "never given"}) == []


def test_there_is_nothing_to_tag_in_an_empty_library(tmp_path: Path) -> None:
    with Library(tmp_path / "empty.db") as library, pytest.raises(NothingIndexedError):
        library.tag(_labels(tmp_path, "dog\n"))


def test_everyday_labels_do_not_swamp_photos(library: Library) -> None:
    told: list[TaggedPhoto] = []
    report = library.tag(on_photo=told.append)
    assert {count.sets for count in report.labels} == {("everyday",)}
    assert 2 <= sum(len(photo.tags) for photo in told) / len(told) <= 5
    for label, word in (("nature > forest", "forest"), ("sky > sunset", "sunset"), ("animals > dog", "dog")):
        tagged = {photo.path for photo in told for tag in photo.tags if tag.label == label}
        shows = {photo.path for photo in told if word in Path(photo.path).stem.split("-")}
        assert len(tagged & shows) >= 0.7 * max(len(tagged), len(shows)), label


def test_a_label_is_found_by_each_of_its_levels(library: Library, tmp_path: Path) -> None:
    library.tag(
        _labels(tmp_path, "animals >  pets > dog\nanimals > cat = a cat\nseason > winter = snow\n"), threshold=0.0
    )
    for wanted, number in (("animals", 36), ("PETS", 36), ("dog", 36), ("pets > dog", 36), ("animals > dog", 0)):
        assert len(library.find(filters={"tag": wanted}, limit=100)) == number, wanted
    photo = library.find(filters={"tag": "dog"}, limit=1)[0].path
    library.tag_by_hand(photo, give="season > hot  days", take="Dog")
    assert [tag.label for tag in library.show(photo).tags if "season" not in tag.label] == ["animals > cat"]
    library.tag_by_hand(photo, take="Hot days")
    assert "season > hot days" not in [tag.label for tag in library.show(photo).tags], "by hand, and by its last level"
    library.tag_by_hand(photo, give="season > hot days", take="hot days")
    assert "season > hot days" in [tag.label for tag in library.show(photo).tags]
    library.tag(tmp_path / "labels.txt", threshold=0.0)
    assert len(library.find(filters={"tag": "dog"}, limit=100)) == 35
    assert [hit.path for hit in library.find(filters={"tag": "hot days"})] == [photo]
