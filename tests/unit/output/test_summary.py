"""Summaries: no zeros, and one of a thing is not several."""

from typing import Any

import pytest

from mcsearch.output.lines import summed_up
from mcsearch.output.summary import root_line, sidecar_summary, summary
from mcsearch.records.answers import DuplicateGroup, DuplicatePhoto
from mcsearch.records.runs import IndexReport, Profile, SidecarReport
from mcsearch.records.status import RootStatus

COUNTS = ("new", "changed", "moved", "unchanged", "removed", "failed", "damaged", "embedded")


def _report(**given: Any) -> IndexReport:
    return IndexReport(**{**dict.fromkeys(COUNTS, 0), "seconds": 2.0, "embedding_s": 0.0, "model": "demo", **given})


def _profile(load_s: float) -> Profile:
    return Profile(0, load_s, 0, 0, 0, 0, 0, "openvino", "cpu", "float32", 1, 16, 2)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (_report(new=12, moved=3), "12 new, 3 moved in 2.0 s"),
        (_report(new=1, unchanged=1200), "1 new, 1,200 unchanged in 2.0 s"),
        (_report(unchanged=312), "Nothing has changed: 312 photos."),
        (_report(unchanged=1), "Nothing has changed: 1 photo."),
        (
            _report(unchanged=312, unreadable=2),
            "Nothing has changed: 312 photos, and 2 files that cannot be read. To list them: mcsearch failures",
        ),
        (
            _report(unreadable=1),
            "Nothing has changed: 1 file that cannot be read. To list it: mcsearch failures",
        ),
        (_report(), "No photos found."),
        (_report(unchanged=9, facts_read=1), "Facts of 1 photo read again in 2.0 s."),
        (
            _report(unchanged=9, facts_read=2, texts_read=3),
            "Facts of 2 photos read again, text of 3 photos read in 2.0 s.",
        ),
        (_report(new=1, facts_read=2), "1 new in 2.0 s, facts of 2 photos read again"),
        (_report(unchanged=1, embedded=1, embedding_s=0.5), "1 photo embedded with demo in 2.0 s (2.0 photos/s)"),
        (
            _report(new=30, embedded=30, seconds=40.0, embedding_s=10.0, profile=_profile(29.6)),
            "30 new in 40.0 s (30 s to load the model, then 3.0 photos/s)",
        ),
        (_report(new=30, embedded=30, embedding_s=1.0, profile=_profile(0.4)), "30 new in 2.0 s (30.0 photos/s)"),
        (_report(failed=1), "1 failed in 2.0 s\nTo list the files that could not be read: mcsearch failures"),
        (
            _report(new=2, damaged=1),
            "2 new in 2.0 s\n1 photo is damaged, but shown as far as possible. "
            "To list damaged photos: mcsearch failures",
        ),
    ],
)
def test_of_an_index_run(report: IndexReport, words: str) -> None:
    assert summary(report) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((1, 0, 0, 0), "1 sidecar written"),
        ((3, 2, 1, 1), "3 sidecars written, 1 deleted, 1 skipped, 2 unchanged"),
        ((0, 2, 0, 0), "2 sidecars unchanged"),
        ((0, 0, 0, 0), "No photo has tags to write."),
    ],
)
def test_of_sidecars(counts: tuple[int, int, int, int], words: str) -> None:
    assert sidecar_summary(SidecarReport(*counts, ()), dry_run=False) == words
    if counts[0]:
        assert " would be written" in sidecar_summary(SidecarReport(*counts, ()), dry_run=True)


def _group(extra: int) -> DuplicateGroup:
    photos = (
        DuplicatePhoto(str(n), 500, 0, None, None, None, None, None, None, False, False, False, not n)
        for n in range(extra + 1)
    )
    return DuplicateGroup(tuple(photos))


def test_of_duplicates() -> None:
    assert summed_up([]) == "No duplicates found"
    assert summed_up([_group(1)]) == "1 group, 1 extra copy that takes 500 bytes"
    assert summed_up([_group(3)]) == "1 group, 3 extra copies that take 1.5 KB"
    assert summed_up([_group(1), _group(1)]) == "2 groups, 2 extra copies that take 1.0 KB"
    assert summed_up([_group(0)]) == "1 group, no extra copies"


def test_of_a_root() -> None:
    assert root_line(RootStatus("/a", 1, None)) == "/a: 1 photo, not indexed to the end yet"
    assert root_line(RootStatus("/a", 2, "2020-06-01T12:00:00+00:00")).startswith("/a: 2 photos, indexed 2020-06-01 ")
