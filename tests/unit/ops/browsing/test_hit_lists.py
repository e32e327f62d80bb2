"""Lists of hits in parts: the same hits as one ranking of everything, in places that stay."""

from collections.abc import Iterator

import numpy as np
import pytest

from mcsearch.errors import UsageError
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.browsing.facets import count_facets
from mcsearch.ops.browsing.hit_lists import CONSIDERED, hit_list, shown_hits, whole_list
from mcsearch.ops.browsing.questions import Question
from mcsearch.ops.finding.ranking import rank
from mcsearch.ops.open_library import OpenLibrary
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import Facts, ScannedFile
from mcsearch.search.query import Term
from mcsearch.web.remembered import Remembered

COUNT = 1500
DIMENSIONS = 16
PICTURE = np.eye(DIMENSIONS, dtype=np.float32)[0]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenLibrary]:
    """A library of COUNT contents, the first of which has two photos."""
    vectors = np.random.default_rng(5).standard_normal((COUNT, DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with LibraryFile(tmp_path_factory.mktemp("lists") / "library.db") as library:
        with library.transaction():
            model = library.models.add("demo", "demo", DIMENSIONS, 100.0, None, None)
            library.roots.begin({"/photos": None})
            for number, vector in enumerate(vectors.astype(np.float32)):
                content_id = library.photos.add_content(number.to_bytes(32, "big"), number)
                library.embeddings.add(content_id, model.id, vector)
                for folder in ("a", "b") if number == 0 else ("b",):
                    _put(library, f"/photos/{folder}/{number:04}.jpg", number, content_id)
        yield OpenLibrary(library)


def _put(library: LibraryFile, path: str, number: int, content_id: int) -> None:
    file = ScannedFile(path, number, number)
    library.photos.put(file, content_id)
    date = f"{2010 + number % 10}-06-{1 + number % 28:02}T10:00:00"
    library.facts.put(file, Facts("JPEG", date, "exif", 300, 200, f"Camera {number % 3}"), 1)


def record(opened: OpenLibrary) -> IndexedModel:
    return opened.models.to_ask().record


def question(**more: object) -> Question:
    return Question((Term(1.0, photo="p"),), {"p": PICTURE}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("filters", [{}, {"after": "2012", "camera": "Camera 1"}])
def test_a_whole_list_is_the_ranking_and_begins_with_the_first_part(
    opened: OpenLibrary, filters: dict[str, str]
) -> None:
    first = hit_list(opened, question(filters=filters))
    whole = whole_list(opened, first)
    ranked = rank(opened.file, record(opened), PICTURE, COUNT, conditions=first.conditions)
    assert list(zip(whole.ids.tolist(), whole.scores.tolist(), strict=True)) == ranked  # type: ignore[union-attr]
    assert whole.ids[: len(first.ids)].tolist() == first.ids.tolist()
    assert first.total == whole.total == len(ranked)


def test_places_stay_when_photos_come(opened: OpenLibrary) -> None:
    first = hit_list(opened, question())
    with opened.file.transaction():
        content_id = opened.file.photos.add_content(b"new" * 10, 1)
        opened.file.embeddings.add(content_id, record(opened).id, PICTURE)
        _put(opened.file, "/photos/b/new.jpg", 1, content_id)
    try:
        whole = whole_list(opened, first)
        assert whole.ids[: len(first.ids)].tolist() == first.ids.tolist()
        assert content_id in whole.ids[len(first.ids) :]
        assert hit_list(opened, question()).ids[0] == content_id
    finally:
        with opened.file.transaction():
            opened.file.photos.forget_below("/photos/b/new.jpg")


def test_copies_are_one_hit(opened: OpenLibrary) -> None:
    whole = whole_list(opened, hit_list(opened, Question(sort="path")))
    [hit] = [shown.hit for shown in shown_hits(opened, whole, whole.ids[:1])]
    assert (hit.path, hit.stands_for, whole.total) == ("/photos/a/0000.jpg", 2, COUNT)
    below = hit_list(opened, Question(filters={"in": "/photos/b"}, sort="path"))
    [hit] = [shown.hit for shown in shown_hits(opened, below, below.ids[:1])]
    assert (hit.path, hit.stands_for) == ("/photos/b/0000.jpg", 1)


def test_a_query_sorts_its_best_hits_by_date(opened: OpenLibrary) -> None:
    found = hit_list(opened, question(sort="date"))
    best = rank(opened.file, record(opened), PICTURE, CONSIDERED)
    assert sorted(found.ids.tolist()) == sorted(content_id for content_id, _ in best)
    dates = [shown.hit.taken_at or "" for shown in shown_hits(opened, found, found.ids)]
    assert dates == sorted(dates, reverse=True)


def test_a_photo_is_not_like_itself(opened: OpenLibrary) -> None:
    best = hit_list(opened, question()).ids[0]
    without = hit_list(opened, question(without=frozenset({int(best)})))
    assert best not in whole_list(opened, without).ids
    assert without.total == COUNT - 1


def test_collapsing_leaves_no_two_that_are_nearly_the_same(opened: OpenLibrary) -> None:
    found = hit_list(opened, question(collapse=True))
    vectors = opened.file.embeddings.of_contents(record(opened), found.ids.tolist())
    assert (np.triu(vectors @ vectors.T, 1) < 0.95).all()
    assert found.stands_for is not None


@pytest.mark.parametrize("more", [{"sort": "score"}, {"collapse": True}, {"relevant": True}, {"min_score": 0.5}])
def test_what_needs_a_query_is_refused_without_one(opened: OpenLibrary, more: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        hit_list(opened, Question(**more))  # type: ignore[arg-type]


def test_facets_count_files_under_the_filters(opened: OpenLibrary) -> None:
    facets = count_facets(opened, {"camera": "Camera 1"})
    assert facets.photos == COUNT // 3 == sum(year.photos for year in facets.years)
    assert [camera.value for camera in facets.cameras] == ["Camera 1"]
    folders = count_facets(opened, {}).folders
    assert [(folder.value, folder.photos) for folder in folders] == [("/photos/b", COUNT), ("/photos/a", 1)]


def test_what_was_looked_up_before_gives_the_same_list(opened: OpenLibrary) -> None:
    filters = {"after": "2012", "camera": "Camera 1"}
    lookups = Remembered().lookups
    plain = hit_list(opened, question(filters=filters))
    for _ in range(2):
        found = hit_list(opened, question(filters=filters), lookups)
        assert (found.ids.tolist(), found.total) == (plain.ids.tolist(), plain.total)
