"""Libraries of every format there has been: nothing in them is lost, and a copy is made before anything is dropped."""

import contextlib
import inspect
import logging
import os
import re
import sqlite3
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mcsearch.errors import LibraryBusyError, LibraryError
from mcsearch.library import migrations, opening
from mcsearch.library.library_file import LibraryFile
from mcsearch.library.migrations.steps import REWRITING
from mcsearch.library.opening import VERSION
from mcsearch.records.tags import PhotoTag, TagCount

STEPS = migrations.migrations._migrations
VECTOR = np.array([0, 1], "<f4").tobytes()
# What every format keeps, in the columns that it has.
ROWS: dict[str, list[dict[str, Any]]] = {
    "contents": [{"id": number, "content_hash": hash_, "size_bytes": 1} for number, hash_ in ((1, b"a"), (2, b"b"))],
    "photos": [
        {"id": 1, "path": "/p/a.jpg", "size_bytes": 10, "mtime_ns": 20, "content_id": 1},
        {"id": 2, "path": b"/p/caf\xe9.jpg", "size_bytes": 1, "mtime_ns": 2, "content_id": 2},
    ],
    "failures": [{"path": "/p/bad", "size_bytes": 1, "mtime_ns": 1, "reason": "no", "retry": 0, "failed_at": "2023"}],
    "roots": [{"path": "/p", "indexed_at": "2023"}],
    "mounts": [{"path": "/p"}],
    "models": [{"id": 3, "name": "demo", "fingerprint": "f", "dimensions": 2, "logit_scale": 9.0, "is_default": 1}],
    "embeddings": [{"id": 7, "model_id": 3, "content_id": number, "vector": VECTOR} for number in (1,)],
    "prompts": [{"model_id": 3, "prompt": "a dog", "vector": VECTOR}],
    "tags": [{"model_id": 3, "label": "dog", "content_id": 1, "photo_id": 1, "set_name": "labels", "score": 0.25,
              "probability": 0.75}],
    "facts": [{"photo_id": 1, "caption": "c", "taken_at": "2023-06-12", "sidecar": "/p/a.xmp", "sidecar_size_bytes": 3,
               "sidecar_mtime_ns": 4, "sidecars": '[["/p/a.xmp",3,4]]'}],
    "keywords": [{"photo_id": 1, "label": "beach"}],
    "companions": [{"path": "/p/a.raw", "photo_path": "/p/a.jpg"}],
    "hand_tags": [{"photo_id": 1, "label": "mine", "given": 1}],
    "kept_hand_tags": [{"content_id": 2, "path": "/gone.jpg", "label": "kept", "given": 1}],
    "links": [{"path": "/p/link", "target": "/q"}],
    "albums": [{"name": "sea", "query": "{}", "saved_at": "2023"}],
}  # fmt: skip


def _seeded(file: Path, number: int) -> set[str]:
    """Make a library of that format with rows in it, and return its tables."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrations.migrate(connection, stop_before=STEPS[number].name if number < len(STEPS) else None)
        connection.execute(f"PRAGMA user_version = {number}")
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in (name for name in ROWS if name in tables):
            columns = {name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")}
            for row in ROWS[table]:
                kept = {name: value for name, value in row.items() if name in columns}
                marks = ", ".join("?" * len(kept))
                connection.execute(f"INSERT INTO {table} ({', '.join(kept)}) VALUES ({marks})", list(kept.values()))
    return tables


@pytest.mark.parametrize("number", range(1, VERSION + 1))
def test_nothing_of_an_older_library_is_lost(number: int, tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    tables = _seeded(file, number)
    with LibraryFile(file) as library:
        execute = library._connection.execute
        assert execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert library.checks.damage() == []
        assert library.checks.orphans() == {}
        assert list(library.photos.by_path()) == ["/p/a.jpg", os.fsdecode(b"/p/caf\xe9.jpg")]
        assert [failure.reason for failure in library.photos.failures()] == ["no"]
        assert (list(library.roots.known()), library.roots.mounts()) == (["/p"], ["/p"])
        if "models" in tables:
            model = library.models.find()
            assert model is not None
            assert (model.id, model.fingerprint) == (3, "f")
            assert library.prompts.find(3, ["a dog"])["a dog"].tolist() == [0, 1]
            [(ids, vectors)] = library.embeddings.blocks(model)
            assert (ids.tolist(), vectors.tolist()) == ([1], [[0.0, 1.0]])
            assert library.embeddings.state().highest_id == 7
        photo = library.photo("/p/a.jpg")
        assert photo is not None
        automatic = (PhotoTag("dog", "automatic", "demo", 0.25, 0.75, "labels"),) if "tags" in tables else ()
        by_hand = (PhotoTag("mine", "manual"),) if "hand_tags" in tables else ()
        assert tuple(tag for tag in photo.tags if tag.source in ("manual", "automatic")) == by_hand + automatic
        if "facts" in tables:
            assert photo.facts is not None
            assert (photo.facts.caption, photo.facts.taken_at) == ("c", "2023-06-12")
            assert library.facts.sidecars("/p/a.jpg") == ("/p/a.xmp",)
            assert library.facts.keyword_counts() == [TagCount("beach", 1, "embedded")]
        for table in {"companions", "kept_hand_tags", "links", "albums"} & tables:
            assert execute(f"SELECT COUNT(*) FROM {table}").fetchone() == (1,)


def test_before_tables_are_rebuilt_a_copy_is_made_that_replaces_the_last(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file, copy = tmp_path / "library.db", tmp_path / "library.db.before-update"
    copy.write_text("an older copy")
    _seeded(file, 10)
    with caplog.at_level(logging.WARNING):
        LibraryFile(file).close()
    assert caplog.messages == [
        f"The library {file} was of an older format. {copy} is a copy of it as it was; delete it when you like."
    ]
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (10,)
        assert connection.execute("SELECT label FROM tags").fetchall() == [("dog",)]
    if os.name == "posix":
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    copy.unlink()
    LibraryFile(file).close()
    file.unlink()
    _seeded(file, max(number for number, step in enumerate(STEPS, start=1) if step.name in REWRITING))
    LibraryFile(file).close()
    LibraryFile(tmp_path / "new.db").close()
    assert not list(tmp_path.glob("*.before-update")), (
        "adding a column or a table needs no copy, nor does a new library"
    )


def test_without_room_for_the_copy_nothing_is_changed(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    _seeded(file, 10)
    (tmp_path / "library.db.before-update").mkdir()
    with pytest.raises(LibraryError, match="no copy can be written before it is changed"):
        LibraryFile(file)
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT label FROM tags").fetchall() == [("dog",)]
        assert connection.execute("PRAGMA user_version").fetchone() == (10,)


def test_a_process_that_has_to_wait_too_long_for_a_migration_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "library.db"
    _seeded(file, 10)
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_S", 0.01)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusyError, match="Another process is writing to the library"):
            LibraryFile(file)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_steps_that_drop_or_rebuild_are_named(step: Any) -> None:
    drops = re.search(r"DROP (TABLE|COLUMN)|RENAME TO", inspect.getsource(step.fn)) is not None
    assert drops == (step.name in REWRITING)


def test_signatures_of_previews_go(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    with sqlite3.connect(file, isolation_level=None) as connection:
        migrations.migrate(connection, stop_before="m027_signatures_of_pictures")
        connection.execute("INSERT INTO contents (id, content_hash, size_bytes) VALUES (1, x'01', 1), (2, x'02', 1)")
        connection.execute(
            "INSERT INTO models (id, name, fingerprint, dimensions, logit_scale) VALUES (1, 'm', 'f', 2, 9)"
        )
        connection.execute("INSERT INTO from_previews (content_id, model_id) VALUES (2, 1)")
        connection.execute("INSERT INTO signatures VALUES (1, x'07'), (2, x'08')")
    connection.close()
    with LibraryFile(file) as library:
        assert library._connection.execute("SELECT content_id FROM signatures").fetchall() == [(1,)]
