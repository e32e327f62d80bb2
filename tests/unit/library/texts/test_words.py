"""What users write after --text becomes an expression that FTS5 accepts, whatever it is."""

import random
import sqlite3
import unicodedata

import pytest

from mcsearch.errors import UsageError
from mcsearch.library.texts.words import either, indexed, match_expression, without_gaps

_TEXTS = (
    "Hotel Lisboa, café São João",
    "the grand hotel of lisbon",
    "grand piano in a hotel",
    "receipts",
    "e-mail from the C++ user's group",
    "東京タワー 2023",
    "한국어",
)
_PIECES = [*"\"*():^-+{}.,;~|/\\'%_ \t\n\0", '""', "AND", "OR", "NOT", "NEAR(", "names:", "ß", "é", "e\u0301", "日本"]
_PIECES += ["🙂", "\ud800", "\u200b", "a", "lisbon", "12", "²", "ǆ", "\U0001e900"]


@pytest.fixture(scope="module")
def index() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5 (names, read, tokenize = 'unicode61 remove_diacritics 2')")
    connection.executemany("INSERT INTO t VALUES ('', ?)", [(indexed(text),) for text in _TEXTS])
    return connection


def _found(index: sqlite3.Connection, expression: str) -> list[int]:
    return [rowid for (rowid,) in index.execute("SELECT rowid FROM t WHERE t MATCH ? ORDER BY rowid", (expression,))]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("hotel", [1, 2, 3]),
        ("HOTEL grand", [2, 3]),
        ('"grand hotel"', [2]),
        ('"hotel grand"', []),
        ("cafe sao", [1]),
        ("lisb*", [1, 2]),
        ("lisb", []),
        ('"hotel of lis"*', [2]),
        ('"grand hotel', [2]),
        ("e-mail", [5]),
        (unicodedata.normalize("NFD", "한국어"), [7]),
        ("mail-e", []),
        ("C++", [5]),
        ("user's", [5]),
        ("hotel NOT grand", []),
        ("names:hotel", []),
        ("! receipts ?", [4]),
        ("東京", [6]),
        ("タワー", [6]),
        ("京東", []),
        ("東* 2023", [6]),
    ],
)
def test_words_phrases_and_prefixes(index: sqlite3.Connection, text: str, rows: list[int]) -> None:
    assert _found(index, match_expression(text)) == rows


def test_several_texts_are_alternatives(index: sqlite3.Connection) -> None:
    assert _found(index, either(["receipts", "grand piano"])) == [3, 4]


@pytest.mark.parametrize("text", ["", "  ", '"', '""', "*", "!?", "🙂", "\0"])
def test_a_text_without_a_word_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"There is no word in .*Give words, a phrase"):
        match_expression(text)


def test_a_long_text_is_not_repeated_whole() -> None:
    with pytest.raises(UsageError) as raised:
        match_expression("!" * 10_000)
    assert len(str(raised.value)) < 300


def test_garbage_is_never_an_error_of_syntax(index: sqlite3.Connection) -> None:
    rng = random.Random(20)
    for _ in range(5000):
        text = "".join(rng.choices(_PIECES, k=rng.randint(1, 12)))
        try:
            expression = match_expression(text)
        except UsageError:
            continue
        _found(index, expression)
    assert _found(index, match_expression("hotel " * 3000)) == [1, 2, 3]
    assert _found(index, either(["hotel"] * 200)) == [1, 2, 3]


# What is in an index, and what people type to find it.
_FOLDED = [
    ("Große Straße", "grosse STRASSE straße"),
    ("Łódź Ærø København", "lodz aero kobenhavn ŁÓDŹ ærø"),
    ("naïve œuvre", "naive oeuvre ŒUVRE"),
    ("İstanbul ışık IŞIK", "istanbul isik İSTANBUL ışık"),
    ("Đà Nẵng", "da nang đà"),
    ("ταξίδι στην Αθήνα", "ταξιδι ΑΘΗΝΑ αθήνα"),
    ("ΟΔΟΣ Ἀθῆναι", "οδος αθηναι"),
    ("ёлка Йод Київ", "елка иод ЙОД Киів київ"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد إلى أحمد مدرســة", "محمد الي احمد مدرسة"),
    ("ﬁnal ２０２３ №4", "final 2023 no4"),
    ("co\u00adoperate", "cooperate"),
    ("e\u0301te\u0301 и\u0306од", "ete été йод"),
    ("ガラス", "ガラス カ\u3099ラス"),
]


@pytest.mark.parametrize(("text", "words"), _FOLDED)
def test_accents_of_all_scripts_do_not_matter(index: sqlite3.Connection, text: str, words: str) -> None:
    rowid = index.execute("INSERT INTO t VALUES ('', ?)", (indexed(text),)).lastrowid
    for word in [*words.split(), *text.split()]:
        assert rowid in _found(index, match_expression(word)), word


def test_vowels_and_voiced_kana_stay_apart(index: sqlite3.Connection) -> None:
    rowid = index.execute("INSERT INTO t VALUES ('', ?)", (indexed("ガラス"),)).lastrowid
    assert rowid not in _found(index, match_expression("カラス"))


def test_curly_quotes_are_quotes(index: sqlite3.Connection) -> None:
    assert _found(index, match_expression("“grand hotel”")) == [2]


def test_gaps_come_out_as_they_went_in() -> None:
    assert without_gaps(indexed("東京タワー 2023")) == "東京タワー 2023"
