"""What is killed: operations on a library, each in a folder of its own."""

import contextlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcsearch.api import Library
from mcsearch.library import migrations
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.finding.packed import copies
from mcsearch.records.photos import ScannedFile
from mcsearch.search import packing

LABELS = ("a beach", "a city", "snow", "a forest", "a boat", "a house")
_PACKED_FROM, _PACKED, _DIMENSIONS = 1000, 1500, 64
_OLD_FORMAT, _OLD_PHOTOS = "m009_sidecars", 1500


@dataclass(frozen=True)
class Operation:
    """Something to kill: how its folder is made ready, and what is run in it, again after each kill."""

    prepare: Callable[[Path], object]
    run: Callable[[Path], object]


def _library(folder: Path) -> Library:
    return Library(folder / "library.db")


def _index(folder: Path) -> None:
    with _library(folder) as library:
        library.index([folder / "photos"], model="demo", workers=2, batch_size=4)


def _indexed_with_prompts(folder: Path) -> None:
    _index(folder)
    with _library(folder) as library:
        library.tag(labels=LABELS, set_name="places", dry_run=True)


def _tag(folder: Path) -> None:
    with _library(folder) as library:
        library.tag(labels=LABELS, set_name="places")


def _tagged(folder: Path) -> None:
    _indexed_with_prompts(folder)
    _tag(folder)


def _write_xmp(folder: Path) -> None:
    with _library(folder) as library:
        library.write_sidecars()


def _half_forgotten(folder: Path) -> None:
    _index(folder)
    with _library(folder) as library:
        for photo in sorted((folder / "photos").rglob("*.jpg"))[::2]:
            library.forget(photo)
        with library.file.transaction():
            library.file._connection.execute(
                "UPDATE contents SET unused_since = '2001-01-01T00:00:00+00:00' WHERE unused_since IS NOT NULL"
            )


def _compact(folder: Path) -> None:
    with _library(folder) as library:
        library.compact()


def _of_an_old_format(folder: Path) -> None:
    with contextlib.closing(sqlite3.connect(folder / "library.db", isolation_level=None)) as library:
        library.execute("PRAGMA journal_mode = WAL")
        migrations.migrate(library, stop_before=_OLD_FORMAT)
        library.execute("PRAGMA user_version = 8")
        library.execute("BEGIN")
        library.execute("INSERT INTO models VALUES (1, 'demo', 'f', 2, 1.0, NULL, NULL, 1)")
        for number in range(_OLD_PHOTOS):
            library.execute("INSERT INTO contents VALUES (?, ?, 1, NULL)", (number, b"%d" % number))
            library.execute("INSERT INTO photos VALUES (?, ?, 1, 1, ?)", (number, f"/{number}.jpg", number))
            library.execute("INSERT INTO tags VALUES (1, 'dog', ?, 0.2, 0.7)", (number,))
            library.execute("INSERT INTO facts (photo_id, sidecar) VALUES (?, ?)", (number, f"/{number}.xmp"))
            library.execute("INSERT INTO keywords VALUES (?, 'sea')", (number,))
        library.execute("COMMIT")


def _migrate(folder: Path) -> None:
    LibraryFile(folder / "library.db").close()


def _partly_packed(folder: Path) -> None:
    vectors = np.random.default_rng(1).standard_normal((2 * _PACKED, _DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with LibraryFile(folder / "library.db") as library:
        for part in range(2):
            with library.transaction():
                model = library.models.add("one", "one" * 8, _DIMENSIONS, 1.0, None, None)
                for number in range(part * _PACKED, (part + 1) * _PACKED):
                    content = library.photos.add_content(b"%d" % number, number)
                    library.embeddings.add(content, model.id, vectors[number])
                    library.photos.put(ScannedFile(f"/{number}.jpg", number, 1), content)
            if part == 0:
                library.close()
                _pack(folder)
                library = LibraryFile(folder / "library.db")


def _pack(folder: Path) -> None:
    packing.PACKED_FROM = _PACKED_FROM
    with LibraryFile(folder / "library.db", cache=folder / "cache") as library:
        model = library.models.find()
        assert model is not None
        assert copies.pack(library, model)
        assert copies.packed_agrees(library, model), "the packed vectors are not those of the library"


def _nothing(_: Path) -> None:
    pass


OPERATIONS = {
    "index": Operation(_nothing, _index),
    "tag": Operation(_indexed_with_prompts, _tag),
    "write-xmp": Operation(_tagged, _write_xmp),
    "compact": Operation(_half_forgotten, _compact),
    "migration": Operation(_of_an_old_format, _migrate),
    "packed": Operation(_partly_packed, _pack),
}
