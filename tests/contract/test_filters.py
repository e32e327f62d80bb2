"""Every row of FILTERS: good values become SQL that runs, bad ones a sentence, and the opposite leaves the rest."""

import datetime
import inspect
import random
from collections.abc import Iterator

import pytest

from mcsearch.cli.finding.export import export
from mcsearch.cli.finding.find import find
from mcsearch.cli.finding.tag import tag
from mcsearch.errors import UsageError
from mcsearch.library.filtering.filters import FILTERS, Filter
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.filtering import filter_conditions
from mcsearch.records import Facts, IndexedModel, ScannedFile

PHOTOS = 300
VALUES = [(row, value) for row in FILTERS for value in row.good]
BAD_VALUES = [(row, value) for row in FILTERS for value in row.bad]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LibraryFile]:
    """A library of photos with facts of every kind, each unknown now and then; some have no facts at all."""
    chance = random.Random(1)
    days = [datetime.date.today() - datetime.timedelta(days=days) for days in (0, 1, 10, 40)]
    dates = ["2023-06-12T10:11:12", "2022-06-12", "2024-02-29T00:00:00+02:00", *map(str, days)]
    with LibraryFile(tmp_path_factory.mktemp("filters") / "library.db") as library, library.transaction():
        model = library.models.add("demo", "f", 2, 100.0, None, None)
        for number in range(PHOTOS):
            file = ScannedFile(f"/{chance.choice(['photos', 'other'])}/{number}.jpg", 1, 1)
            content_id = library.photos.add_content(bytes([number % 256, number // 256]), 1)
            library.photos.put(file, content_id)
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
                "keywords": chance.choice([("beach",), (), ("beach", "dog")]),
            }
            known = {name: value for name, value in known.items() if chance.random() < 0.8}
            if chance.random() < 0.7:
                latitude, longitude = chance.choice([(38.72, -9.14), (38.8, -9.1), (-90.0, 10.0)])
                known |= {"latitude": latitude, "longitude": longitude}
            library.facts.put(file, Facts(**known))
        yield library


def _model(library: LibraryFile) -> IndexedModel:
    model = library.models.find()
    assert model is not None
    return model


def _left(library: LibraryFile, **wanted: object) -> set[str]:
    met = filter_conditions(_model(library), wanted)  # type: ignore[arg-type]
    return {hit.path for hit in library.facts.newest(met, 1000)}


@pytest.mark.parametrize(("row", "value"), VALUES, ids=[f"{row.name}={value}" for row, value in VALUES])
def test_a_good_value_leaves_some_photos_and_its_opposite_the_others(
    library: LibraryFile, row: Filter, value: str
) -> None:
    left = _left(library, **{row.key: value})
    others = _left(library, **{f"not_{row.key}": value})
    assert not left & others
    assert len(left) + len(others) == PHOTOS
    if row.name != "in" or value != ".":
        assert left
        assert others


@pytest.mark.parametrize(("row", "value"), BAD_VALUES, ids=[f"{row.name}={value}" for row, value in BAD_VALUES])
def test_a_bad_value_is_one_sentence_that_says_what_works(library: LibraryFile, row: Filter, value: str) -> None:
    with pytest.raises(UsageError) as refused:
        _left(library, **{row.key: value})
    sentence = str(refused.value)
    assert len(sentence) < 400
    assert "\n" not in sentence
    if value != "9999 years ago":
        assert any(word in sentence for word in ("work", "Name one"))


@pytest.mark.parametrize("row", FILTERS, ids=lambda row: row.name)
def test_values_of_one_filter_add_up_and_none_is_no_filter(library: LibraryFile, row: Filter) -> None:
    one_by_one = [_left(library, **{row.key: value}) for value in row.good]
    assert _left(library, **{row.key: list(row.good)}) == set.union(*one_by_one)
    assert _left(library, **{f"not_{row.key}": list(row.good)}) == _left(library) - set.union(*one_by_one)
    assert len(_left(library, **{row.key: None})) == len(_left(library, **{row.key: []})) == PHOTOS


@pytest.mark.parametrize("row", FILTERS, ids=lambda row: row.name)
@pytest.mark.parametrize("command", [find, tag, export], ids=lambda command: command.__name__)
def test_every_command_has_the_option(command: object, row: Filter) -> None:
    options = inspect.signature(command).parameters  # type: ignore[arg-type]
    names = {parameter.name for parameter in options.values()}
    assert {f"filter_{row.key}", f"filter_not_{row.key}"} <= names
    assert row.help.endswith(".")
    assert row.good
    assert row.bad or row.name == "has-gps"


def test_different_filters_must_all_hold(library: LibraryFile) -> None:
    left = _left(library, format="png", orientation="landscape", not_camera="nikon", after="2022-07")
    kinds = ({"format": "png"}, {"orientation": "landscape"}, {"not_camera": "nikon"}, {"after": "2022-07"})
    assert left == set.intersection(*(_left(library, **kind) for kind in kinds))
    assert left


def test_an_unknown_filter_is_refused(library: LibraryFile) -> None:
    with pytest.raises(UsageError, match="There is no filter 'colour'"):
        _left(library, colour="red")


def test_names_are_unique() -> None:
    keys = [row.key for row in FILTERS]
    assert len(set(keys)) == len(keys)
