"""What users may write after `--text`: words, phrases in quotes, and prefixes that end in `*`; all of them must occur.

Whatever is written becomes a valid expression of SQLite's FTS5, because every word is quoted.
"""

import re
from collections.abc import Iterable

from mcsearch.errors import UsageError
from mcsearch.library.texts.folding import composed, folded
from mcsearch.printable import brief

# Chinese and Japanese are written without spaces: each of these characters is a word of its own, and the words are
# separated by a character that is not shown.
_IDEOGRAPH = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_GAP = "\u200b"
_BETWEEN = f"(?<={_IDEOGRAPH})(?=\\w)|(?<=\\w)(?={_IDEOGRAPH})"  # compiled when it is needed, since that takes long
_QUOTES = str.maketrans("“”„‟", '""""')  # as telephones and word processors write them
_PIECE = re.compile(r'"([^"]*)("\*?|$)|([^\s"]+)')


def match_expression(text: str) -> str:
    """Return the expression of FTS5 that finds all words of a text. Raises UsageError if there is no word in it."""
    phrases = []
    for quoted, end, word in _PIECE.findall(text.translate(_QUOTES)):
        phrase = indexed(quoted or word).replace('"', " ")  # a wide one is folded to it
        if any(character.isalnum() for character in phrase):
            prefix = "*" if end.endswith("*") or word.endswith("*") else ""
            phrases.append(f'"{phrase}"{prefix}')
    if not phrases:
        example = 'words, a phrase such as "grand hotel", or a prefix such as lisb*'
        raise UsageError(f"There is no word in {brief(text)!r}. Give {example}.")
    return " ".join(phrases)


def either(texts: Iterable[str]) -> str:
    """Return the expression that finds what any of these texts finds. Raises UsageError for one without a word."""
    return " OR ".join(f"({match_expression(text)})" for text in texts)


def indexed(text: str) -> str:
    """Return a text as it is indexed: its words folded, with gaps between ideographs."""
    return text if text.isascii() and text.isprintable() else re.sub(_BETWEEN, _GAP, folded(composed(text)))


def without_gaps(text: str) -> str:
    """Return an indexed text without the gaps that were put into it."""
    return text.replace(_GAP, "")
