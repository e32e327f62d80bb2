"""FILTERS: the filters that restrict which photos are found, each an SQL condition with bound parameters.

Different filters combine with AND, several values of one filter with OR. Each filter has a `not-` form, which selects
exactly the photos that the filter rejects: a photo whose camera is unknown passes `--not-camera`.
"""

import datetime
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mcsearch.errors import UsageError
from mcsearch.levels import tidy_label
from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, at_or_below
from mcsearch.library.filtering import gazetteer, typed_dates
from mcsearch.library.texts.words import match_expression
from mcsearch.likeness import did_you_mean, folded
from mcsearch.paths import absolute, shown
from mcsearch.printable import brief

# For each filter name, a value, several values, or True for a filter without a value.
Value = str | int | float | os.PathLike[str]
Wanted = Mapping[str, Value | Sequence[Value] | None]
NOT = "not_"
# The key of `wanted` that makes filters of dates use the modification time of photos without a date.
UNDATED = "undated"
_OF_DATES = ("after", "before", "on")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The context that a filter's condition depends on: the model of tags, today's date, and the names of formats.

    With `undated`, photos without a date are compared by their modification time.
    """

    model_id: int
    known_as: Callable[[str], Sequence[str]]  # a folder or file → the paths by which the library knows it
    today: datetime.date
    formats: Mapping[str, str]  # names and suffixes of formats, in lower case → the format's name
    undated: bool = False
    folder_like: Callable[[str], str | None] = lambda _: None  # a folder with photos that is spelled like a path
    labels_within: Callable[[str], Sequence[str]] = lambda label: (
        label,
    )  # the labels of tags that are a label or below


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter: its name, the name of its value (None if it takes none), its help, and its condition.

    `condition` turns one value into SQL over `photos p`, or raises UsageError with a list of valid forms. `good` and
    `bad` are valid and invalid values for the tests.
    """

    name: str
    metavar: str | None
    help: str
    condition: Callable[[str, Surroundings], Condition]
    good: tuple[str, ...]
    bad: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The name in Python: `min_size` for --min-size."""
        return self.name.replace("-", "_")


_VALUES_AT_MOST = 100  # more make a statement larger than SQLite allows, which depends on how folders are spelled


def conditions(wanted: Wanted, surroundings: Surroundings) -> dict[str, Condition]:
    """Return the conditions, all of which must hold, of the given filters, each by its key in `wanted`, in that order.

    Raises UsageError for an unknown filter or a bad value.
    """
    filters = {filter_.key: filter_ for filter_ in FILTERS}
    found = {}
    if wanted.get(UNDATED):
        if not any(wanted.get(prefix + key) for key in _OF_DATES for prefix in ("", NOT)):
            raise UsageError("The option undated needs one of the filters after, before and on.")
        surroundings = replace(surroundings, undated=True)
    for key, given in wanted.items():
        if key == UNDATED:
            continue
        filter_ = filters.get(key.removeprefix(NOT) if key not in filters else key)
        if filter_ is None:
            raise UsageError(
                f"There is no filter {key!r}.{did_you_mean(key, filters)} The filters are {', '.join(filters)}, each "
                "also with the prefix not_."
            )
        if not (values := values_of(given)):
            continue
        if len(values) > _VALUES_AT_MOST:
            raise UsageError(
                f"The filter {key!r} has {len(values):,} values, but can have {_VALUES_AT_MOST} at most.",
                hint="Ask several times, or tag the photos and find them by their tag.",
            )
        either = [filter_.condition(value, surroundings) for value in values]
        sql = " OR ".join(f"({condition.sql})" for condition in either)
        parameters = tuple(value for condition in either for value in condition.parameters)
        found[key] = Condition(f"({sql})" if key in filters else f"(({sql}) IS NOT TRUE)", parameters)
    return found


def values_of(given: Value | Sequence[Value] | None) -> list[str]:
    """Return the values given for one filter as texts; none if it was not given."""
    several = [given] if isinstance(given, str | int | float | os.PathLike) else given or ()
    return [str(value) for value in several if value is not False]


def in_folder(folder: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo is this file, or lies at any depth below this folder, however it is spelled.

    Raises UsageError for a path that neither exists nor has photos in the library.
    """
    real = absolute(folder)
    known = surroundings.known_as(folder)
    if not known and not os.path.exists(real):
        meant = surroundings.folder_like(real)
        question = f" Did you mean {shown(meant)!r}?" if meant is not None else ""
        raise UsageError(f"No photo of the library is in {shown(real)}, which does not exist.{question}")
    either = [at_or_below(path) for path in known or (real,)]
    return Condition(
        " OR ".join(condition.sql for condition in either),
        tuple(value for condition in either for value in condition.parameters),
    )


def has_tag(label: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo carries a label: a tag, a keyword or a person's name, in any case.

    A tag "animals > dog" is found by "animals", by "dog" and by both.
    """
    wanted = tidy_label(_filled(label, "label", "beach")) or label
    within = json.dumps([label, *surroundings.labels_within(wanted)])
    return Condition(
        """EXISTS (SELECT 1 FROM tags t WHERE t.photo_id = p.id AND t.model_id = ?
                   AND t.label COLLATE NOCASE IN (SELECT value FROM json_each(?)))
           OR p.id IN (SELECT h.photo_id FROM hand_tags h WHERE h.given
                       AND (h.label = ? OR instr(' > ' || lower(h.label) || ' > ', ' > ' || lower(?) || ' > ')))
           OR p.id IN (SELECT k.photo_id FROM keywords k WHERE k.label = ? COLLATE NOCASE)""",
        (surroundings.model_id, within, label, wanted, label),
    )


def _facts(sql: str, *parameters: str | int | float) -> Condition:
    return Condition(f"EXISTS (SELECT 1 FROM facts f WHERE f.photo_id = p.id AND {sql})", parameters)


def _taken(sql: str, date: str, surroundings: Surroundings) -> Condition:
    return _facts(f"{LOCAL_TIME} {sql}" if surroundings.undated else f"{DATED} AND {LOCAL_TIME} {sql}", date)


def _after(text: str, surroundings: Surroundings) -> Condition:
    return _taken(">= ?", typed_dates.first_moment(text, surroundings.today), surroundings)


def _before(text: str, surroundings: Surroundings) -> Condition:
    return _taken("< ?", typed_dates.first_moment(text, surroundings.today), surroundings)


def _on(text: str, surroundings: Surroundings) -> Condition:
    return _facts(
        f"substr({LOCAL_TIME}, 6, 5) = ? AND (? OR {DATED})", typed_dates.month_and_day(text), surroundings.undated
    )


def _near(text: str, _: Surroundings) -> Condition:
    latitude, longitude, radius_km = gazetteer.near(text)
    angle = min(radius_km / gazetteer.EARTH_RADIUS_KM, math.pi)
    north, east = math.radians(latitude), math.radians(longitude)
    # Compares the chord between points on the unit sphere; the latitudes are there only to let SQLite use their index.
    return Condition(
        """p.id IN (SELECT f.photo_id FROM facts f WHERE f.latitude BETWEEN ? AND ?
             AND (f.x - ?) * (f.x - ?) + (f.y - ?) * (f.y - ?) + (f.z - ?) * (f.z - ?) <= ?)""",
        (
            latitude - math.degrees(angle) - 1e-6,
            latitude + math.degrees(angle) + 1e-6,
            *(math.cos(north) * math.cos(east),) * 2,
            *(math.cos(north) * math.sin(east),) * 2,
            *(math.sin(north),) * 2,
            (2 * math.sin(angle / 2)) ** 2,
        ),
    )


def _place(text: str, _: Surroundings) -> Condition:
    parts = [name for part in text.split(",") if (name := folded(part))]
    if not parts:
        raise UsageError("The place is empty. Give a town, a region or a country, such as Portugal.")
    clauses = " AND ".join("instr(n.names, ?)" for _ in parts)
    return Condition(
        f"""p.id IN (SELECT f.photo_id FROM facts f WHERE f.place_id IN (SELECT n.id FROM places n WHERE {clauses}))""",
        tuple(f"\n{part}\n" for part in parts),
    )


def _camera(name: str, _: Surroundings) -> Condition:
    return _facts("instr(lower(f.camera), lower(?))", _filled(name, "camera", "Pixel 7"))


def _lens(name: str, _: Surroundings) -> Condition:
    return _facts("instr(lower(f.lens), lower(?))", _filled(name, "lens", "50mm"))


def _format(name: str, surroundings: Surroundings) -> Condition:
    known = surroundings.formats.get(name.strip().lower().removeprefix("."))
    if known is None:
        names = ", ".join(dict.fromkeys(surroundings.formats.values()))
        raise UsageError(
            f"{brief(name)!r} is not a format.{did_you_mean(name, surroundings.formats)} The formats are {names}; "
            "suffixes, such as jpg, work too."
        )
    return _facts("f.format = ?", known)


def _orientation(name: str, _: Surroundings) -> Condition:
    comparison = {"portrait": "<", "landscape": ">", "square": "="}.get(name.strip().lower())
    if comparison is None:
        raise UsageError(f"{brief(name)!r} is not an orientation. The orientations are portrait, landscape and square.")
    return _facts(f"f.width {comparison} f.height")


def _min_size(text: str, _: Surroundings) -> Condition:
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*mp", text.strip().lower(), re.ASCII):
        return _facts("f.width * f.height >= ?", float(match[1]) * 1_000_000)
    if match := re.fullmatch(r"(\d{1,9})\s*[x×]\s*(\d{1,9})", text.strip().lower(), re.ASCII):
        return _facts("f.width >= ? AND f.height >= ?", int(match[1]), int(match[2]))
    raise UsageError(
        f"{brief(text)!r} is not a size. Give megapixels, such as 2MP, or width and height, such as 1920x1080."
    )


def _text(text: str, _: Surroundings) -> Condition:
    return Condition("p.id IN (SELECT rowid FROM texts WHERE texts MATCH ?)", (match_expression(text),))


def _rating(text: str, _: Surroundings) -> Condition:
    if not re.fullmatch(r"[0-5]", text.strip()):
        raise UsageError(f"{brief(text)!r} is not a rating. Give the minimum number of stars, 0 to 5.")
    return _facts("f.rating >= ?", int(text))


def _has_gps(_value: str, _: Surroundings) -> Condition:
    return _facts("f.latitude IS NOT NULL")


def _damaged(_value: str, _: Surroundings) -> Condition:
    return Condition("p.content_id IN (SELECT d.content_id FROM damage d)", ())


def _filled(text: str, kind: str, example: str) -> str:
    if not text.strip():
        raise UsageError(f"The {kind} is empty. Give one, such as {example}.")
    return text


FILTERS: tuple[Filter, ...] = (
    Filter("in", "DIR", "Only photos in this folder, at any depth.", in_folder, (".", "/photos"), ("",)),
    Filter(
        "after",
        "DATE",
        'Only photos taken at this date or later: 2023, 2023-06, 2023-06-12, "2 weeks ago".',
        _after,
        ("2023", "2023-06", "2023-06-12", "2023-06-12T10:11", "yesterday", "2 weeks ago", "a month ago"),
        ("", "summer", "2023-13", "2023-02-30", "12.6.2023", "9999 years ago"),
    ),
    Filter("before", "DATE", "Only photos taken before this date.", _before, ("2023-06", "today"), ("soon", "23")),
    Filter("on", "MM-DD", "Only photos taken on this day of any year.", _on, ("06-12", "2-29"), ("2023-06", "02-30")),
    Filter(
        "near",
        "PLACE",
        f"Only photos taken near LAT,LON[,KM] or a town such as Lisbon; within {gazetteer.KILOMETRES:g} km by default.",
        _near,
        ("38.72,-9.14", "38.72,-9.14,25", "-90, 180, 1km"),
        ("", ",", "91,0", "0,181", "38.72,-9.14,far", "38.72,-9.14,-1", "1,2,0"),
    ),
    Filter(
        "place",
        "NAME",
        'Only photos taken in this town, region or country: Lisbon, Portugal, "Springfield, Illinois".',
        _place,
        ("Portugal", "LISBÓA", "Lisbon, PT"),
        ("", " ", ","),
    ),
    Filter(
        "camera", "NAME", "Only photos taken with a camera whose name contains this.", _camera, ("Pixel 7",), ("", " ")
    ),
    Filter("lens", "NAME", "Only photos taken with a lens whose name contains this.", _lens, ("50mm",), ("", " ")),
    Filter("format", "NAME", "Only photos of this format, such as jpeg or png.", _format, ("jpg", "PNG"), ("", "exe")),
    Filter(
        "orientation",
        "KIND",
        "Only portrait, landscape or square photos.",
        _orientation,
        ("portrait", "landscape", "square"),
        ("", "upright"),
    ),
    Filter(
        "min-size",
        "SIZE",
        "Only photos of at least this size in megapixels, such as 2MP, or pixels, such as 1920x1080.",
        _min_size,
        ("2MP", "0.5 mp", "1920x1080"),
        ("", "2", "2MB", "1920", "x"),
    ),
    Filter(
        "tag",
        "LABEL",
        "Only photos with this tag, one below it, keyword or named person.",
        has_tag,
        ("beach",),
        ("", " "),
    ),
    Filter(
        "text",
        "WORDS",
        "Only photos with these words in names of files and folders, captions, keywords, places or text in the photo.",
        _text,
        ("lisbon", '"grand hotel" rece*', 'C++ "', "東京"),
        ("", " ", '"', "*", "!?"),
    ),
    Filter(
        "rating", "STARS", "Only photos with at least this many stars.", _rating, ("0", "4"), ("", "6", "-1", "four")
    ),
    Filter("has-gps", None, "Only photos whose place is known.", _has_gps, ("True",)),
    Filter("damaged", None, "Only photos whose file is damaged; --no-damaged leaves them out.", _damaged, ("True",)),
)
