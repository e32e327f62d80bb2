"""Write hits with their thumbnails to the terminal."""

import contextlib
import io
import itertools
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mcsearch.output.lines import explained, shown_date
from mcsearch.output.terminal import Protocol, picture_protocol
from mcsearch.paths import shown
from mcsearch.records.answers import Hit

if TYPE_CHECKING:
    from rich.console import RenderableType

# The longer side of the thumbnails in pixels: about as much as _MOST_COLUMNS take on a fine screen.
SIZE = 480
# A hit with its picture and its text takes this many columns; on wider terminals, several stand side by side.
_COLUMNS = 60
# Half blocks have as many pixels as cells, so that they show little in few columns.
_SHARE = {"blocks": 0.5, "kitty": 0.4, "sixel": 0.4}
_LEAST_COLUMNS, _MOST_COLUMNS, _MOST_ROWS = 12, 40, 15
_GAP = 2
# A cell of a terminal is about twice as high as it is wide.
_CELL_RATIO = 2


def write_previews(hits: Iterable[tuple[Hit, bytes | str]]) -> None:
    """Write each hit beside its thumbnail, an encoded picture, or beside the reason why it has none."""
    from rich.console import Console
    from rich.table import Table

    protocol = picture_protocol()
    console = Console(file=sys.stdout, highlight=False)
    side_by_side = max(1, console.width // _COLUMNS)
    columns = console.width // side_by_side
    for_picture = min(_MOST_COLUMNS, max(_LEAST_COLUMNS, round(columns * _SHARE[protocol])))
    waiting = iter(hits)
    with _without_questions():
        while some := [*itertools.islice(waiting, side_by_side)]:
            table = Table.grid(padding=(0, _GAP, 0, 0), pad_edge=True)
            cells: list[RenderableType] = []
            for hit, picture in some:
                table.add_column(width=for_picture)
                table.add_column(width=columns - for_picture - 2 * _GAP, overflow="fold")
                cells += [_drawn(picture, for_picture, protocol), _described(hit)]
            table.add_row(*cells)
            console.print(table)
            if protocol != "sixel":  # there, a picture ends with a line that is empty
                console.print()


def _drawn(picture: bytes | str, columns: int, protocol: Protocol) -> "RenderableType":
    """Return a picture as rich prints it, at most `columns` wide and _MOST_ROWS high."""
    from rich.text import Text

    if isinstance(picture, str):
        return Text(f"Not shown: {shown(picture)}", "dim")
    from PIL import Image
    from textual_image.renderable import HalfcellImage, SixelImage, TGPImage

    kind: type[HalfcellImage | SixelImage | TGPImage] = HalfcellImage
    if protocol != "blocks":
        kind = SixelImage if protocol == "sixel" else TGPImage
    opened = Image.open(io.BytesIO(picture))
    rows = columns * opened.height / opened.width / _CELL_RATIO
    if rows > _MOST_ROWS:
        return kind(opened, width="auto", height=_MOST_ROWS)
    return kind(opened, width=columns, height="auto" if rows > 1 else 1)


def _described(hit: Hit) -> "RenderableType":
    from rich.text import Text

    folder, name = os.path.split(hit.path)
    usual = "" if hit.is_relevant else "dim"
    lines = [(shown(name), usual or "bold"), (shown(folder), "dim"), (shown_date(hit), usual)]
    if hit.score is not None:
        lines.append((f"{hit.score:.3f}{'' if hit.is_relevant else ', hardly fits'}", usual))
    if hit.stands_for > 1:
        lines.append((f"and {hit.stands_for - 1:,} like it", usual))
    lines += [(hit.missing or "", usual), *((line, usual) for line in explained(hit))]
    text = Text(overflow="fold")
    for line, style in lines:
        if line:
            text.append(f"{line}\n", style)
    text.rstrip()
    return text


@contextlib.contextmanager
def _without_questions() -> Iterator[None]:
    """Keep textual-image from asking the terminal itself, which it does when imported, and when it draws.

    It would wait for each answer, leave late ones to the shell, and fail if standard input is not the terminal.
    """
    stdin, sys.__stdin__ = sys.__stdin__, None  # type: ignore[misc]
    try:
        yield
    finally:
        sys.__stdin__ = stdin  # type: ignore[misc]
