"""A progress bar on stderr if that is a terminal, else no output."""

import contextlib
import sys
from collections.abc import Iterator
from typing import NoReturn

from mcsearch.records import Progress, no_progress


@contextlib.contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Progress]:
    """Yield a progress callback that shows photos done, rate and remaining time while the block runs."""
    if quiet or not sys.stderr.isatty():
        yield no_progress
        return
    from tqdm import tqdm

    bars: dict[str, tqdm[NoReturn]] = {}

    def show(stage: str, done: int, total: int | None) -> None:
        bar = bars.get(stage)
        if bar is None:
            for earlier in bars.values():
                earlier.close()
            bar = bars[stage] = tqdm(
                desc=stage.capitalize(), total=total, unit=" photos", dynamic_ncols=True, leave=False
            )
        bar.update(done - bar.n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()
