"""Which rules hold where: those of the root, remembered from run to run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import NothingIndexedError
from mcsearch.ops.indexing.places import outermost
from mcsearch.records.roots import RootRules
from tests.support.runs import inside


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library.db") as library:
        yield library


@pytest.fixture
def root(painted: Path, tmp_path: Path) -> Path:
    """A folder of photos, some hidden, some edited."""
    files = sorted(painted.rglob("*.jpg"))
    names = ("a.jpg", "a_edited.jpg", ".b.jpg", "raw/c.jpg", "raw/.d.jpg", "raw/c_edited.jpg", "raw/deep/e.jpg")
    for number, name in enumerate(names):
        (tmp_path / "root" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(files[number], tmp_path / "root" / name)
    return tmp_path / "root"


def _known(library: Library, root: Path) -> set[str]:
    found = inside(library)._connection.execute("SELECT path FROM photos")
    return {os.path.relpath(path, root).replace(os.sep, "/") for (path,) in found}


def _index(library: Library, *paths: Path, **options: object) -> None:
    library.index(paths, model="demo", workers=1, **options)  # type: ignore[arg-type]


def test_a_root_is_indexed_again_as_it_was_until_told_otherwise(library: Library, root: Path) -> None:
    _index(library, root, exclude=["*_edited*"], hidden=True)
    as_told = {"a.jpg", ".b.jpg", "raw/c.jpg", "raw/.d.jpg", "raw/deep/e.jpg"}
    for again in ((), (root,), (root / "raw",)):
        _index(library, *again)
        assert _known(library, root) == as_told
    _index(library, root, hidden=False)
    assert _known(library, root) == {"a.jpg", "raw/c.jpg", "raw/deep/e.jpg"}
    _index(library, root, exclude=[])
    _index(library)
    assert _known(library, root) == {"a.jpg", "a_edited.jpg", "raw/c.jpg", "raw/c_edited.jpg", "raw/deep/e.jpg"}


def test_a_folder_in_a_root_is_part_of_it_unless_it_has_rules_of_its_own(library: Library, root: Path) -> None:
    _index(library, root / "raw")
    _index(library, root, exclude=["raw/deep"])
    _index(library, root / "raw" / "deep")
    _index(library, root, root / "raw")
    assert list(inside(library).roots.known()) == [str(root), str(root / "raw" / "deep")], (
        "named, though the root leaves it out"
    )
    assert "raw/deep/e.jpg" in _known(library, root)

    _index(library, root / "raw", hidden=True)
    own = {"raw/c.jpg", "raw/.d.jpg", "raw/c_edited.jpg", "raw/deep/e.jpg"}
    _index(library)
    assert _known(library, root) == {"a.jpg", "a_edited.jpg"} | own
    _index(library, root, exclude=["raw", "*_edited*"])
    assert _known(library, root) == {"a.jpg"} | own


@pytest.mark.parametrize(
    "form", ["{root}/raw", "raw", "./raw", "root/raw", "./root/raw/", "**/raw/**", "raw/*", "{root}/r*"]
)
def test_an_exclude_may_be_written_as_users_write_it(
    library: Library, root: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root.parent)
    report = library.index([root], model="demo", workers=1, exclude=[form.format(root=root)])
    assert _known(library, root) == {"a.jpg", "a_edited.jpg"}
    assert not [notice for notice in report.notices if "xclude" in notice]
    _index(library)
    assert _known(library, root) == {"a.jpg", "a_edited.jpg"}


def test_an_exclude_that_matches_nothing_or_goes_away_is_said(library: Library, root: Path) -> None:
    report = library.index([root], model="demo", workers=1, exclude=["*_edited*", "elsewhere/x", "/nowhere"])
    nothing = [f"--exclude {glob} matches nothing in {root}." for glob in ("elsewhere/x", "/nowhere")]
    assert list(report.notices) == nothing
    assert library.index([root]).notices == ()
    report = library.index([root], exclude=["raw"])
    gone = "*_edited*, elsewhere/x, /nowhere"
    assert report.notices == (f"{root} no longer has these excludes: {gone}",)
    assert library.index([root], exclude=[""]).notices == (f"{root} no longer has these excludes: raw",)
    assert [known.rules.exclude for known in library.status().roots if known.rules] == [()]


def test_a_root_remembers_its_rules_and_changes_only_those_that_are_given(library: Library, root: Path) -> None:
    _index(library, root, exclude=["*_edited*"], raw_pairs="both")
    assert inside(library).roots.known() == {str(root): RootRules(("*_edited*",), raw_pairs="both")}
    _index(library, root, videos=True, exclude=())
    assert inside(library).roots.known() == {str(root): RootRules(raw_pairs="both", videos=True)}
    [listed] = inside(library).roots.listed()
    assert listed.rules == RootRules(raw_pairs="both", videos=True)


def test_without_a_path_and_a_root_there_is_nothing_to_do(library: Library, root: Path) -> None:
    with pytest.raises(NothingIndexedError, match="No folder is indexed yet"):
        _index(library)
    _index(library, root / "a.jpg")
    with pytest.raises(NothingIndexedError, match="No folder is indexed yet"):
        _index(library)


def test_a_folder_that_is_gone_from_a_root_is_dropped_but_not_with_its_disk(library: Library, root: Path) -> None:
    _index(library, root)
    shutil.rmtree(root / "raw" / "deep")
    _index(library, root / "raw" / "deep")
    assert "raw/deep/e.jpg" not in _known(library, root)
    with inside(library).transaction():
        inside(library).roots.add_mounts([str(root / "raw")])  # as found on the day a disk was mounted there
    shutil.rmtree(root / "raw")
    (root / "raw").mkdir()
    report = library.index([root / "raw" / "c.jpg"])
    assert "is missing" in report.warnings[0]
    assert "raw/c.jpg" in _known(library, root)


def test_the_outermost_paths() -> None:
    a, ab, b, a_b = (os.path.join(os.sep, *path) for path in (("a",), ("a", "b"), ("b",), ("a-b",)))
    assert outermost([ab, b, a, a_b, a]) == [a, a_b, b]
