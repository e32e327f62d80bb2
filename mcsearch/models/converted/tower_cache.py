"""Where converted towers are kept: a folder of the cache for each checkpoint and version of what made them.

Everything here may be deleted at any moment. What is missing, of another version or damaged is made again.
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

from mcsearch.models.converted.openvino_import import has_openvino, openvino_version

Kind = Literal["image", "text"]

# Raised when conversion.py makes something else of a checkpoint than before.
_RECIPE = 1
_FACTS = "tower.json"
_LEFT_BEHIND_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted tower: its file, and what is known of it.

    `dtype` is the precision to run it in, None where none gives the answers of torch in float32. `proof` is what
    torch answers to the first patterns (image) or the proof prompt (text), rows of `dimensions`.
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
    """The converted tower that is kept in a folder for the precision wished for.

    None when there is none, or what there is comes from another version or is cut off.
    """
    place = _place(folder, kind, wished)
    try:
        facts = json.loads((place / _FACTS).read_bytes())
        for name, size_bytes in facts.pop("files").items():
            if (place / name).stat().st_size != size_bytes:
                return None
        return Converted(place / "tower.xml", **facts)
    except (OSError, ValueError, TypeError, AttributeError, LookupError):
        return None


def keep(folder: Path, kind: Kind, wished: str, make: Callable[[Path], Converted]) -> None:
    """Keep the tower that `make` writes to `tower.xml` in the folder it is given. It appears when it is complete.

    Whatever was kept of this kind before goes. Raises OSError when the cache cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_left_behind(folder)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder))
    try:
        facts = dataclasses.asdict(make(part))
        del facts["file"]
        facts["files"] = {file.name: file.stat().st_size for file in part.iterdir() if file.is_file()}
        (part / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
        for earlier in folder.glob(f"{kind}-*"):
            shutil.rmtree(earlier, ignore_errors=True)
        with contextlib.suppress(OSError):  # another process was quicker
            os.rename(part, _place(folder, kind, wished))
    finally:
        shutil.rmtree(part, ignore_errors=True)


def drop(folder: Path, kind: Kind, wished: str) -> None:
    """Remove a converted tower that turned out to be damaged."""
    shutil.rmtree(_place(folder, kind, wished), ignore_errors=True)


def remove_towers(folder: Path) -> int:
    """Remove all converted towers of a checkpoint; how many bytes that freed."""
    freed = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    shutil.rmtree(folder, ignore_errors=True)
    return freed


def _place(folder: Path, kind: Kind, wished: str) -> Path:
    return folder / f"{kind}-{wished}-{_RECIPE}-openvino-{openvino_version()}"


def _remove_left_behind(folder: Path) -> None:
    """Remove what conversions that were killed have left."""
    for part in folder.glob(".part-*"):
        with contextlib.suppress(OSError):
            if time.time() - part.stat().st_mtime > _LEFT_BEHIND_S:
                shutil.rmtree(part, ignore_errors=True)
