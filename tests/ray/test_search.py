"""A search on the shards of a cluster finds what a search on one machine finds, or says that it does not."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from mcsearch.library.conditions import Condition
from mcsearch.library.library_file import LibraryFile
from mcsearch.ops.cluster.connection import Connection
from mcsearch.ops.cluster.sharded import ClusterSearch, VectorShards
from mcsearch.ops.finding.ranking import rank
from mcsearch.records.embeddings import IndexedModel
from mcsearch.records.photos import ScannedFile
from tests.ray.conftest import Nodes

COUNT, DIMENSIONS, QUERIES = 6000, 64, 1000


def _unit(count: int, seed: int) -> np.ndarray:
    """Clustered, as embeddings are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((20, DIMENSIONS))
    vectors = centres[random.integers(0, 20, count)] + 0.3 * random.standard_normal((count, DIMENSIONS))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def _add(library: LibraryFile, count: int, seed: int) -> IndexedModel:
    with library.transaction():
        model = library.models.add("one", "1" * 32, DIMENSIONS, 100.0, None, None)
        for number, vector in enumerate(_unit(count, seed)):
            content_id = library.photos.add_content(f"{seed} {number}".encode(), number)
            library.embeddings.add(content_id, model.id, vector)
            library.photos.put(ScannedFile(f"/photos/{seed}/{number}.jpg", number, number), content_id)
    return model


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LibraryFile, IndexedModel]]:
    folder = tmp_path_factory.mktemp("made")
    with LibraryFile(folder / "library.db", cache=folder / "cache") as library:
        yield library, _add(library, COUNT, 0)


def _smaller(most: int) -> list[Condition]:
    return [Condition("p.size_bytes < ?", (most,))]


def test_shards_find_the_same_on_a_thousand_queries_with_filters_and_after_more_photos(
    made: tuple[LibraryFile, IndexedModel], nodes: Nodes
) -> None:
    library, model = made
    for name in ("one", "two"):
        nodes.add(name)
    nodes.wait()
    shards = VectorShards(Connection(nodes.address), 3)
    search = ClusterSearch(shards)
    try:
        chance = np.random.default_rng(5)
        queries = np.concatenate([_unit(QUERIES // 2, 7), _unit(QUERIES // 2, 0)])  # the second half are photos
        for number, query in enumerate(queries):
            if number == QUERIES - 100:
                _add(library, 500, 1)
            conditions = [_smaller(COUNT), _smaller(10), _smaller(900), []][number % 4]
            limit = int(chance.choice([1, 10, 100, 600]))
            least = float(chance.choice([-1.0, 0.3]))
            only = library.embeddings.meeting(model, conditions) if conditions and number % 8 < 4 else None
            here = rank(library, model, query, limit, least, conditions, only)
            there = rank(library, model, query, limit, least, conditions, only, search)
            assert there == here, number
        assert not search.partial
    finally:
        shards.close()


def test_a_lost_shard_makes_answers_partial_until_it_is_loaded_again(
    made: tuple[LibraryFile, IndexedModel], nodes: Nodes
) -> None:
    library, model = made
    for name in ("one", "two"):
        nodes.add(name, 2)
    nodes.wait()
    shards = VectorShards(Connection(nodes.address), 2)
    search = ClusterSearch(shards)
    try:
        query = _unit(1, 3)[0]
        whole = rank(library, model, query, 100)
        assert rank(library, model, query, 100, cluster=search) == whole
        nodes.kill(nodes.alive[0])
        said: list[bool] = []
        deadline = time.monotonic() + 90
        while said[-1:] != [False] or True not in said:  # partial for a while, and whole again
            assert time.monotonic() < deadline, said
            search.partial = False
            found = rank(library, model, query, 100, cluster=search)
            said.append(search.partial)
            assert (found == whole) != search.partial  # what is missing is never missing silently
            time.sleep(0.3)
    finally:
        shards.close()
