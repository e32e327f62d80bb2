"""The two towers in OpenVINO on the CPU, as conversion.py wrote them. Imports no torch."""

import contextlib
import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mcsearch.models.converted.tokenizing import Tokens, lengths, tokenize, without_padding
from mcsearch.models.converted.tower_cache import Converted
from mcsearch.models.engines import Engine, fastest_dtype
from mcsearch.models.patterns import PROOF_PROMPT, agree, patterns
from mcsearch.models.prompts import BACKGROUND
from mcsearch.openvino_import import CHANGES_LOCALE, core

Vectors = npt.NDArray[np.float32]

# Photos and prompts that one stream takes at once: more gain nothing, fewer cost more calls.
_PHOTOS_AT_ONCE = 4
_PROMPTS_AT_ONCE = 16
# From so many prompts on, the streams gain more than they take to start.
_MANY_PROMPTS = 64
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
            self._streams = _Streams(compiled)
            batch_size = max(16, self._streams.count * _PHOTOS_AT_ONCE)
            self.engine = replace(engine, dtype=converted.dtype, streams=self._streams.count, batch_size=batch_size)
            _check(self.embed(patterns(size, len(converted.proof))), converted)

    def embed(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embed a batch: uint8 sRGB pixels (n, size, size, 3) → float32 unit vectors (n, dimensions).

        Several threads may call it at once: a stream that one batch leaves idle starts on the next.
        """
        some = [pixels[start : start + _PHOTOS_AT_ONCE] for start in range(0, len(pixels), _PHOTOS_AT_ONCE)]
        return np.concatenate([np.empty((0, self.dimensions), np.float32), *self._streams.run(some)])


class OpenVinoTextTower:
    """A TextTower of mcsearch.models.towers. Raises DamagedTowerError.

    A few prompts run in float32, in the way that answers soonest. Many run in streams, which are made when they are
    first needed, in half precision where that is native to the processor and agrees with float32.
    """

    def __init__(self, converted: Converted) -> None:
        assert converted.dtype is not None
        self.dimensions, self._converted = converted.dimensions, converted
        self.logit_scale, self.logit_bias = converted.logit_scale, converted.logit_bias
        with _damage(), ThreadPoolExecutor(1) as beside:
            proof = beside.submit(self._tokens, [PROOF_PROMPT])  # reads the vocabulary at the same time
            self._compiled = compile_tower(converted.file, converted.dtype, "LATENCY")
            _check(self._soonest(proof.result()), converted)

    def embed(self, prompts: Sequence[str]) -> Vectors:
        """Embed prompts → float32 unit vectors (n, dimensions), in the order given."""
        vectors = np.empty((len(prompts), self.dimensions), np.float32)
        tokens = self._tokens(prompts)
        by_length = np.argsort(lengths(tokens), kind="stable")  # those of a batch then have little padding
        few = len(prompts) < _MANY_PROMPTS
        at_once = _MANY_PROMPTS if few else _PROMPTS_AT_ONCE
        places = [by_length[start : start + at_once] for start in range(0, len(prompts), at_once)]
        batches = [self._cut(tokens[place]) for place in places]
        answers = map(self._soonest, batches) if few else self._streams.run(batches)
        for place, some in zip(places, answers, strict=True):
            vectors[place] = some
        return vectors

    @cached_property
    def _streams(self) -> "_Streams":
        dtype = fastest_dtype()
        if dtype != "float32":
            streams = _Streams(compile_tower(self._converted.file, dtype, "THROUGHPUT"))
            tokens = self._cut(self._tokens(BACKGROUND))
            [answer] = streams.run([tokens])
            if agree(answer, self._soonest(tokens)):
                return streams
        return _Streams(compile_tower(self._converted.file, "float32", "THROUGHPUT"))

    def _soonest(self, tokens: Tokens) -> Vectors:
        return np.array(self._compiled({0: self._cut(tokens)})[0])

    def _tokens(self, prompts: Sequence[str]) -> Tokens:
        return tokenize(prompts, self._converted.context_length)

    def _cut(self, tokens: Tokens) -> Tokens:
        return without_padding(tokens) if self._converted.shortens else tokens


class _Streams:
    """A compiled tower in several parallel streams."""

    def __init__(self, compiled: Any) -> None:
        self.count = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._idle: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(self.count):
            self._idle.put(compiled.create_infer_request())
        self._threads = ThreadPoolExecutor(self.count)

    def run(self, batches: Sequence[npt.NDArray[Any]]) -> Iterator[Vectors]:
        """Yield the vectors of each batch, in the order given. Several threads may call it at once."""
        return self._threads.map(self._run_one, batches)

    def _run_one(self, batch: npt.NDArray[Any]) -> Vectors:
        request = self._idle.get()
        try:
            request.infer({0: batch}, share_inputs=True)
            return np.array(request.get_output_tensor(0).data)
        finally:
            self._idle.put(request)


def compile_tower(file: Path, dtype: str, hint: str, *, remember: bool = True) -> Any:
    """Compile a converted tower for this processor and a precision; `hint` is "LATENCY" or "THROUGHPUT".

    With `remember`, OpenVINO keeps the compiled model beside the file, which makes the next start several times faster.
    """
    settings = {"INFERENCE_PRECISION_HINT": _PRECISIONS[dtype], "PERFORMANCE_HINT": hint}
    with CHANGES_LOCALE:
        if remember:
            with contextlib.suppress(RuntimeError):  # another process may be writing the same files
                return core().compile_model(str(file), "CPU", settings | {"CACHE_DIR": str(file.parent / "compiled")})
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
