"""New prompts in a text tower within a process, in prompts a second of processor time.

python -m bench.sections.prompts MODEL CHECKPOINT FOLDER     many, and 64 at a time at low latency with all padding

The limit is how often the processor can do the tower's multiplications, padding included, at the speed of numpy's
matrix product.
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
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.towers import load_text_tower

_LABELS, _AT_ONCE, _ROUNDS = 20, 64, 3
# Of the text towers measured; a matrix product of this size runs at numpy's full speed.
_WIDTH = 512


def main() -> None:
    """Print all three, and the least cosine between the vectors; they take turns, and the best round of each counts."""
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
    tokens = kept.context_length * _AT_ONCE
    left, right = np.ones((tokens, _WIDTH), np.float32), np.ones((_WIDTH, 4 * _WIDTH), np.float32)

    def multiply() -> np.ndarray:
        return left @ right

    taken = [(_seconds(many), _seconds(one_after_another), _seconds(multiply)) for _ in range(_ROUNDS)]
    most, before_most, multiplying = (min(of_one) for of_one in zip(*taken, strict=True))
    speed = 2 * left.size * right.shape[1] / multiplying
    print(
        json.dumps(
            {
                "many": len(prompts) / most,
                "one_after_another": len(prompts) / before_most,
                "multiplied": speed / _operations(name, checkpoint, kept.context_length),
                "agreement": agreement,
            }
        )
    )


def _operations(name: str, checkpoint: Path, context_length: int) -> int:
    """How many floating-point operations the text tower takes for a prompt."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    clip = load_clip(MODELS[name], checkpoint)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        clip.encode_text(torch.zeros((1, context_length), dtype=torch.long))
    return int(counter.get_total_flops())


def _seconds(job: Callable[[], object]) -> float:
    start = time.process_time()
    job()
    return time.process_time() - start


if __name__ == "__main__":
    main()
