"""Every filter of FILTERS: good values become SQL that runs, bad ones a sentence, and the opposite leaves the rest."""

import datetime
import inspect
import random
from collections.abc import Iterator

import pytest

from mcsearch.cli.finding.export import export
from mcsearch.cli.finding.find import find
from mcsearch.cli.finding.tag import tag
from mcsearch.errors import UsageError
from mcsearch.library.filtering.filter_sql import CONDITIONS
from mcsearch.library.filtering.filters import FILTERS, Filter
from mcsearch.library.filtering.gazetteer import KILOMETRES
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import count_after_each, filter_conditions
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import Facts, ScannedFile

PHOTOS = 300
VALUES = [(filter_, value) for filter_ in FILTERS for value in filter_.good]
# Words of a sentence that tells what to give instead.
_ADVICE = ("Valid forms are", "formats are", "orientations are", "Give", "Name")
BAD_VALUES = [(filter_, value) for filter_ in FILTERS for value in filter_.bad]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryFile]:
    """A library of photos with facts of every kind, each unknown now and then; some have no facts at all."""
    chance = random.Random(1)
    days = [datetime.date.today() - datetime.timedelta(days=days) for days in (0, 1, 10, 40)]
    dates = ["2023-06-12T10:11:12", "2022-06-12", "2024-02-29T00:00:00+02:00", *map(str, days)]
    with LibraryFile(tmp_path_factory.mktemp("filters") / "library.db") as library:
        with library.transaction():
            _fill(library, chance, dates)
            library.place_names.name_all()
        yield library


def _fill(library: LibraryFile, chance: random.Random, dates: list[str]) -> None:
    model = library.models.add("demo", "f", 2, 100.0, None, None)
    for number in range(PHOTOS):
        file = ScannedFile(f"/{chance.choice(['photos', 'other'])}/{number}.jpg", 1, 1)
        content_id = library.photos.add_content(bytes([number % 256, number // 256]), 1)
        library.photos.put(file, content_id)
        if chance.random() < 0.2:
            library.photos.set_damage(content_id, "only 40% of the picture can be decoded")
        if chance.random() < 0.5:
            photo_id = library.photos.id_of(file.path)
            assert photo_id is not None
            library.tags.add(model.id, [("labels", chance.choice(["Beach", "dog"]), photo_id, 0.1, 0.9)])
        if chance.random() < 0.1:
            continue
        known = {
            "format": chance.choice(["JPEG", "PNG"]),
            "taken_at": chance.choice(dates),
            "width": chance.choice([300, 2000, 4000]),
            "height": chance.choice([300, 2000, 3000]),
            "camera": chance.choice(["Google Pixel 7", "NIKON D750"]),
            "lens": chance.choice(["50MM f/1.8", "35mm"]),
            "rating": chance.choice([-1, 0, 3, 5]),
            "caption": chance.choice(["The grand hotel's receipt, Lisbon", "C++ in 東京"]),
            "keywords": chance.choice([("beach",), (), ("beach", "dog")]),
        }
        known = {name: value for name, value in known.items() if chance.random() < 0.8}
        if chance.random() < 0.7:
            latitude, longitude = chance.choice([(38.72, -9.14), (38.8, -9.1), (-90.0, 10.0)])
            known |= {"latitude": latitude, "longitude": longitude}
        library.facts.put(file, Facts(**known), READERS_VERSION)


def _model(library: LibraryFile) -> IndexedModel:
    model = library.models.find()
    assert model is not None
    return model


def _left(library: LibraryFile, **wanted: object) -> set[str]:
    met = filter_conditions(library, _model(library), wanted)  # type: ignore[arg-type]
    return {hit.path for hit in library.facts.newest(met, 1000)}


@pytest.mark.parametrize(("filter_", "value"), VALUES, ids=[f"{filter_.name}={value}" for filter_, value in VALUES])
def test_a_good_value_leaves_some_photos_and_its_opposite_the_others(
    library: LibraryFile, filter_: Filter, value: str
) -> None:
    left = _left(library, **{filter_.key: value})
    others = _left(library, **{f"not_{filter_.key}": value})
    assert not left & others
    assert len(left) + len(others) == PHOTOS
    if filter_.name != "in" or value != ".":
        assert left
        assert others


@pytest.mark.parametrize(
    ("filter_", "value"), BAD_VALUES, ids=[f"{filter_.name}={value}" for filter_, value in BAD_VALUES]
)
def test_a_bad_value_is_one_sentence_that_names_valid_forms(library: LibraryFile, filter_: Filter, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        _left(library, **{filter_.key: value})
    sentence = str(refused.value)
    assert len(sentence) < 400
    assert "\n" not in sentence
    if value != "9999 years ago":
        assert any(words in sentence for words in _ADVICE)


@pytest.mark.parametrize("filter_", FILTERS, ids=lambda filter_: filter_.name)
def test_values_of_one_filter_add_up_and_none_is_no_filter(library: LibraryFile, filter_: Filter) -> None:
    one_by_one = [_left(library, **{filter_.key: value}) for value in filter_.good]
    assert _left(library, **{filter_.key: list(filter_.good)}) == set.union(*one_by_one)
    assert _left(library, **{f"not_{filter_.key}": list(filter_.good)}) == _left(library) - set.union(*one_by_one)
    assert len(_left(library, **{filter_.key: None})) == len(_left(library, **{filter_.key: []})) == PHOTOS


@pytest.mark.parametrize("filter_", FILTERS, ids=lambda filter_: filter_.name)
@pytest.mark.parametrize("command", [find, tag, export], ids=lambda command: command.__name__)
def test_every_command_has_the_option(command: object, filter_: Filter) -> None:
    options = inspect.signature(command).parameters  # type: ignore[arg-type]
    names = {parameter.name for parameter in options.values()}
    assert {f"filter_{filter_.key}", f"filter_not_{filter_.key}"} <= names
    assert filter_.help.endswith(".")
    assert filter_.good
    assert filter_.bad or filter_.metavar is None


def test_different_filters_must_all_hold(library: LibraryFile) -> None:
    left = _left(library, format="png", orientation="landscape", not_camera="nikon", after="2022-07")
    kinds = ({"format": "png"}, {"orientation": "landscape"}, {"not_camera": "nikon"}, {"after": "2022-07"})
    assert left == set.intersection(*(_left(library, **kind) for kind in kinds))
    assert left


def test_each_filter_counts_the_photos_that_it_and_those_before_it_leave(library: LibraryFile) -> None:
    wanted = {"camera": ["Pixel 7", "D750"], "not_tag": "dog", "has_gps": True, "undated": False, "lens": None}
    counts = count_after_each(library, _model(library), wanted)
    assert [(count.filter, count.values) for count in counts] == [
        ("camera", ("Pixel 7", "D750")), ("not_tag", ("dog",)), ("has_gps", ("True",)),
    ]  # fmt: skip
    first, second = _left(library, camera=["Pixel 7", "D750"]), _left(library, not_tag="dog")
    assert [count.photos for count in counts] == [
        len(first), len(first & second), len(first & second & _left(library, has_gps=True)),
    ]  # fmt: skip
    assert count_after_each(library, _model(library), None) == []


def test_an_unknown_filter_is_refused(library: LibraryFile) -> None:
    with pytest.raises(UsageError, match="There is no filter 'colour'"):
        _left(library, colour="red")


def test_names_are_unique_and_each_has_its_sql() -> None:
    keys = [filter_.key for filter_ in FILTERS]
    assert len(set(keys)) == len(keys)
    assert [filter_.name for filter_ in FILTERS] == list(CONDITIONS)


def test_the_help_says_how_near_is_near() -> None:
    assert f" {KILOMETRES:g} km " in next(filter_.help for filter_ in FILTERS if filter_.name == "near")


def test_a_filter_takes_no_more_than_a_hundred_values(library: LibraryFile) -> None:
    folders = [f"/photos/{number}" for number in range(101)]
    with pytest.raises(UsageError, match="has 101 values, but can have 100 at most"):
        _left(library, **{"in": folders})
