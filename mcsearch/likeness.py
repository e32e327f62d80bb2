"""Which of the names that exist somebody probably meant, and how names are compared."""

import unicodedata
from collections.abc import Iterable, Iterator

# Letters that Unicode does not take apart into a letter and an accent, and what people type for them.
_TYPED = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t"}
_CAPITAL = {letter.upper(): typed.upper() for letter, typed in _TYPED.items()}
PLAIN_LETTERS = str.maketrans(_TYPED | _CAPITAL | {"ß": "ss", "ẞ": "SS", "ı": "i"})


def nearest(word: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the name that is most like a word, in any case, or None if none is like it.

    A name of several words is like it, too, if some of them are: "Pixle 7" is like "Google Pixel 7". The likeness is
    difflib's ratio, 0 to 1; `cutoff` is the least that counts.
    """
    from difflib import SequenceMatcher

    if not (asked := word.strip().casefold()):
        return None
    matcher = SequenceMatcher(b=asked, autojunk=False)
    best, best_ratio = None, cutoff
    for name in names:
        for part in _parts(name.casefold(), len(asked.split())):
            matcher.set_seq1(part)
            if matcher.real_quick_ratio() < best_ratio or matcher.quick_ratio() < best_ratio:
                continue
            ratio = matcher.ratio()
            if ratio > best_ratio or (ratio == best_ratio and best is None):
                best, best_ratio = name, ratio
    return best


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return a question, with a space before it, that names what is most like a word; empty if nothing is."""
    name = nearest(word, names)
    return f" Did you mean {name!r}?" if name is not None else ""


def folded(name: str) -> str:
    """Return a name without differences of case, accents, spaces and signs.

    "Île-de-France" and "ile de  france" become the same, and "L'Aquila" and "l aquila".
    """
    letters = unicodedata.normalize("NFKD", name).casefold().translate(PLAIN_LETTERS)
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join("".join(" " if unicodedata.category(one)[0] in "PSZ" else one for one in plain).split())


def _parts(name: str, words: int) -> Iterator[str]:
    """Yield a name, and every run of so many of its words."""
    yield name
    split = name.split()
    if words < len(split):
        yield from (" ".join(split[start : start + words]) for start in range(len(split) - words + 1))
