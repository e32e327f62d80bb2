"""FORMATS: the picture formats mcsearch reads, one row each."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A picture format: the suffixes that announce it and the Pillow plug-ins that may read it."""

    name: str
    suffixes: tuple[str, ...]
    plugins: tuple[str, ...]


FORMATS: tuple[Format, ...] = (
    Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo"), ("JPEG",)),
    Format("PNG", (".png", ".apng"), ("PNG",)),
    Format("WebP", (".webp",), ("WEBP",)),
    Format("TIFF", (".tif", ".tiff"), ("TIFF",)),
    Format("GIF", (".gif",), ("GIF",)),
    Format("BMP", (".bmp", ".dib"), ("BMP", "DIB")),
    Format("PNM", (".pnm", ".pbm", ".pgm", ".ppm", ".pfm"), ("PPM",)),
    Format("JPEG 2000", (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"), ("JPEG2000",)),
    Format("AVIF", (".avif", ".avifs"), ("AVIF",)),
)

SUFFIXES: frozenset[str] = frozenset(suffix for row in FORMATS for suffix in row.suffixes)
PLUGINS: tuple[str, ...] = tuple(plugin for row in FORMATS for plugin in row.plugins)


def is_photo_name(name: str) -> bool:
    """Whether a file name has the suffix of a photo, in any case."""
    return os.path.splitext(name)[1].lower() in SUFFIXES
