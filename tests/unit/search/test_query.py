"""What is asked becomes one unit vector."""

import numpy as np
import pytest

from mcsearch.errors import UsageError
from mcsearch.search.query import Term, combined, terms


def test_texts_and_photos_with_and_without_weights() -> None:
    assert terms("2:dog", ["beach.jpg", "0.5:sea.jpg"], [".5:people"], ["crowd.jpg"]) == [
        Term(2, text="dog"),
        Term(1, photo="beach.jpg"),
        Term(0.5, photo="sea.jpg"),
        Term(-0.5, text="people"),
        Term(-1, photo="crowd.jpg"),
    ]
    assert terms("  a \n dog ") == [Term(1, text="a dog")]
    assert terms() == terms("  ") == []


@pytest.mark.parametrize(
    ("said", "weight", "text"),
    [
        ("2:dog", 2, "dog"),
        ("2: 3 dogs", 2, "3 dogs"),
        ("1: 2:dog", 1, "2:dog"),
        ("16:9", 1, "16:9"),
        ("10:30 train", 1, "10:30 train"),
        ("dog:2", 1, "dog:2"),
        (":dog", 1, ":dog"),
    ],
)
def test_only_a_number_and_a_colon_are_a_weight(said: str, weight: float, text: str) -> None:
    assert terms(said) == [Term(weight, text=text)]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"not_text": ["people"]}, "must also say what to look for"),
        ({"not_like": ["crowd.jpg"]}, "must also say what to look for"),
        ({"text": "0:dog"}, "a weight is a number above 0"),
        ({"text": "-3:dog"}, "a weight is a number above 0"),
        ({"text": "2: "}, "is not a text to look for"),
        ({"text": "dog", "not_text": [""]}, "is not a text to look for"),
        ({"like": [""]}, "does not name a photo"),
        ({"like": ["2:"]}, "does not name a photo"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(asked: dict[str, list[str]], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        terms(**asked)  # type: ignore[arg-type]


def test_the_vector_is_the_weighted_sum_at_unit_length() -> None:
    vectors = np.eye(3, dtype=np.float32)
    found = combined([Term(2, "a"), Term(1, "b"), Term(-2, "c")], vectors)
    np.testing.assert_allclose(found, [2 / 3, 1 / 3, -2 / 3], rtol=1e-6)
    assert found.dtype == np.float32


def test_a_single_term_is_its_vector_whatever_its_weight() -> None:
    vector = np.array([[0.6, 0.8]], np.float32)
    assert np.array_equal(combined([Term(3, "a")], vector), vector[0])


def test_terms_that_cancel_each_other_are_one_sentence() -> None:
    vectors = np.array([[0.6, 0.8], [0.6, 0.8]], np.float32)
    with pytest.raises(UsageError, match="cancel each other"):
        combined([Term(1, "a"), Term(-1, "b")], vectors)
    assert combined([Term(2, "a"), Term(-1, "b")], vectors) == pytest.approx(vectors[0])
