"""Decide which files belong to a photo: its RAW file, the video of a Live Photo, and its sidecars, XMP and JSON."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mcsearch.photos.formats import HEIF, JPEG, RAW, VIDEO, format_of
from mcsearch.photos.takeout.names import TakeoutNames, is_takeout_name

_XMP = ".xmp"
# Apple writes IMG_1234.AAE when the photo was edited; the edited photo is IMG_E1234, the original stays IMG_1234.
_APPLE_EDIT = ".aae"
_APPLE_NAME = re.compile(r"(img_)(\d+)", re.IGNORECASE)
# Proprietary RAW formats, for which Adobe programs write a sidecar x.xmp. Metadata of a DNG goes into the file itself.
_CAMERA_RAW = frozenset(RAW.suffixes) - {".dng"}
# Pictures that may own x.xmp although they are not indexed.
_OTHER_PICTURES = frozenset({".psd", ".psb"})
# Google Photos exports the video of a Live Photo as MP4; iCloud names its downloads IMG_1_HEVC.MOV.
_LIVE_VIDEO_SUFFIXES = frozenset({".mov", ".mp4"})
_LIVE_VIDEO_MARK = re.compile("_(?:hevc|heic)$", re.IGNORECASE)
_APPLE_EDITED_NAME = re.compile(r"^(img_)e(\d+)$", re.IGNORECASE)
_Key = Callable[[str], str]


class Neighbours:
    """The files in one folder and how they belong together.

    Names are compared without regard to case; a match in the same case wins. A sidecar `x.jpg.xmp` belongs to x.jpg
    alone. `x.xmp` belongs to the RAW file named x, otherwise to every picture named x, otherwise to the videos.
    `companions` maps each RAW file and each Live Photo video to the photo it belongs to, and an original to the photo
    that Apple made of it by an edit.
    """

    def __init__(self, names: Iterable[str]) -> None:
        in_order = sorted(names)
        self._names = frozenset(in_order)
        sidecars = [name for name in in_order if _is_xmp(name)]
        self.companions: Mapping[str, str] = _companions(in_order)
        self._exported = TakeoutNames(in_order)
        self._raws: dict[str, list[str]] = {}
        self._owners: dict[str, list[str]] = {}
        self._sidecars: dict[str, list[str]] = {}
        if not sidecars:
            return
        for name, still in self.companions.items():
            if format_of(name) is RAW:
                self._raws.setdefault(still, []).append(name)
        pictures = [name for name in in_order if format_of(name) is not None or _suffix(name) in _OTHER_PICTURES]
        by_name, by_stem = _grouped(pictures, str), _grouped(pictures, _stem)
        for sidecar in sidecars:
            subject = sidecar[: -len(_XMP)]
            self._owners[sidecar] = _named(by_name, subject, str) or _likeliest_owners(_named(by_stem, subject, _stem))
            for owner in self._owners[sidecar]:
                self._sidecars.setdefault(owner, []).append(sidecar)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def sidecars(self, photo: str) -> list[str]:
        """Return the XMP sidecars of a photo in order of precedence.

        The order is `x.jpg.xmp`, then `x.nef.xmp` (named after its RAW file), then `x.xmp`.
        """
        if not self._sidecars:
            return []
        owners = (photo, *self._raws.get(photo, ()))
        found = {sidecar for owner in owners for sidecar in self._sidecars.get(owner, ())}
        return sorted(found, key=lambda sidecar: (_rank(sidecar, photo), sidecar)) if len(found) > 1 else list(found)

    def descriptions(self, photo: str) -> list[str]:
        """Return the JSON files of a Google export that describe a photo; they may be other JSON files, too."""
        return self._exported.of(photo)

    def owners(self, sidecar: str) -> Sequence[str]:
        """Return the files that a sidecar belongs to by name: one, several that share it, or none."""
        return self._owners.get(sidecar, ())


def is_sidecar_name(name: str) -> bool:
    """Return whether a file may say something about photos by its suffix: `.xmp`, `.json` or `.aae`, in any case."""
    return _is_xmp(name) or is_takeout_name(name) or _suffix(name) == _APPLE_EDIT


def _is_xmp(name: str) -> bool:
    return name[-len(_XMP) :].lower() == _XMP


def is_named_after(sidecar: str, photo: str) -> bool:
    """Return whether a sidecar's name contains the photo's full name, as `x.jpg.xmp` does for `x.jpg`."""
    return sidecar[: -len(_XMP)].lower() == photo.lower()


def has_suffix(photo: str, suffix: str) -> bool:
    """Return whether a photo has this suffix (`.jpg`) or an equivalent one of a format other than RAW (`.jpeg`)."""
    format_ = format_of(photo)
    return suffix == _suffix(photo) or (format_ is not None and format_ is not RAW and suffix in format_.suffixes)


def is_meant_for(photo: str, sidecar: str, suffix: str | None) -> bool:
    """Return whether a sidecar that declares itself for files with `suffix` belongs to a photo.

    `photo` and `sidecar` are paths. The sidecar also belongs to the photo if it declares no suffix (None), if it is
    named after the photo, or if it was written for the RAW file beside the photo.
    """
    if suffix is None or has_suffix(photo, suffix) or is_named_after(sidecar, photo):
        return True
    stem = os.path.splitext(photo)[0]
    paired = format_of(photo) in (JPEG, HEIF) and suffix in RAW.suffixes
    return paired and any(os.path.exists(stem + spelling) for spelling in (suffix, suffix.upper()))


def related(name: str, names: Iterable[str]) -> list[str]:
    """Return the photos and videos among `names` whose companions or sidecars may change when file `name` changes."""
    photos = [other for other in names if format_of(other) is not None]
    if is_takeout_name(name):
        exported = TakeoutNames([name])
        return [photo for photo in photos if exported.of(photo)]
    family = _family(name)
    return [photo for photo in photos if _family(photo) == family]


def _companions(names: Sequence[str]) -> dict[str, str]:
    """Map each RAW file and Live Photo video to the JPEG or (if it can be decoded) HEIF photo it belongs to.

    The same holds for the original of a photo that was edited on an Apple device.
    """
    formats = [(name, format_of(name)) for name in names]
    others = [
        (name, format_)
        for name, format_ in formats
        if format_ is RAW or (format_ is VIDEO and _suffix(name) in _LIVE_VIDEO_SUFFIXES)
    ]
    edits = [_stem(name) for name in names if _suffix(name) == _APPLE_EDIT]
    if not others and not edits:
        return {}
    by_stem = _grouped(
        (name for name, format_ in formats if format_ is JPEG or (format_ is HEIF and format_.works)), _stem
    )
    found: dict[str, str] = {}
    for name, format_ in others:
        stem = _stem(name)
        stems = [stem] if format_ is RAW else [stem, _LIVE_VIDEO_MARK.sub("", stem)]
        if still := next((named[0] for stem in stems if (named := _named(by_stem, stem, _stem))), None):
            found[name] = still
    for edit in edits:
        edited = _named(by_stem, _APPLE_NAME.sub(r"\1E\2", edit), _stem)
        if edited and _APPLE_NAME.fullmatch(edit):
            found |= dict.fromkeys(_named(by_stem, edit, _stem), edited[0])
    return found


def _likeliest_owners(names: list[str]) -> list[str]:
    """Return those of the files named x that `x.xmp` most likely belongs to."""
    raws = [name for name in names if _suffix(name) in _CAMERA_RAW]
    return raws or [name for name in names if format_of(name) is not VIDEO] or names


def _grouped(names: Iterable[str], key: _Key) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name).lower(), []).append(name)
    return found


def _named(index: Mapping[str, list[str]], wanted: str, key: _Key) -> list[str]:
    """Return the names with this key in the same case, or in any case if there are none."""
    found = index.get(wanted.lower(), [])
    return [name for name in found if key(name) == wanted] or found


def _rank(sidecar: str, photo: str) -> tuple[int, bool]:
    subject = sidecar[: -len(_XMP)]
    if is_named_after(sidecar, photo):
        return 0, subject != photo
    if subject.lower() == _stem(photo).lower():
        return 2, subject != _stem(photo)
    return 1, False


def _family(name: str) -> str:
    """Return the lower-case stem that a photo, its companions and its sidecars have in common."""
    subject = name[: -len(_XMP)] if _is_xmp(name) or _suffix(name) == _APPLE_EDIT else name
    stem = _stem(subject) if format_of(subject) is not None else subject
    return _APPLE_EDITED_NAME.sub(r"\1\2", _LIVE_VIDEO_MARK.sub("", stem)).lower()


def _stem(name: str) -> str:
    return name.rpartition(".")[0]  # os.path.splitext takes several times as long


def _suffix(name: str) -> str:
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if dot else ""
