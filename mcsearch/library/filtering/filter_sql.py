"""The SQL of each filter: functions from the value of a filter to a condition over `photos p`."""

import datetime
import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence

from mcsearch.errors import UsageError
from mcsearch.levels import tidy_label
from mcsearch.library.conditions import DATED, LOCAL_TIME, Condition, at_or_below
from mcsearch.library.filtering import gazetteer, typed_dates
from mcsearch.library.texts.words import match_expression
from mcsearch.likeness import did_you_mean, folded
from mcsearch.paths import absolute, shown
from mcsearch.printable import brief
from mcsearch.records.record import Record


class Surroundings(Record):
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


def taken_after(text: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo was taken at a date or later. Raises UsageError for no date."""
    return _taken(">= ?", typed_dates.first_moment(text, surroundings.today), surroundings)


def taken_before(text: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo was taken before a date. Raises UsageError for no date."""
    return _taken("< ?", typed_dates.first_moment(text, surroundings.today), surroundings)


def taken_on(text: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo was taken on a day of any year. Raises UsageError for no such day."""
    return _facts(
        f"substr({LOCAL_TIME}, 6, 5) = ? AND (? OR {DATED})", typed_dates.month_and_day(text), surroundings.undated
    )


def taken_near(text: str, _: Surroundings) -> Condition:
    """Return the condition that a photo was taken near a place. Raises UsageError for an unknown place."""
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


def taken_in(text: str, _: Surroundings) -> Condition:
    """Return the condition that a photo was taken in a town, region or country. Raises UsageError for no name."""
    parts = [name for part in text.split(",") if (name := folded(part))]
    if not parts:
        raise UsageError("The place is empty. Give a town, a region or a country, such as Portugal.")
    clauses = " AND ".join("instr(n.names, ?)" for _ in parts)
    return Condition(
        f"""p.id IN (SELECT f.photo_id FROM facts f WHERE f.place_id IN (SELECT n.id FROM places n WHERE {clauses}))""",
        tuple(f"\n{part}\n" for part in parts),
    )


def with_camera(name: str, _: Surroundings) -> Condition:
    """Return the condition that the camera's name contains a text. Raises UsageError for an empty one."""
    return _facts("instr(lower(f.camera), lower(?))", _filled(name, "camera", "Pixel 7"))


def with_lens(name: str, _: Surroundings) -> Condition:
    """Return the condition that the lens's name contains a text. Raises UsageError for an empty one."""
    return _facts("instr(lower(f.lens), lower(?))", _filled(name, "lens", "50mm"))


def of_format(name: str, surroundings: Surroundings) -> Condition:
    """Return the condition that a photo is of a format. Raises UsageError for an unknown one."""
    known = surroundings.formats.get(name.strip().lower().removeprefix("."))
    if known is None:
        names = ", ".join(dict.fromkeys(surroundings.formats.values()))
        raise UsageError(
            f"{brief(name)!r} is not a format.{did_you_mean(name, surroundings.formats)} The formats are {names}; "
            "suffixes, such as jpg, work too."
        )
    return _facts("f.format = ?", known)


def of_orientation(name: str, _: Surroundings) -> Condition:
    """Return the condition that a photo is portrait, landscape or square. Raises UsageError for anything else."""
    comparison = {"portrait": "<", "landscape": ">", "square": "="}.get(name.strip().lower())
    if comparison is None:
        raise UsageError(f"{brief(name)!r} is not an orientation. The orientations are portrait, landscape and square.")
    return _facts(f"f.width {comparison} f.height")


def of_size(text: str, _: Surroundings) -> Condition:
    """Return the condition that a photo has at least so many pixels. Raises UsageError for no size."""
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*mp", text.strip().lower(), re.ASCII):
        return _facts("f.width * f.height >= ?", float(match[1]) * 1_000_000)
    if match := re.fullmatch(r"(\d{1,9})\s*[x×]\s*(\d{1,9})", text.strip().lower(), re.ASCII):
        return _facts("f.width >= ? AND f.height >= ?", int(match[1]), int(match[2]))
    raise UsageError(
        f"{brief(text)!r} is not a size. Give megapixels, such as 2MP, or width and height, such as 1920x1080."
    )


def with_words(text: str, _: Surroundings) -> Condition:
    """Return the condition that words are in or around a photo. Raises UsageError for a text without words."""
    return Condition("p.id IN (SELECT rowid FROM texts WHERE texts MATCH ?)", (match_expression(text),))


def rated(text: str, _: Surroundings) -> Condition:
    """Return the condition that a photo has at least so many stars. Raises UsageError unless they are 0 to 5."""
    if not re.fullmatch(r"[0-5]", text.strip()):
        raise UsageError(f"{brief(text)!r} is not a rating. Give the minimum number of stars, 0 to 5.")
    return _facts("f.rating >= ?", int(text))


def with_position(_value: str, _: Surroundings) -> Condition:
    """Return the condition that it is known where a photo was taken."""
    return _facts("f.latitude IS NOT NULL")


def damaged(_value: str, _: Surroundings) -> Condition:
    """Return the condition that a photo's file is damaged."""
    return Condition("p.content_id IN (SELECT d.content_id FROM damage d)", ())


# By the names of FILTERS: each turns one value into a condition, or raises UsageError with a list of valid forms.
CONDITIONS: dict[str, Callable[[str, Surroundings], Condition]] = {
    "in": in_folder,
    "after": taken_after,
    "before": taken_before,
    "on": taken_on,
    "near": taken_near,
    "place": taken_in,
    "camera": with_camera,
    "lens": with_lens,
    "format": of_format,
    "orientation": of_orientation,
    "min-size": of_size,
    "tag": has_tag,
    "text": with_words,
    "rating": rated,
    "has-gps": with_position,
    "damaged": damaged,
}


def _filled(text: str, kind: str, example: str) -> str:
    if not text.strip():
        raise UsageError(f"The {kind} is empty. Give one, such as {example}.")
    return text
