"""What is measured of search within a process.

python -m bench.sections.scan recall LIBRARY    how many of the true ten best it finds, and how exact the scores are
python -m bench.sections.scan scan LIBRARY      how long the scan takes, and how fast memory is copied
"""

import json
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.libraries import PROMPTS
from bench.vectors import DIMENSIONS
from mcsearch.api import Library
from mcsearch.ops.finding.packed.copies import copy_folder as packed_folder
from mcsearch.photos.workers.pool import processors
from mcsearch.search.packing.packed import PackedVectors

Vectors = npt.NDArray[np.float32]

_BEST = 10
_ROWS = 50_000
_ROUNDS = 15
_COPY_BYTES = 1 << 29


def recall(file: Path) -> dict[str, float]:
    """Recall@10 over PROMPTS against a brute-force search in float32, and the largest error of a score shown."""
    paths, scores = _brute_force(file)
    found, error = 0, 0.0
    with Library(file) as library:
        for prompt, true_paths, true_scores in zip(PROMPTS, paths, scores, strict=True):
            true = dict(zip(true_paths, true_scores, strict=True))
            for hit in library.find(prompt, limit=_BEST):
                assert hit.score is not None, "there is a query"
                # A photo that scores as much as the tenth best is as good an answer.
                found += hit.path in true or hit.score >= true_scores[-1] - 1e-6
                error = max(error, abs(hit.score - true.get(hit.path, hit.score)))
    return {"recall": found / (_BEST * len(PROMPTS)), "error": error}


def scan(file: Path) -> dict[str, float]:
    """Milliseconds of a find and of its scan, both with everything in memory, and gigabytes a second."""
    with Library(file) as library:
        find_s = _least(lambda: library.find(PROMPTS[1]))
        stored = library.file
        model = stored.models.find()
        assert model is not None
        packed = PackedVectors.load(folder, model.dimensions) if (folder := packed_folder(stored, model)) else None
        assert packed is not None, "find has made the packed vectors"
        (query,) = stored.prompts.find(model.id, PROMPTS[1:2]).values()
        scan_s = _least(lambda: packed.upper_bounds(query))
    return {
        "find_ms": 1000 * find_s,
        "scan_ms": 1000 * scan_s,
        "scan_gb_s": packed.rows.nbytes / scan_s / 1e9,
        "copy_gb_s": _copy_rate(),
    }


def _copy_rate() -> float:
    """Gigabytes a second, read and written both counted, of a plain copy by as many threads as there are cores."""
    threads = processors()
    sources = [np.ones(_COPY_BYTES // threads, np.uint8) for _ in range(threads)]
    copies = [np.zeros_like(source) for source in sources]

    def copy() -> None:
        at_work = [threading.Thread(target=np.copyto, args=pair) for pair in zip(copies, sources, strict=True)]
        for thread in at_work:
            thread.start()
        for thread in at_work:
            thread.join()

    return 2 * _COPY_BYTES / _least(copy) / 1e9


def _least(job: Callable[[], object]) -> float:
    """The shortest time of several: what the machine can do when nothing is in the way."""
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        job()
        taken.append(time.perf_counter() - start)
    return min(taken)


def _brute_force(file: Path) -> tuple[list[list[str]], list[list[float]]]:
    """The paths and scores of the ten best photos for each of PROMPTS, from the tables alone."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    asked = dict(connection.execute("SELECT prompt, vector FROM prompts"))
    queries = np.stack([np.frombuffer(asked[prompt], "<f4") for prompt in PROMPTS])
    ids, scores = np.empty((len(PROMPTS), 0), np.int64), np.empty((len(PROMPTS), 0), np.float32)
    rows = connection.execute("SELECT content_id, vector FROM embeddings")
    while block := rows.fetchmany(_ROWS):
        vectors = np.frombuffer(b"".join(vector for _, vector in block), "<f4").reshape(-1, DIMENSIONS)
        here = np.array([content_id for content_id, _ in block])
        ids = np.hstack([ids, np.broadcast_to(here, (len(PROMPTS), len(here)))])
        scores = np.hstack([scores, queries @ vectors.T])
        best = np.argsort(-scores, axis=1, kind="stable")[:, :_BEST]
        ids, scores = np.take_along_axis(ids, best, 1), np.take_along_axis(scores, best, 1)
    of_content = "SELECT path FROM photos WHERE content_id = ?"
    paths = [[connection.execute(of_content, (int(one),)).fetchone()[0] for one in some] for some in ids]
    return paths, scores.astype(float).tolist()


if __name__ == "__main__":
    print(json.dumps({"recall": recall, "scan": scan}[sys.argv[1]](Path(sys.argv[2]))))
