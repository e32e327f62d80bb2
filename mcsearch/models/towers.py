"""The two towers: uint8 pixels → unit vectors, prompts → unit vectors. Loading goes through open_clip."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcsearch.errors import ModelError
from mcsearch.models.catalog import Model
from mcsearch.models.engines import Engine
from mcsearch.models.loading import load_clip
from mcsearch.models.open_clip_import import import_open_clip

if TYPE_CHECKING:
    import torch

Vectors = npt.NDArray[np.float32]

_PROMPTS_AT_ONCE = 64
# Cosine between what half precision and float32 make of a pattern, below which float32 is used.
_LEAST_AGREEMENT = 0.9995


class ImageTower:
    """Embeds photos. `logit_scale` is the checkpoint's own factor from cosines to logits, `logit_bias` what a
    sigmoid model adds to them (None for a softmax model).
    """

    def __init__(
        self,
        model: Model,
        module: "torch.nn.Module",
        engine: Engine,
        logit_scale: float,
        logit_bias: float | None = None,
    ) -> None:
        import torch

        self.engine, self.dimensions = engine, model.dimensions
        self.logit_scale, self.logit_bias = logit_scale, logit_bias
        self._dtype: torch.dtype = getattr(torch, engine.dtype)
        self._module: Any = module.to(engine.device, self._dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = torch.tensor(model.preprocessing.mean, device=engine.device).view(1, 3, 1, 1)
        self._std = torch.tensor(model.preprocessing.std, device=engine.device).view(1, 3, 1, 1)

    def embed(self, pixels: npt.NDArray[np.uint8]) -> Vectors:
        """Embed a batch: uint8 sRGB pixels (n, size, size, 3) → float32 unit vectors (n, dimensions)."""
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(pixels).to(self.engine.device).permute(0, 3, 1, 2)  # NHWC is channels last
            inputs = ((batch.float() / 255.0 - self._mean) / self._std).to(self._dtype)
            vectors = self._module(inputs).float()
            return _unit(vectors)


class TextTower:
    """Embeds prompts, on the CPU in float32: for a few prompts nothing starts sooner."""

    def __init__(self, model: Model, clip: Any, tokenizer: Any) -> None:
        self.dimensions = model.dimensions
        self.logit_scale, self.logit_bias = _scales(clip)
        self._clip, self._tokenizer = clip, tokenizer

    def embed(self, prompts: Sequence[str]) -> Vectors:
        """Embed prompts → float32 unit vectors (n, dimensions), in the order given."""
        import torch

        with torch.inference_mode():
            batches = [
                _unit(self._clip.encode_text(self._tokenizer(list(prompts[start : start + _PROMPTS_AT_ONCE]))))
                for start in range(0, len(prompts), _PROMPTS_AT_ONCE)
            ]
        return np.concatenate(batches) if batches else np.empty((0, self.dimensions), np.float32)


def tokenizer(model: Model) -> Any:
    """What turns prompts into the token ids of a model. Raises ModelError when it cannot be had."""
    # A repository's own name, for its tokenizer may be in another repository than its configuration.
    name = model.name if model.name.startswith("hf-hub:") else model.architecture
    try:
        return import_open_clip().get_tokenizer(name)
    except ImportError as error:
        raise ModelError(
            f"The tokenizer of {model.name} needs another package: pip install 'mcsearch[transformers]'"
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The tokenizer of {model.name} is not on this disk and could not be downloaded. Connect to the network "
            "and try again."
        ) from error


def load_image_tower(model: Model, checkpoint: Path, engine: Engine) -> ImageTower:
    """Load a model's image tower, its branches fused, to run on an engine.

    Half precision is used where this checkpoint bears it, which is tried out on a few patterns; where it
    does not, the tower runs in float32. Raises ModelError.
    """
    clip = load_clip(model, checkpoint)
    from timm.utils.model import reparameterize_model

    visual, scales = reparameterize_model(clip.visual), _scales(clip)
    tower = ImageTower(model, copy.deepcopy(visual), engine, *scales)
    if engine.dtype == "float32":
        return tower
    exact = ImageTower(model, visual, replace(engine, dtype="float32"), *scales)
    patterns = _patterns(model.preprocessing.size)
    cosines = (tower.embed(patterns) * exact.embed(patterns)).sum(axis=1)
    return tower if cosines.min() >= _LEAST_AGREEMENT else exact


def load_text_tower(model: Model, checkpoint: Path) -> TextTower:
    """Load a model's text tower, its branches, if it has any, fused. Raises ModelError."""
    clip = load_clip(model, checkpoint)
    del clip.visual
    from timm.utils.model import reparameterize_model

    return TextTower(model, reparameterize_model(clip, inplace=True), tokenizer(model))


def _patterns(size: int) -> npt.NDArray[np.uint8]:
    """Four pictures, uint8 (4, size, size, 3): noise from coarse to fine, as photos have it at every scale."""
    rng = np.random.default_rng(0)
    grain = [2**octave for octave in range(1, size.bit_length())]
    layers = [
        np.kron(rng.standard_normal((4, -(-size // side), -(-size // side), 3)), np.ones((1, side, side, 1)))
        for side in grain
    ]
    pictures = np.sum([layer[:, :size, :size] for layer in layers], axis=0) / np.sqrt(len(grain))
    return np.asarray(np.clip(127 + 55 * pictures, 0, 255), dtype=np.uint8)


def _unit(vectors: "torch.Tensor") -> Vectors:
    import torch

    normalized: Vectors = torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    return normalized


def _scales(clip: Any) -> tuple[float, float | None]:
    bias = getattr(clip, "logit_bias", None)
    return float(clip.logit_scale.exp().item()), None if bias is None else float(bias.item())
