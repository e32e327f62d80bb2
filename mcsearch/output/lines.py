"""Results on stdout: for each a readable line, a JSON object, or a bare path."""

import dataclasses
import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from mcsearch.errors import OutputError
from mcsearch.output.summary import shown_size
from mcsearch.paths import portable, shown
from mcsearch.records import DuplicateGroup, Hit, Score, TagChange, TagCount
from mcsearch.reports import SidecarChange


def write(line: str) -> None:
    """Write one line for people."""
    _write(line.encode("utf-8", "backslashreplace") + b"\n")


def write_json(record: Any, **more: Any) -> None:
    """Write a record, or a mapping, as one JSON object on one line of UTF-8.

    Bytes of a path that are no Unicode come as lone surrogates (\\udc80 to \\udcff), as Python spells
    them: os.fsencode turns them back.
    """
    fields = dataclasses.asdict(record) if dataclasses.is_dataclass(record) else dict(record)  # type: ignore[arg-type]
    text = portable(json.dumps({**fields, **more}, ensure_ascii=False))
    _write(text.encode("utf-8", "backslashreplace") + b"\n")  # \udc80 is also how JSON escapes it


def write_paths(paths: Iterable[str], end: bytes) -> None:
    """Write paths byte for byte as the system has them, each followed by `end`."""
    for path in paths:
        _write(os.fsencode(path) + end)


def write_hits(hits: Iterable[Hit]) -> None:
    """Write hits for people: the score with three decimals, or without one the date; then the path.

    A date that is only the file's time of change has a ~ before it. On a terminal those that are not relevant are dim.
    """
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    for hit in hits:
        date = "~" * hit.is_undated + (hit.taken_at or "")[:16].replace("T", " ")
        first = f"{date:17}" if hit.score is None else f"{hit.score:.3f} "
        more = f"  (and {hit.stands_for - 1:,} like it)" if hit.stands_for > 1 else ""
        line = f"{first} {shown(hit.path)}{more}"
        write(f"\x1b[2m{line}\x1b[0m" if colours and not hit.is_relevant else line)


def write_groups(groups: Iterable[DuplicateGroup]) -> None:
    """Write groups of duplicates for people: a photo a line, the best copy first, and an empty line between groups."""
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
    """How many groups and extra copies there are, and what these take on disk."""
    if not groups:
        return "no photo is there twice"
    extra = [photo for group in groups for photo in group.extra]
    freed = shown_size(sum(photo.size_bytes for photo in extra))
    plural = "" if len(groups) == 1 else "s"
    photos = "photo" if len(extra) == 1 else "photos"
    return f"{len(groups):,} group{plural}, {len(extra):,} extra {photos} that take {freed}"


def write_score(score: Score, *, with_path: bool) -> None:
    """Write a score for people: cosine, probability, text, and the path where there are several."""
    path = f"  {shown(score.path)}" if with_path else ""
    write(f"{score.score:.3f}  {score.probability:6.1%}  {shown(score.text)}{path}")


def write_counts(counts: Sequence[TagCount]) -> None:
    """Write labels for people: on how many photos, then the label, and where it comes from: sets, or another source."""
    width = max((len(f"{count.photos:,}") for count in counts), default=0)
    for count in counts:
        origin = ", ".join(map(shown, count.sets)) if count.source == "automatic" else count.source
        write(f"{count.photos:{width},}  {shown(count.label)}{f' ({origin})' if origin else ''}")


def write_changes(changes: Sequence[TagChange]) -> None:
    """Write for people what would become of labels: on how many photos, how many come and go, then the label."""
    rows = [(f"{change.photos:,}", f"+{change.come:,}", f"-{change.go:,}") for change in changes]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for change, row in zip(changes, rows, strict=True):
        write(f"{'  '.join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))}  {shown(change.label)}")


def write_sidecar(change: SidecarChange) -> None:
    """Write for people what would be done to a sidecar: its path, then the keywords it would have from us."""
    labels = "would be deleted" if change.deleted else ", ".join(map(shown, change.labels)) or "none"
    write(f"{shown(change.sidecar)}: {labels}")


def _write(content: bytes) -> None:
    """Write to stdout. When nobody reads it any more, what follows goes nowhere; raises OutputError when it is full."""
    # On a terminal the text layer knows the encoding (and on Windows the console); elsewhere it is
    # UTF-8, whatever the locale says.
    try:
        if sys.stdout.isatty():
            sys.stdout.write(content.decode("utf-8", "replace"))
        else:
            sys.stdout.buffer.write(content)
    except OSError as error:
        if not is_closed_pipe(error):
            raise OutputError.of(error) from None
        # The command goes on: what it stores and writes elsewhere does not depend on who reads along.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def is_closed_pipe(error: OSError) -> bool:
    """Whether an error of writing says that whoever read the output has seen enough."""
    return isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL)
