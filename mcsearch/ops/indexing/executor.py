"""What an index run needs of whatever reads, decodes and embeds its files: worker processes here, or a cluster."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from mcsearch.photos.workers.outcomes import FactsRead, HasContent, Hashed, Undecodable
from mcsearch.photos.workers.protocol import Task
from mcsearch.records.photos import Facts, ScannedFile

if TYPE_CHECKING:
    from mcsearch.models.engines import Engine


@dataclass(frozen=True, slots=True)
class Embedded(HasContent):
    """A file whose photo has been embedded: its file hash, its facts and its float32 unit vector (dimensions,).

    `signature` is that of the whole picture, int8 of shape (BYTES,), if the picture was asked for and decoded. `damage`
    says what is missing of a damaged picture. `from_preview` is true if a preview in the file was embedded.
    """

    file: ScannedFile
    file_hash: bytes
    facts: Facts
    vector: npt.NDArray[np.float32]
    signature: npt.NDArray[np.int8] | None
    damage: str | None
    from_preview: bool = False


Outcome = Embedded | Hashed | FactsRead | Undecodable


class Executor(Protocol):
    """Reads, decodes and embeds the files given to `submit`; `settled` returns their outcomes, in any order.

    Each file has exactly one outcome. `engine` runs the image tower; it is None until the tower is loaded, and
    `ready_at` is the time.monotonic() of that. `workers` is the number of decode processes, `warnings` are what the
    user should know of the machines.
    """

    engine: "Engine | None"
    ready_at: float | None
    workers: int
    warnings: list[str]

    @property
    def spent_s(self) -> dict[str, float]:
        """The seconds spent on "read", "decode", "load", "wait" and "engine"."""

    @property
    def in_flight(self) -> int:
        """The number of files that were submitted and whose outcome has not been returned yet."""

    @property
    def has_room(self) -> bool:
        """Whether another file may be submitted; False when enough files are waiting to keep everything busy."""

    def submit(self, file: ScannedFile, task: Task) -> None:
        """Start to read a file; its picture is embedded if the task is to "decode"."""

    def settled(self) -> list[Outcome]:
        """Wait for at least one outcome and return all that are available. Call it only with files in flight."""

    def close(self, grace_s: float = 0.0) -> list[Outcome]:
        """Stop at once, and return what is still finished within `grace_s` seconds. It may be called again."""
