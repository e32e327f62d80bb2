"""Statistics as lines and as a picture."""

import io

import pytest
from PIL import Image

from mcsearch.output.own_files import MARK
from mcsearch.output.plot import plot
from mcsearch.output.stats import statistics_lines
from mcsearch.records.status import Count, Statistics

STATISTICS = Statistics(
    photos=1234,
    failed=2,
    years=(Count("2021", 1000), Count("2023", 200), Count(None, 34)),
    cameras=(*(Count(f"Camera {number}", 50 - number) for number in range(20)), Count(None, 3)),
    formats=(Count("JPEG", 1234),),
    tags=(Count("a very long label that goes on and on", 7), Count("海辺", 5), Count("\x1b[31mred", 1)),
)


@pytest.mark.parametrize("width", [30, 60, 120])
@pytest.mark.parametrize("blocks", [True, False])
def test_lines_fit_the_width_and_count_everything(width: int, blocks: bool) -> None:
    lines = [*statistics_lines(STATISTICS, width, blocks=blocks)]
    assert lines[0] == "Photos  1,234"
    assert max(map(len, lines[2:])) <= width
    assert any(line.startswith("  no date") for line in lines)
    assert any(line.startswith("  unknown") for line in lines)
    assert "  and 10 others" in lines
    assert not any("\x1b" in line for line in lines)
    full = next(line for line in lines if line.startswith("  2021"))
    tenth = next(line for line in lines if line.startswith("  2023"))
    mark = "█" if blocks else "#"
    assert full.count(mark) == pytest.approx(5 * tenth.count(mark), abs=5)


def test_a_plot_is_a_picture_that_may_be_replaced() -> None:
    drawn = plot(STATISTICS)
    assert MARK.encode() in drawn[:4096]
    picture = Image.open(io.BytesIO(drawn))
    assert (picture.format, picture.width) == ("PNG", 1600)


def test_nothing_is_drawn_of_nothing() -> None:
    nothing = Statistics(0, 0, (), (), (), ())
    assert [*statistics_lines(nothing, 60, blocks=True)] == ["Photos  0"]
    assert Image.open(io.BytesIO(plot(nothing))).width == 1600
