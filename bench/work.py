"""The folder that the benchmarks work in: photos, libraries, seeded checkpoints, the peer's environment.

Everything in it is made once from seeds and found again by the next run; it may be deleted at any moment.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

MCSEARCH = Path(sys.executable).with_name("mcsearch.exe" if os.name == "nt" else "mcsearch")


@dataclass(frozen=True)
class Work:
    """The folder, and what stands where in it."""

    folder: Path

    def place(self, *names: str) -> Path:
        """A path in the folder; the folders above it are made."""
        path = self.folder.joinpath(*names)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def environment(self) -> dict[str, str]:
        """What the measured commands run in: their own cache folder, and no network."""
        return {**os.environ, "MCSEARCH_CACHE": str(self.folder / "cache"), "HF_HUB_OFFLINE": "1"}

    def checkpoint(self, model: str) -> Path:
        """A checkpoint of a model with seeded weights, made when it is first asked for."""
        file = self.place("checkpoints", f"{model}.safetensors")
        if not file.exists():
            from tests.support.seeded import write_checkpoint

            part = file.with_suffix(".part")
            # Weak branches: seeded weights bear half precision no other way, and trained ones are expected to bear it.
            write_checkpoint(model, part, branches=0.3)
            part.replace(file)
        return file


def default_folder() -> Path:
    """Where the work folder is unless --work names another."""
    return platformdirs.user_cache_path("mcsearch-bench", appauthor=False)
