"""New prompts in a text tower within a process, in prompts a second of processor time.

python -m bench.sections.prompts MODEL CHECKPOINT FOLDER     many, and 64 at a time at low latency with all padding
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mcsearch.models.catalog import MODELS
from mcsearch.models.converted import tower_cache
from mcsearch.models.converted.openvino_towers import compile_tower
from mcsearch.models.converted.tokenizing import tokenize
from mcsearch.models.prompts import label_prompts
from mcsearch.models.towers import load_text_tower

_LABELS, _AT_ONCE, _ROUNDS = 20, 64, 2


def main() -> None:
    """Print both, and the least cosine between their vectors; they take turns, and the best round of each counts."""
    name, checkpoint, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    tower = load_text_tower(lambda: (MODELS[name], checkpoint), folder)
    kept = tower_cache.read(folder, "text", "float32")
    assert kept is not None
    soonest = compile_tower(kept.file, "float32", "LATENCY")
    prompts = [prompt for number in range(_LABELS) for prompt in label_prompts(f"golden retriever {number}")]

    def one_after_another() -> np.ndarray:
        tokens = tokenize(prompts, kept.context_length)
        batches = (tokens[start : start + _AT_ONCE] for start in range(0, len(tokens), _AT_ONCE))
        return np.concatenate([np.array(soonest({0: batch})[0]) for batch in batches])

    def many() -> np.ndarray:
        return tower.embed(prompts)

    agreement = float((one_after_another() * many()).sum(axis=1).min())  # both are warm then
    taken = [(_seconds(many), _seconds(one_after_another)) for _ in range(_ROUNDS)]
    ours, before = (len(prompts) / min(of_one) for of_one in zip(*taken, strict=True))
    print(json.dumps({"many": ours, "one_after_another": before, "agreement": agreement}))


def _seconds(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


if __name__ == "__main__":
    main()
