"""What every part of the benchmarks is given, and the commands that several of them run."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bench.measure import Command, FailedError, ran
from bench.peers import Rclip
from bench.table import Row
from bench.work import MCSEARCH, Work

REPOSITORY = Path(__file__).parent.parent


@dataclass(frozen=True)
class Bench:
    """The work folder, how often to measure, and whether the 5 million photos are wanted too."""

    work: Work
    times: int
    huge: bool

    @cached_property
    def rclip(self) -> Rclip:
        """The peer, installed when it is first asked for."""
        return Rclip(self.work)

    def mcsearch(self, *arguments: str | Path) -> Command:
        """A mcsearch command."""
        return Command([MCSEARCH, *arguments], self.work.environment)

    def python(self, *arguments: str | Path) -> Command:
        """A Python of the environment that mcsearch is in, run from the repository."""
        return Command([MCSEARCH.with_name("python"), *arguments], self.work.environment, REPOSITORY)

    def index(self, photos: Path, library: Path, model: str = "demo") -> Command:
        """The command that indexes a folder; models other than the built-in one have seeded weights."""
        weights = () if model == "demo" else ("--weights", self.work.checkpoint(model))
        return self.mcsearch("index", photos, "--model", model, *weights, "--library", library, "--json", "--quiet")

    def find(self, library: Path, prompt: str) -> Command:
        """The command that asks a library."""
        return self.mcsearch("find", prompt, "--library", library)

    def fresh_library(self) -> Path:
        """The path of a library that is not there yet."""
        file = self.work.place("index", "library.db")
        remove_library(file)
        return file

    def index_seconds(self, photos: Path, model: str, count: int) -> float:
        """How long indexing a folder takes from nothing. Raises FailedError unless all photos got an embedding."""
        done = ran(self.index(photos, self.fresh_library(), model))
        if (embedded := json.loads(done.stdout)["embedded"]) != count:
            raise FailedError(f"{embedded} of {count} photos of {photos} were embedded")
        return done.seconds


Part = Callable[[Bench], Iterator[Row]]


def remove_library(file: Path) -> None:
    """Remove a library file with what SQLite has beside it."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
