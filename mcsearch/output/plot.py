"""Draw the statistics of a library as a picture with bars."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, PngImagePlugin

from mcsearch.output.own_files import MARK
from mcsearch.output.sheets.fonts import font_for, shortened_to
from mcsearch.output.stats import groups, readable
from mcsearch.records.status import Count, Statistics

_WIDTH, _MARGIN, _GAP = 1600, 64, 56
_BACKGROUND, _INK, _FAINT, _BAR, _REST = "#f6f6f4", "#262624", "#7b7b76", "#4a78a8", "#b9bdc2"
_TITLE, _HEADING, _TEXT = 38, 24, 19
_ROW, _ROWS = 34, 14
_YEARS_HEIGHT = 300
_MOST_NAME = 240


def plot(statistics: Statistics) -> bytes:
    """Return a PNG file: columns for the years, and bars for cameras, formats and tags."""
    panels = [(title, *readable(title, counts, _ROWS)) for title, counts in groups(statistics) if title != "Year"]
    rows = max((len(named) + bool(left_out) for _, named, left_out in panels), default=0)
    years = _years_without_gaps(statistics.years)
    height = _MARGIN + _TITLE + 56 + (_YEARS_HEIGHT + 120 if years else 0)
    height += (_HEADING + 28 + rows * _ROW if panels else 0) + _MARGIN
    canvas = Image.new("RGB", (_WIDTH, height), _BACKGROUND)
    draw = ImageDraw.Draw(canvas)
    photos = "1 photo" if statistics.photos == 1 else f"{statistics.photos:,} photos"
    failed = f", {statistics.failed:,} could not be read" if statistics.failed else ""
    draw.text((_MARGIN, _MARGIN - 8), f"{photos}{failed}", _INK, font_for(photos, _TITLE))
    top = _MARGIN + _TITLE + 56
    if years:
        _draw_years(draw, years, top)
        top += _YEARS_HEIGHT + 120
    wide = (_WIDTH - 2 * _MARGIN - _GAP * (len(panels) - 1)) // max(1, len(panels))
    for number, (title, named, left_out) in enumerate(panels):
        _draw_bars(draw, title, named, left_out, _MARGIN + number * (wide + _GAP), top, wide)
    file = io.BytesIO()
    words = PngImagePlugin.PngInfo()
    words.add_text("Software", MARK)
    canvas.save(file, "PNG", pnginfo=words)
    return file.getvalue()


def _years_without_gaps(counts: Sequence[Count]) -> list[tuple[str, int]]:
    """Return the photos of every year from the first to the last, then those without a date."""
    known = {int(count.value): count.photos for count in counts if count.value is not None and count.value.isdecimal()}
    found = [(str(year), known.get(year, 0)) for year in range(min(known), max(known) + 1)] if known else []
    return found + [("no date", count.photos) for count in counts if count.value is None]


def _draw_years(draw: ImageDraw.ImageDraw, years: Sequence[tuple[str, int]], top: int) -> None:
    draw.text((_MARGIN, top), "Year", _INK, font_for("Year", _HEADING))
    floor = top + _HEADING + 34 + _YEARS_HEIGHT
    step = min(120.0, (_WIDTH - 2 * _MARGIN) / len(years))
    most = max(photos for _, photos in years)
    every = 1 + int(_TEXT * 4 // step) if len(years) > 1 else 1
    for number, (name, photos) in enumerate(years):
        left, bar = _MARGIN + number * step, max(2.0, step * 0.72)
        high = _YEARS_HEIGHT * photos / most
        middle = left + bar / 2
        colour = _BAR if name.isdecimal() else _REST
        if photos:
            draw.rectangle((left, floor - max(2.0, high), left + bar, floor), colour)
        if photos and step >= 48:
            text = f"{photos:,}"
            draw.text((middle, floor - high - 8), text, _FAINT, font_for(text, 16), anchor="ms")
        if number % every == 0 or not name.isdecimal():
            draw.text((middle, floor + 10), name, _INK, font_for(name, _TEXT), anchor="ma")
    draw.line((_MARGIN, floor + 1, _WIDTH - _MARGIN, floor + 1), _REST, 2)


def _draw_bars(
    draw: ImageDraw.ImageDraw,
    title: str,
    named: Sequence[tuple[str, int]],
    left_out: int,
    left: int,
    top: int,
    wide: int,
) -> None:
    draw.text((left, top), title, _INK, font_for(title, _HEADING))
    most = max(photos for _, photos in named)
    for_names = min(_MOST_NAME, wide // 2)
    numbers = max(font_for("0", _TEXT).getlength(f"{photos:,}") for _, photos in named)
    longest = wide - for_names - 16 - numbers - 12
    y = float(top + _HEADING + 24)
    for name, photos in named:
        fitting = shortened_to(name, _TEXT, for_names)
        draw.text((left, y + _ROW / 2), fitting, _INK, font_for(fitting, _TEXT), anchor="lm")
        start = left + for_names + 16
        end = start + max(2.0, longest * photos / most)
        draw.rectangle((start, y + 6, end, y + _ROW - 7), _REST if name == "unknown" else _BAR)
        draw.text((end + 10, y + _ROW / 2), f"{photos:,}", _FAINT, font_for("0", _TEXT), anchor="lm")
        y += _ROW
    if left_out:
        text = f"and {left_out:,} more"
        draw.text((left, y + _ROW / 2), text, _FAINT, font_for(text, _TEXT), anchor="lm")
