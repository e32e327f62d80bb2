"""FORMATS: the formats mcsearch reads, one row each, and what each needs."""

import functools
import importlib.util
import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A format: the suffixes that announce it, the Pillow plug-ins that may read it, and what has to be installed.

    A row without `plugins` has a decoder of its own. `needs` is the package that reads the format, `module` what
    of it is imported, `install` the command that brings it.
    """

    name: str
    suffixes: tuple[str, ...]
    plugins: tuple[str, ...] = ()
    needs: str = "pillow"
    module: str = "PIL"
    install: str = "pip install --upgrade pillow"

    @property
    def works(self) -> bool:
        """Whether what it needs is installed. Nothing is imported to find out."""
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

_BY_SUFFIX: dict[str, Format] = {suffix: row for row in FORMATS for suffix in row.suffixes}


def format_of(name: str) -> Format | None:
    """The format that a file name announces by its suffix, in any case; None for any other file."""
    stem, _, suffix = name.rpartition(".")  # os.path.splitext takes three times as long, for each file of a scan
    return _BY_SUFFIX.get(f".{suffix.lower()}") if stem.rstrip(".")[-1:] not in ("", os.sep) else None


def is_photo_name(name: str) -> bool:
    """Whether a file name has the suffix of a photo, in any case; a video is none."""
    return format_of(name) not in (None, VIDEO)


@functools.cache
def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # not even the package that it is in
        return False
