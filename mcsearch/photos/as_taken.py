"""Tell whether a file still shows what its camera wrote, so that the preview the camera put into it shows the same."""

import re
import warnings
from collections.abc import Iterator

from PIL import ExifTags, Image

from mcsearch.photos.facts.metadata import Metadata

_BASE = ExifTags.Base
# Cameras state their firmware as their software: "Ver.1.01", "18.6.2", "G991BXXU3AUE1", "ILCE-7CM2 v2.01". Words other
# than these, and than those of the camera's name, are taken for the name of a program.
_FIRMWARE_WORDS = frozenset({"ver", "version", "firmware", "digital", "camera", "hdr", "android", "application"})
_SHORTEST_WORD = 3
_SEPARATORS = re.compile(r"[^0-9a-z]+")
_PROGRAM_TAGS = (_BASE.Software, _BASE.ProcessingSoftware)
# In XMP: the program, when the picture was changed, and what programs write about their work.
_CREATOR = re.compile(rb"CreatorTool(?:\s*=\s*[\"']|\s*>)([^\"'<]*)")
_CHANGED = re.compile(rb"(?:xmp:ModifyDate|tiff:DateTime)(?:\s*=\s*[\"']|\s*>)([^\"'<]*)")
_WORK = re.compile(
    rb"xmpMM:History|DerivedFrom|crs:(?:HasSettings|HasCrop|AlreadyApplied)(?:\s*=\s*[\"']|\s*>)True"
    rb"|\0"  # the packet is not in UTF-8, and what it says would not be found
)
_DIGITS_AT_MOST, _DIGITS_AT_LEAST = len("20231224180000"), len("20231224")


def is_as_taken(metadata: Metadata) -> bool:
    """Return whether the metadata in a file shows that no program has changed the picture since it was taken.

    EXIF must state the sides of the picture, and that it was changed when it was taken; neither EXIF nor XMP may name a
    program. A file that states less may have been changed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _is_as_taken(metadata.exif[0], metadata)
        except Exception:  # noqa: BLE001 (malformed metadata must not fail a file)
            return False


def _is_as_taken(exif: Image.Exif, metadata: Metadata) -> bool:
    details = exif.get_ifd(ExifTags.IFD.Exif)
    taken, changed = details.get(_BASE.DateTimeOriginal), exif.get(_BASE.DateTime)
    stated = details.get(_BASE.ExifImageWidth), details.get(_BASE.ExifImageHeight)
    if not taken or taken != changed or {*stated} != {metadata.width, metadata.height}:
        return False
    camera = set(_words(f"{exif.get(_BASE.Make, '')} {exif.get(_BASE.Model, '')}"))
    named = {word for program in _programs(exif, metadata.xmp) for word in _words(program)}
    return named <= camera | _FIRMWARE_WORDS and not any(_is_edited(packet, str(taken)) for packet in metadata.xmp)


def _programs(exif: Image.Exif, packets: tuple[bytes, ...]) -> Iterator[str]:
    yield from (str(exif.get(tag, "")) for tag in _PROGRAM_TAGS)
    for packet in packets:
        yield from (name.decode("utf-8", "replace") for name in _CREATOR.findall(packet))


def _words(text: str) -> list[str]:
    """Return the words of a text that consist of letters, without very short ones."""
    return [word for word in _SEPARATORS.split(text.lower()) if word.isalpha() and len(word) >= _SHORTEST_WORD]


def _is_edited(packet: bytes, taken: str) -> bool:
    """Return whether an XMP packet describes work on the picture, or dates a change later than the photo."""
    changes = (_digits(date.decode("latin-1")) for date in _CHANGED.findall(packet))
    is_later = any(len(date) < _DIGITS_AT_LEAST or not _digits(taken).startswith(date) for date in changes)
    return is_later or bool(_WORK.search(packet))


def _digits(date: str) -> str:
    return re.sub(r"\D", "", date)[:_DIGITS_AT_MOST]
