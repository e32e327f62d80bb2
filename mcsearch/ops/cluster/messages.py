"""What travels between the owner of the library and the nodes that index for it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mcsearch.models.engines import Engine
from mcsearch.models.towers import TowerFacts
from mcsearch.ops.indexing.executor import Embedded, Outcome
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import Facts, ScannedFile


@dataclass(frozen=True, slots=True)
class IndexingJob:
    """What the nodes of one run are to do.

    `fingerprint` is that of the model, None if no file needs a tower. `folders` are the paths that are indexed.
    """

    version: str
    model: str
    weights: str | None
    device: str
    fingerprint: str | None
    batch_size: int | None
    max_megapixels: int | None = None
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """A file to read, under the number by which the owner knows it.

    A node that does not see the file as it was scanned says so, unless it is to try `anyway`. `unseen_by` are the ids
    of the nodes that have said so.
    """

    number: int
    file: ScannedFile
    task: Task
    anyway: bool = False
    unseen_by: frozenset[str] = frozenset()


EmbeddedFile = tuple[int, bytes, Facts, str | None, bool]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a node has finished, and how it is doing.

    `embedded` are the number, file hash, facts and damage of each embedded file, and whether a preview was embedded,
    with a row each in `vectors` float32 (n, dimensions) and in `signatures` int8 (n, BYTES). `others` are the remaining
    outcomes, `unseen` the numbers of the files that the node does not see, and `blind` the indexed folders in which it
    sees nothing at all. The node takes `room` more files. `spent_s`, `engine` and `tower` are as in Executor, since the
    node started.
    """

    embedded: list[EmbeddedFile]
    vectors: npt.NDArray[np.float32]
    signatures: npt.NDArray[np.int8]
    others: list[tuple[int, Outcome]]
    unseen: list[int]
    room: int
    spent_s: dict[str, float]
    engine: Engine | None = None
    tower: TowerFacts | None = None
    blind: tuple[str, ...] = ()


def packed(
    outcomes: list[tuple[int, Outcome]],
) -> tuple[list[EmbeddedFile], npt.NDArray[np.float32], npt.NDArray[np.int8], list[tuple[int, Outcome]]]:
    """Return the first four fields of a Delivery."""
    embedded = [(number, one) for number, one in outcomes if isinstance(one, Embedded)]
    vectors = [one.vector for _, one in embedded]
    signatures = [one.signature for _, one in embedded if one.signature is not None]
    return (
        [(number, one.file_hash, one.facts, one.damage, one.from_preview) for number, one in embedded],
        np.stack(vectors) if vectors else np.empty((0, 0), np.float32),
        np.stack(signatures) if signatures else np.empty((0, 0), np.int8),
        [(number, one) for number, one in outcomes if not isinstance(one, Embedded)],
    )


def unpacked(delivery: Delivery, files: dict[int, Order]) -> list[tuple[int, Outcome]]:
    """Return the outcomes of a delivery, each with the number of its file; `files` are those the node works on."""
    found: list[tuple[int, Outcome]] = []
    for row, (number, file_hash, facts, damage, from_preview) in enumerate(delivery.embedded):
        signature = delivery.signatures[row] if len(delivery.signatures) else None
        file, vector = files[number].file, delivery.vectors[row]
        found.append((number, Embedded(file, file_hash, facts, vector, signature, damage, from_preview)))
    return found + delivery.others
