"""The part of a text in which words were found, with the places of the words."""

import re
from collections.abc import Sequence

from mcsearch.library.texts.folding import FoldedTo, composed
from mcsearch.library.texts.words import without_gaps
from mcsearch.records.answers import FoundText

BEGIN, END = "\x02", "\x03"
# How many characters are shown before the first of the words, and after it.
_BEFORE, _AFTER = 24, 72
Span = tuple[int, int]


def found_text(source: str, text: str, marked: str) -> FoundText:
    """Return the part of a text with most of the found words in it, on one line.

    `marked` is the text as it is indexed, with BEGIN and END around each of the words, and at least one of them.
    """
    text = composed(text)
    spans = _spans(text, without_gaps(marked))
    low, high = _part(text, spans)
    line, marks, after = "…" if low else "", [], low
    for start, end in spans:
        if low <= start and end <= high:
            line = _added(line, text[after:start])
            word = " ".join(text[start:end].split())
            marks.append((len(line), len(line) + len(word)))
            line, after = line + word, end
    line = _added(line, text[after:high]).rstrip() + ("…" if high < len(text) else "")
    return FoundText(source, line, tuple(marks))


def _spans(text: str, marked: str) -> list[Span]:
    """Return where in a text the marked words stand."""
    stands_for, spans, place = FoldedTo(text), [], 0
    for part in re.split(f"({BEGIN}[^{END}]*{END})", marked):
        is_word = part.startswith(BEGIN)
        start, place = place, place + len(part) - (2 if is_word else 0)
        if is_word:
            spans.append(stands_for.span(start, place))
    return spans


def _part(text: str, spans: Sequence[Span]) -> Span:
    """Return which part of a text to show: around the place with the most words, and not within a word."""
    if len(text) <= _BEFORE + _AFTER:
        return 0, len(text)
    starts = [start for start, _ in spans]
    first = max(range(len(spans)), key=lambda one: (sum(0 <= other - starts[one] < _AFTER for other in starts), -one))
    start, end = spans[first]
    low, high = max(0, start - _BEFORE), min(len(text), max(end, start + _AFTER))
    if low and (cut := re.search(r"\W", text[low:start])):
        low += cut.end()
    last = max([end, *(stop for _, stop in spans if stop <= high)])
    if high < len(text) and (cut := re.search(r"\W\w*$", text[last:high])):
        high = last + cut.start()
    return low, high


def _added(line: str, more: str) -> str:
    """Return a line with more text, in which every run of white space is one space."""
    words = re.sub(r"\s+", " ", more)
    return line + (words.lstrip() if not line or line.endswith((" ", "…")) else words)
