"""Dates as EXIF, XMP and file names write them."""

import datetime

import pytest

from mcsearch.photos.facts.dates import exif_date, mtime_date, name_date, xmp_date


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
        ("2023-13", None),
        ("last summer", None),
    ],
)
def test_xmp(text: str, wanted: str | None) -> None:
    assert xmp_date(text) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("IMG_20230612_101112.jpg", "2023-06-12T10:11:12"),
        ("IMG_20230612_101112345_HDR.jpg", "2023-06-12T10:11:12"),
        ("IMG_20230612_101112~2.jpg", "2023-06-12T10:11:12"),
        ("PXL_20230612_101112345.MP.jpg", "2023-06-12T10:11:12+00:00"),  # Google's Pixels name in UTC
        ("MVIMG_20230612_101112.jpg", "2023-06-12T10:11:12"),
        ("20230612_101112.jpg", "2023-06-12T10:11:12"),
        ("20230612_101112(0).jpg", "2023-06-12T10:11:12"),
        ("DJI_20230612101112_0001_D.JPG", "2023-06-12T10:11:12"),
        ("IMG-20230612-WA0001.jpg", "2023-06-12"),
        ("WhatsApp Image 2023-06-12 at 10.11.12.jpeg", "2023-06-12T10:11:12"),
        ("WhatsApp Image 2023-06-12 at 1.11.12 PM (1).jpeg", "2023-06-12T13:11:12"),
        ("Screenshot_2023-06-12-10-11-12-123_com.android.chrome.png", "2023-06-12T10:11:12"),
        ("Screenshot_20230612-101112.png", "2023-06-12T10:11:12"),
        ("Screenshot 2023-06-12 at 9.11.12 AM.png", "2023-06-12T09:11:12"),
        ("Screenshot 2023-06-12 at 12.11.12 AM.png", "2023-06-12T00:11:12"),
        ("Screenshot from 2023-06-12 10-11-12.png", "2023-06-12T10:11:12"),
        ("signal-2023-06-12-101112.jpeg", "2023-06-12T10:11:12"),
        ("signal-2023-06-12-10-11-12-345.jpg", "2023-06-12T10:11:12"),
        ("photo_2023-06-12_10-11-12.jpg", "2023-06-12T10:11:12"),
        ("2023-06-12 10.11.12.jpg", "2023-06-12T10:11:12"),
        ("2023-06-12.jpg", "2023-06-12"),
        ("2023_06_12 Lisbon.jpg", "2023-06-12"),
        ("Lisbon 2023.06.12 17.jpg", "2023-06-12"),
        ("20230612_991112.jpg", "2023-06-12"),
        ("FB_IMG_1686564672000.jpg", "2023-06-12T10:11:12+00:00"),
        ("mmexport1686564672000.jpg", "2023-06-12T10:11:12+00:00"),
        ("IMG_0001.jpg", None),
        ("DSC02023.jpg", None),
        ("20231399_101112.jpg", None),
        ("202306121.jpg", None),
        ("1202306120.jpg", None),
        ("2023-06.jpg", None),
        ("2023-0612.jpg", None),
        ("18991231_101112.jpg", None),
    ],
)
def test_file_names(name: str, wanted: str | None) -> None:
    assert name_date(f"/2021-01-01 folder/{name}") == wanted


def test_time_of_change_has_the_offset_of_this_machine() -> None:
    mtime_ns = 1_686_564_672_500_000_000
    moment = mtime_date(mtime_ns)
    assert moment is not None
    assert datetime.datetime.fromisoformat(moment).timestamp() == mtime_ns // 10**9
    assert datetime.datetime.fromisoformat(moment).tzinfo is not None
    assert mtime_date(2**80) is None
