"""Statistics of a library as lines of text with bars."""

import unicodedata
from collections.abc import Iterator, Sequence

from mcsearch.output.counts import counted
from mcsearch.paths import shown
from mcsearch.records.status import Count, Statistics

UNKNOWN = {"Year": "no date", "Camera": "unknown", "Format": "unknown"}
_MOST_ROWS = 12
_LONGEST_NAME = 28
_EIGHTHS = " ▏▎▍▌▋▊▉"


def groups(statistics: Statistics) -> Iterator[tuple[str, tuple[Count, ...]]]:
    """Yield the groups in which something is known, with their titles."""
    for title, counts in (
        ("Year", statistics.years), ("Camera", statistics.cameras), ("Format", statistics.formats),
        ("Tag", statistics.tags),
    ):  # fmt: skip
        if any(count.value is not None for count in counts):
            yield title, counts


def readable(title: str, counts: Sequence[Count], rows: int) -> tuple[list[tuple[str, int]], int]:
    """Return at most `rows` counts with names to show, all of them for years, and the number of those left out.

    The number of photos whose value is unknown is never left out.
    """
    named = [(UNKNOWN[title] if count.value is None else shown(count.value), count.photos) for count in counts]
    if title == "Year" or len(named) <= rows:
        return named, 0
    unknown = named[-1:] if counts[-1].value is None else []
    kept = rows - 1 - len(unknown)
    return named[:kept] + unknown, len(named) - kept - len(unknown)


def statistics_lines(statistics: Statistics, width: int, *, blocks: bool) -> Iterator[str]:
    """Yield lines of at most `width` columns; the bars are made of # unless the output can show `blocks`."""
    yield f"Photos  {statistics.photos:,}"
    if statistics.failed:
        yield f"Failed  {statistics.failed:,}  (to list them: mcsearch failures)"
    for title, counts in groups(statistics):
        named, left_out = readable(title, counts, _MOST_ROWS)
        yield ""
        yield title
        yield from _bars(named, width, blocks=blocks)
        if left_out:
            yield f"  and {counted(left_out, 'other')}"


def _bars(named: Sequence[tuple[str, int]], width: int, *, blocks: bool) -> Iterator[str]:
    most = max(photos for _, photos in named)
    for_numbers = max(len(f"{photos:,}") for _, photos in named)
    for_names = min(max(_columns(name) for name, _ in named), _LONGEST_NAME, max(8, width // 3))
    for_bar = width - for_names - for_numbers - 6
    for name, photos in named:
        bar = _bar(photos / most, for_bar, blocks=blocks) if for_bar >= 5 else ""
        yield f"  {_fitted(name, for_names)}  {photos:{for_numbers},}  {bar}".rstrip()


def _bar(share: float, columns: int, *, blocks: bool) -> str:
    """Return a bar of a share of the columns, at least a mark, as exact as an eighth of a column."""
    if not blocks:
        return "#" * max(1, round(share * columns))
    eighths = max(1, round(share * columns * 8))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _columns(text: str) -> int:
    """Return the number of columns that a text takes on a terminal."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _fitted(text: str, columns: int) -> str:
    """Return a text that takes exactly this many columns, cut off with … if it is longer."""
    if _columns(text) > columns:
        while _columns(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - _columns(text))
