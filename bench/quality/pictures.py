"""Whether pictures are decoded rightly: the pixels that a model gets, beside those of other programs.

    python -m bench.quality.pictures FOLDER… [--kept FOLDER] [--sheets FOLDER]

Every photo in the folders goes through the decode workers. Then libvips, ImageMagick and FFmpeg show it, one after the
other until one agrees, as far as they are installed (`vipsthumbnail`, `convert`, `ffmpeg`); of RAW files, exiftool
takes out the largest preview. Files of the same content count once. Pixels are reduced to 64 × 64, and two pictures
agree if their PSNR is at least 20 dB. Prints the counts, then the files to look at: those that agree with no program
that opens them, those that are refused here though two programs open them, those that only some programs show alike,
and those that nothing else opens. `--sheets` draws these: ours first, then the others. `--kept` keeps what the other
programs made, for the next run.
"""

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from blake3 import blake3
from PIL import Image, ImageDraw

from mcsearch.photos.first_bytes import format_at
from mcsearch.photos.formats import RAW, VIDEO, format_of
from mcsearch.photos.workers.outcomes import Decoded
from mcsearch.photos.workers.pool import decode_all, processors
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile

ALIKE_DB = 20.0
_FULL, _REDUCED = 256, 64
_LIMIT_S = 60
_MEMORY_KIB = 6_000_000
# A command writes the first picture of the file {photo}, upright and squeezed to a square, to {shown}.
_VIPS = ("vipsthumbnail", "{photo}", "--size", f"{_FULL}x{_FULL}!", "-o", "{shown}")
_PROGRAMS: dict[str, tuple[str, ...]] = {
    "libvips": _VIPS,
    "ImageMagick": (
        "convert", "{photo}[0]", "-auto-orient", "-background", "white", "-alpha", "remove", "-colorspace", "sRGB",
        "-resize", f"{_FULL}x{_FULL}!", "-depth", "8", "PNG24:{shown}",
    ),
    "FFmpeg": (
        "ffmpeg", "-v", "error", "-i", "{photo}", "-frames:v", "1", "-vf", f"scale={_FULL}:{_FULL}", "-pix_fmt", "rgba",
        "{shown}",
    ),
}  # fmt: skip
_WITH_PROFILE = ("--export-profile", "srgb")  # for libvips, which gets colours without a profile wrong with it
_EXIFTOOL = "exiftool"
_PREVIEWS = ("-JpgFromRaw", "-PreviewImage", "-OtherImage", "-ThumbnailImage")
# The orientations of EXIF, and what turns such a picture upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # fmt: skip
TO_LOOK_AT = ("differs", "refused, opened by several", "agrees with some", "opened here only")
_COLUMNS, _ROWS, _SIDE, _TITLE = 2, 9, 128, 14

Pixels = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Compared:
    """A file, its pixels here or the reason why there are none, and those that other programs made of it.

    `likeness` is how much ours agrees with each of these, in dB.
    """

    path: Path
    ours: Pixels | None = None
    reason: str = ""
    theirs: dict[str, Pixels] = field(default_factory=dict)
    likeness: dict[str, float] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One of TO_LOOK_AT, "agrees", "refused, opened by one" or "refused by all"."""
        if self.ours is None:
            return ("refused by all", "refused, opened by one", TO_LOOK_AT[1])[min(2, len(self.theirs))]
        alike = sum(db >= ALIKE_DB for db in self.likeness.values())
        if not alike:
            return TO_LOOK_AT[0] if self.theirs else TO_LOOK_AT[3]
        return "agrees" if alike == len(self.theirs) else TO_LOOK_AT[2]


def main() -> None:
    """Compare the photos in the folders of the command line and print what is to be looked at."""
    parser = argparse.ArgumentParser(description="Compare decoded pictures with those of other programs.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--kept", type=Path)
    parser.add_argument("--sheets", type=Path)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        kept = arguments.kept or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        kept.mkdir(parents=True, exist_ok=True)
        compared = compare(photos_in(arguments.folders), kept)
    for verdict, count in Counter(each.verdict for each in compared).most_common():
        print(f"{count:6} {verdict}")
    for verdict in TO_LOOK_AT:
        found = [each for each in compared if each.verdict == verdict]
        for each in found:
            figures = ", ".join(f"{name} {db:.0f} dB" for name, db in each.likeness.items())
            print(f"{verdict}\t{each.path}\t{figures or each.reason}\t{'' if figures else ', '.join(each.theirs)}")
        if arguments.sheets:
            _draw_sheets(found, arguments.sheets, verdict.replace(",", "").replace(" ", "-"))


def photos_in(folders: Sequence[Path]) -> list[Path]:
    """Return the photos in folders, by suffix or else by their first bytes, each content once for each suffix."""
    found: dict[tuple[bytes, str], Path] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*") if ".git" not in path.parts):
        if path.is_file() and (format_of(path.name) or format_at(str(path))) not in (None, VIDEO):
            found.setdefault((blake3(path.read_bytes()).digest(), path.suffix), path)
    return list(found.values())


def compare(paths: Sequence[Path], kept: Path) -> list[Compared]:
    """Decode files here and by the other programs, whose pixels are kept in a folder, and return what came out."""
    results = {str(path): Compared(path) for path in paths}
    files = [ScannedFile(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    for done, outcome in enumerate(decode_all(files, Framing(_FULL, resize_mode="squash"), processors()), 1):
        result = results[outcome.file.path]
        if isinstance(outcome, Decoded):
            result.ours = outcome.pixels
        else:
            result.reason = outcome.reason
        _progress("here", done, len(paths))
    with ThreadPoolExecutor(processors()) as threads:
        asked = threads.map(lambda result: _ask_others(result, kept), results.values())
        for done, _ in enumerate(asked, 1):
            _progress("others", done, len(paths))
    return list(results.values())


def _ask_others(result: Compared, kept: Path) -> None:
    """Let the other programs show a file, one after the other, until one agrees."""
    for name, pixels in _shown_by_others(result.path, kept):
        result.theirs[name] = pixels
        if result.ours is not None:
            result.likeness[name] = _psnr(result.ours, pixels)
            if result.likeness[name] >= ALIKE_DB:
                return


def _shown_by_others(path: Path, kept: Path) -> Iterator[tuple[str, Pixels]]:
    """Yield what each program that opens a file makes of it."""
    key = blake3(path.read_bytes() + path.suffix.encode()).hexdigest()[:32]
    for name in (*_PROGRAMS, *([_EXIFTOOL] if format_of(path.name) is RAW else [])):
        result = kept / f"{key}-{name}.png"
        if not result.exists():
            picture = _preview(path) if name == _EXIFTOOL else _made_by(name, path)
            if picture is None:
                result.touch()
            else:
                picture.save(result)
        if result.stat().st_size:
            with Image.open(result) as kept_picture:
                yield name, np.asarray(kept_picture.convert("RGB"))


def _made_by(name: str, path: Path) -> Image.Image | None:
    with tempfile.TemporaryDirectory() as folder:
        photo, shown = Path(folder) / f"photo{path.suffix}", Path(folder) / "shown.png"
        photo.symlink_to(path.resolve())
        command = [part.format(photo=photo, shown=shown) for part in _PROGRAMS[name]]
        if name == "libvips" and _output("vipsheader", "-f", "icc-profile-data", str(photo)):
            command += _WITH_PROFILE
        _output("sh", "-c", f'ulimit -v {_MEMORY_KIB}; exec "$@"', "sh", *command)
        return _on_white(shown.read_bytes()) if shown.exists() else None


def _preview(path: Path) -> Image.Image | None:
    """Return the largest preview in a RAW file, turned as the file says."""
    orientation = _output(_EXIFTOOL, "-s3", "-n", "-Orientation", str(path)).strip()
    for tag in _PREVIEWS:
        picture = _on_white(_output(_EXIFTOOL, "-b", tag, str(path)))
        if picture is not None:
            turn = _TURNS.get(int(orientation)) if orientation.isdigit() else None
            return picture if turn is None else picture.transpose(turn)
    return None


def _on_white(content: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(content)) as picture:
            upright = picture.convert("RGBA").resize((_FULL, _FULL), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError):
        return None
    return Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")


def _output(*command: str) -> bytes:
    """Return what a command prints, which is nothing if it is not installed or takes too long."""
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_LIMIT_S).stdout
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return b""


def _psnr(first: Pixels, second: Pixels) -> float:
    error = float(((_reduced(first) - _reduced(second)) ** 2).mean())
    return 99.0 if error == 0 else min(99.0, float(10 * np.log10(255**2 / error)))


def _reduced(pixels: Pixels) -> npt.NDArray[np.float32]:
    step = _FULL // _REDUCED
    blocks = pixels.reshape(_REDUCED, step, _REDUCED, step, 3)
    return np.asarray(blocks.mean((1, 3), dtype=np.float32))


def _draw_sheets(results: Sequence[Compared], folder: Path, name: str) -> None:
    """Draw what each program makes of the files, a row for each file."""
    folder.mkdir(parents=True, exist_ok=True)
    width, height = _SIDE * (2 + len(_PROGRAMS)) + 40, _SIDE + _TITLE + 2
    for start in range(0, len(results), _COLUMNS * _ROWS):
        sheet = Image.new("RGB", (_COLUMNS * width, _ROWS * height), "grey")
        draw = ImageDraw.Draw(sheet)
        for number, result in enumerate(results[start : start + _COLUMNS * _ROWS]):
            left, top = number // _ROWS * width, number % _ROWS * height
            draw.text((left, top), f"{start + number}  {'/'.join(result.path.parts[-2:])}"[:100])
            for place, key in enumerate(("ours", *_PROGRAMS, _EXIFTOOL)):
                pixels = result.ours if key == "ours" else result.theirs.get(key)
                if pixels is not None:
                    shown = Image.fromarray(pixels).resize((_SIDE - 4, _SIDE - 4))
                    sheet.paste(shown, (left + place * _SIDE, top + _TITLE))
        sheet.save(folder / f"{name}-{start // (_COLUMNS * _ROWS)}.png")


def _progress(stage: str, done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        print(f"{stage}: {done} of {total}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
