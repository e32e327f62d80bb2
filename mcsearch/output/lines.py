"""Write results to stdout, each as a readable line, a JSON object, or a bare path."""

import dataclasses
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mcsearch.output.counts import counted, shown_size
from mcsearch.paths import portable, shown
from mcsearch.printable import json_line, sentences
from mcsearch.records.answers import DuplicateGroup, FilterCount, FoundText, Hit, Score
from mcsearch.records.photos import PlaceCount, PlaceName
from mcsearch.records.tags import TagChange, TagCount

if TYPE_CHECKING:
    from mcsearch.records.runs import SidecarChange
    from mcsearch.records.status import Finding


def write(line: str, *, dimmed: bool = False) -> None:
    """Write one line of text, escaped."""
    text = sentences(line)
    _write((f"\x1b[2m{text}\x1b[0m" if dimmed else text).encode("utf-8", "backslashreplace") + b"\n")


def write_json(record: Any, **more: Any) -> None:
    """Write a record, or a mapping, as one JSON object on one line of UTF-8."""
    fields = dataclasses.asdict(record) if dataclasses.is_dataclass(record) else dict(record)  # type: ignore[arg-type]
    _write(as_json({**fields, **more}) + b"\n")


def as_json(fields: Mapping[str, Any]) -> bytes:
    """Return a mapping as one line of JSON in UTF-8.

    Bytes of a path that are not valid UTF-8 become lone surrogates (\\udc80 to \\udcff), as in Python strings;
    os.fsencode restores them.
    """
    import json  # not for lines of text

    text = json_line(portable(json.dumps(fields, ensure_ascii=False)))
    return text.encode("utf-8", "backslashreplace")  # \udc80 is also how JSON escapes it


def write_paths(paths: Iterable[str], end: bytes) -> None:
    """Write the exact bytes of paths, each followed by `end`; to a terminal, what it would obey is escaped."""
    for path in paths:
        _write((shown(path).encode() if sys.stdout.isatty() else os.fsencode(path)) + end)


def write_hits(hits: Iterable[Hit]) -> None:
    """Write hits as text: the score with three decimals, or the date if there is no score, then the path.

    A ~ marks a date that is only the file's modification time, (gone) or (disk away) a file that does not exist. On a
    terminal, hits that are not relevant are dimmed.
    Below a hit stands its explanation, if it has one, and where the words of --text stand.
    """
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for hit in hits:
        first = f"{shown_date(hit):17}" if hit.score is None else f"{hit.score:.3f} "
        more = f"  (and {hit.stands_for - 1:,} like it)" if hit.stands_for > 1 else ""
        more += f"  ({hit.missing})" if hit.missing else ""
        line = f"{first} {shown(hit.path)}{more}"
        dimmed = colours and not hit.is_relevant
        below = (*explained(hit), *map(found_text, hit.texts))
        for one in (line, *(f"         {why}" for why in below)):
            write(one, dimmed=dimmed)


def explained(hit: Hit) -> Iterator[str]:
    """Yield lines that explain a hit: the cosine and weight of each term, and what a text has to reach."""
    if hit.explanation is None:
        return
    why = hit.explanation
    for term in why.terms:
        what = f'"{shown(term.text)}"' if term.text is not None else shown(term.photo or "")
        yield f"{term.score:.3f}  {what}{'' if term.weight == 1 else f' (weight {term.weight:g})'}"
    if why.background is not None and why.margin is not None:
        yield (
            f"{why.background + why.margin:.3f}  needed: background {why.background:.3f} "
            f"+ margin {why.margin:.3f}; relevance {hit.relevance:.2f}"
        )


def found_text(found: FoundText) -> str:
    """Return where the words of --text stand, with each in brackets: "read: … the [Grand Hotel] Lisbon"."""
    text, end = "", 0
    for start, stop in found.marks:
        text += f"{shown(found.text[end:start])}[{shown(found.text[start:stop])}]"
        end = stop
    return f"{found.source}: {text}{shown(found.text[end:])}"


def filter_counts(counts: Sequence[FilterCount]) -> str:
    """Return a phrase with the number of photos that each filter left: "--after 2023 leaves 12"."""
    parts = []
    for count in counts:
        values = "" if count.values == ("True",) else f" {' or '.join(count.values)}"
        parts.append(f"--{count.filter.replace('_', '-')}{values} leaves {count.photos:,}")
    return ", ".join(parts) + " photos"


def shown_date(hit: Hit) -> str:
    """Return a hit's date to the minute, as exact as it is known, with a ~ if it is the file's modification time."""
    return "~" * hit.is_undated + (hit.taken_at or "")[:16].replace("T", " ")


def write_groups(groups: Iterable[DuplicateGroup]) -> None:
    """Write groups of duplicates as text: a line for each photo, best copy first, and an empty line between groups."""
    for number, group in enumerate(groups):
        if number:
            write("")
        for photo in group.photos:
            mark = "keep" if photo.keep else "extra"
            pixels = f"{photo.width}x{photo.height}" if photo.width and photo.height else ""
            date = (photo.taken_at or "")[:10]
            size = shown_size(photo.size_bytes)
            write(f"{mark:5}  {pixels:>11}  {size:>8}  {photo.format or '':9}  {date:10}  {shown(photo.path)}")


def summed_up(groups: Sequence[DuplicateGroup]) -> str:
    """Return a sentence with the numbers of groups and of extra copies, and the size of these on disk."""
    if not groups:
        return "No duplicates found"
    extra = [photo for group in groups for photo in group.extra]
    copies = "1 extra copy that takes" if len(extra) == 1 else f"{len(extra):,} extra copies that take"
    taken = f"{copies} {shown_size(sum(photo.size_bytes for photo in extra))}" if extra else "no extra copies"
    return f"{counted(len(groups), 'group')}, {taken}"


def write_score(score: Score, *, with_path: bool) -> None:
    """Write a score as text: cosine, probability and text, and the path if `with_path`."""
    path = f"  {shown(score.path)}" if with_path else ""
    write(f"{score.score:.3f}  {score.probability:6.1%}  {shown(score.text)}{path}")


def write_counts(counts: Sequence[TagCount]) -> None:
    """Write labels as text: the number of photos, the label, and in parentheses its sets or its other source.

    A label that was taught also has the number of its examples there.
    """
    width = max((len(f"{count.photos:,}") for count in counts), default=0)
    for count in counts:
        origin = ", ".join(map(shown, count.sets)) if count.source == "automatic" else count.source
        if count.examples:
            origin += f", {counted(count.examples, 'example')}"
        write(f"{count.photos:{width},}  {shown(count.label)}{f' ({origin})' if origin else ''}")


def write_place_counts(counts: Sequence[PlaceCount]) -> None:
    """Write places as text: the number of photos, then the name."""
    width = max((len(f"{count.photos:,}") for count in counts), default=0)
    for count in counts:
        name = PlaceName(count.town, count.region, count.country, count.country_code)
        write(f"{count.photos:{width},}  {shown(str(name))}")


def write_changes(changes: Sequence[TagChange]) -> None:
    """Write changes of labels as text: the numbers of photos with, gaining and losing the label, then the label."""
    rows = [(f"{change.photos:,}", f"+{change.come:,}", f"-{change.go:,}") for change in changes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for change, row in zip(changes, rows, strict=True):
        write(f"{'  '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))}  {shown(change.label)}")


def write_finding(finding: "Finding") -> None:
    """Write a finding of doctor as text: its state, subject and sentence, and on another line what mends it."""
    state = finding.state.upper() if finding.state == "wrong" else finding.state
    write(f"{state:6}  {finding.subject}: {finding.sentence}")
    if finding.remedy is not None:
        write(f"        {finding.remedy}")


def write_sidecar(change: "SidecarChange") -> None:
    """Write the planned change of a sidecar as text: its path, then what mcsearch would write to it."""
    written = shown(change.description) if change.description else ", ".join(map(shown, change.labels)) or "none"
    write(f"{shown(change.sidecar)}: {'would be deleted' if change.deleted else written}")


def _write(content: bytes) -> None:
    # On a terminal, the text layer knows the encoding (and on Windows the console). Elsewhere the output is UTF-8 in
    # every locale.
    if sys.stdout.isatty():
        sys.stdout.write(content.decode("utf-8", "replace"))
    else:
        sys.stdout.buffer.write(content)
