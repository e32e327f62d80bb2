"""The parameters of a search: those of a query, and one for each filter of the registry and for its opposite."""

import functools
import os
import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from mcsearch.errors import UsageError
from mcsearch.library.filtering import gazetteer
from mcsearch.library.filtering.filters import FILTERS, NOT, UNDATED, Wanted
from mcsearch.library.library_file import LibraryFile
from mcsearch.paths import is_under

MOST_LIMIT = 500
_TEXT_AT_MOST = 1000
_VALUES_AT_MOST = 50
_WEIGHTED = re.compile(r"(?:(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9}):)?([0-9a-f]{64}|upload-[0-9a-f]{32})", re.ASCII)
_PATH_FILTERS = ("in", f"{NOT}in")
_PLACE_FILTERS = ("near", f"{NOT}near")


def _texts(description: str) -> Any:
    return (list[str], Field(default=[], max_length=_VALUES_AT_MOST, description=description))


def _filter_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for filter_ in FILTERS:
        for key, words in ((filter_.key, filter_.help), (NOT + filter_.key, f"The opposite of {filter_.key}.")):
            takes_value = filter_.metavar is not None
            fields[key] = _texts(words) if takes_value else (bool | None, Field(default=None, description=words))
    undated = "Photos without a date count with the time of their file."
    return {**fields, UNDATED: (bool, Field(default=False, description=undated))}


_Strict = ConfigDict(extra="forbid")
Filters: Any = create_model("Filters", __config__=_Strict, **_filter_fields())
_choices: dict[str, Any] = {
    "not_like": _texts("The id of a photo or of an upload to avoid, with a weight before a colon if wanted."),
    "sort": (Literal["score", "date", "path"] | None, Field(default=None, description="The order of the hits.")),
    "min_score": (float, Field(default=-1.0, ge=-1.0, le=1.0, description="No hits with a lower score.")),
    "relevant": (bool, Field(default=False, description="No hits that hardly fit.")),
    "collapse": (bool, Field(default=False, description="One photo for several that are nearly the same.")),
    "cursor": (str | None, Field(default=None, max_length=64, description="The cursor of an earlier answer.")),
}
_query: dict[str, Any] = {
    "q": (str, Field(default="", max_length=_TEXT_AT_MOST, description="What the photo shows, in words.")),
    "like": _texts("The id of a photo or of an upload, with a weight before a colon if wanted: 2:ID."),
    "not": _texts("A text to avoid."),
}
_part: dict[str, Any] = {
    "limit": (int, Field(default=100, ge=1, le=MOST_LIMIT, description="The most hits in this answer.")),
    "offset": (int, Field(default=0, ge=0, le=1_000_000, description="The place of the first hit of this answer.")),
}
Similar: Any = create_model("Similar", __base__=Filters, **_choices, **_part)
Layout: Any = create_model("Layout", __base__=Filters, **_query, **_choices)
Search: Any = create_model("Search", __base__=Filters, **_query, **_choices, **_part)


def wanted_filters(library: LibraryFile, parameters: BaseModel) -> Wanted:
    """Return the filters among the parameters.

    Raises UsageError for a folder that is not at or below an indexed one: no other path is looked up on disk.
    """
    wanted: dict[str, Any] = {}
    for key, value in parameters.model_dump(include=set(Filters.model_fields)).items():
        if value is False and key != UNDATED:  # has_gps=false is not_has_gps=true
            wanted[key.removeprefix(NOT) if key.startswith(NOT) else NOT + key] = True
        elif value:
            wanted[key] = value
    roots = library.roots.known() if any(key in wanted for key in _PATH_FILTERS) else {}
    for key in _PATH_FILTERS:
        for folder in wanted.get(key, ()):
            plain = os.path.normpath(folder)
            if "\0" in folder or not any(is_under(plain, root) for root in roots):
                raise UsageError(f"{folder!r} is not in an indexed folder.")
    for key in _PLACE_FILTERS:
        if key in wanted:
            wanted[key] = [",".join(map(str, _near(place))) for place in wanted[key]]
    return wanted


@functools.lru_cache(256)
def _near(place: str) -> tuple[float, float, float]:
    """Return the coordinates and the radius of a place; among smaller towns, a search would take too long."""
    return gazetteer.near(place, gazetteer.LARGER)


def weighted_picture(written: str) -> tuple[float, str]:
    """Return the weight and the id of a photo or of an upload. Raises UsageError."""
    match = _WEIGHTED.fullmatch(written)
    if match is None:
        raise UsageError(f"{written!r} is not the id of a photo or of an upload.")
    weight = float(match[1] or 1)
    if not weight:
        raise UsageError(f"{written!r}: a weight is a number above 0, such as 2 or 0.5.")
    return weight, match[2]
