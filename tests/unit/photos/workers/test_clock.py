"""What a file may take: reading and decoding have a limit each, and time counts only while it is spent."""

import pytest

from mcsearch.photos.workers.clock import Clock, decoding_limit_s


def test_reading_does_not_count_as_decoding() -> None:
    stopped: list[bool] = []
    clock = Clock(lambda: stopped.append(clock.is_reading))
    clock.start_reading(1.0)
    clock.tick(0.75)
    clock.start_reading(1.0)  # the next part
    clock.tick(0.75)
    clock.start_decoding(1.0)
    clock.tick(0.75)
    assert not clock.is_over
    clock.tick(0.5)
    assert (clock.is_over, stopped) == (True, [False])


def test_each_part_has_to_come_in_time_and_a_file_that_is_done_takes_no_more() -> None:
    stopped: list[bool] = []
    clock = Clock(lambda: stopped.append(clock.is_reading))
    clock.start_reading(1.0)
    clock.end()
    clock.tick(9.0)
    assert not clock.is_over
    clock.start_reading(1.0)
    clock.tick(1.25)
    assert (clock.is_over, stopped) == (True, [True])
    clock.start_reading(1.0)
    assert not clock.is_over


@pytest.mark.parametrize(("path", "limit_s"), [("/a.jpg", 60), ("/a.MP4", 3060), ("/of no known suffix", 3060)])
def test_decoding_a_video_of_gigabytes_may_take_as_long_as_reading_it(path: str, limit_s: float) -> None:
    assert decoding_limit_s(path, 3_000_000_000, 60) == limit_s
