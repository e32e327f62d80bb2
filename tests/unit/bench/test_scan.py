"""The libraries that benchmarks ask are real ones, and answered exactly."""

from pathlib import Path

import pytest

from bench.libraries import library
from bench.sections.scan import recall
from bench.work import Work


def test_a_library_of_the_benchmarks_is_answered_as_by_brute_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCSEARCH_CACHE", str(tmp_path / "cache"))
    file = library(Work(tmp_path), 5000)
    found = recall(file)
    assert found["recall"] == 1
    assert found["error"] < 1e-5
    assert list((tmp_path / "cache").glob("vectors/*/rows*")), "it was large enough to be packed"
