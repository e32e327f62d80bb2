"""The two towers in OpenVINO on the CPU, as conversion.py wrote them. Imports no torch."""

import contextlib
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsearch.models.converted.tokenizing import tokenize
from mcsearch.models.converted.tower_cache import Converted
from mcsearch.models.engines import Engine
from mcsearch.models.patterns import PROOF_PROMPT, agree, patterns
from mcsearch.openvino_import import core

Vectors = npt.NDArray[np.float32]

# Photos that one stream takes at once: more gain nothing, fewer cost more calls.
_PHOTOS_AT_ONCE = 4
_PROMPTS_AT_ONCE = 64
_PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}


class DamagedTowerError(Exception):
    """A converted tower does not load, or does not give the vectors that it gave when it was made."""


class OpenVinoImageTower:
    """An ImageTower of mcsearch.models.towers. Raises DamagedTowerError."""

    def __init__(self, converted: Converted, engine: Engine) -> None:
        assert converted.dtype is not None
        self.logit_scale, self.logit_bias = converted.logit_scale, converted.logit_bias
        with _damage():
            compiled = compile_tower(converted.file, converted.dtype, "THROUGHPUT")
            size, self.dimensions = compiled.input(0).partial_shape[1].get_length(), converted.dimensions
            streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
            self.engine = replace(
                engine, dtype=converted.dtype, streams=streams, batch_size=max(16, streams * _PHOTOS_AT_ONCE)
            )
            self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
            for _ in range(streams):
                self._idle.put(compiled.create_infer_request())
            self._threads = ThreadPoolExecutor(streams)
            _check(self.embed(patterns(size, len(converted.proof))), converted)

    def embed(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embed a batch: uint8 sRGB pixels (n, size, size, 3) → float32 unit vectors (n, dimensions).

        Several threads may call it at once: a stream that one batch leaves idle starts on the next.
        """
        some = [pixels[start : start + _PHOTOS_AT_ONCE] for start in range(0, len(pixels), _PHOTOS_AT_ONCE)]
        return np.concatenate([np.empty((0, self.dimensions), np.float32), *self._threads.map(self._embed_some, some)])

    def _embed_some(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        request = self._idle.get()
        try:
            request.infer({0: pixels}, share_inputs=True)
            return np.array(request.get_output_tensor(0).data)
        finally:
            self._idle.put(request)


class OpenVinoTextTower:
    """A TextTower of mcsearch.models.towers, in float32. Raises DamagedTowerError."""

    def __init__(self, converted: Converted) -> None:
        assert converted.dtype is not None
        self.dimensions, self._context_length = converted.dimensions, converted.context_length
        self.logit_scale, self.logit_bias = converted.logit_scale, converted.logit_bias
        with _damage(), ThreadPoolExecutor(1) as beside:
            proof = beside.submit(
                tokenize, [PROOF_PROMPT], self._context_length
            )  # reads the vocabulary at the same time
            self._compiled = compile_tower(converted.file, converted.dtype, "LATENCY")
            _check(self._compiled({0: proof.result()})[0], converted)

    def embed(self, prompts: Sequence[str]) -> Vectors:
        """Embed prompts → float32 unit vectors (n, dimensions), in the order given."""
        tokens = tokenize(prompts, self._context_length)
        batches = [
            np.array(self._compiled({0: tokens[start : start + _PROMPTS_AT_ONCE]})[0])
            for start in range(0, len(prompts), _PROMPTS_AT_ONCE)
        ]
        return np.concatenate(batches) if batches else np.empty((0, self.dimensions), np.float32)


def compile_tower(file: Path, dtype: str, hint: str, *, remember: bool = True) -> Any:
    """Compile a converted tower for this processor and a precision; `hint` is "LATENCY" or "THROUGHPUT".

    With `remember`, OpenVINO keeps the compiled model beside the file, which makes the next start several times faster.
    """
    settings = {"INFERENCE_PRECISION_HINT": _PRECISIONS[dtype], "PERFORMANCE_HINT": hint}
    if remember:
        settings["CACHE_DIR"] = str(file.parent / "compiled")
    return core().compile_model(str(file), "CPU", settings)


def _check(vectors: Vectors, converted: Converted) -> None:
    if not agree(vectors, np.array(converted.proof, np.float32)):
        raise DamagedTowerError(f"{converted.file} does not give the vectors that it gave when it was made")


@contextlib.contextmanager
def _damage() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, OSError, ValueError, LookupError, TypeError) as error:
        raise DamagedTowerError(str(error)) from error
