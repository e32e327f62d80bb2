"""Damaged files of each format through the decode workers; `python -m bench.hostile.mutations` sends 20,000."""

from pathlib import Path

import pytest

from bench.hostile.mutations import broken_rules, mutations
from tests.support.seeds import seeds

pytestmark = pytest.mark.slow
COUNT = 2000


def test_no_damaged_file_stops_the_run_or_passes_for_a_whole_one(tmp_path: Path) -> None:
    ends, broken = broken_rules(seeds(), COUNT, 1, tmp_path)
    assert broken == []
    assert sum(ends.values()) == COUNT
    assert min(ends["decoded"], ends["damaged"], ends["refused"]) > COUNT / 20
    assert ends["crashed"] + ends["killed"] < COUNT / 100


def test_the_same_seed_makes_the_same_files() -> None:
    files = {"a.jpg": bytes(range(256)) * 8, "b.png": bytes(500)}
    assert [*mutations(files, 60, 7)] == [*mutations(files, 60, 7)] != [*mutations(files, 60, 8)]
