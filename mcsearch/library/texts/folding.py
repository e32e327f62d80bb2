"""How words are compared: in every script without accents, and with letters such as ß as others type them.

FTS5 itself folds case, and the accents of Latin letters only. Each character is folded by itself, so that `folded_to`
can tell which characters of a text stand behind a part of the folded one.
"""

import bisect
import itertools
import unicodedata

from mcsearch.likeness import PLAIN_LETTERS

# Nothing takes these apart: letters that Arabic and Persian keyboards differ in, the stroke that lengthens a word, and
# the soft hyphen. Control characters, and what stands for a gap, become spaces.
_LETTERS = PLAIN_LETTERS | {
    0x649: "\u064a", 0x6CC: "\u064a", 0x6A9: "\u0643", 0x629: "\u0647", 0x640: "", 0xAD: "", 0x200B: " ",
    **dict.fromkeys((*range(32), 127), " "),
}  # fmt: skip


class _Folds(dict[int, str]):
    """What each character is folded to, by its code, as `str.translate` takes it."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code))
        plain = "".join(letter for letter in apart if not _is_accent(letter)).translate(_LETTERS)
        self[code] = folded = unicodedata.normalize("NFC", plain)
        return folded


_FOLDS = _Folds()


def composed(text: str) -> str:
    """Return a text in the form that is shown and folded: composed (NFC), and only valid Unicode."""
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def folded(text: str) -> str:
    """Return a composed text as its words are compared. Case stays, since FTS5 ignores it."""
    return text.translate(_FOLDS)


class FoldedTo:
    """Which characters of a composed text the characters of the folded one stand for."""

    def __init__(self, text: str) -> None:
        self._ends = list(itertools.accumulate(len(_FOLDS[ord(character)]) for character in text))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the part of the text, as start and end, that a part of the folded one stands for."""
        return bisect.bisect_right(self._ends, start), bisect.bisect_right(self._ends, end - 1) + 1


def _is_accent(letter: str) -> bool:
    """Return whether a mark may be left out: accents, and the points of Hebrew and Arabic; not the vowels of Thai."""
    combining = unicodedata.combining(letter)
    return combining == 1 or 10 <= combining <= 36 or combining >= 200
