"""Labels taught by painted photos, in this process."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
from tests.support.runs import files, inside


@pytest.fixture
def library(indexed_library: Path, tmp_path: Path) -> Iterator[Library]:
    with Library(shutil.copy(indexed_library, tmp_path)) as library:
        yield library


def _of(painted: Path, subject: str) -> list[Path]:
    return [file for file in files(painted) if file.name.startswith(subject)]


def _tagged(library: Library, label: str) -> set[str]:
    return {hit.path for hit in library.find(filters={"tag": label}, limit=100)}


def test_a_label_is_taught_corrected_and_forgotten(library: Library, painted: Path) -> None:
    cars, others = _of(painted, "car"), [*_of(painted, "dog"), *_of(painted, "tree")]
    report = library.teach("my  cars", yes=cars[:2], no=others[:2])
    assert (report.label, report.yes, report.no, report.photos) == ("my cars", 2, 2, 36)
    tagged = _tagged(library, "my cars")
    assert report.tagged == len(tagged)
    assert {str(path) for path in cars[:2]} <= tagged
    assert not {str(path) for path in others[:2]} & tagged
    (count,) = [count for count in library.tags() if count.label == "my cars"]
    assert (count.photos, count.sets, count.examples) == (len(tagged), ("taught",), 4)
    # The last word on a photo counts, and what is given by hand comes before everything.
    library.tag_by_hand(cars[0], take="my cars")
    report = library.teach("MY CARS", yes=others[0], no=cars[1])
    assert (report.label, report.yes, report.no) == ("my cars", 2, 2)
    tagged = _tagged(library, "my cars")
    assert str(others[0]) in tagged
    assert not {str(cars[0]), str(cars[1])} & tagged
    library.unteach("my cars")
    assert not _tagged(library, "my cars")
    assert not library.tags()
    with pytest.raises(UsageError, match="has not been taught"):
        library.unteach("my cars")


def test_a_label_is_learnt_anew_when_the_library_has_grown(library: Library, painted: Path) -> None:
    cars, dogs = _of(painted, "car"), _of(painted, "dog")
    library.teach("car", yes=cars[:2], no=dogs[:2])
    execute = library.file._connection.execute
    learnt = execute("SELECT bias, photos FROM taught_classifiers").fetchone()
    for photos, bias in ((learnt[1] - 1, 99.0), (learnt[1] // 2, learnt[0])):
        execute("UPDATE taught_classifiers SET bias = 99, photos = ?", (photos,))
        library.suggest("car")
        assert execute("SELECT bias FROM taught_classifiers").fetchone() == (bias,)


def test_suggestions_leave_out_what_is_known(library: Library, painted: Path) -> None:
    cars, dogs = _of(painted, "car"), _of(painted, "dog")
    library.teach("car", yes=cars[:1], no=dogs[:1])
    library.tag_by_hand(cars[1], give="car")
    found = library.suggest("car", limit=50)
    paths = [one.path for one in found]
    assert len(paths) == len(set(paths)) == 36 - 3
    assert not {str(cars[0]), str(cars[1]), str(dogs[0])} & set(paths)
    assert all(0 <= one.probability <= 1 for one in found)
    assert paths[:5] != [one.path for one in library.suggest("car", limit=5, filters={"in": painted / "snow"})]
    with pytest.raises(UsageError, match="Did you mean 'car'"):
        library.suggest("cat")


def test_keywords_and_tags_by_hand_are_examples(library: Library, painted: Path) -> None:
    library.tag_by_hand(_of(painted, "boat"), give="sails")
    library.tag_by_hand(_of(painted, "house"), give="walls")
    report = library.teach("ours > sailing", yes_tagged="sails", no_tagged=["walls"], no=_of(painted, "boat")[:1])
    assert (report.yes, report.no) == (len(_of(painted, "boat")) - 1, len(_of(painted, "house")) + 1)
    assert _tagged(library, "ours") == _tagged(library, "sailing") == _tagged(library, "ours > sailing")
    with pytest.raises(UsageError, match="No photo carries the keyword 'none'"):
        library.teach("x", yes_tagged="none")


def test_words_are_believed_until_examples_say_otherwise(library: Library, painted: Path) -> None:
    dogs = _of(painted, "dog")
    library.teach("rex = a dog | a puppy", yes=dogs[:1])
    assert len(_tagged(library, "rex") & {str(path) for path in dogs}) >= 0.6 * len(dogs)
    taught = inside(library).taught
    library.teach("rex", no=_of(painted, "cat")[:1])
    assert taught.listed()[0].prompts == ("a dog", "a puppy")
    library.teach("rex = a dog")
    assert taught.listed()[0].prompts == ("a dog",)


def test_a_classifier_is_trained_again_when_the_model_has_embedded_more(library: Library, painted: Path) -> None:
    library.teach("wheels", yes=_of(painted, "car")[:2])
    file = inside(library)
    stored = file.taught.classifier("wheels", 1)
    assert stored is not None
    library.tag(taught=True)
    assert np.array_equal(stored.vector, file.taught.classifier("wheels", 1).vector)  # type: ignore[union-attr]
    with file.transaction():
        content = min(file.taught.examples("wheels"))
        file._connection.execute("DELETE FROM embeddings WHERE content_id = ?", (content,))
    library.tag(taught=True)
    assert file.taught.classifier("wheels", 1).examples == 1  # type: ignore[union-attr]
    with file.transaction():
        file._connection.execute("DELETE FROM embeddings")
    library.tag(taught=True)
    assert not _tagged(library, "wheels")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Name photos that show"),
        ({"yes": ["{0}"], "no": ["{0}"]}, "both as showing"),
        ({"no": ["{0}"]}, "At least one photo must show"),
        ({"yes": ["{0}.none"]}, "there is no such file"),
    ],
)
def test_a_bad_lesson_stores_nothing(
    library: Library, painted: Path, given: dict[str, list[str]], sentence: str
) -> None:
    photo = str(files(painted)[0])
    with pytest.raises(UsageError, match=re.escape(sentence)):
        library.teach("x", **{key: [one.format(photo) for one in several] for key, several in given.items()})  # type: ignore[arg-type]
    assert inside(library).taught.listed() == []
    with pytest.raises(UsageError, match="No label has been taught"):
        library.tag(taught=True)
