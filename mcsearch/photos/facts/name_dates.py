"""Read the date in a file name written by a camera, phone, messenger, screenshot tool or scanner."""

import datetime
import os
import re
import unicodedata
from collections.abc import Iterator

from mcsearch.photos.facts.dates import iso

_UNICODE = re.IGNORECASE | re.VERBOSE
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_AFTERNOON = ("中午", "下午", "傍晚", "晚上", "午後", "오후", "ös")
_AM_PM = "|".join(("凌晨", "清晨", "早上", "上午", "午前", "오전", "öö", *_AFTERNOON))
# Separators between date and time: " at ", " um ", " a la(s) ", ", ", " - ", "--", "T", "_", or nothing. Web sites and
# messengers replace spaces: "-at-", "_at_", "+at+".
_JOIN = (
    rf"(?:[-_T.]|--|[-_+][^\W\d_]{{1,8}}[-_+]|\ ?,?\ ?-?\ ?(?:(?!{_AM_PM})[^\W\d_]{{1,8}}\.?(?:\(s\))?,?[\ -]){{0,3}})"
)
_TIME = rf"""(?:
    (?:[-_T.]|--|\ ?-?\ ?(?:at\ )?)(?P<digits>[0-9]{{6}})(?:[0-9]{{2,3}})?
  | {_JOIN}(?:(?P<half>{_AM_PM})\ ?)?
    (?P<hour>[0-9]{{1,2}})(?P<apart>[-_.:\ ])(?P<minute>[0-9]{{2}})(?P=apart)(?P<second>[0-9]{{2}})
  | [-_\ ](?P<hour3>[0-9]{{2}})h(?P<minute4>[0-9]{{2}})m?(?P<second2>[0-9]{{2}})s?
  | (?:\ {_JOIN}|[_T])(?P<hour2>[0-9]{{2}})(?:[.:](?P<minute2>[0-9]{{2}})|-(?P<minute3>[0-9]{{2}})$)(?![-_.:]?[0-9])
  | \ {_JOIN}(?P<hour4>[0-9]{{2}})_(?P<minute5>[0-9]{{2}})(?![-_.:]?[0-9])
  )
  (?:(?:\ ?|(?(apart)[-_+]|(?!)))(?P<half2>[apμπ]\.?\ ?[mμ]\.?)(?![^\W\d_]))?
  (?:(?:[-_.][0-9]{{3}})?(?P<zone>Z|_UTC|\+[0-9]{{2}}:?[0-9]{{2}})(?![^\W_]))?"""
_DATE = rf"(?<![0-9]){_YEAR}(?P<sep>[-_.]?)(?P<month>[0-9]{{2}})(?P=sep)(?P<day>[0-9]{{2}})"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAME = rf"(?P<name>{'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_TWO = r"[0-9]{2}"
# Forms of particular programs, which would be ambiguous in other file names.
_PROGRAMS = tuple(
    re.compile(pattern, _UNICODE)
    for pattern in (
        # iOS and CamScanner write the month first.
        rf"(?:^ScreenRecording_|CamScanner\ )(?P<month>{_TWO})-(?P<day>{_TWO})-{_YEAR}"
        rf"[\ _](?P<hour>{_TWO})[-.](?P<minute>{_TWO})(?:[-.](?P<second>{_TWO}))?(?![0-9])",
        # Nextcloud, Picsart, iOS in German, dash cameras and LINE albums write two-digit years.
        rf"^(?:Picsart_)?(?P<short>{_TWO})-(?P<month>{_TWO})-(?P<day>{_TWO})[\ _](?P<hour>{_TWO})-(?P<minute>{_TWO})-"
        rf"(?P<second>{_TWO})(?=$|[\ _-][0-9(])",
        rf"(?<![0-9])(?P<day>{_TWO})\.(?P<month>{_TWO})\.(?P<short>{_TWO}),?\ (?P<hour>{_TWO})(?P<apart>[\ .-])"
        rf"(?P<minute>{_TWO})(?P=apart)(?P<second>{_TWO})(?![0-9])",
        rf"^(?P<short>{_TWO})(?P<month>{_TWO})(?P<day>{_TWO})_(?P<digits>[0-9]{{6}})_[0-9]{{3}}_[FR][HLM]$",
        rf"^FILE(?P<short>{_TWO})(?P<month>{_TWO})(?P<day>{_TWO})-(?P<digits>[0-9]{{6}})(?![0-9])",
        rf"^LINE_ALBUM_(?:.*_)?(?P<short>{_TWO})(?P<month>{_TWO})(?P<day>{_TWO})_[0-9]{{1,4}}$",
        # BlackBerry: IMG00012-20100612-1011; dash cameras: 2023_0612_101112.
        rf"^IMG[0-9]{{5}}-{_YEAR}(?P<month>{_TWO})(?P<day>{_TWO})-(?P<hour>{_TWO})(?P<minute>{_TWO})(?![0-9])",
        rf"(?<![0-9]){_YEAR}_(?P<month>{_TWO})(?P<day>{_TWO})_(?P<digits>[0-9]{{6}})(?![0-9])",
        rf"(?<![0-9]){_YEAR}年(?P<month>[0-9]{{1,2}})月(?P<day>[0-9]{{1,2}})日"
        rf"[\ _]?(?P<hour>[0-9]{{1,2}})[时時点](?P<minute>{_TWO})分(?:(?P<second>{_TWO})秒)?",
        rf"(?<![0-9]){_YEAR}年(?P<month>[0-9]{{1,2}})月(?P<day>[0-9]{{1,2}})日(?:{_TIME})?",
        # The month as a word.
        rf"(?<![0-9])(?P<day>[0-9]{{1,2}})[\ _-]{_MONTH_NAME}[\ _-]{_YEAR}(?:{_TIME})?(?![0-9])",
        rf"(?<![^\W\d_]){_MONTH_NAME}[\ _-](?P<day>[0-9]{{1,2}}),?[\ _-]{_YEAR}(?:{_TIME})?(?![0-9])",
    )
)
_GENERAL = re.compile(rf"{_DATE}(?:{_TIME})?(?![0-9])", _UNICODE)
_DAY_FIRST = re.compile(
    rf"(?<![0-9])(?P<day>[0-9]{{1,2}})(?P<sep>[-_.])(?P<month>[0-9]{{1,2}})(?P=sep){_YEAR}(?:{_TIME})?(?![0-9])",
    _UNICODE,
)
# Seconds or milliseconds since 1970, after the prefix of a program or as the whole name.
_EPOCH = re.compile(
    r"""(?:^(?P<bare>1[0-9]{9}(?:[0-9]{3})?)|
        (?:FB_IMG_|FB_VID_|mmexport|wx_camera_|microMsg\.|qq_pic_merged_|kakaotalk_|LINE_MOVIE_|line_|
           PhotoGrid_(?:Plus_|Video_)?|beauty_|faceu_)(?P<milliseconds>1[0-9]{12})|
        ^[^\W\d_]{2,20}(?:[-_][^\W\d_]{2,20})?[-_](?P<named>1[0-9]{12})|
        (?:RPReplay_Final|^Screenshot_)(?P<seconds>1[0-9]{9})|
        (?:企业微信截图|WXWorkCapture)_(?P<tenths>1[0-9]{9})[0-9]{3,4})
        (?![0-9])(?(named)(?!-[0-9a-f]{8}))(?(bare)(?:[\ _-]?\([0-9]+\)|[-_~][0-9]{1,3})?$)""",
    _UNICODE,
)
# 2010, before phones wrote times into file names: a number below this is probably not a time.
_FIRST_BARE_SECOND = 1_262_304_000
_IDENTIFIER = re.compile(
    r"(?<![^\W_])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[0-9]*[a-f])[0-9a-f]{16,})(?![^\W_])", re.IGNORECASE
)
# Names with UTC times: Google Pixel photos, Zoom recordings, OneDrive uploads from iPhones.
_UTC_PREFIXES, _UTC_SUFFIX = ("PXL_", "GMT"), re.compile(r"_iOS(?![^\W_])")
_MARKS = dict.fromkeys((0x200E, 0x200F, 0x202A, 0x202B, 0x202C))  # writing-direction marks


def name_date(path: str) -> str | None:
    """Return the date in a file name as ISO 8601, or None if there is none.

    Dates after tomorrow, and dates whose day and month could be confused, are ignored.
    """
    stem = os.path.splitext(os.path.basename(path))[0]
    name = _IDENTIFIER.sub("#", unicodedata.normalize("NFKC", stem).translate(_MARKS))  # U+202F becomes a space
    if epoch := _EPOCH.search(name):
        return _epoch_date(epoch)
    return next(_dates(name), None)


def _dates(name: str) -> Iterator[str]:
    """Yield the dates in a name, the most reliable first."""
    for pattern in _PROGRAMS:
        for match in pattern.finditer(name):
            if date := _date(match):
                yield date
    rest = name
    for match in _DAY_FIRST.finditer(name):
        if name[: match.start()][-2:-1].isdecimal() and name[match.start() - 1] == match["sep"]:
            continue  # the end of a longer number
        if date := _either_order(match):
            yield date
        rest = rest[: match.start()] + "#" * len(match[0]) + rest[match.end() :]
    for match in _GENERAL.finditer(rest):
        if date := _date(match):
            yield date


def _either_order(match: re.Match[str]) -> str | None:
    """Return the date of a match such as 12.06.2023, or None if day and month could be confused.

    The day comes first in dates with dots, and in dates with dashes that are followed by a time.
    """
    day_first, month_first = _date(match), _date(match, month="day", day="month")
    if match["sep"] == "." or (match["sep"] == "-" and (match["digits"] or match["second"])):
        return day_first
    return (day_first or month_first) if not (day_first and month_first) else None


def _date(match: re.Match[str], month: str = "month", day: str = "day") -> str | None:
    """Return the date of a match, with its time if that is valid; a counter may look like a time."""
    groups: dict[str, str | None] = dict.fromkeys(("month",))
    groups |= match.groupdict()
    year = groups.get("year") or f"20{groups['short']}"
    month_number = groups[month] or f"{_MONTHS.index(str(groups['name']).lower()) + 1:02}"
    known = [year, month_number.zfill(2), str(groups[day]).zfill(2)]
    found = iso(known)
    if found is None or found > str(datetime.date.today() + datetime.timedelta(days=1)):
        return None
    time = _time(groups)
    return (iso([*known, *time], offset=_offset(match)) if time else None) or found


def _time(groups: dict[str, str | None]) -> list[str]:
    """Return the hour (0 to 23), minute and second of a match, or an empty list if there is no time."""
    if digits := groups.get("digits"):
        return [digits[:2], digits[2:4], digits[4:]]
    hour, minute, second = (
        next((value for name, value in groups.items() if value and name.startswith(unit)), None)
        for unit in ("hour", "minute", "second")
    )
    if hour is None:
        return []
    half = (groups.get("half") or groups.get("half2") or "").lower()
    if half:
        afternoon = half in _AFTERNOON or half[0] in "pμ"
        hour = str(int(hour) % 12 + 12 * afternoon)
    return [hour.zfill(2), minute or "00", second or "00"]


def _offset(match: re.Match[str]) -> str:
    zone = match.groupdict().get("zone")
    before, after = match.string[: match.start()], match.string[match.end() :]
    if zone:
        return zone if zone.startswith("+") else "Z"
    return "Z" if before.endswith(_UTC_PREFIXES) or _UTC_SUFFIX.match(after) else ""


def _epoch_date(match: re.Match[str]) -> str | None:
    number = next(group for group in match.groups() if group)
    if (match["named"] or (match["bare"] and len(number) == 10)) and int(number[:10]) < _FIRST_BARE_SECOND:
        return None
    moment = datetime.datetime.fromtimestamp(int(number[:10]), datetime.UTC)
    tomorrow = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
    return moment.isoformat() if moment <= tomorrow else None
