"""Which files of a folder belong to a photo: its RAW file, the film of a Live Photo, and its XMP sidecars."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from mcsearch.photos.formats import HEIF, JPEG, RAW, VIDEO, format_of

_XMP = ".xmp"
# RAW formats of camera makers, whose sidecar Adobe's programs call x.xmp. They write into a DNG itself.
_CAMERA_RAW = frozenset(RAW.suffixes) - {".dng"}
# Pictures that are not indexed and still may be what x.xmp belongs to.
_OTHER_PICTURES = frozenset({".psd", ".psb"})
# Google Photos gives the film of a Live Photo as MP4; downloads from iCloud are called IMG_1_HEVC.MOV.
_FILM = frozenset({".mov", ".mp4"})
_FILM_MARK = re.compile("_(?:hevc|heic)$", re.IGNORECASE)
_Key = Callable[[str], str]


class Neighbours:
    """The files of one folder and what belongs to which; names match in any case, the same case first.

    A sidecar `x.jpg.xmp` belongs to x.jpg alone. `x.xmp` belongs to the RAW file called x, else to every picture
    called x, else to the videos. `companions` says for each RAW file and film which photo it belongs to.
    """

    def __init__(self, names: Iterable[str]) -> None:
        in_order = sorted(names)
        self._names = frozenset(in_order)
        sidecars = [name for name in in_order if is_sidecar_name(name)]
        self.companions: Mapping[str, str] = _companions(in_order)
        self._raws: dict[str, list[str]] = {}
        self._owners: dict[str, list[str]] = {}
        self._sidecars: dict[str, list[str]] = {}
        if not sidecars:
            return
        for name, still in self.companions.items():
            if format_of(name) is RAW:
                self._raws.setdefault(still, []).append(name)
        pictures = [name for name in in_order if format_of(name) is not None or _suffix(name) in _OTHER_PICTURES]
        by_name, by_stem = _indexed(pictures, str), _indexed(pictures, _stem)
        for sidecar in sidecars:
            subject = sidecar[: -len(_XMP)]
            self._owners[sidecar] = _named(by_name, subject, str) or _likeliest(_named(by_stem, subject, _stem))
            for owner in self._owners[sidecar]:
                self._sidecars.setdefault(owner, []).append(sidecar)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def sidecars(self, photo: str) -> list[str]:
        """All sidecars to read for a photo, those that go first at the head.

        That is `x.jpg.xmp`, the `x.nef.xmp` of its RAW file, then `x.xmp`.
        """
        if not self._sidecars:
            return []
        owners = (photo, *self._raws.get(photo, ()))
        found = {sidecar for owner in owners for sidecar in self._sidecars.get(owner, ())}
        return sorted(found, key=lambda sidecar: (_rank(sidecar, photo), sidecar)) if len(found) > 1 else list(found)

    def owners(self, sidecar: str) -> Sequence[str]:
        """The files that a sidecar belongs to, by its name. Several share it; none may be there."""
        return self._owners.get(sidecar, ())


def is_sidecar_name(name: str) -> bool:
    """Whether a file name has the suffix of an XMP file, in any case."""
    return name[-len(_XMP) :].lower() == _XMP


def is_named_after(sidecar: str, photo: str) -> bool:
    """Whether a sidecar has the full name of a photo, as `x.jpg.xmp` has."""
    return sidecar[: -len(_XMP)].lower() == photo.lower()


def has_suffix(photo: str, suffix: str) -> bool:
    """Whether a photo has this suffix (`.jpg`), or another of the same format (`.jpeg`) that is not RAW."""
    row = format_of(photo)
    return suffix == _suffix(photo) or (row is not None and row is not RAW and suffix in row.suffixes)


def is_meant_for(photo: str, sidecar: str, suffix: str | None) -> bool:
    """Whether a sidecar belongs to a photo (both paths) when it says that it is for a file with this suffix.

    It does if it says nothing, if it has the photo's full name, or if it is for the RAW file beside the photo.
    """
    if suffix is None or has_suffix(photo, suffix) or is_named_after(sidecar, photo):
        return True
    stem = os.path.splitext(photo)[0]
    paired = format_of(photo) in (JPEG, HEIF) and suffix in RAW.suffixes
    return paired and any(os.path.exists(stem + spelling) for spelling in (suffix, suffix.upper()))


def related(name: str, names: Iterable[str]) -> list[str]:
    """Those of the photos and videos called `names` whose companions or sidecars may change with the file `name`."""
    family = _family(name)
    return [other for other in names if format_of(other) is not None and _family(other) == family]


def _companions(names: Sequence[str]) -> dict[str, str]:
    """The RAW files and films that belong to a still → that JPEG or HEIF, which can be read here."""
    rows = [(name, format_of(name)) for name in names]
    others = [(name, row) for name, row in rows if row is RAW or (row is VIDEO and _suffix(name) in _FILM)]
    if not others:
        return {}
    by_stem = _indexed((name for name, row in rows if row is JPEG or (row is HEIF and row.works)), _stem)
    found: dict[str, str] = {}
    for name, row in others:
        stem = _stem(name)
        stems = [stem] if row is RAW else [stem, _FILM_MARK.sub("", stem)]
        if still := next((named[0] for stem in stems if (named := _named(by_stem, stem, _stem))), None):
            found[name] = still
    return found


def _likeliest(names: list[str]) -> list[str]:
    """Of files called x those that `x.xmp` is for."""
    raws = [name for name in names if _suffix(name) in _CAMERA_RAW]
    return raws or [name for name in names if format_of(name) is not VIDEO] or names


def _indexed(names: Iterable[str], key: _Key) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(key(name).lower(), []).append(name)
    return found


def _named(index: Mapping[str, list[str]], wanted: str, key: _Key) -> list[str]:
    """The names with this key: those in the same case, else those in any."""
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
    """The stem that a photo, its companions and its sidecars have in common."""
    subject = name[: -len(_XMP)] if is_sidecar_name(name) else name
    stem = _stem(subject) if format_of(subject) is not None else subject
    return _FILM_MARK.sub("", stem).lower()


def _stem(name: str) -> str:
    return name.rpartition(".")[0]  # os.path.splitext takes several times as long


def _suffix(name: str) -> str:
    _, dot, suffix = name.rpartition(".")
    return dot + suffix.lower() if dot else ""
