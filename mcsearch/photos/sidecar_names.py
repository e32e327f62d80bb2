"""Which file beside a photo is its XMP sidecar."""

import os
from collections.abc import Iterable

from mcsearch.photos.formats import RAW, is_photo_name

# RAW formats of camera makers, whose sidecar Adobe's programs call x.xmp. They write into a DNG itself.
_RAW_SUFFIXES = frozenset(RAW.suffixes) - {".dng"}
_OTHER_SUFFIXES = frozenset({".psd", ".psb"})


class Neighbours:
    """The names in one folder, and which of them are sidecars of which."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        self._photos: dict[str, list[str]] = {}
        for name in self._names:
            if is_photo_name(name) or _suffix(name) in _OTHER_SUFFIXES:
                self._photos.setdefault(os.path.splitext(name)[0], []).append(name)

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def sidecars(self, photo: str) -> list[str]:
        """The sidecars of a photo that are there, the one to go by first.

        `x.jpg.xmp` is that of x.jpg and no other's. `x.xmp` is that of the RAW called x, else of the only
        photo called x; where several could be meant it is nobody's.
        """
        stem = os.path.splitext(photo)[0]
        same_stem = self._photos.get(stem, [])
        owners = [name for name in same_stem if _suffix(name) in _RAW_SUFFIXES] or same_stem
        stems = [photo, stem] if owners == [photo] else [photo]
        return [name for start in stems for name in (f"{start}.xmp", f"{start}.XMP") if name in self._names]


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()
