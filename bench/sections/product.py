"""The product of photos and labels within a process: what tagging does to a block, beside numpy's matrix product.

python -m bench.sections.product     both in photos a second
"""

import json
import time
from collections.abc import Callable

import numpy as np

from bench.vectors import background_vectors, image_vectors, label_vectors
from mcsearch.library.embeddings import BLOCK_VECTORS
from mcsearch.models.prompts import BACKGROUND
from mcsearch.search.labels import assign

_ROUNDS = 20


def main() -> None:
    """Print the best of several rounds of each, which take turns."""
    photos = next(image_vectors(BLOCK_VECTORS))
    labels, background = label_vectors(), background_vectors(len(BACKGROUND))
    product = np.empty((len(photos), len(labels)), np.float32)

    def tag() -> object:
        return assign(photos, labels, background, 100.0, threshold=0.5, top_k=5)

    def multiply() -> object:
        return np.matmul(photos, labels.T, out=product)

    taken = [(_seconds(tag), _seconds(multiply)) for _ in range(_ROUNDS)]
    ours, numpy = (len(photos) / min(of_one) for of_one in zip(*taken, strict=True))
    print(json.dumps({"assign": ours, "matmul": numpy}))


def _seconds(job: Callable[[], object]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
