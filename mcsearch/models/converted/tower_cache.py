"""The cache of converted towers: a folder for each model and checkpoint, and in it one for each kind and version.

Everything here may be deleted at any moment. What is missing, outdated or damaged is made again.
"""

import contextlib
import dataclasses
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from blake3 import blake3

from mcsearch.openvino_import import has_openvino, openvino_version
from mcsearch.private import make_private

Kind = Literal["image", "text"]

# Increase it whenever conversion.py converts a checkpoint differently.
_RECIPE = 1
_FACTS = "tower.json"
_LEFT_BEHIND_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted tower: its file, and facts about it.

    `dtype` is the precision to run it in, None if no precision agrees with torch in float32. `proof` holds torch's
    vectors of the first test pattern (image) or the proof prompt (text), rows of `dimensions`.
    """

    file: Path
    dtype: str | None
    dimensions: int
    logit_scale: float
    logit_bias: float | None
    context_length: int
    proof: list[list[float]]


def towers_folder(cache: Path | None, name: str, fingerprint: str) -> Path | None:
    """The folder of a model's converted towers; None where there is no cache, or no OpenVINO.

    The name stands for the architecture, which the fingerprint does not cover: a checkpoint that was converted as one
    model must not be taken for another.
    """
    if cache is None or not has_openvino():
        return None
    return cache / "towers" / f"{re.sub(r'[^a-z0-9.-]+', '_', name.lower())}-{fingerprint}"


def read(folder: Path, kind: Kind, wished: str) -> Converted | None:
    """The tower in a folder that was converted for the precision wished for; None if it is missing or incomplete."""
    place = _place(folder, kind, wished)
    try:
        facts = json.loads((place / _FACTS).read_bytes())
        facts.pop("hashes", None)
        for name, size_bytes in facts.pop("files").items():
            if (place / name).stat().st_size != size_bytes:
                return None
        return Converted(place / "tower.xml", **facts)
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return None


def keep(folder: Path, kind: Kind, wished: str, make: Callable[[Path], Converted]) -> None:
    """Keep the tower that `make` writes to `tower.xml` in the folder it is given; it appears when it is complete.

    It replaces earlier towers of this kind. Raises OSError when the cache cannot be written.
    """
    make_private(folder)
    _remove_left_behind(folder)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        facts = dataclasses.asdict(make(part))
        del facts["file"]
        written = [file for file in part.iterdir() if file.is_file()]
        facts["files"] = {file.name: file.stat().st_size for file in written}
        facts["hashes"] = {file.name: _hash(file) for file in written}
        (part / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        for earlier in folder.glob(f"{kind}-*"):
            shutil.rmtree(earlier, ignore_errors=True)
        with contextlib.suppress(OSError):  # another process was faster
            os.rename(part, _place(folder, kind, wished))
    finally:
        shutil.rmtree(part, ignore_errors=True)


def drop(folder: Path, kind: Kind, wished: str) -> None:
    """Remove a converted tower that has turned out to be damaged."""
    shutil.rmtree(_place(folder, kind, wished), ignore_errors=True)


def damaged(folder: Path) -> list[Path]:
    """Return the converted towers in a folder whose files are missing or are not those that were written."""
    return [place for place in sorted(folder.glob("*-*")) if not place.name.startswith(".") and not _is_whole(place)]


def remove_towers(folder: Path) -> int:
    """Remove all converted towers in a folder, and return the number of bytes freed."""
    freed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    return freed


def _is_whole(place: Path) -> bool:
    try:
        facts = json.loads((place / _FACTS).read_bytes())
        sizes = facts["files"]
        hashes = facts.get("hashes", {})  # towers from before they were recorded have none
        return all((place / name).stat().st_size == size for name, size in sizes.items()) and all(
            _hash(place / name) == known for name, known in hashes.items()
        )
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return False


def _hash(file: Path) -> str:
    return blake3().update_mmap(file).hexdigest()


def _place(folder: Path, kind: Kind, wished: str) -> Path:
    return folder / f"{kind}-{wished}-{_RECIPE}-openvino-{openvino_version()}"


def _remove_left_behind(folder: Path) -> None:
    """Remove what killed conversions have left behind."""
    for part in folder.glob(".part-*"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_BEHIND_S:
                shutil.rmtree(part, ignore_errors=True)
