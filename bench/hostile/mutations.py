"""Send damaged files through the decode workers: `python -m bench.hostile.mutations [COUNT [SEED]]`, 20,000 by default.

The files are small ones of each format, truncated, with flipped bits, or spliced with others; the same seed makes the
same files. What must hold: the run goes on, each answer is well formed and safe to print, and no part of a picture is
taken for all of it. Ends with exit code 1 and the files that broke a rule, in a folder, if one did.
"""

import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from mcsearch.photos.workers.outcomes import Decoded, Undecodable
from mcsearch.photos.workers.pool import decode_all, processors
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

FRAMING = Framing(64, resize_mode="squash")
_REASON_AT_MOST = 200
# Of formats that show a part of a picture: how far the pixels may be from those of the whole file.
_CUT_FORMATS = (".jpg", ".png", ".bmp", ".ppm")
_FAR = 2.0


def mutations(seeds: Mapping[str, bytes], count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents of mutated files; a name says what was done: "17-truncated-baseline.jpg"."""
    draw = random.Random(seed)
    names = sorted(seeds)
    for number in range(count):
        name = names[number % len(names)]
        kind = draw.choice(("truncated", "flipped", "spliced"))
        content = seeds[name]
        if kind == "truncated":
            content = content[: draw.randrange(len(content))]
        elif kind == "flipped":
            content = _flipped(content, draw)
        else:
            content = _spliced(content, seeds[draw.choice((name, draw.choice(names)))], draw)
        yield f"{number}-{kind}-{name}", content


def _flipped(content: bytes, draw: random.Random) -> bytes:
    changed = bytearray(content)
    # Half of the time only near the start, where the structure of most formats is.
    end = len(content) if draw.random() < 0.5 else min(len(content), 400)
    for _ in range(draw.choice((1, 1, 2, 8, 30))):
        changed[draw.randrange(end)] ^= 1 << draw.randrange(8)
    return bytes(changed)


def _spliced(content: bytes, other: bytes, draw: random.Random) -> bytes:
    """Return a file with a part removed, zeroed, repeated, or replaced by a part of another file."""
    start, length = draw.randrange(len(content)), draw.choice((1, 4, 16, 200, 2000))
    from_other = draw.randrange(len(other))
    part = draw.choice(
        (b"", bytes(length), content[start : start + length] * 2, other[from_other : from_other + length], other)
    )
    return content[:start] + part + content[start + length :]


def broken_rules(seeds: Mapping[str, bytes], count: int, seed: int, folder: Path) -> tuple[Counter[str], list[str]]:
    """Decode mutated files in worker processes; return how many ended how, and a sentence for each broken rule.

    The files of broken rules are left in the folder.
    """
    whole = {name: _whole(name, content, folder) for name, content in seeds.items()}
    ends: Counter[str] = Counter()
    broken: list[str] = []

    def written() -> Iterator[ScannedFile]:
        for name, content in mutations(seeds, count, seed):
            (folder / name).write_bytes(content)
            yield ScannedFile(str(folder / name), len(content), 1)

    for outcome in decode_all(written(), FRAMING, processors()):
        path = Path(outcome.file.path)
        end, wrong = _judged(outcome, path.name, whole)
        ends[end] += 1
        if wrong:
            broken.append(f"{path.name}: {wrong}")
        else:
            path.unlink()
    if sum(ends.values()) != count:
        broken.append(f"{count} files went in and {sum(ends.values())} outcomes came back")
    return ends, broken


def _whole(name: str, content: bytes, folder: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    file = folder / f"whole-{name}"
    file.write_bytes(content)
    [outcome] = decode_all([ScannedFile(str(file), len(content), 1)], FRAMING, 1)
    assert isinstance(outcome, Decoded), f"{name}: {outcome}"
    return outcome.pixels


def _judged(
    outcome: Decoded | Undecodable, name: str, whole: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]
) -> tuple[str, str]:
    """Return how a file ended, and which rule that breaks, if it does."""
    said = outcome.damage if isinstance(outcome, Decoded) else outcome.reason
    if said is not None and not (said.isprintable() and 10 < len(said) <= _REASON_AT_MOST):
        return "other", f"the reason is {said!r}"
    if isinstance(outcome, Undecodable):
        return "crashed" if "crashed" in outcome.reason else "killed" if outcome.retry else "refused", ""
    if outcome.pixels.shape[-3:] != (FRAMING.size, FRAMING.size, 3):
        return "other", f"the shape is {outcome.pixels.shape}"
    _, kind, seed_name = name.split("-", 2)
    if kind == "truncated" and outcome.damage is None and Path(seed_name).suffix in _CUT_FORMATS:
        difference = np.abs(outcome.pixels.astype(int) - whole[seed_name]).mean()
        if difference > _FAR:
            return "other", f"a part is taken for the whole picture, {difference:.1f} away from it"
    return "damaged" if outcome.damage else "decoded", ""


def main() -> None:
    """Run as the command line says and print what happened."""
    from tests.support.seeds import seeds

    count, seed = (*map(int, sys.argv[1:]), *(20_000, 1)[len(sys.argv) - 1 :])
    folder = Path(tempfile.mkdtemp(prefix="mutations"))
    started = time.monotonic()
    ends, broken = broken_rules(seeds(), count, seed, folder)
    print(f"{count:,} files in {time.monotonic() - started:.0f} s: ", end="")
    print(", ".join(f"{number:,} {end}" for end, number in sorted(ends.items())))
    if broken:
        print("\n".join(broken), f"The files are in {folder}.", sep="\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
