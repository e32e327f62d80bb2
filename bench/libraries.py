"""Libraries of many photos without the photos: written through mcsearch.library, and as a database of rclip's.

The model of each is mobileclip2-s0 with a seeded checkpoint, which new prompts are encoded with. PROMPTS have been
asked before, and so have the labels of `labels_file`.
"""

import contextlib
import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.peers import DATABASE, Rclip
from bench.vectors import CHUNK, DIMENSIONS, THEMES, background_vectors, image_vectors, label_vectors, prompt_vectors
from bench.work import Work
from mcsearch.library.library_file import LibraryFile
from mcsearch.models import checkpoints
from mcsearch.models.lookup import find_model
from mcsearch.models.prompts import BACKGROUND
from mcsearch.photos.facts import READERS_VERSION
from mcsearch.records.photos import Facts, ScannedFile

MODEL = "mobileclip2-s0"
PROMPTS = tuple(f"a prompt that was asked before, number {number}" for number in range(50))
_LABELS = tuple(f"theme {number}" for number in range(THEMES))
_FIRST_YEAR = 2003
_YEARS = 22
_CAMERAS = ("Apple iPhone 13", "Google Pixel 7", "NIKON D750", "Canon EOS R6", "FUJIFILM X-T4")


def library(work: Work, count: int) -> Path:
    """The library file with this many photos, made when it is first asked for."""
    file = work.place("libraries", f"{count}.db")
    if not file.exists():
        print(f"bench: writing a library of {count:,} photos", file=sys.stderr)
        part = file.with_name(f"{count}.part.db")
        _remove(part)
        with contextlib.closing(LibraryFile(part)) as opened:
            _fill(opened, work, count)
        # Closing the last connection has folded the WAL into the file.
        part.replace(file)
    return file


def photos_folder(work: Work) -> Path:
    """The folder that the photos of all libraries claim to be in: it is there, and empty."""
    folder = work.place("libraries", "photos")
    folder.mkdir(exist_ok=True)
    return Path(os.path.realpath(folder))


def rclip_database(work: Work, rclip: Rclip, count: int) -> Path:
    """A data folder of rclip's whose database has the paths and vectors of the library of this many photos."""
    source, folder = library(work, count), rclip.data_folder(f"library-{count}")
    if not (folder / DATABASE).exists():
        print(f"bench: writing rclip's database of {count:,} photos", file=sys.stderr)
        part = rclip.make_database(rclip.data_folder(f"library-{count}.part", fresh=True))
        with contextlib.closing(sqlite3.connect(part)) as database:
            database.execute("ATTACH ? AS library", (str(source),))
            database.execute(
                """INSERT INTO images (filepath, modified_at, size, vector, hash)
                   SELECT p.path, p.mtime_ns / 1e9, p.size_bytes, e.vector, lower(hex(c.content_hash))
                   FROM library.photos p JOIN library.contents c ON c.id = p.content_id
                   JOIN library.embeddings e ON e.content_id = p.content_id ORDER BY p.id"""
            )
            database.commit()
        part.replace(folder / DATABASE)
    return folder


def labels_file(work: Work) -> Path:
    """A labels file of 200 labels, with one prompt each, which every library has been asked before."""
    file = work.place("libraries", "labels.txt")
    file.write_text("".join(f"{label} = {label}\n" for label in _LABELS), encoding="utf-8")
    return file


def _fill(opened: LibraryFile, work: Work, count: int) -> None:
    # Contents come in random order of their hash: without room for that index, each would write a page of it.
    opened._connection.execute("PRAGMA cache_size = -1000000")
    checkpoint, model = work.checkpoint(MODEL), find_model(MODEL)
    with opened.transaction():
        row = opened.models.add(
            MODEL, checkpoints.fingerprint(model, checkpoint), DIMENSIONS, 100.0, None, str(checkpoint)
        )
        asked = {
            **dict(zip(PROMPTS, prompt_vectors(len(PROMPTS)), strict=True)),
            **dict(zip(_LABELS, label_vectors(), strict=True)),
            **dict(zip(BACKGROUND, background_vectors(len(BACKGROUND)), strict=True)),
        }
        opened.prompts.add(row.id, asked)
        opened.roots.begin({str(photos_folder(work)): None})
        opened.roots.record([str(photos_folder(work))])
    number, folder = 0, photos_folder(work)
    for vectors in image_vectors(count):
        rng = np.random.default_rng([5, number // CHUNK])
        sizes = rng.integers(1_500_000, 9_000_000, len(vectors)).tolist()
        with opened.transaction():
            for vector, size_bytes in zip(vectors, sizes, strict=True):
                content_id = opened.photos.add_content(rng.bytes(32), size_bytes)
                opened.embeddings.add(content_id, row.id, vector)
                file = _file(folder, number, count, size_bytes)
                opened.photos.put(file, content_id)
                opened.facts.put(file, _facts(file, number), READERS_VERSION)
                number += 1


def _file(folder: Path, number: int, count: int, size_bytes: int) -> ScannedFile:
    """A file of a photo library in order of time, taken evenly over _YEARS."""
    seconds = number * _YEARS * 365.25 * 86400 / count
    taken = datetime.fromtimestamp(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC).timestamp() + seconds, UTC)
    path = folder / f"{taken:%Y}" / f"{taken:%m}" / f"IMG_{number:07}.jpg"
    return ScannedFile(str(path), size_bytes, int(taken.timestamp() * 1e9))


def _facts(file: ScannedFile, number: int) -> Facts:
    """What a camera writes: every third photo is upright, and every second says where it was taken."""
    width, height = (3024, 4032) if number % 3 == 0 else (4032, 3024)
    somewhere = (float(number * 7 % 140 - 70), float(number * 11 % 360 - 180)) if number % 2 == 0 else (None, None)
    taken_at = datetime.fromtimestamp(file.mtime_ns // 10**9, UTC).replace(tzinfo=None).isoformat()
    return Facts("JPEG", taken_at, "exif", width, height, _CAMERAS[number % len(_CAMERAS)], None, *somewhere)


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
