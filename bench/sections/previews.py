"""Previews: what they save a worker that decodes them instead of the pictures they belong to.

python -m bench.sections.previews PHOTO...: with photos of your own that have one.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.measure import medians
from bench.parts import Bench
from bench.photos import photos
from bench.sections.heic import cpu_to_decode
from bench.table import Row, Target


def decode(bench: Bench) -> Iterator[Row]:
    """Reading, hashing and decoding photos as phones write them, by their thumbnails and by their pictures."""
    try:
        files = sorted(photos(bench.work, "phone").rglob("*.heic"))
    except ImportError:
        print("bench: previews are left out: pillow-heif, which writes HEIC, is not installed.", file=sys.stderr)
        return
    by_preview, by_picture = _rates(files, bench.times)
    what = f"decode the thumbnails (512 × 384) of {len(files)} photos of 12 MP HEIC, in a second of a core"
    yield Row(what, "photos/s", by_preview, by_picture, "the pictures", targets=(Target("ratio", at_least=8),))


def _rates(files: Sequence[Path], times: int) -> tuple[float, float]:
    previews, pictures = medians(times, lambda: cpu_to_decode(files, previews=True), lambda: cpu_to_decode(files))
    return len(files) / previews, len(files) / pictures


if __name__ == "__main__":
    paths = [Path(argument) for argument in sys.argv[1:]]
    by_preview, by_picture = _rates(paths, 1)
    print(f"{by_preview:.1f} photos/s, {by_picture:.2f} by the pictures: {by_preview / by_picture:.1f} ×")
