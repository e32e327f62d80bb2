"""Embeddings leave a library as shards of Parquet, and come into another one by content."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mcsearch import Library
from mcsearch.errors import UsageError
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


def _changed(shards: Path, folder: Path, column: str | None = None, values: Any = None, **said: str) -> Path:
    table = pq.read_table(sorted(shards.iterdir())[0])
    if column is not None:
        table = table.drop([column])
        if values is not None:
            table = table.append_column(column, values)
    metadata = {**table.schema.metadata, **{key.encode(): value.encode() for key, value in said.items()}}
    folder.mkdir()
    pq.write_table(table.replace_schema_metadata(metadata), folder / "one.parquet")
    return folder


def test_what_is_no_embedding_of_the_model_is_refused(shards: Path, indexed_library: Path, tmp_path: Path) -> None:
    ones = pa.FixedSizeListArray.from_arrays(pa.array(np.ones(7 * 256, np.float32)), 256)
    wrong = {
        "made with another checkpoint of demo": {"fingerprint": "00" * 16},
        "does not say in its metadata": {"fingerprint": ""},
        "an embedding is not of unit length": {"column": "embedding", "values": ones},
        "has no column size_bytes": {"column": "size_bytes"},
        "not a BLAKE3 hash": {"column": "content_hash", "values": pa.array(["abcd"] * 7)},
        "a content_hash or size_bytes is missing": {"column": "content_hash", "values": pa.array([None] * 7)},
    }
    file = Path(shutil.copy(indexed_library, tmp_path / "library.db"))
    before = contents(file)
    with Library(file) as library:
        dimensions = library.models.to_ask().record.dimensions
        assert dimensions == 256 or (wrong.pop("an embedding is not of unit length") is not None)
        for number, (sentence, change) in enumerate(wrong.items()):
            with pytest.raises(UsageError, match=sentence):
                import_embeddings(library, _changed(shards, tmp_path / str(number), **change))  # type: ignore[arg-type]
    assert contents(file) == before


def test_a_folder_that_exists_is_not_overwritten(shards: Path, indexed_library: Path, tmp_path: Path) -> None:
    file = Path(shutil.copy(indexed_library, tmp_path / "library.db"))
    with Library(file) as library:
        with pytest.raises(UsageError, match="exists already"):
            export_shards(library.file, library.models.to_ask(), shards, 2)
        with pytest.raises(UsageError, match="contains no Parquet files"):
            import_embeddings(library, tmp_path)
