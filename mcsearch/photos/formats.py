"""The file formats that mcsearch reads (FORMATS), with their suffixes and the packages that decode them."""

import functools
import importlib.util
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A file format, with its suffixes, the Pillow plug-ins that read it and the package it requires.

    A format without `plugins` is not decoded by Pillow. `needs` is the package that reads the format, `module` the
    module imported from it, and `install` the command that installs it.
    """

    name: str
    suffixes: tuple[str, ...]
    plugins: tuple[str, ...] = ()
    needs: str = "pillow"
    module: str = "PIL"
    install: str = "pip install --upgrade pillow"

    @property
    def works(self) -> bool:
        """Whether the required package is installed, determined without importing it."""
        return _is_installed(self.module)


JPEG = Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".jpg_original", ".jpg_large"), ("JPEG",))
HEIF = Format(
    "HEIF", (".heic", ".heif", ".hif", ".heics", ".heifs"), ("HEIF",),
    needs="pi-heif", module="pi_heif", install="pip install pi-heif",
)  # fmt: skip
JPEG_XL = Format(
    "JPEG XL", (".jxl",), ("JXL",),
    needs="pillow-jxl-plugin", module="pillow_jxl", install="pip install 'mcsearch[jxl]'",
)  # fmt: skip
RAW = Format(
    "RAW",
    (
        ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".mrw",
        ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
    ),
    needs="rawpy", module="rawpy", install="pip install 'mcsearch[raw]'",
)  # fmt: skip
VIDEO = Format(
    "video",
    (".mov", ".mp4", ".m4v", ".avi", ".mkv", ".webm", ".3gp", ".3g2", ".mts", ".m2ts", ".mpg", ".mpeg", ".wmv"),
    needs="av", module="av", install="pip install 'mcsearch[video]'",
)  # fmt: skip

FORMATS: tuple[Format, ...] = (
    JPEG,
    Format("PNG", (".png", ".apng"), ("PNG",)),
    Format("WebP", (".webp",), ("WEBP",), module="PIL._webp"),
    Format("TIFF", (".tif", ".tiff"), ("TIFF",)),
    Format("GIF", (".gif",), ("GIF",)),
    Format("BMP", (".bmp", ".dib"), ("BMP", "DIB")),
    Format("PNM", (".pnm", ".pbm", ".pgm", ".ppm", ".pfm"), ("PPM",)),
    Format("JPEG 2000", (".jp2", ".j2k", ".jpf", ".jpx", ".j2c", ".jpc"), ("JPEG2000",)),
    Format("Photoshop", (".psd",), ("PSD",)),
    Format("AVIF", (".avif", ".avifs"), ("AVIF",), module="PIL._avif"),
    HEIF,
    JPEG_XL,
    RAW,
    VIDEO,
)

# Without the dot, in lower case and in upper case, as nearly all files have them.
_BY_SUFFIX: dict[str, Format] = {
    spelling: format_
    for format_ in FORMATS
    for suffix in format_.suffixes
    for spelling in (suffix[1:], suffix[1:].upper())
}
# What a path ends with before its last dot if that is not the dot of a suffix, as in `.jpg` and `a/...jpg`.
_NO_NAME = ("", ".", os.sep)


def format_of(name: str) -> Format | None:
    """Return the format that the suffix of a file name stands for (case-insensitive), or None if it is unknown."""
    stem, _, suffix = name.rpartition(".")  # three times as fast as os.path.splitext; a scan calls this for every file
    found = _BY_SUFFIX.get(suffix) or _BY_SUFFIX.get(suffix.lower())
    if found is None or stem[-1:] not in _NO_NAME:
        return found
    return found if stem.rstrip(".")[-1:] not in _NO_NAME else None


def is_photo_name(name: str) -> bool:
    """Return whether a file name has the suffix of a photo format (case-insensitive); videos do not count."""
    return format_of(name) not in (None, VIDEO)


@functools.cache
def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the parent package is missing, too
        return False
