"""Fonts for pictures with text, which need no file as long as the text is English."""

import functools

from PIL import ImageFont

from mcsearch.output.sheets.sheet import shortened

_Font = ImageFont.FreeTypeFont
# Fonts of common systems, for names with other letters than Pillow's own font has, which are those of English.
_OTHER_FONTS = (
    "NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "arial.ttf",
    "NotoSansCJK-Regular.ttc", "DroidSansFallbackFull.ttf", "Hiragino Sans GB.ttc", "Arial Unicode.ttf", "msyh.ttc",
)  # fmt: skip


def shortened_to(text: str, size: int, width: int) -> str:
    """Return a text that is at most `width` pixels wide, with … in its middle if it was wider."""
    font = font_for(text, size)
    length = len(text)
    while length > 1 and font.getlength(shortened(text, length)) > width:
        length -= 1 + (length > 100)
    return shortened(text, length)


def font_for(text: str, size: int) -> _Font:
    """Return the first font that has all characters of a text; Pillow's own if none has."""
    if text.isascii():
        return _fonts(size)[0]
    return next((font for font in _fonts(size) if _has_all(font, text)), _fonts(size)[0])


@functools.lru_cache
def _fonts(size: int) -> tuple[_Font, ...]:
    own = ImageFont.load_default(size)
    assert isinstance(own, ImageFont.FreeTypeFont), "Pillow's wheels include FreeType"
    found = [own]
    for name in _OTHER_FONTS:
        try:
            found.append(ImageFont.truetype(name, size))
        except OSError:
            continue
    return tuple(found)


def _has_all(font: _Font, text: str) -> bool:
    missing = bytes(font.getmask("\U0010fffd"))
    return all(character.isspace() or bytes(font.getmask(character)) != missing for character in set(text))
