"""How long operations report their progress."""

import contextlib
from collections.abc import Callable, Iterator

# Called with a stage, the number of units done, and their total if it is known; the stage ends when they are equal.
# The first word of a stage is a verb. "scanning", "indexing" and most others count files, "downloading MODEL (DETAILS)"
# counts bytes, and "preparing MODEL for this processor (DETAILS)" and "loading MODEL" go from 0 to 1.
Progress = Callable[[str, int, int | None], None]


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Ignore progress: the callback for callers that do not report it."""


@contextlib.contextmanager
def one_stage(progress: Progress, stage: str) -> Iterator[None]:
    """Report a stage that cannot be counted while the block runs."""
    progress(stage, 0, 1)
    yield
    progress(stage, 1, 1)
