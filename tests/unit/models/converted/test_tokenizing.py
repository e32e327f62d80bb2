"""Our tokenizer against open_clip's, on texts of every kind."""

import random
import subprocess
import sys
from typing import Any

import pytest

from mcsearch.models.converted.tokenizing import tokenize
from mcsearch.models.reference.open_clip_import import import_open_clip

TEXTS = [
    "",
    "  ",
    "a dog on a beach",
    "it's we'll DON'T I'm you've he'd they're",
    "&amp;lt;b&gt; &eacute; &nbsp;x",
    "<b>&amp;</b>",
    "<start_of_text> x <END_OF_TEXT>",
    "\x00\x1b[31mred\x1b[0m",
    "schÃ¶n",
    "ﬁne “quotes” ‘too’",
    "👍🏽 👨‍👩‍👧 🏳️‍🌈",
    "word " * 500,
    "a" * 5000,
    "12345 ½ ٣ Ⅷ",
    "line\u2028next\u0085line\r\nlast\ttab",
    "İstanbul ẞ ǅ",
    "_under_score_ ...!!!???",
    "日本語のテスト",
    "e\u0301 \u00e9",
    "\ufeffbom",
    "</w> Ġ Ċ",
    "한국어 עברית العربية ไทย",
]
PIECES = [
    "dog",
    "Beach's",
    "&eacute;",
    "&lt;",
    "“x”",
    "Ã©",
    "\t",
    "it'll",
    "don't",
    "1999",
    "🎉",
    "naïve",
    "</w>",
    "Ġ",
    "'S",
]


@pytest.fixture(scope="module")
def theirs() -> Any:
    return import_open_clip().SimpleTokenizer()


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_text_gets_the_ids_that_open_clip_gives(theirs: Any, text: str) -> None:
    assert tokenize([text], 77)[0].tolist() == theirs([text])[0].tolist()


def test_thousands_of_random_texts_get_the_ids_that_open_clip_gives(theirs: Any) -> None:
    texts = [_random_text(random.Random(seed)) for seed in range(4000)]
    ours = tokenize(texts, 77)
    assert (ours == theirs(texts).numpy()).all()
    assert len({row.tobytes() for row in ours}) > 3000


def test_the_length_is_the_model_s(theirs: Any) -> None:
    assert tokenize(["one two three four five"], 5).tolist() == theirs(["one two three four five"], 5).tolist()
    assert tokenize([], 77).shape == (0, 77)


def test_plain_words_need_neither_torch_nor_ftfy() -> None:
    code = (
        "import sys; from mcsearch.models.converted.tokenizing import tokenize; tokenize(['a dog, isn\\'t it?'], 77);"
        "print(sorted({'torch', 'open_clip', 'ftfy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _random_text(rng: random.Random) -> str:
    length, kind = rng.randint(0, 60), rng.random()
    if kind < 0.4:
        return "".join(chr(rng.randint(0x20, 0x7E)) for _ in range(length))
    if kind < 0.7:
        planes = ((0, 0x2FF), (0x300, 0xD7FF), (0xE000, 0x1FFFF))
        return "".join(chr(rng.randint(*rng.choice(planes))) for _ in range(length))
    return " ".join(rng.choice(PIECES) for _ in range(length // 2))
