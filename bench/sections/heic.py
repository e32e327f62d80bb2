"""HEIC: what FFmpeg saves over libheif, in photos that a worker decodes in a second of a processor's time.

python -m bench.sections.heic PHOTO...: with photos of your own.
"""

import queue
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.measure import FailedError, cpu_seconds, medians
from bench.parts import Bench
from bench.photos import photos
from bench.table import Row, Target
from mcsearch.photos.workers.outcomes import Decoded, Outcome
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

_COUNT = 24
_WITHOUT_PYAV = "import sys; sys.modules['av'] = None"


def decode(bench: Bench) -> Iterator[Row]:
    """Decoding 12 MP photos in tiles by FFmpeg, and as a whole by libheif, as without PyAV."""
    try:
        files = sorted(photos(bench.work, "heic").rglob("*.heic"))[:_COUNT]
    except ImportError:
        print("bench: HEIC is left out: pillow-heif, which writes it, is not installed.", file=sys.stderr)
        return
    ours, theirs = _rates(files, bench.times)
    what = f"decode {len(files)} photos of 12 MP HEIC, in a second of a core"
    yield Row(what, "photos/s", ours, theirs, "libheif", targets=(Target("ratio", at_least=2),))


def _rates(files: Sequence[Path], times: int) -> tuple[float, float]:
    with_pyav, without = medians(times, lambda: cpu_to_decode(files), lambda: cpu_to_decode(files, _WITHOUT_PYAV))
    return len(files) / with_pyav, len(files) / without


def cpu_to_decode(files: Sequence[Path], at_start: str = "", *, previews: bool = False) -> float:
    """Return the CPU time that a worker takes for the files after a first one, which imports the decoders.

    With `previews`, it has to find one in each. Raises FailedError.
    """
    outcomes: queue.Queue[Outcome] = queue.Queue()
    with tempfile.TemporaryDirectory() as modules:
        (Path(modules) / "sitecustomize.py").write_text(at_start)  # workers import this module first
        sys.path.insert(0, modules)
        pool = DecodePool(1, Framing(256), outcomes.put)
        try:
            before = 0.0
            for number, file in enumerate([files[0], *files]):
                pool.submit(ScannedFile(str(file), 0, 0, previews=previews), "decode")
                if not isinstance(outcome := outcomes.get(), Decoded):
                    raise FailedError(f"{file} cannot be decoded: {outcome}")
                if outcome.from_preview != previews:
                    raise FailedError(f"no preview of {file} was decoded")
                before = before if number else cpu_seconds()
            return cpu_seconds() - before
        finally:
            sys.path.remove(modules)
            pool.close()


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:]]
    ours, theirs = _rates(paths, 1)
    print(f"{ours:.2f} photos/s, {theirs:.2f} with libheif: {ours / theirs:.2f} ×")
