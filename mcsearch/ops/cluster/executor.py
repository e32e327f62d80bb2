"""Index on the nodes of a cluster: hand out files, collect what comes back, and go on when nodes come and go.

The owner of the library runs this. Each node has one call under way, `IndexingNode.exchange`, which takes new files and
returns finished ones; a file counts as in flight on a node until it has come back. What a lost node had goes to others.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mcsearch.errors import McsearchError, UsageError
from mcsearch.models.towers import TowerFacts
from mcsearch.ops.cluster.connection import ClusterNode, Connection
from mcsearch.ops.cluster.indexing_node import IndexingNode
from mcsearch.ops.cluster.messages import Delivery, IndexingJob, Order, unpacked
from mcsearch.ops.indexing.executor import Outcome
from mcsearch.paths import is_under, shown
from mcsearch.photos.workers.outcomes import Undecodable
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import ScannedFile

if TYPE_CHECKING:
    from mcsearch.models.engines import Engine

_LOOK_EVERY_S = 2.0
# How many files wait here before the first node says how much it takes.
_AT_FIRST = 64
# How long no node may be ready, or none be there at all, until the run ends, and how often an actor may end on a node.
_PATIENCE_S, _PATIENCE_WITHOUT_NODES_S = 120.0, 20.0
_LOSSES = 3


@dataclass(eq=False)
class _Worker:
    """An actor on a node; `call` is the reference to what it does now, None while it has nothing to do."""

    node: ClusterNode
    actor: Any
    workers: int
    call: Any
    ready: bool = False
    room: int = 0
    orders: dict[int, Order] = field(default_factory=dict)
    blind: set[str] = field(default_factory=set)  # the folders that it does not see
    spent_s: dict[str, float] = field(default_factory=dict)


class ClusterExecutor:
    """The Executor of a cluster.

    `folders` are the paths that are indexed, which all nodes should see. `workers` is the most decode processes on a
    node, each on a processor of its own; None for all processors. `on_tower` is called with the facts of the tower that
    the nodes have loaded.
    """

    def __init__(
        self,
        connection: Connection,
        job: IndexingJob,
        folders: Sequence[str],
        *,
        workers: int | None = None,
        on_tower: Callable[[TowerFacts], None] = lambda _tower: None,
        node_class: type[IndexingNode] = IndexingNode,
    ) -> None:
        self.engine: Engine | None = None
        self.ready_at: float | None = None
        self.warnings: list[str] = []
        self.workers = 0  # on the nodes that are ready
        self._connection, self._job, self._folders = connection, replace(job, folders=tuple(folders)), folders
        self._most, self._on_tower, self._node_class = workers, on_tower, node_class
        self._crew: list[_Worker] = []
        self._waiting: deque[Order] = deque()
        self._settled: list[Outcome] = []
        self._number = 0
        self._losses: Counter[str] = Counter()
        self._spent_before: dict[str, float] = {}  # on nodes that are gone
        self._looked_at = -_LOOK_EVERY_S
        self._last_ready = time.monotonic()
        self._closed = False

    @property
    def spent_s(self) -> dict[str, float]:
        """The seconds spent, summed over all nodes."""
        spent = [self._spent_before, *(worker.spent_s for worker in self._crew)]
        return {what: sum(one.get(what, 0.0) for one in spent) for what in ("read", "decode", "load", "wait", "engine")}

    @property
    def in_flight(self) -> int:
        """The number of files that were submitted and whose outcome has not been returned yet."""
        return len(self._waiting) + len(self._settled) + sum(len(worker.orders) for worker in self._crew)

    @property
    def has_room(self) -> bool:
        """Whether another file may be submitted: no more wait here than the nodes take next."""
        return len(self._waiting) < max(_AT_FIRST, sum(worker.room for worker in self._crew))

    def submit(self, file: ScannedFile, task: Task) -> None:
        """Queue a file for the nodes."""
        self._number += 1
        self._waiting.append(Order(self._number, file, task))

    def settled(self) -> list[Outcome]:
        """Wait for at least one outcome and return all that are available. Raises McsearchError without nodes."""
        while not self._settled:
            self._look_for_nodes()
            self._hand_out()
            self._collect(0.5)
        outcomes, self._settled = self._settled, []
        return outcomes

    def close(self, grace_s: float = 0.0) -> list[Outcome]:
        """Stop at once, end all actors, and return what they still deliver within `grace_s` seconds."""
        if self._closed:
            return []
        self._closed = True
        try:
            if grace_s and any(worker.call is not None for worker in self._crew):
                self._collect(grace_s, at_least=len(self._crew))
        except McsearchError:
            pass  # a node fails while it is told to stop
        finally:
            for worker in self._crew:
                self._connection.end(worker.actor)
            self._connection.close()
        outcomes, self._settled = self._settled, []
        return outcomes

    def _look_for_nodes(self) -> None:
        """Start actors on nodes that have none, every few seconds."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        nodes = self._connection.nodes()
        known = {worker.node.id for worker in self._crew}
        for node in nodes:
            if node.id not in known and self._losses[node.id] < _LOSSES:
                self._crew += self._start_on(node)
        ready = sum(worker.ready for worker in self._crew)
        if ready:
            self._last_ready = now
        elif not self._crew and now - self._last_ready > _PATIENCE_WITHOUT_NODES_S:
            raise McsearchError("No node of the cluster is left to index on." + self._why())
        elif now - self._last_ready > _PATIENCE_S:
            raise UsageError(
                "No node of the cluster has the processors free that were asked for." + self._why(),
                hint="Ask for fewer with --workers, or wait until its other work is done.",
            )

    def _start_on(self, node: ClusterNode) -> Iterator[_Worker]:
        """Start an actor for each GPU of a node, with its share of the processors; without a GPU, one for them all."""
        gpus = node.gpus if self._job.device in ("auto", "cuda") else 0
        share = max(1, node.processors // max(1, gpus))
        workers = min(share, self._most or share)
        for _ in range(max(1, gpus)):
            actor = self._connection.start(self._node_class, node, workers, min(gpus, 1), self._job, workers)
            yield _Worker(node, actor, workers, actor.begin.remote())

    def _hand_out(self) -> None:
        for worker in self._crew:
            if worker.ready and worker.call is None:
                orders = self._orders_for(worker)
                if orders or worker.orders:
                    worker.orders |= {order.number: order for order in orders}
                    worker.room -= len(orders)
                    worker.call = worker.actor.exchange.remote(orders)
        if self._waiting and self._crew and all(worker.ready and worker.call is None for worker in self._crew):
            self._give_up()

    def _give_up(self) -> None:
        """Settle what no worker took, although all are free. Raises UsageError for a folder that none sees."""
        for order in self._waiting:
            folder = self._folder_of(order.file)
            if all(folder in worker.blind for worker in self._crew):
                raise UsageError(
                    f"No node of the cluster sees {shown(folder)}.",
                    hint="Mount it on the nodes under the same path, or leave out --ray.",
                )
        self._settled += [Undecodable(order.file, "no node of the cluster sees it", True) for order in self._waiting]
        self._waiting.clear()

    def _orders_for(self, worker: _Worker) -> list[Order]:
        """Take from the queue what a worker has room for, except what it does not see."""
        taken: list[Order] = []
        passed: list[Order] = []
        while self._waiting and len(taken) < worker.room:
            order = self._waiting.popleft()
            unseen = worker.node.id in order.unseen_by or self._folder_of(order.file) in worker.blind
            (passed if unseen and not order.anyway else taken).append(order)
        self._waiting.extendleft(reversed(passed))
        return taken

    def _collect(self, wait_s: float, at_least: int = 1) -> None:
        """Wait until some workers have answered, and take what they deliver."""
        ray = self._connection.ray
        calls = {worker.call: worker for worker in self._crew if worker.call is not None}
        if not calls:
            time.sleep(min(wait_s, 0.1))
            return
        done, _ = ray.wait(list(calls), num_returns=min(at_least, len(calls)), timeout=wait_s)
        if done and at_least < len(calls):
            done, _ = ray.wait(list(calls), num_returns=len(calls), timeout=0)
        for reference in done:
            worker = calls[reference]
            worker.call = None
            try:
                delivery = ray.get(reference)
            except ray.exceptions.RayTaskError as error:
                if worker.ready and isinstance(error.cause, McsearchError):
                    raise type(error.cause)(f"On node {worker.node.name}: {error.cause}") from None
                self._losses[worker.node.id] = _LOSSES  # it would fail again
                self._lose(worker, error.cause)
            except ray.exceptions.RayError as error:
                self._losses[worker.node.id] += 1
                self._lose(worker, error)
            else:
                self._take(worker, delivery)

    def _take(self, worker: _Worker, delivery: Delivery) -> None:
        if not worker.ready:
            worker.ready = True
            self.workers += worker.workers
        worker.room, worker.spent_s = delivery.room, delivery.spent_s
        if delivery.engine is not None and self.engine is None:
            self.engine, self.ready_at = delivery.engine, time.monotonic()
            assert delivery.tower is not None
            self._on_tower(delivery.tower)
        for number, outcome in unpacked(delivery, worker.orders):
            del worker.orders[number]
            self._settled.append(outcome)
        for folder in set(delivery.blind) - worker.blind:
            worker.blind.add(folder)
            self._warn(f"Node {worker.node.name} does not see {shown(folder)}; its share of the work goes elsewhere.")
        for number in delivery.unseen:
            self._elsewhere(worker, worker.orders.pop(number))

    def _elsewhere(self, worker: _Worker, order: Order) -> None:
        """Give a file that a worker does not see to another; if it is gone here, too, let any worker say why."""
        if not _is_here(order.file):
            self._waiting.append(replace(order, anyway=True))
            return
        self._waiting.append(replace(order, unseen_by=order.unseen_by | {worker.node.id}))
        folder = self._folder_of(order.file)
        if folder not in worker.blind:
            self._warn(
                f"Node {worker.node.name} does not see all files of {shown(folder)}; those that it does not see go "
                "elsewhere."
            )

    def _lose(self, worker: _Worker, error: Exception) -> None:
        """Give the files of a worker that is gone to others."""
        self._crew.remove(worker)
        self._connection.end(worker.actor)
        for what, seconds in worker.spent_s.items():
            self._spent_before[what] = self._spent_before.get(what, 0.0) + seconds
        self._waiting.extendleft(reversed(worker.orders.values()))
        if worker.ready:
            self.workers -= worker.workers
        if self._losses[worker.node.id] >= _LOSSES:
            reason = (str(error).strip() or type(error).__name__).splitlines()[-1].rstrip(".")
            self._warn(f"Node {worker.node.name} cannot be used: {reason}.")
        elif worker.ready:
            self._warn(f"Node {worker.node.name} was lost; its share of the work goes elsewhere.")

    def _folder_of(self, file: ScannedFile) -> str:
        """Return the indexed folder that a file lies in."""
        inside = (folder for folder in self._folders if is_under(file.path, folder))
        return max(inside, key=len, default=os.path.dirname(file.path))

    def _warn(self, sentence: str) -> None:
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def _why(self) -> str:
        return "".join(f" {warning}" for warning in self.warnings[-1:])


def _is_here(file: ScannedFile) -> bool:
    """Return whether a file is as it was scanned, for the owner, and may be read."""
    try:
        return os.stat(file.path).st_size == file.size_bytes and os.access(file.path, os.R_OK)
    except OSError:
        return False
