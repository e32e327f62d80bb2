"""Search on a cluster: the packed vectors in shards, one actor each, which are scanned at the same time."""

import contextlib
import itertools
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from mcsearch.errors import McsearchError, UsageError
from mcsearch.ops.cluster.connection import ClusterNode, Connection
from mcsearch.ops.cluster.shard import Shard, Taken
from mcsearch.search.packing.packed import PackedVectors

Ids = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]

_ROWS_AT_ONCE = 65536
_LOADS_AT_ONCE = 4
# How long a shard may take to answer, and how long to wait until a lost one is tried again.
_ANSWER_S = 20.0
_AGAIN_S = 3.0


@dataclass(eq=False)
class _Place:
    """A shard of the rows from `start` to `end` of the packed copy; `actor` is None while it is lost."""

    start: int
    end: int
    node: str = ""
    actor: Any = None
    loading: bool = False
    tried_at: float = float("-inf")


class VectorShards:
    """The packed vectors of one model, in memory on the nodes of a cluster. Threads may share it.

    `count` is the number of shards, by default one for each node. A lost shard is loaded again on the node with the
    fewest shards, while queries go on without it.
    """

    def __init__(self, connection: Connection, count: int | None = None) -> None:
        self.connection = connection
        self._count = count
        self._lock = threading.Lock()
        self._places: list[_Place] = []
        self._copy: PackedVectors | None = None

    @classmethod
    def on(cls, address: str) -> Self:
        """Connect to the cluster at an address. Raises UsageError."""
        return cls(Connection(address))

    def ready(self, copy: PackedVectors) -> tuple[list[Any], bool]:
        """Return the actors of all shards that can be asked, and whether some cannot, for the vectors of this copy.

        The first call loads them all, and a later one what was appended since. Raises UsageError without nodes.
        """
        with self._lock:
            before = self._copy
            if before is None or (before.folder, before.generation) != (copy.folder, copy.generation):
                self._load_all(copy)
            elif len(copy.ids) > len(before.ids):
                self._copy = copy
                self._append(len(copy.ids))
            for place in self._places:
                self._reload(place)
            actors = [place.actor for place in self._places if place.actor is not None]
            return actors, len(actors) < len(self._places)

    def lost(self, actor: Any) -> None:
        """Take note that an actor does not answer any more; it is replaced."""
        with self._lock:
            for place in self._places:
                if place.actor is actor:
                    self._drop(place)
                    self._reload(place)

    def close(self) -> None:
        """End all shards and disconnect."""
        with self._lock:
            for place in self._places:
                self._drop(place)
            self._places, self._copy = [], None
        self.connection.close()

    def _load_all(self, copy: PackedVectors) -> None:
        for place in self._places:
            self._drop(place)
        nodes = self.connection.nodes()
        if not nodes:
            raise UsageError("The cluster has no node with a processor, so that nothing can hold the vectors.")
        count = min(self._count or len(nodes), max(1, len(copy.ids)))
        ends = [len(copy.ids) * number // count for number in range(count + 1)]
        self._copy = copy
        self._places = [_Place(start, end) for start, end in itertools.pairwise(ends)]
        for place, node in zip(self._places, itertools.cycle(nodes), strict=False):
            place.node = node.id
            with contextlib.suppress(self.connection.ray.exceptions.RayError):  # the node is going: it is lost
                place.actor = self._loaded(place, node)

    def _append(self, end: int) -> None:
        last = self._places[-1]
        start, last.end = last.end, end
        if last.actor is not None and not last.loading:
            try:
                self._send(last.actor, start, end)
            except self.connection.ray.exceptions.RayError:
                self._drop(last)

    def _reload(self, place: _Place) -> None:
        """Load a lost shard in a thread of its own, unless that goes on or was tried a moment ago."""
        now = time.monotonic()
        if place.actor is not None or place.loading or now - place.tried_at < _AGAIN_S:
            return
        place.loading, place.tried_at = True, now
        threading.Thread(target=self._load_again, args=(place,), name="shard", daemon=True).start()

    def _load_again(self, place: _Place) -> None:
        actor = None
        end = place.end
        try:
            nodes = self.connection.nodes()
            held = Counter(other.node for other in self._places if other.actor is not None)
            if nodes:
                node = min(nodes, key=lambda one: (held[one.id], one.id == place.node))
                place.node = node.id
                actor = self._loaded(place, node)
        except (self.connection.ray.exceptions.RayError, McsearchError):
            pass  # the node is going, too, or the head is gone; the next query tries again
        with self._lock:
            place.loading = False
            if actor is None or place not in self._places:
                return
            place.actor = actor
            if place.end > end:  # vectors were added meanwhile
                self._drop(place)

    def _loaded(self, place: _Place, node: ClusterNode) -> Any:
        assert self._copy is not None
        # No processor is reserved: an index run may hold them all, and a scan takes milliseconds.
        actor = self.connection.start(Shard, node, 0, 0, self._copy.rows.shape[1])
        self._send(actor, place.start, place.end)
        return actor

    def _send(self, actor: Any, start: int, end: int) -> None:
        """Send rows of the copy to an actor, a few blocks at a time."""
        assert self._copy is not None
        ray, copy = self.connection.ray, self._copy
        sent: list[Any] = []
        for first in range(start, end, _ROWS_AT_ONCE):
            rows = slice(first, min(first + _ROWS_AT_ONCE, end))
            sent.append(actor.add.remote(copy.rows[rows], copy.scales[rows], copy.ids[rows]))
            if len(sent) == _LOADS_AT_ONCE:
                ray.get(sent.pop(0))
        ray.get([*sent, actor.loaded.remote()])

    def _drop(self, place: _Place) -> None:
        if place.actor is not None:
            self.connection.end(place.actor)
            place.actor = None


class ShardedCandidates:
    """The Candidates of a query on all shards; `partial` tells whether some shard could not be asked."""

    def __init__(self, shards: VectorShards, copy: PackedVectors, query: Vectors) -> None:
        self._shards, self._query = shards, query
        actors, self.partial = shards.ready(copy)
        self._token = secrets.token_hex(8)
        self._left: dict[Any, float] = dict.fromkeys(actors, float("inf"))
        self._begun = False
        self._only: Ids | None = None  # to be told to the shards with the next call
        self._ids, self._bounds, self._widths = np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32)

    @property
    def left(self) -> float:
        """The highest bound of those that are left, or more; -inf if none is."""
        return max([*self._left.values(), float(self._bounds.max(initial=-np.inf))])

    def take(self, depth: int) -> tuple[Ids, Vectors, Vectors]:
        """Take `depth` embeddings with the highest bounds: their ids in rising order, bounds and widths."""
        if len(self._ids) < depth:
            self._ask(depth)
        best = np.argsort(-self._bounds, kind="stable")[:depth]
        best = best[np.argsort(self._ids[best])]
        taken = self._ids[best], self._bounds[best], self._widths[best]
        kept = np.ones(len(self._ids), bool)
        kept[best] = False
        self._keep(kept)
        return taken

    def narrow(self, wanted: Ids, *, all_known: bool) -> None:  # noqa: ARG002 (a lost shard knows none of its own)
        """Leave only the embeddings with these ids."""
        self._only = wanted
        self._keep(np.isin(self._ids, wanted))

    def close(self) -> None:
        """Let the shards forget the query."""
        for actor in self._left if self._begun else ():
            actor.end.remote(self._token)

    def _keep(self, kept: npt.NDArray[np.bool_]) -> None:
        self._ids, self._bounds, self._widths = self._ids[kept], self._bounds[kept], self._widths[kept]

    def _ask(self, depth: int) -> None:
        """Ask all shards that have some left for their best."""
        ray = self._shards.connection.ray
        asked = [actor for actor, left in self._left.items() if left > -np.inf]
        if self._begun:
            calls = [actor.more.remote(self._token, depth, self._only) for actor in asked]
        else:
            calls = [actor.begin.remote(self._token, self._query, depth, self._only) for actor in asked]
        self._begun, self._only = True, None
        for actor, call in zip(asked, calls, strict=True):
            answer: Taken | None = None
            try:
                answer = ray.get(call, timeout=_ANSWER_S)
            except ray.exceptions.RayError:
                self._shards.lost(actor)
            if answer is None:
                self.partial = True
                del self._left[actor]
                continue
            self._left[actor] = answer.left
            self._ids = np.concatenate([self._ids, answer.ids])
            self._bounds = np.concatenate([self._bounds, answer.bounds])
            self._widths = np.concatenate([self._widths, answer.widths])


class ClusterSearch:
    """What one thread needs to search on a cluster; `partial` tells whether an answer lacks what lost shards hold."""

    def __init__(self, shards: VectorShards) -> None:
        self.shards = shards
        self.partial = False

    def candidates(self, copy: PackedVectors, query: Vectors) -> ShardedCandidates:
        """Return the candidates for a query among the vectors of a packed copy."""
        return ShardedCandidates(self.shards, copy, query)
