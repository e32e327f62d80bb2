"""Match the JSON files of a Google Photos export with photos by their names.

Google names the JSON after the photo's title: `x.jpg.json`, since 2024 `x.jpg.supplemental-metadata.json`. It cuts this
name, without `.json`, at 46 characters, and that of the photo at 47 before its suffix. Of several photos with the same
title, the number is in `x(1).jpg` and `x.jpg(1).json`. An edited photo, `x-edited.jpg`, has no JSON of its own.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

_JSON = ".json"
_TAIL = "supplemental-metadata"
# Lengths in UTF-16 code units, of which an emoji takes two.
_JSON_LENGTH, _PHOTO_LENGTH = 46, 47
_NUMBERED = re.compile(r"(.*)\((\d{1,5})\)")
# What Google appends to the names of edited photos, in the language of the account. Names are compared in lower case.
_EDITED = (
    "-edited", "-effects", "-smile", "-mix", "-animation", "-collage", "-bearbeitet", "-modifié", "-modificato",
    "-editado", "-editada", "-ha editado", "-editat", "-bewerkt", "-edytowane", "-upravené", "-upraveno", "-redigeret",
    "-redigerad", "-redigert", "-muokattu", "-szerkesztett", "-düzenlendi", "-отредактировано", "-изменено",
    "-відредаговано", "-編集済み", "-编辑", "-已编辑", "-已修改", "-已編輯", "-편집됨", "-수정됨",
)  # fmt: skip
_Key = tuple[str, str]  # what is left of a name without its number, and the number


class TakeoutNames:
    """The JSON files among some names. Case and the form of accents do not matter; a match in the same case wins."""

    def __init__(self, names: Iterable[str]) -> None:
        self._described: dict[_Key, list[str]] = {}
        self._by_stem: dict[_Key, list[str]] = {}
        for name in sorted(filter(is_takeout_name, names)):
            subject, number = _split(name[: -len(_JSON)])
            subjects = {subject}
            start, dot, tail = subject.rpartition(".")
            if dot and _TAIL.startswith(tail.lower()):
                subjects.add(start)
            for one in subjects:
                self._described.setdefault((_folded(one), number), []).append(name)
                self._by_stem.setdefault((_folded(_stem(one)), number), []).append(name)

    def __bool__(self) -> bool:
        return bool(self._described)

    def of(self, photo: str) -> list[str]:
        """Return the JSON files that describe a photo; more than one if exports of different years were merged."""
        if not self._described:
            return []
        for keys in _keys(photo):
            if found := [name for key in keys for name in self._described.get(key, ())]:
                same_case = [name for name in found if name.startswith(_stem(photo))]
                return list(dict.fromkeys(same_case or found))
        for stem, number in _edited(photo):  # Google converts some photos when they are edited
            found = self._by_stem.get((stem, number), [])
            if len(found) == 1:
                return found
        return []


def is_takeout_name(name: str) -> bool:
    """Return whether a file may be the JSON of an export by its suffix."""
    return name[-len(_JSON) :].lower() == _JSON


def _keys(photo: str) -> Iterator[list[_Key]]:
    """Yield the keys under which a photo's JSON may be listed, the surest first."""
    yield [(_cut(_folded(photo)), "")]
    stem, number = _split(_stem(photo))
    stem, suffix = _folded(stem), _folded(photo[len(_stem(photo)) :])
    if number:
        yield [(_cut(stem + suffix), number)]
    yield [(_cut(stem), number)]  # a title without a suffix
    for original, edited_number in _edited(photo):
        yield [(_cut(original + suffix), edited_number), (_cut(original), edited_number)]
    if number and _units(stem) >= _PHOTO_LENGTH:  # the edited photo of a long title is cut to the name of the original
        yield [(_cut(stem + suffix), "")]


def _edited(photo: str) -> Iterator[_Key]:
    """Yield the stem and number of the photo that this one may be the edited form of."""
    stem, number = _split(_stem(photo))
    stem = _folded(stem)
    is_cut = _units(stem) >= _PHOTO_LENGTH
    for mark in _EDITED:
        for length in range(len(mark), 1 if is_cut else len(mark) - 1, -1):
            if stem.endswith(mark[:length]):
                yield stem[:-length], number
                break


def _split(name: str) -> _Key:
    """Return a name without the number in parentheses at its end, and the number."""
    match = _NUMBERED.fullmatch(name)
    return (match[1], match[2]) if match and match[1] else (name, "")


def _folded(name: str) -> str:
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()


def _cut(name: str) -> str:
    if name.isascii():
        return name[:_JSON_LENGTH]
    return name.encode("utf-16-le", "surrogatepass")[: 2 * _JSON_LENGTH].decode("utf-16-le", "ignore")


def _units(name: str) -> int:
    return len(name) if name.isascii() else len(name.encode("utf-16-le", "surrogatepass")) // 2


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
