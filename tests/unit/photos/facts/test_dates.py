"""Dates as EXIF, XMP, IPTC, PNG and videos write them."""

import datetime

import pytest

from mcsearch.photos.facts.dates import (
    exif_date,
    in_offset,
    iptc_date,
    mtime_date,
    text_date,
    with_offset_to,
    xmp_date,
)


@pytest.mark.parametrize(
    ("date", "subseconds", "offset", "wanted"),
    [
        ("2023:06:12 10:11:12", "", "", "2023-06-12T10:11:12"),
        ("2023:06:12 10:11:12", "340", "+02:00", "2023-06-12T10:11:12.34+02:00"),
        ("2023:06:12 10:11:12", " 05 ", "Z", "2023-06-12T10:11:12.05+00:00"),
        ("2023:06:12 10:11:12", "x", "+2", "2023-06-12T10:11:12"),
        ("2023-06-12T10:11:12", "", "-09:30", "2023-06-12T10:11:12-09:30"),
        ("2023:06:12 10:11", "", "", "2023-06-12T10:11:00"),
        ("2023:06:12", "", "+02:00", "2023-06-12"),
        ("1899:12:31 23:59:60", "", "", "1899-12-31T23:59:60"),
        ("2023: 6:12  9:11:12", "", "", "2023-06-12T09:11:12"),
        ("2023:06:12 10:11:12+02:00", "", "", "2023-06-12T10:11:12+02:00"),
        ("0000:00:00 00:00:00", "", "", None),
        ("    :  :     :  :  ", "", "", None),
        ("2023:02:30 10:11:12", "", "", None),
        ("2023:06:12 25:11:12", "", "", None),
        ("0023:06:12 10:11:12", "", "", None),
        ("٢٠٢٣:٠٦:١٢", "", "", None),
        ("", "", "", None),
    ],
)
def test_exif(date: str, subseconds: str, offset: str, wanted: str | None) -> None:
    assert exif_date(date, subseconds, offset) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2023", "2023"),
        ("2023-06", "2023-06"),
        ("2023-06-12", "2023-06-12"),
        ("2023-06-12T10:11Z", "2023-06-12T10:11:00+00:00"),
        ("2023-06-12T10:11:12.5+02:00", "2023-06-12T10:11:12.5+02:00"),
        (" 2023-06-12 10:11:12 ", "2023-06-12T10:11:12"),
        ("2021:08:19 18:48:53", "2021-08-19T18:48:53"),  # darktable
        ("2021:08:19 18:48:53.250", "2021-08-19T18:48:53.25"),
        ("2023-13", None),
        ("last summer", None),
    ],
)
def test_xmp(text: str, wanted: str | None) -> None:
    assert xmp_date(text) == wanted


@pytest.mark.parametrize(
    ("date", "time", "wanted"),
    [
        ("20230612", "101112+0200", "2023-06-12T10:11:12+02:00"),
        ("20230612", "101112", "2023-06-12T10:11:12"),
        ("20230612", "", "2023-06-12"),
        ("20230612", "251112", "2023-06-12"),
        ("20230000", "", None),
        ("", "101112", None),
    ],
)
def test_iptc(date: str, time: str, wanted: str | None) -> None:
    assert iptc_date(date, time) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Mon, 12 Jun 2023 10:11:12 +0200", "2023-06-12T10:11:12+02:00"),
        ("Mo 12 Jun 2023 10:11:12 +0200", "2023-06-12T10:11:12+02:00"),
        ("12 Jun 2023 10:11:12 GMT", "2023-06-12T10:11:12+00:00"),
        ("2023-06-12T10:11:12-03:30", "2023-06-12T10:11:12-03:30"),
        ("2023:06:12 10:11:12", "2023-06-12T10:11:12"),
        ("6/12/23", None),
        ("a while ago", None),
        ("", None),
    ],
)
def test_creation_times_of_png(text: str, wanted: str | None) -> None:
    assert text_date(text) == wanted


@pytest.mark.parametrize(
    ("local", "utc", "lag_s", "wanted"),
    [
        ("2023-06-12T10:11:12", "2023-06-12T08:11:12+00:00", 0, "2023-06-12T10:11:12+02:00"),
        ("2023-06-12T10:11:12", "2023-06-12T04:26:15+00:00", 0, "2023-06-12T10:11:12+05:45"),
        ("2023-06-11T23:11:12.5", "2023-06-12T08:11:12+00:00", 0, "2023-06-11T23:11:12.5-09:00"),
        ("2023-06-12T10:11:12", "2023-06-12T08:20:12+00:00", 540, "2023-06-12T10:11:12+02:00"),
        ("2023-06-12T10:11:12", "2023-06-12T10:11:12+00:00", 0, "2023-06-12T10:11:12"),
        ("2023-06-12T10:11:12", "2023-06-12T08:18:12+00:00", 0, None),
        ("2023-06-12T10:11:12", "2023-06-13T02:11:12+00:00", 0, None),
        ("2023-06-12T10:11:12+01:00", "2023-06-12T08:11:12+00:00", 0, None),
        ("2023-06-12", "2023-06-12T08:11:12+00:00", 0, None),
    ],
)
def test_an_offset_is_a_quarter_of_an_hour_times_something(
    local: str, utc: str, lag_s: float, wanted: str | None
) -> None:
    assert with_offset_to(local, utc, 30, lag_s=lag_s) == wanted


def test_a_moment_in_the_time_of_an_offset() -> None:
    assert in_offset("2023-06-12T22:11:12+00:00", "+0200") == "2023-06-13T00:11:12+02:00"
    assert in_offset("2023-06-12T22:11:12+00:00", "-0330") == "2023-06-12T18:41:12-03:30"
    assert in_offset("2023-06-12T22:11:12+00:00", "") is None


def test_time_of_change_has_the_offset_of_this_machine() -> None:
    mtime_ns = 1_686_564_672_500_000_000
    moment = mtime_date(mtime_ns)
    assert moment is not None
    assert datetime.datetime.fromisoformat(moment).timestamp() == mtime_ns // 10**9
    assert datetime.datetime.fromisoformat(moment).tzinfo is not None
    assert mtime_date(2**80) is None
    long_ago = mtime_date(-(2**63))
    assert long_ago is None or len(long_ago) == len("1677-09-21T00:12:43+00:00")
