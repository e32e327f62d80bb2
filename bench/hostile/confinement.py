"""What confinement costs decode workers: CPU time and wall time with and without it, in alternation.

    python -m bench.hostile.confinement [PHOTO...]

with photos of your own, by default a painted one of 12 megapixels and a small one.
"""

import queue
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from bench.measure import cpu_seconds
from mcsearch.photos.workers.outcomes import Outcome
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

_ROUNDS, _FILES = 8, 60
_UNCONFINED = """
import mcsearch.photos.workers.confinement
mcsearch.photos.workers.confinement.confine = lambda: None
"""


def main(paths: Sequence[str]) -> None:
    """Print the ratios of the medians."""
    with tempfile.TemporaryDirectory() as folder:
        files = list(paths) or _painted(Path(folder))
        for path in files:
            taken: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
            for number in range(2 * _ROUNDS):
                confined = number % 2 == 0
                taken[confined].append(_decode(path, confined=confined))
            for name, column in (("wall", 0), ("CPU", 1)):
                without, with_it = (statistics.median(run[column] for run in taken[key]) for key in (False, True))
                print(f"{Path(path).name}: {name} {without * 1e3:.2f} ms → {with_it * 1e3:.2f} ms a file, "
                      f"× {with_it / without:.3f}")  # fmt: skip


def _painted(folder: Path) -> list[str]:
    found = []
    for name, size in (("12mp.jpg", (4000, 3000)), ("small.jpg", (640, 480))):
        Image.effect_noise((size[0] // 8, size[1] // 8), 60).resize(size).convert("RGB").save(folder / name, quality=90)
        found.append(str(folder / name))
    return found


def _decode(path: str, *, confined: bool) -> tuple[float, float]:
    """Return the wall time and the CPU time that a worker takes for a file, without its start."""
    outcomes: queue.Queue[Outcome] = queue.Queue()
    file = ScannedFile(path, 0, 0)
    with tempfile.TemporaryDirectory() as modules:
        if not confined:  # workers import this module first
            (Path(modules) / "sitecustomize.py").write_text(_UNCONFINED)
        sys.path.insert(0, modules)
        pool = DecodePool(1, Framing(256), outcomes.put)
        pool.submit(file, "decode")
        outcomes.get(timeout=60)
        sys.path.remove(modules)
    try:
        for _ in range(3):
            pool.submit(file, "decode")
            outcomes.get(timeout=60)
        started, cpu_before = time.perf_counter(), cpu_seconds()
        for _ in range(_FILES):
            pool.submit(file, "decode")
        for _ in range(_FILES):
            outcomes.get(timeout=60)
        return (time.perf_counter() - started) / _FILES, (cpu_seconds() - cpu_before) / _FILES
    finally:
        pool.close()


if __name__ == "__main__":
    main(sys.argv[1:])
