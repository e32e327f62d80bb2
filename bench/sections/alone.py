"""What decode and tower reach alone, with all cores: the limits of indexing.

python -m bench.sections.alone decode FOLDER MODEL              photos a second
python -m bench.sections.alone tower MODEL CHECKPOINT COUNT     photos a second
"""

import queue
import sys
import time
from pathlib import Path

import numpy as np

from mcsearch import settings
from mcsearch.models import checkpoints
from mcsearch.models.converted.tower_cache import towers_folder
from mcsearch.models.engines import choose_engine
from mcsearch.models.lookup import find_model
from mcsearch.models.towers import load_image_tower
from mcsearch.photos.workers.outcomes import Outcome
from mcsearch.photos.workers.pool import DecodePool, processors
from mcsearch.records.photos import ScannedFile


def decode_rate(folder: Path, model: str) -> float:
    """Photos a second that the decode workers deliver, once they have started."""
    files = [ScannedFile(str(file), 0, 0) for file in sorted(folder.rglob("*")) if file.is_file()]
    framing, outcomes = find_model(model).preprocessing.framing, queue.Queue[Outcome]()
    workers = processors()
    pool = DecodePool(workers, framing, outcomes.put)
    try:
        for some in (files[:workers], files):  # the first few start the workers
            start = time.perf_counter()
            for file in some:
                pool.submit(file, "decode")
            for _ in some:
                outcomes.get()
        return len(files) / (time.perf_counter() - start)
    finally:
        pool.close()


def tower_rate(model: str, checkpoint: Path, count: int) -> float:
    """Photos a second that the image tower embeds, of pixels that are there already."""
    row = find_model(model)
    folder = towers_folder(settings.cache_folder(), row.name, checkpoints.fingerprint(row, checkpoint))
    tower = load_image_tower(row, checkpoint, choose_engine("auto"), folder)
    size, batch_size = row.preprocessing.framing.size, tower.engine.batch_size
    batch = np.random.default_rng(0).integers(0, 256, (batch_size, size, size, 3), np.uint8)
    tower.embed(batch)
    batches = -(-count // batch_size)
    start = time.perf_counter()
    for _ in range(batches):
        tower.embed(batch)
    return batches * batch_size / (time.perf_counter() - start)


if __name__ == "__main__":
    what, *arguments = sys.argv[1:]
    if what == "decode":
        print(decode_rate(Path(arguments[0]), arguments[1]))
    else:
        print(tower_rate(arguments[0], Path(arguments[1]), int(arguments[2])))
