"""python -m mcsearch.demo: paint sample photos, then run the real commands on them."""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mcsearch.demo.painter import paint_folder

PHOTOS = 60
LABELS = """\
dog
cat
boat
car
beach
forest
snow
sunset
night = a scene at night | dark sky with stars
"""


def main() -> None:
    """Demonstrate index, find and tag in a temporary folder, which is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="mcsearch-demo-"))
    try:
        print(f"Painting {PHOTOS} sample photos in {folder}")
        paint_folder(folder / "photos", PHOTOS, seed=7)
        (folder / "labels.txt").write_text(LABELS, encoding="utf-8")
        _run(folder, "index", "photos", "--model", "demo")
        _run(folder, "find", "a dog on a beach", "-n", "5")
        _run(folder, "find", "a red car", "-n", "5")
        _run(folder, "tag", "--labels", "labels.txt")
        _run(folder, "find", "--tag", "sunset", "-n", "3")
        _run(folder, "status")
    finally:
        shutil.rmtree(folder)
    print(
        "\nThis was the small built-in model, which recognises only painted scenes. For your own photos, run\n"
        f"  {_command()} index ~/Pictures\n"
        "which downloads a full model once (about 400 MB) and indexes them."
    )


def _command() -> str:
    """Return the command that works in the user's shell: its name if that is on the PATH, else its full path."""
    here = Path(sys.executable).with_name("mcsearch.exe" if os.name == "nt" else "mcsearch")
    found = shutil.which("mcsearch")
    return "mcsearch" if found and Path(found).samefile(here) else shlex.quote(str(here))


def _run(folder: Path, *arguments: str) -> None:
    shown = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
    print(f"\n$ mcsearch {shown}", flush=True)
    environment = {**os.environ, "MCSEARCH_LIBRARY": str(folder / "library.db")}
    subprocess.run([sys.executable, "-m", "mcsearch", *arguments], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    main()
