"""The part of a text that is shown, and where in it the words stand."""

import pytest

from mcsearch.library.texts.snippets import BEGIN, END, found_text
from mcsearch.library.texts.words import indexed
from mcsearch.records.answers import FoundText


def _found(text: str, *words: str) -> FoundText:
    marked = indexed(text)
    for word in words:
        marked = marked.replace(indexed(word), f"{BEGIN}{indexed(word)}{END}")
    return found_text("read", text, marked)


def _marked(found: FoundText) -> list[str]:
    return [found.text[start:end] for start, end in found.marks]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Große Straße 7", "Straße"),
        ("p/Ærø/København.jpg", "København"),
        ("ταξίδι στην Αθήνα", "Αθήνα"),
        ("אמר שָׁלוֹם לך", "שָׁלוֹם"),
        ("ﬁrst ﬁnal", "ﬁnal"),
        ("東京タワー", "タワー"),
        ("cafe\u0301 bar", "café"),
    ],
)
def test_the_original_is_shown_with_marks_around_the_words(text: str, word: str) -> None:
    assert _marked(_found(text, word)) == [word]


def test_a_long_text_is_cut_around_the_most_words_and_not_within_one() -> None:
    text = "Größe " + "lorem ipsum dolor " * 20 + "Grand\n Hotel  Straße\t23 " + "sit amet " * 20
    found = _found(text, "Größe", "Hotel", "Straße")
    assert _marked(found) == ["Hotel", "Straße"]
    assert found.text[0] == found.text[-1] == "…"
    assert len(found.text) < 110
    assert "Grand Hotel Straße 23 sit" in found.text
    assert found.text.strip("…").split()[0] in text.split()


def test_a_word_longer_than_the_part_is_whole() -> None:
    word = "ä" * 300
    assert _marked(_found(f"begin {word} end", word)) == [word]


def test_what_looks_like_a_mark_is_none() -> None:
    assert _marked(_found(f"a{BEGIN}b{END}c hotel", "hotel")) == ["hotel"]
