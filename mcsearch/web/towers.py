"""The towers that a server keeps loaded, shared by all its threads, and the prompts that it has encoded."""

import threading
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mcsearch.models.towers import embed_pixels
from mcsearch.ops.model import ModelInUse
from mcsearch.records.embeddings import IndexedModel

Vector = npt.NDArray[np.float32]

# A person who types asks for each beginning of a prompt; these are kept in memory, not in the library.
_PROMPTS_AT_MOST = 10_000


class Towers:
    """The models that a server has answered with, each with the towers it has loaded. Threads may share it."""

    def __init__(self) -> None:
        self._lock, self._images_lock = threading.Lock(), threading.Lock()
        self._models: dict[IndexedModel, ModelInUse] = {}
        self._prompts: OrderedDict[tuple[str, str], Vector] = OrderedDict()

    def encode(self, model: ModelInUse, prompts: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of prompts, float32 (dimensions,). Raises ModelError."""
        with self._lock:
            mark = model.fingerprint
            known = {one: self._prompts[mark, one] for one in prompts if (mark, one) in self._prompts}
            new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in known]
            if new:
                known |= zip(new, self._shared(model).text_tower.embed(new), strict=True)
            for prompt, vector in known.items():
                self._prompts[mark, prompt] = vector
                self._prompts.move_to_end((mark, prompt))
            while len(self._prompts) > _PROMPTS_AT_MOST:
                self._prompts.popitem(last=False)
            return known

    def embed(self, model: ModelInUse, pixels: npt.NDArray[np.uint8]) -> Vector:
        """Return the vector, float32 (dimensions,), of a decoded picture. Raises ModelError."""
        with self._images_lock:  # loading the image tower takes seconds, which no prompt should wait for
            return np.asarray(embed_pixels(self._shared(model).image_tower, [pixels])[0])

    def _shared(self, model: ModelInUse) -> ModelInUse:
        """Return the model whose towers all threads use."""
        return self._models.setdefault(model.record, model)
