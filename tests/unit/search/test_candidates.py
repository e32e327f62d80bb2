"""The shards of packed vectors together give the candidates that all vectors give."""

import numpy as np

from mcsearch.ops.cluster.shard import Shard
from mcsearch.search.exact.candidates import PackedCandidates
from mcsearch.search.packing.packed import PackedRows
from mcsearch.search.packing.quantise import quantise


def _packed(count: int) -> PackedRows:
    vectors = np.random.default_rng(count).standard_normal((count, 32)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return PackedRows(*quantise(vectors), np.arange(1, count + 1) * 3)


def test_what_was_taken_is_not_there_any_more_and_nothing_better_is_left() -> None:
    packed = _packed(5000)
    query = np.eye(32, dtype=np.float32)[0]
    candidates, seen = PackedCandidates(packed, query), list[int]()
    while candidates.left > -np.inf:
        ids, bounds, widths = candidates.take(700)
        assert np.all(np.diff(ids) > 0)
        assert candidates.left <= bounds.min()
        assert np.all(widths > 0)
        seen += ids.tolist()
    assert sorted(seen) == packed.ids.tolist()


def test_a_shard_is_put_together_from_blocks_and_narrows_what_it_gives() -> None:
    packed, query = _packed(5000), np.eye(32, dtype=np.float32)[1]
    shard = Shard(32)
    for rows in (slice(0, 2000), slice(2000, 5000)):
        shard.add(packed.rows[rows], packed.scales[rows], packed.ids[rows])
    assert shard.loaded() == 5000
    wanted = packed.ids[::7]
    taken = shard.begin("one", query, 100, np.concatenate([wanted, [10**9]]))  # ids of other shards are passed by
    assert set(taken.ids.tolist()) <= set(wanted.tolist())
    expected = PackedCandidates(packed, query)
    expected.narrow(wanted, all_known=True)
    assert np.array_equal(taken.ids, expected.take(100)[0])
    more = shard.more("one", 10_000, None)
    assert more is not None
    assert len(more.ids) + len(taken.ids) == len(wanted)
    assert more.left == -np.inf
    shard.end("one")
    assert shard.more("one", 1, None) is None
