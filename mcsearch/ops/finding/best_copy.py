"""Which of several copies is the best one to keep."""

from collections.abc import Callable
from typing import Literal

from mcsearch.records.answers import DuplicatePhoto

Preference = Literal["largest", "oldest"]
Worth = Callable[[DuplicatePhoto], tuple[object, ...]]

# Formats in order of preference: for photos with a known camera, those that cameras write; for others, those that
# preserve the most.
_OF_CAMERAS = ("RAW", "HEIF", "JPEG")
_OF_OTHERS = ("TIFF", "PNG", "JPEG XL", "HEIF", "AVIF", "JPEG")
# Sources of dates that belong to the picture. A copy has its own file time, and often its own name.
_OWN_DATES = ("exif", "xmp", "container")


def worth(prefer: Preference | None) -> Worth:
    """Return the key function that sorts copies best first.

    Damaged photos come last. Among the others originals come first: photos with a camera and a date of their own. Ties
    are decided by the most pixels, then a place, a format that cameras write (without a camera, one that preserves
    more), the larger file, the earlier date, a sidecar and the shorter path. "largest" compares pixels and bytes before
    all of these, "oldest" the date. File times are never compared.
    """
    if prefer == "largest":
        return lambda photo: (photo.damaged, -_pixels(photo), -photo.size_bytes, *_usual(photo))
    if prefer == "oldest":
        return lambda photo: (photo.damaged, _own_date(photo) or "9999", *_usual(photo))
    return lambda photo: (photo.damaged, *_usual(photo))


def has_more(photo: DuplicatePhoto, than: DuplicatePhoto) -> bool:
    """Return whether a photo has more pixels than another, or is an original where the other is not."""
    return _pixels(photo) > _pixels(than) or _originality(photo) > _originality(than)


def _usual(photo: DuplicatePhoto) -> tuple[object, ...]:
    formats = _OF_CAMERAS if photo.camera else _OF_OTHERS
    return (
        -_originality(photo),
        -_pixels(photo),
        not photo.has_place,
        formats.index(photo.format) if photo.format in formats else len(formats),
        -photo.size_bytes,
        _own_date(photo) or "9999",
        not photo.has_sidecar,
        len(photo.path),
        photo.path,
    )


def _originality(photo: DuplicatePhoto) -> int:
    return (photo.camera is not None) + (_own_date(photo) is not None)


def _pixels(photo: DuplicatePhoto) -> int:
    return (photo.width or 0) * (photo.height or 0)


def _own_date(photo: DuplicatePhoto) -> str | None:
    return photo.taken_at if photo.taken_from in _OWN_DATES else None
