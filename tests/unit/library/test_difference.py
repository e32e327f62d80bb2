"""What an index run has to do, worked out from what is on disk and what is known."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mcsearch.library.comparing.difference import Difference
from mcsearch.library.library_file import LibraryFile
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.photos import Facts, ScannedFile

ROOT = os.path.abspath("/photos")
A, B, C, D = (
    ScannedFile(os.path.join(ROOT, name), size, 5) for name, size in zip("abcd", (10, 20, 30, 40), strict=True)
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[LibraryFile]:
    """A library that knows A and B, each with an embedding of model 1."""
    with LibraryFile(tmp_path / "library.db") as library:
        with library.transaction():
            model = library.models.add("demo", "f", 2, 100.0, None, None)
            for file in (A, B):
                content_id = library.photos.add_content(file.path.encode(), file.size_bytes)
                library.photos.put(file, content_id)
                library.embeddings.add(content_id, model.id, np.array([1, 0], np.float32))
                library.facts.put(file, Facts(), READERS_VERSION)
        yield library


def _compare(
    library: LibraryFile,
    *files: ScannedFile,
    model_id: int = 1,
    readers_version: int = READERS_VERSION,
    force: bool = False,
) -> Difference:
    return library.photos.compare(files, [ROOT], model_id, readers_version, force=force)


def _changes(difference: Difference) -> dict[str, str]:
    return {os.path.basename(to_do.file.path): to_do.change for to_do in difference.to_do()}


def test_nothing_to_do_when_nothing_changed(library: LibraryFile) -> None:
    difference = _compare(library, A, B)
    assert (difference.scanned, difference.total, _changes(difference)) == (2, 0, {})
    with library.transaction():
        assert difference.remove_gone() == 0


def test_new_and_changed_files(library: LibraryFile) -> None:
    resized, touched = ScannedFile(A.path, 11, 5), ScannedFile(B.path, 20, 6)
    assert _changes(_compare(library, resized, touched, C)) == {"a": "changed", "b": "changed", "c": "new"}


def test_another_model_lacks_every_embedding(library: LibraryFile) -> None:
    assert _changes(_compare(library, A, B, model_id=2)) == {"a": "embedding", "b": "embedding"}


def test_a_photo_without_facts_is_read_again_but_needs_no_model(library: LibraryFile) -> None:
    with library.transaction():
        library._connection.execute("DELETE FROM facts WHERE photo_id = 1")
    difference = _compare(library, A, B)
    assert (_changes(difference), difference.needs_model) == ({"a": "facts"}, False)
    assert _compare(library, A, B, C).needs_model


def test_facts_of_older_readers_are_read_again_but_need_no_model(library: LibraryFile) -> None:
    assert _changes(_compare(library, A, B, readers_version=READERS_VERSION - 1)) == {}
    with library.transaction():
        library.facts.put(A, Facts(), READERS_VERSION + 1)
    difference = _compare(library, A, B, readers_version=READERS_VERSION + 1)
    assert (_changes(difference), difference.needs_model) == ({"b": "facts"}, False)


def test_a_new_a_changed_another_and_a_removed_sidecar_are_noticed(library: LibraryFile) -> None:
    def with_sidecar(*names: str, mtime_ns: int = 1) -> ScannedFile:
        return A._replace(sidecars=tuple(ScannedFile(os.path.join(ROOT, name), 7, mtime_ns) for name in names))

    assert _changes(_compare(library, with_sidecar("a.xmp"), B)) == {"a": "facts"}
    with library.transaction():
        library.facts.put(with_sidecar("a.xmp"), Facts(), READERS_VERSION)
    assert _changes(_compare(library, with_sidecar("a.xmp"), B)) == {}
    both = with_sidecar("a.jpg.xmp", "a.xmp")
    for file in (with_sidecar("a.xmp", mtime_ns=2), with_sidecar("a.jpg.xmp"), both, A):
        difference = _compare(library, file, B)
        assert [to_do.file for to_do in difference.to_do()] == [file]
        assert not difference.needs_model


def test_force_looks_into_everything(library: LibraryFile) -> None:
    difference = _compare(library, A, C, force=True)
    assert _changes(difference) == {"a": "embedding", "c": "new"}
    assert not any(to_do.shares_size for to_do in difference.to_do())


def test_files_whose_size_is_known_or_shared_are_hashed_first(library: LibraryFile) -> None:
    known, twin, other_twin = (ScannedFile(os.path.join(ROOT, name), size, 9) for name, size in
                               (("k", A.size_bytes), ("t1", 77), ("t2", 77)))  # fmt: skip
    shares = {to_do.file.path: to_do.shares_size for to_do in _compare(library, C, known, twin, other_twin).to_do()}
    assert shares == {C.path: False, known.path: True, twin.path: True, other_twin.path: True}


def test_a_failure_is_tried_again_only_when_the_file_changed_or_the_fault_may_pass(library: LibraryFile) -> None:
    for retry, change in ((False, {}), (True, {"c": "new"})):
        with library.transaction():
            library.photos.fail(C, "damaged", retry=retry, changed=False)
        assert _changes(_compare(library, A, B, C)) == change
    with library.transaction():
        library.photos.fail(C, "damaged", retry=False, changed=False)
    assert _changes(_compare(library, A, B, ScannedFile(C.path, 30, 6))) == {"c": "new"}


def test_a_changed_file_whose_fault_may_pass_stays_known(library: LibraryFile) -> None:
    changed = A._replace(mtime_ns=6)
    with library.transaction():
        library.photos.fail(changed, "killed", retry=True, changed=True)
    assert library.photos.is_photo(A.path)
    assert _changes(_compare(library, changed, B)) == {"a": "changed"}


def test_what_is_gone_is_removed_with_its_failures_but_only_below_the_roots(library: LibraryFile) -> None:
    elsewhere = ScannedFile(os.path.abspath("/photos-2/x"), 1, 1)
    with library.transaction():
        library.photos.put(elsewhere, library.photos.add_content(b"x", 1))
        library.photos.fail(C, "damaged", retry=False, changed=False)
    difference = _compare(library, B)
    with library.transaction():
        assert difference.remove_gone() == 1
    assert library.photos.failures() == []
    assert library.photos.count() == 2
    assert library.photos.is_photo(elsewhere.path)


def test_what_is_as_known_is_told_from_the_rest_in_any_order_and_number(library: LibraryFile) -> None:
    many = [ScannedFile(os.path.join(ROOT, "many", f"{number:03}"), number, 5) for number in range(600)]
    with library.transaction():
        for file in many:
            content_id = library.photos.add_content(file.path.encode(), file.size_bytes)
            library.photos.put(file, content_id)
            if file is not many[300]:
                library.embeddings.add(content_id, 1, np.array([1, 0], np.float32))
            library.facts.put(file, Facts(), READERS_VERSION)
    left = [file for file in many if file is not many[300]]
    raw = ScannedFile(os.path.join(ROOT, "many", "100.raw"), 1, 1, companion_of=many[100].path, role="companion")
    for files in ([A, B, *left], [*reversed(left), B, A], [A, raw, B, *left[:101], raw, *left[101:]]):
        difference = _compare(library, *files)
        assert (difference.scanned, _changes(difference)) == (601, {})
        assert difference.has_scanned_below(os.path.join(ROOT, "many"))
        in_full = library._connection.execute("SELECT COUNT(*) FROM temp.scanned WHERE role = 'photo'").fetchone()[0]
        assert in_full < 300 or files[0] is not A, "what is settled is remembered as stretches, if it comes in order"
        assert difference.keep_below(ROOT) == 1  # the one that is not on disk, and lacks an embedding besides
    changed = many[200]._replace(mtime_ns=6)
    difference = _compare(library, A, *(changed if file is many[200] else file for file in many))
    assert (difference.scanned, _changes(difference)) == (601, {"200": "changed", "300": "embedding"})
    with library.transaction():
        assert difference.remove_gone() == 1
    assert not library.photos.is_photo(B.path)


def test_what_is_out_of_reach_is_kept(library: LibraryFile) -> None:
    difference = _compare(library)
    assert difference.keep_below(A.path) == 1
    with library.transaction():
        assert difference.remove_gone() == 1
    assert library.photos.is_photo(A.path)
    assert not library.photos.is_photo(B.path)


def test_a_gone_photo_is_taken_once_as_moved(library: LibraryFile) -> None:
    difference = _compare(library, B, C)
    content_id = library.photos.content_id(A.path.encode())
    assert content_id is not None
    assert difference.take_gone(content_id) == A.path
    assert difference.take_gone(content_id) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file names of arbitrary bytes")
def test_undecodable_names_are_kept_byte_for_byte(library: LibraryFile) -> None:
    odd = ScannedFile(os.fsdecode(os.fsencode(ROOT) + b"/caf\xe9\n.jpg"), 3, 3)
    with library.transaction():
        library.photos.put(odd, library.photos.add_content(b"odd", 3))
    difference = _compare(library, A, B, odd)
    assert difference.scanned == 3
    assert library.photos.is_photo(odd.path)
    difference = _compare(library, A, B)
    with library.transaction():
        assert difference.remove_gone() == 1


def test_the_embedding_of_a_preview_counts_only_where_the_rules_allow_it(library: LibraryFile) -> None:
    vector = np.array([1, 0], np.float32)
    with library.transaction():
        library.embeddings.add(1, 1, vector, from_preview=True)
    assert _changes(_compare(library, A._replace(previews=True), B)) == {}
    assert _changes(_compare(library, A, B._replace(previews=True))) == {"a": "embedding"}
    assert [to_do.file.previews for to_do in _compare(library, A, C._replace(previews=True)).to_do()] == [False, True]
    assert library.embeddings.has(1, 1)
    assert not library.embeddings.has(1, 1, previews=False)
    with library.transaction():
        library.embeddings.add(1, 1, vector)
    assert library.embeddings.has(1, 1, previews=False)
    assert _changes(_compare(library, A, B)) == {}


def test_a_photo_that_is_scanned_twice_hides_none_from_the_comparison(
    library: LibraryFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mcsearch.library.comparing.difference.COMPARED_AT_ONCE", 3)
    with library.transaction():
        content_id = library.photos.add_content(b"c", C.size_bytes)
        library.photos.put(C, content_id)
        library.embeddings.add(content_id, 1, np.array([1, 0], np.float32))
        library.facts.put(C, Facts(), READERS_VERSION)
    difference = _compare(library, A, B, C, B)
    assert (difference.total, difference.keep_below(ROOT)) == (0, 0)


@pytest.mark.parametrize("seed", range(6))
def test_any_tree_and_any_library_differ_as_two_dictionaries_do(
    library: LibraryFile, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = random.Random(seed)
    folders = ("", "b", "b/c", "\u00e9", *(() if os.name == "nt" else ("\udce9", "\n")))
    paths = [os.path.join(ROOT, folder, name) for folder in folders for name in ("a", "b", "b!", "\u00e9", "z")]
    for number in range(12):
        known: dict[str, tuple[ScannedFile, bool]] = {}
        rate, with_sidecars = chance.choice((0.97, 1)), chance.choice((0.2, 0))
        with library.transaction():
            library._connection.execute("DELETE FROM photos")
            for path in chance.sample(paths, chance.randrange(len(paths))):
                file = ScannedFile(path, chance.choice((1, 2)), 5, _sidecars(path, chance, with_sidecars))
                has_embedding, has_facts = chance.random() < rate, chance.random() < rate
                known[path] = file, has_embedding and has_facts
                content_id = library.photos.add_content(f"{number}{path!a}".encode(), file.size_bytes)
                library.photos.put(file, content_id)
                if has_embedding:
                    library.embeddings.add(content_id, 1, np.array([1, 0], np.float32))
                if has_facts:
                    library.facts.put(file, Facts(), READERS_VERSION)
        there = [file for file, _ in known.values() if chance.random() < 0.95]
        files = [file if chance.random() < 0.95 else file._replace(mtime_ns=6) for file in there]
        for place, file in enumerate(files):
            if chance.random() < 0.03:
                files[place] = file._replace(sidecars=_sidecars(file.path, chance, 0.5))
        files += [ScannedFile(path, 1, 1) for path in paths if path not in known and chance.random() < 0.1]
        files.sort(key=lambda file: file.path)
        if chance.random() < 0.3:  # as through a link to a folder, which comes last
            start = chance.randrange(len(files) + 1)
            files = [*files[:start], *files[start + 3 :], *files[start : start + 3]]
        monkeypatch.setattr("mcsearch.library.comparing.difference.COMPARED_AT_ONCE", chance.randint(1, 9))
        difference = _compare(library, *files)
        expected = {file.path for file in files if known.get(file.path) != (file, True)}
        assert {to_do.file.path for to_do in difference.to_do()} == expected
        assert (difference.scanned, difference.total) == (len(files), len(expected))
        gone = known.keys() - {file.path for file in files}
        with library.transaction():
            assert difference.remove_gone() == len(gone)
        assert library.photos.count() == len(known) - len(gone)


def _sidecars(path: str, chance: random.Random, rate: float) -> tuple[ScannedFile, ...]:
    return (ScannedFile(f"{path}.xmp", 3, chance.choice((1, 2))),) if chance.random() < rate else ()
