"""Embeddings leave a library as shards of Parquet, and come into another one by content."""

import math
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
from mcsearch.models import checkpoints
from mcsearch.ops.exchange.importing import import_embeddings
from mcsearch.ops.exchange.parquet_shards import export_shards
from tests.support.tables import contents


@pytest.fixture(scope="module")
def shards(indexed_library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The painted photos in five shards."""
    folder = tmp_path_factory.mktemp("exported") / "shards"
    file = Path(shutil.copy(indexed_library, folder.parent / "library.db"))
    with Library(file) as library:
        library.tag_by_hand([next(library.file.photos.by_path())], give=["by hand"])
        assert export_shards(library.file, library.models.to_ask(), folder, 5) == 36
    return folder


def test_shards_hold_paths_facts_and_tags(shards: Path, indexed_library: Path) -> None:
    assert [file.name for file in sorted(shards.iterdir())] == [f"part-0000{n}.parquet" for n in range(5)]
    assert [pq.read_metadata(file).num_rows for file in sorted(shards.iterdir())] == [7, 7, 7, 7, 8]
    table = pq.read_table(shards)
    with Library(indexed_library) as library:
        record = library.models.to_ask().record
        paths, vectors = zip(*library.file.embeddings.by_path(record), strict=True)
        assert table["path"].to_pylist() == [path for block in paths for path in block]
        assert np.array_equal(table["embedding"].combine_chunks().flatten().to_numpy(), np.concatenate(vectors).ravel())
        for row in table.drop(["embedding"]).to_pylist():
            facts = library.file.facts.of_photo(row["path"])
            assert facts is not None
            assert tuple(row["keywords"]) == facts.keywords
            assert {name: row[name] for name in ("taken_at", "camera", "width", "latitude", "rating")} == {
                name: getattr(facts, name) for name in ("taken_at", "camera", "width", "latitude", "rating")
            }
    assert table["tags"].to_pylist()[0] == ["by hand"]
    assert set(map(tuple, table["tags"].to_pylist()[1:])) == {()}


def test_imported_embeddings_make_a_run_embed_nothing(
    shards: Path, painted: Path, indexed_library: Path, tmp_path: Path
) -> None:
    with Library(tmp_path / "other.db") as library:
        report = import_embeddings(library, shards)
        assert (report.read, report.added) == (36, 36)
        again = import_embeddings(library, shards)
        assert (again.read, again.added) == (36, 0)
        indexed = library.index([painted], model="demo")
    assert (indexed.new, indexed.embedded) == (36, 0)
    here, there = contents(tmp_path / "other.db"), contents(indexed_library)
    for table in ("photos", "contents", "embeddings", "facts", "keywords"):
        assert here[table] == there[table]


def _changed(
    shards: Path, folder: Path, column: str | None = None, values: Any = None, named: str | None = None, **said: str
) -> Path:
    table = pq.read_table(sorted(shards.iterdir())[0])
    if column is not None:
        table = table.drop([column])
        if values is not None:
            table = table.append_column(named or column, values)
    metadata = {**table.schema.metadata, **{key.encode(): value.encode() for key, value in said.items()}}
    folder.mkdir()
    pq.write_table(table.replace_schema_metadata(metadata), folder / "one.parquet")
    return folder


def _lists(rows: list[Any], kind: Any = None) -> Any:
    return pa.array(rows, kind or pa.list_(pa.float32()))


def test_what_is_no_embedding_of_the_model_is_refused(shards: Path, indexed_library: Path, tmp_path: Path) -> None:
    table = pq.read_table(sorted(shards.iterdir())[0])
    vectors = table["embedding"].to_pylist()
    long, endless, short = [2.0, *vectors[0][1:]], [math.nan, *vectors[0][1:]], vectors[0][1:]
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("made with another checkpoint of demo", {"fingerprint": "00" * 16}),
        ("does not say in its metadata", {"fingerprint": ""}),
        ("There is no model named 'nosuch", {"model": "nosuch\x1b[31m"}),
        ("logit_scale and logit_bias in its metadata must be numbers", {"logit_scale": "-5"}),
        ("logit_scale and logit_bias in its metadata must be numbers", {"logit_bias": "many"}),
        ("an embedding is not of unit length", {"column": "embedding", "values": _lists([*vectors[1:], long])}),
        ("an embedding is not of unit length", {"column": "embedding", "values": _lists([*vectors[1:], endless])}),
        ("not all of the same number", {"column": "embedding", "values": _lists([*vectors[1:], short])}),
        ("an embedding is missing", {"column": "embedding", "values": _lists([*vectors[1:], None])}),
        ("made with another checkpoint", {"column": "embedding", "values": _lists([[1.0]] * 7)}),
        ("lists of floating-point numbers", {"column": "embedding", "values": pa.array(["one"] * 7)}),
        ("has no column size_bytes", {"column": "size_bytes"}),
        ("more than one column size_bytes", {"column": "path", "values": pa.array([1] * 7), "named": "size_bytes"}),
        ("a size_bytes is not a number", {"column": "size_bytes", "values": pa.array([-1] * 7)}),
        ("a size_bytes is not a number", {"column": "size_bytes", "values": pa.array([2**64 - 1] * 7, pa.uint64())}),
        ("a size_bytes is not a number", {"column": "size_bytes", "values": pa.array([math.inf] * 7)}),
        ("a size_bytes is not a number", {"column": "size_bytes", "values": pa.array([None] * 7)}),
        ("not a BLAKE3 hash", {"column": "content_hash", "values": pa.array(["abcd"] * 7)}),
        ("not a BLAKE3 hash", {"column": "content_hash", "values": pa.array([None] * 7)}),
        ("not a BLAKE3 hash", {"column": "content_hash", "values": pa.array(range(7))}),
    ]
    file = Path(shutil.copy(indexed_library, tmp_path / "library.db"))
    before = contents(file)
    with Library(file) as library:
        for number, (sentence, change) in enumerate(wrong):
            with pytest.raises(UsageError, match=sentence):
                import_embeddings(library, _changed(shards, tmp_path / str(number), **change))
    assert contents(file) == before


def test_a_new_library_takes_embeddings_of_one_checkpoint_alone(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _changed(shards, tmp_path / "other", fingerprint="00" * 16)
    with Library(tmp_path / "library.db") as library:
        with pytest.raises(UsageError, match=r"another checkpoint of demo than .*safetensors, .*cannot be compared"):
            import_embeddings(library, folder)
        monkeypatch.setattr(checkpoints, "on_disk", lambda _: None)  # as for a model that is not downloaded yet
        shutil.copy(sorted(shards.iterdir())[1], folder / "two.parquet")
        with pytest.raises(UsageError, match=r"two.parquet was made with another checkpoint .* than .*one.parquet"):
            import_embeddings(library, folder)
        assert library.file.models.find() is None


def test_files_that_are_damaged_or_no_files_at_all_are_refused(shards: Path, tmp_path: Path) -> None:
    whole = sorted(shards.iterdir())[0].read_bytes()
    damaged = tmp_path / "damaged.parquet"
    (tmp_path / "pipes").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipes" / "one.parquet")
    with Library(tmp_path / "library.db") as library:
        for content in (b"", whole[: len(whole) // 2], whole[:50] + bytes(3000) + whole[3050:]):
            damaged.write_bytes(content)
            with pytest.raises(UsageError, match=r"damaged.parquet cannot be read as a Parquet file"):
                import_embeddings(library, damaged)
        with pytest.raises(UsageError, match="contains no Parquet files"):
            import_embeddings(library, tmp_path / "pipes")
        with pytest.raises(UsageError, match="There is no file or folder"):
            import_embeddings(library, tmp_path / "nothing")
        assert library.file.models.find() is None


@pytest.mark.parametrize("kind", [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float16(), 64)])
def test_embeddings_that_went_through_other_programs_are_taken(shards: Path, tmp_path: Path, kind: Any) -> None:
    vectors = pq.read_table(sorted(shards.iterdir())[0])["embedding"].to_pylist()
    if kind.value_type == pa.float16():
        vectors = [np.array(vector, np.float16) for vector in vectors]
    folder = _changed(shards, tmp_path / "other", "embedding", _lists(vectors, kind))
    with Library(tmp_path / "library.db") as library:
        assert import_embeddings(library, folder).added == 7
        record = library.file.models.find()
        assert record is not None
        assert record.dimensions == 64
    with sqlite3.connect(tmp_path / "library.db") as connection:
        for (vector,) in connection.execute("SELECT vector FROM embeddings"):
            assert abs(float(np.linalg.norm(np.frombuffer(vector, np.float32))) - 1) < 1e-6


def test_only_what_an_export_left_is_removed(indexed_library: Path, tmp_path: Path) -> None:
    file, part = Path(shutil.copy(indexed_library, tmp_path / "library.db")), tmp_path / "shards.part"
    part.mkdir()
    (part / "part-00000.parquet").write_bytes(b"of an export that was killed")
    (part / "letter.txt").write_text("somebody's")
    with Library(file) as library:
        with pytest.raises(UsageError, match=r"shards\.part is in the way"):
            export_shards(library.file, library.models.to_ask(), tmp_path / "shards", 2)
        (part / "letter.txt").unlink()
        assert export_shards(library.file, library.models.to_ask(), tmp_path / "shards", 2) == 36
    assert not part.exists()


def test_a_folder_that_exists_is_not_overwritten(shards: Path, indexed_library: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(indexed_library, tmp_path / "library.db"))
    with Library(file) as library:
        with pytest.raises(UsageError, match="exists already"):
            export_shards(library.file, library.models.to_ask(), shards, 2)
        with pytest.raises(UsageError, match="contains no Parquet files"):
            import_embeddings(library, tmp_path)
