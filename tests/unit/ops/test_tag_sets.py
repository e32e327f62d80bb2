"""Which tags a run replaces, and what nothing but a person changes: sets of tags, and tags given by hand."""

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
from mcsearch.ops.models import forget_model
from mcsearch.records.tags import LabelledPhoto, TaggedPhoto
from tests.support.runs import files, inside, run


@pytest.fixture
def root(painted: Path, tmp_path: Path) -> Path:
    """Three photos, in each of two folders."""
    for folder in ("a", "b"):
        (tmp_path / "t" / folder).mkdir(parents=True)
        for number, file in enumerate(files(painted)[:3]):
            shutil.copy(file, tmp_path / "t" / folder / f"{number}.jpg")
    return tmp_path / "t"


@pytest.fixture
def library(root: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        run(library, root)
        yield library


def _file(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def _tags(library: Library, photo: Path) -> set[tuple[str, str | None]]:
    """Label and set, or else the source, of all tags of a photo."""
    return {(tag.label, tag.set or tag.source) for tag in library.show(photo).tags}


def _labels(library: Library, photo: Path) -> set[str]:
    return {label for label, _ in _tags(library, photo)}


def test_copies_in_another_folder_keep_tags_of_their_own(library: Library, root: Path, tmp_path: Path) -> None:
    labels = _file(tmp_path, "labels.txt", "dog\n")
    library.tag(labels, threshold=0.0, filters={"in": root / "a"})
    assert _labels(library, root / "a" / "0.jpg") == {"dog"}
    assert _labels(library, root / "b" / "0.jpg") == set()
    labels.write_text("cat\n")
    report = library.tag(labels, threshold=0.0, filters={"in": root / "b"})
    assert (report.photos, report.tagged) == (3, 3)
    assert _labels(library, root / "a" / "0.jpg") == {"dog"}
    assert _labels(library, root / "b" / "0.jpg") == {"cat"}
    assert [hit.path for hit in library.find(filters={"tag": "dog", "in": root / "b"})] == []


def test_a_run_replaces_its_own_set_and_no_other(library: Library, root: Path, tmp_path: Path) -> None:
    photo = root / "a" / "0.jpg"
    library.tag(_file(tmp_path, "animals.txt", "dog\n"), threshold=0.0)
    library.tag(_file(tmp_path, "places.txt", "beach\n"), threshold=0.0)
    library.tag(labels="sea", threshold=0.0)
    library.tag(labels=["dog", "lake = a lake"], set_name="mine", threshold=0.0)
    assert _tags(library, photo) == {
        ("dog", "animals"), ("beach", "places"), ("sea", "label:sea"), ("dog", "mine"), ("lake", "mine"),
    }  # fmt: skip
    counts = {count.label: (count.photos, count.sets) for count in library.tags()}
    assert counts["dog"] == (6, ("animals", "mine"))
    library.tag(tmp_path / "places.txt", threshold=1.0)
    library.tag(labels="lake", set_name="mine", threshold=0.0)
    assert _tags(library, photo) == {("dog", "animals"), ("sea", "label:sea"), ("lake", "mine")}
    counts = {count.label: (count.photos, count.sets) for count in library.tags()}
    assert counts == {"dog": (6, ("animals",)), "sea": (6, ("label:sea",)), "lake": (6, ("mine",))}


def test_a_dry_run_says_what_would_come_and_go(library: Library, root: Path, tmp_path: Path) -> None:
    labels = _file(tmp_path, "labels.txt", "dog\ncat\n")
    library.tag(labels, threshold=0.0)
    library.tag(labels="other", threshold=0.0)
    labels.write_text("cat\nsea\n")
    told: list[TaggedPhoto] = []
    report = library.tag(labels, threshold=0.0, filters={"in": root / "a"}, dry_run=True, on_photo=told.append)
    changes = {change.label: (change.photos, change.come, change.go) for change in report.changes}
    assert changes == {"cat": (3, 0, 0), "sea": (3, 3, 0), "dog": (0, 0, 3)}
    assert {(photo.come, photo.go) for photo in told} == {(("sea",), ("dog",))}
    assert _labels(library, root / "a" / "0.jpg") == {"dog", "cat", "other"}


def test_clearing_takes_one_set_or_all_and_never_what_was_given_by_hand(library: Library, root: Path) -> None:
    photo = root / "a" / "0.jpg"
    library.tag(labels=["dog", "cat"], threshold=0.0)
    library.tag_by_hand(photo, give=["mine"])
    assert library.clear_tags(set_name="label:cat", dry_run=True).tags == 6
    assert library.clear_tags(set_name="label:cat", filters={"in": root / "b"}).tags == 3
    assert _labels(library, photo) == {"dog", "cat", "mine"}
    with pytest.raises(UsageError, match="The sets are label:cat, label:dog, manual"):
        library.clear_tags(set_name="cats")
    assert library.clear_tags().sets == ("label:cat", "label:dog")
    assert _labels(library, photo) == {"mine"}
    library.clear_tags(set_name="manual")
    assert _labels(library, photo) == set()


def test_no_run_changes_what_was_given_and_taken_away_by_hand(library: Library, root: Path, tmp_path: Path) -> None:
    photo, copy = root / "a" / "0.jpg", root / "b" / "0.jpg"
    labels = _file(tmp_path, "labels.txt", "dog\nbeach\n")
    library.tag(labels, threshold=0.0)
    told: list[LabelledPhoto] = []
    library.tag_by_hand([photo], give=["my  house"], take=["Dog"], on_photo=told.append)
    assert {tag.label for tag in told[0].tags} == {"my house", "beach"}
    for threshold in (0.0, 1.0, 0.0):
        seen: list[TaggedPhoto] = []
        library.tag(labels, threshold=threshold, on_photo=seen.append)
        library.tag(labels="dog", threshold=threshold)
        given = {"beach"} if threshold == 0 else set()
        assert _labels(library, photo) == {"my house"} | given
        assert {tag.label for one in seen if one.path == str(photo) for tag in one.tags} == given
        assert _labels(library, copy) == ({"dog", "beach"} if threshold == 0 else set())
    assert [hit.path for hit in library.find(filters={"tag": "MY HOUSE"})] == [str(photo)]
    assert ("my house", 1, "manual") in {(count.label, count.photos, count.source) for count in library.tags()}
    library.write_sidecars(filters={"in": photo})
    text = (photo.parent / "0.jpg.xmp").read_text()
    assert ">my house<" in text
    assert ">beach<" in text
    assert "dog" not in text


def test_one_label_need_not_be_a_list(library: Library, root: Path) -> None:
    photo = files(root)[0]
    library.tag_by_hand(photo, give="grandma", take="dog")
    assert [tag.label for tag in library.show(photo).tags if tag.source == "manual"] == ["grandma"]


def test_a_threshold_or_a_number_that_is_none_changes_nothing(library: Library, root: Path) -> None:
    library.tag(labels=["dog"], threshold=0)
    for threshold in (float("nan"), 2, -1):
        with pytest.raises(UsageError, match="is no probability"):
            library.tag(labels=["dog"], threshold=threshold)
    with pytest.raises(UsageError, match="at least 1"):
        library.tag(labels=["dog"], top_k=0)
    assert library.tags()[0].photos == library.status().photos == len(files(root))


def test_what_was_taken_away_can_be_given_again(library: Library, root: Path) -> None:
    photo = root / "a" / "0.jpg"
    library.tag_by_hand(photo, take=["dog"])
    library.tag_by_hand(photo, give=["dog"])
    assert _tags(library, photo) == {("dog", "manual")}


def test_tags_by_hand_survive_moves_edits_models_and_compact(library: Library, root: Path) -> None:
    photo = root / "a" / "0.jpg"
    library.tag(labels=["dog", "cat"], threshold=0.0)
    library.tag_by_hand(photo, give=["mine"], take=["dog"])
    moved = photo.rename(root / "b" / "moved.jpg")
    assert run(library, root).moved == 1
    assert _labels(library, moved) == {"mine", "cat"}
    with moved.open("ab") as file:
        file.write(b"edited")
    assert run(library, root).changed == 1
    assert _labels(library, moved) == {"mine"}, "what the model said of other content is no longer true"
    forget_model(inside(library), "demo")
    library.compact()
    assert _tags(library, moved) == {("mine", "manual")}
    assert [count.label for count in library.tags()] == ["mine"]
    run(library, root)
    library.tag(labels=["dog"], threshold=0.0)
    assert _labels(library, moved) == {"mine"}


def test_tags_by_hand_return_with_a_photo_that_was_out_of_sight(library: Library, root: Path, tmp_path: Path) -> None:
    photo, copy = root / "a" / "0.jpg", root / "b" / "0.jpg"
    library.tag_by_hand(photo, give=["mine"])
    library.tag_by_hand(copy, give=["copied"])
    library.forget(root)
    run(library, root)
    assert (_labels(library, photo), _labels(library, copy)) == ({"mine"}, {"copied"})
    away = photo.rename(tmp_path / "away.jpg")
    run(library, root)
    good = away.read_bytes()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "new.jpg").write_bytes(good)
    run(library, elsewhere)
    assert _labels(library, elsewhere / "new.jpg") == {"mine"}
    (elsewhere / "new.jpg").write_bytes(b"half written")
    assert run(library, elsewhere).failed == 1
    (elsewhere / "new.jpg").write_bytes(good)
    run(library, elsewhere)
    assert _labels(library, elsewhere / "new.jpg") == {"mine"}


def test_tags_by_hand_go_with_a_copy_when_the_original_is_removed(library: Library, root: Path) -> None:
    photo, copy = root / "a" / "0.jpg", root / "a" / "copy.jpg"
    library.tag_by_hand(photo, give=["mine"], take=["yours"])
    shutil.copy(photo, copy)
    run(library, root)
    assert _labels(library, copy) == set()
    photo.unlink()
    run(library, root)
    assert _labels(library, copy) == {"mine"}


@pytest.mark.parametrize("step", [1, -1])
def test_tags_by_hand_go_with_photos_that_are_renumbered(library: Library, root: Path, step: int) -> None:
    folder = root / "a"
    for number in range(3):
        library.tag_by_hand(folder / f"{number}.jpg", give=[f"was {number}"])
    for number in (2, 1, 0) if step > 0 else (0, 1, 2):
        (folder / f"{number}.jpg").rename(folder / f"{number + step}.jpg")
    shutil.rmtree(root / "b")
    run(library, root)
    for number in range(3):
        assert _labels(library, folder / f"{number + step}.jpg") == {f"was {number}"}


def test_a_new_photo_of_an_old_name_gets_none_of_its_tags(library: Library, root: Path, painted: Path) -> None:
    photo = root / "a" / "0.jpg"
    library.tag_by_hand(photo, give=["mine"])
    photo.unlink()
    run(library, root)
    shutil.copy(files(painted)[5], photo)
    run(library, root)
    assert _labels(library, photo) == set()


def test_filters_say_which_photos_get_a_tag_by_hand(library: Library, root: Path) -> None:
    assert library.tag_by_hand(give=["trip"], filters={"in": root / "a"}, dry_run=True).photos == 3
    assert _labels(library, root / "a" / "0.jpg") == set()
    assert library.tag_by_hand(give=["trip"], filters={"in": root / "a"}).photos == 3
    assert _labels(library, root / "a" / "0.jpg") == {"trip"}
    assert _labels(library, root / "b" / "0.jpg") == set()


def test_a_bad_tag_by_hand_stores_nothing(library: Library, root: Path) -> None:
    photo = root / "a" / "0.jpg"
    with pytest.raises(UsageError, match="no such file"):
        library.tag_by_hand([photo, root / "none.jpg"], give=["x"])
    with pytest.raises(UsageError, match="is a folder") as folder:
        library.tag_by_hand([photo, root / "a"], give=["x"])
    assert folder.value.hint == "To tag all photos in a folder: mcsearch tag --in DIR +LABEL"
    with pytest.raises(UsageError, match="both added and removed"):
        library.tag_by_hand(photo, give=["Dog"], take=["dog"])
    with pytest.raises(UsageError, match="label is empty"):
        library.tag_by_hand(photo, give=[" "])
    with pytest.raises(UsageError, match="Name the photos"):
        library.tag_by_hand(give=["x"])
    with pytest.raises(UsageError, match="Name labels"):
        library.tag_by_hand(photo)
    assert library.status().tags == 0


def test_labels_from_standard_input_and_bad_ones(
    library: Library, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"dog\n")))
    library.tag("-", threshold=0.0)
    assert _tags(library, root / "a" / "0.jpg") == {("dog", "stdin")}
    with pytest.raises(UsageError, match="cannot be named 'manual'"):
        library.tag(_file(tmp_path, "manual.txt", "dog\n"))
    for labels, set_name, sentence in (
        (["dog", "Dog"], None, "given twice"),
        ([""], None, "label is empty"),
        (["dog"], "manual", "cannot be named"),
        (["dog"], " ", "cannot be named"),
        (["dog"], "taught", "cannot be named"),
        (["animals > "], None, "empty level"),
    ):
        with pytest.raises(UsageError, match=sentence):
            library.tag(labels=labels, set_name=set_name)
