"""A Library of the Python API that is used in a way in which it cannot work says what to do."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mcsearch import Library
from mcsearch.errors import McsearchError, UsageError
from mcsearch.library.library_file import LibraryFile

VERBS: tuple[Callable[[Library], object], ...] = (
    lambda library: library.index(["."]),
    lambda library: next(library.watch()),
    lambda library: library.find("a dog"),
    lambda library: library.similar("a.jpg"),
    lambda library: library.dupes(),
    lambda library: library.show("a.jpg"),
    lambda library: library.tag(labels="dog"),
    lambda library: library.tag_by_hand("a.jpg", give="dog"),
    lambda library: library.clear_tags(),
    lambda library: library.tags(),
    lambda library: library.write_captions(),
    lambda library: library.remove_captions(),
    lambda library: library.write_sidecars(),
    lambda library: library.remove_sidecars(),
    lambda library: library.forget("a.jpg"),
    lambda library: library.compact(),
    lambda library: library.status(),
    lambda library: library.failures(),
)


def test_a_closed_library_says_so(tmp_path: Path) -> None:
    with Library(tmp_path / "library.db") as library:
        pass
    library.close()  # twice does no harm
    for verb in VERBS:
        with pytest.raises(UsageError, match=r"^The library has been closed\. Open it again\.$"):
            verb(library)


def test_another_thread_is_told_to_open_its_own_library(tmp_path: Path) -> None:
    said: list[str] = []

    def ask() -> None:
        for verb in (*VERBS, Library.close):
            with pytest.raises(McsearchError) as refused:
                verb(library)
            said.append(str(refused.value))
        with Library(tmp_path / "library.db") as own:
            said.append(str(own.status().photos))

    with Library(tmp_path / "library.db") as library:
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
        assert library.status().photos == 0
    assert len(said) == len(VERBS) + 2
    assert set(said[:-1]) == {"A Library works in the thread that opened it. Open another one in each thread."}
    assert said[-1] == "0"


def test_a_block_of_a_closed_library_ends_with_the_sentence(tmp_path: Path) -> None:
    file = LibraryFile(tmp_path / "library.db")
    file.close()
    for block in (file.transaction, file.snapshot):
        with pytest.raises(UsageError, match="closed"), block():
            pass


def test_a_bad_limit_or_order_is_refused_and_never_kept_in_an_album(indexed_library: Path, tmp_path: Path) -> None:
    with Library(shutil.copy(indexed_library, tmp_path)) as library:
        library.save_album("Recent", filters={"after": "2023"})
        for call, sentence in (
            (lambda: library.find("", filters={"after": "2023"}, sort="dat"), "'dat' is not an order"),  # type: ignore[arg-type]
            (lambda: library.save_album("A", "dog", sort="dat"), "'dat' is not an order"),  # type: ignore[arg-type]
            (lambda: library.save_album("A", "dog", limit=0), "The limit is 0"),
            (lambda: library.find_album("Recent", limit=0), "The limit is 0"),
        ):
            with pytest.raises(UsageError, match=sentence):
                call()
        assert [album.name for album in library.albums()] == ["Recent"]
