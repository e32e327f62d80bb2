"""Moments as people read them."""

import datetime
import time
from collections.abc import Iterator

import pytest

from mcsearch.output.times import ago, local_time

NOW = datetime.datetime(2026, 11, 21, 14, 3, tzinfo=datetime.UTC)


@pytest.fixture
def _in_tokyo() -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("the time zone cannot be set")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_in_tokyo")
@pytest.mark.parametrize(
    ("earlier", "words"),
    [
        ({"seconds": 59}, "just now"),
        ({"seconds": 60}, "1 minute ago"),
        ({"minutes": 59}, "59 minutes ago"),
        ({"hours": 2, "minutes": 59}, "2 hours ago"),
        ({"days": 1}, "1 day ago"),
        ({"days": 6, "hours": 23}, "6 days ago"),
        ({"days": 7}, "2026-11-14 23:03"),
        ({"hours": -1}, "2026-11-22 00:03"),
    ],
)
def test_how_long_ago(earlier: dict[str, int], words: str) -> None:
    assert ago((NOW - datetime.timedelta(**earlier)).isoformat(), NOW) == words


@pytest.mark.usefixtures("_in_tokyo")
def test_local_time() -> None:
    assert local_time("2026-11-21T14:03:59+00:00") == "2026-11-21 23:03"
