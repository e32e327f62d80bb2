"""A contact sheet: photos with their captions, in sections."""

from dataclasses import dataclass

# The longer side of the thumbnails in pixels.
THUMBNAIL_SIZE = 480


@dataclass(frozen=True, slots=True)
class SheetPhoto:
    """A photo on a sheet: its thumbnail as an encoded picture, or the reason why it has none, and a line about it.

    A photo that is `faint` probably does not match the query.
    """

    path: str
    thumbnail: bytes | str
    line: str
    faint: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Photos that belong together, under a heading; the heading may be empty."""

    heading: str
    photos: tuple[SheetPhoto, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A contact sheet: its title, a line below the title, and its sections."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]


def shortened(text: str, length: int) -> str:
    """Return a text of at most `length` characters, with … in its middle if it was longer."""
    if len(text) <= length:
        return text
    end = (length - 1) // 2
    return f"{text[: length - 1 - end]}…{text[len(text) - end :]}"
