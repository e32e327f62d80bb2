"""python -m mcsearch.demo: paint sample photos, then run the real commands on them."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from mcsearch import settings
from mcsearch.demo.painter import paint_folder
from mcsearch.output.streams.steady import steady_streams

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
    """Demonstrate index, find and tag on painted photos, and leave contact sheets of them in the cache folder."""
    folder = settings.cache_folder() / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    print(f"Painting {PHOTOS} sample photos in {folder}")
    paint_folder(folder / "photos", PHOTOS, seed=7)
    (folder / "labels.txt").write_text(LABELS, encoding="utf-8")
    thumbnails = ["--preview"] if sys.stdout.isatty() else []
    _run(folder, "index", "photos", "--model", "demo")
    _run(folder, "find", "a dog on a beach", "-n", "4", *thumbnails, "--sheet", "sheet.html")
    _run(folder, "find", "a red car", "-n", "4", *thumbnails, "--sheet", "sheet.jpg")
    _run(folder, "tag", "--labels", "labels.txt")
    _run(folder, "find", "--tag", "sunset", "-n", "3")
    _run(folder, "stats")
    print(
        f"\nThe contact sheets are {folder / 'sheet.html'} and {folder / 'sheet.jpg'}.\n\n"
        "This was the small built-in model, which recognises only painted scenes. For your own photos, run\n"
        f"  {_command()} index ~/Pictures\n"
        "which downloads a full model once (about 400 MB) and indexes them, and then\n"
        f"  {_command()} find a dog on a beach --preview"
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
    steady_streams()
    argparse.ArgumentParser("python -m mcsearch.demo", description=main.__doc__).parse_args()
    main()
