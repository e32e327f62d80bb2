"""Draw a contact sheet as one picture."""

import io
import math
import os
from collections.abc import Sequence

from PIL import Image, ImageDraw, PngImagePlugin

from mcsearch.errors import UsageError
from mcsearch.output.own_files import MARK
from mcsearch.output.sheets.fonts import font_for, shortened_to
from mcsearch.output.sheets.sheet import THUMBNAIL_SIZE, Sheet, SheetPhoto
from mcsearch.paths import shown

_BACKGROUND, _INK, _FAINT, _EMPTY = "#f3f3f1", "#262624", "#8b8b86", "#e4e4e0"
_FAINT_OPACITY = 0.65  # as on pages
# Wider than high, since most photos are, and since screens are.
_SHAPE = 1.4
# The height of a photo, as a share of a cell's width, so that upright photos do not stand out.
_MOST_HIGH = 0.85
_MOST_COLUMNS, _MOST_OF_A_GROUP = 10, 6
_MOST_WIDTH = 2400
_MARGIN, _GAP = 48, 28
_NAME_SIZE, _LINE_SIZE, _HEADING_SIZE, _TITLE_SIZE = 19, 16, 22, 34
_MOST_PIXELS = 200_000_000
_MOST_HEIGHT = 65_000  # what a JPEG file can hold


def picture(sheet: Sheet, format_: str) -> bytes:
    """Return a sheet as a JPEG or PNG file. Raises UsageError if it has too many photos for one picture."""
    count = max((len(section.photos) for section in sheet.sections), default=1)
    columns = _columns(count) if len(sheet.sections) == 1 else max(1, min(count, _MOST_OF_A_GROUP))
    cell = min(THUMBNAIL_SIZE, (_MOST_WIDTH - 2 * _MARGIN - (columns - 1) * _GAP) // columns)
    rows = [(section.heading if first == 0 else "", section.photos[first : first + columns])
            for section in sheet.sections for first in range(0, len(section.photos), columns)]  # fmt: skip
    width = max(2 * _MARGIN + columns * cell + (columns - 1) * _GAP, 720)
    title = shortened_to(sheet.title, _TITLE_SIZE, width - 2 * _MARGIN)
    top = _MARGIN + (_TITLE_SIZE + _LINE_SIZE + 44 if title else 0)
    heights = [_row_height(heading, photos, cell) for heading, photos in rows]
    height = top + sum(heights) + _GAP * (len(rows) - 1) + _MARGIN
    if height > _MOST_HEIGHT or width * height > _MOST_PIXELS:
        raise UsageError("There are too many photos for one picture.", hint="Write a .html sheet, or lower --limit.")
    canvas = Image.new("RGB", (width, height), _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    if title:
        draw.text((_MARGIN, _MARGIN - 8), title, _INK, font_for(title, _TITLE_SIZE))
        draw.text((_MARGIN, _MARGIN + _TITLE_SIZE + 6), sheet.subtitle, _FAINT, font_for(sheet.subtitle, _LINE_SIZE))
    for (heading, photos), row_height in zip(rows, heights, strict=True):
        _draw_row(canvas, draw, heading, photos, cell, top, row_height)
        top += row_height + _GAP
    file = io.BytesIO()
    if format_ == "PNG":
        words = PngImagePlugin.PngInfo()
        words.add_text("Software", MARK)
        canvas.save(file, "PNG", pnginfo=words)
    else:
        canvas.save(file, "JPEG", quality=88, comment=MARK.encode())
    return file.getvalue()


def _columns(count: int) -> int:
    """Return the number of columns for a number of photos: about square, with few empty places in the last row."""
    if count <= 3:
        return max(1, count)
    usual = min(_MOST_COLUMNS, round(math.sqrt(count * _SHAPE)))
    return min((usual, usual + 1, usual - 1), key=lambda columns: -count % columns)


def _row_height(heading: str, photos: Sequence[SheetPhoto], cell: int) -> int:
    highest = max(_size(photo, cell)[1] for photo in photos)
    return (_HEADING_SIZE + 24 if heading else 0) + highest + 12 + _NAME_SIZE + 6 + _LINE_SIZE + 4


def _draw_row(
    canvas: Image.Image,
    draw: ImageDraw.ImageDraw,
    heading: str,
    photos: Sequence[SheetPhoto],
    cell: int,
    top: int,
    height: int,
) -> None:
    """Draw the photos on one base line, each with its captions below."""
    if heading:
        draw.text((_MARGIN, top), heading, _INK, font_for(heading, _HEADING_SIZE))
    captions = top + height - _LINE_SIZE - 4 - 6 - _NAME_SIZE
    for number, photo in enumerate(photos):
        left = _MARGIN + number * (cell + _GAP)
        wide, high = _size(photo, cell)
        place = (left + (cell - wide) // 2, captions - 12 - high)
        if isinstance(photo.thumbnail, bytes):
            with Image.open(io.BytesIO(photo.thumbnail)) as opened:
                drawn = opened.convert("RGB").resize((wide, high), Image.Resampling.LANCZOS)
            if photo.faint:
                drawn = Image.blend(Image.new("RGB", drawn.size, _BACKGROUND), drawn, _FAINT_OPACITY)
            canvas.paste(drawn, place)
        else:
            draw.rectangle((*place, place[0] + wide, place[1] + high), _EMPTY)
            words = shortened_to("Not shown", _LINE_SIZE, wide)
            middle = (place[0] + wide // 2, place[1] + high // 2)
            draw.text(middle, words, _FAINT, font_for(words, _LINE_SIZE), anchor="mm")
        for text, size, colour, down in (
            (shown(os.path.basename(photo.path)), _NAME_SIZE, _FAINT if photo.faint else _INK, 0),
            (photo.line, _LINE_SIZE, _FAINT, _NAME_SIZE + 6),
        ):
            fitting = shortened_to(text, size, cell)
            at = (left + cell // 2, captions + down)
            draw.text(at, fitting, colour, font_for(fitting, size), anchor="ma")


def _size(photo: SheetPhoto, cell: int) -> tuple[int, int]:
    """Return the width and height of a photo on the sheet, which is never enlarged."""
    if isinstance(photo.thumbnail, str):
        return cell, cell * 2 // 3
    with Image.open(io.BytesIO(photo.thumbnail)) as opened:
        scale = min(1.0, cell / opened.width, _MOST_HIGH * cell / opened.height)
        return max(1, round(opened.width * scale)), max(1, round(opened.height * scale))
