"""Parse the dates that people type into a filter, as local time in text that is comparable with `taken_at`."""

import calendar
import datetime
import re

from mcsearch.errors import UsageError
from mcsearch.printable import brief

FORMS = "2023, 2023-06, 2023-06-12, 2023-06-12T10:11, today, yesterday, or 2 weeks ago (days, weeks, months, years)"
_WRITTEN = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?)?)?", re.ASCII)
_AGO = re.compile(r"(\d{1,4}|an?) (day|week|month|year)s? ago", re.ASCII)


def first_moment(text: str, today: datetime.date) -> str:
    """Return the first moment of a date as ISO 8601, as precise as it was given; later moments sort after it as text.

    Raises UsageError with a list of valid forms if the text is not a date.
    """
    wanted = " ".join(text.strip().split())
    if match := _WRITTEN.fullmatch(wanted.upper()):
        _check_day(text, [int(part) for part in match.groups() if part])
        return wanted.upper().replace(" ", "T")
    if wanted.lower() in ("today", "yesterday"):
        return (today - datetime.timedelta(days=wanted.lower() == "yesterday")).isoformat()
    if match := _AGO.fullmatch(wanted.lower()):
        count = 1 if match[1].startswith("a") else int(match[1])
        try:
            return _earlier(today, count, match[2]).isoformat()
        except (ValueError, OverflowError):
            raise UsageError(f"{brief(text)!r} is too long ago.") from None
    raise UsageError(f"{brief(text)!r} is not a date. Valid forms are {FORMS}.")


def month_and_day(text: str) -> str:
    """Return a day of the year as MM-DD, the form in which `taken_at` contains it. Raises UsageError."""
    match = re.fullmatch(r"(\d\d?)-(\d\d?)", text.strip(), re.ASCII)
    # 2024 was a leap year.
    if match and 1 <= int(match[1]) <= 12 and 1 <= int(match[2]) <= calendar.monthrange(2024, int(match[1]))[1]:
        return f"{int(match[1]):02}-{int(match[2]):02}"
    raise UsageError(
        f"{brief(text)!r} is not a day of the year. Give month and day, such as 06-12 for the 12th of June."
    )


def _check_day(text: str, parts: list[int]) -> None:
    year, month, day, hour, minute, second = [*parts, *(1, 1, 1, 0, 0, 0)[len(parts) :]]
    try:
        datetime.datetime(year, month, day, hour, minute, second)
    except ValueError:
        raise UsageError(f"The date {text} does not exist. Valid forms are {FORMS}.") from None


def _earlier(today: datetime.date, count: int, unit: str) -> datetime.date:
    if unit in ("day", "week"):
        return today - datetime.timedelta(days=count * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return today.replace(year=year, month=month + 1, day=min(today.day, calendar.monthrange(year, month + 1)[1]))
