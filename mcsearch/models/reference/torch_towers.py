"""The two towers in torch: uint8 pixels → unit vectors, prompts → unit vectors. Loading goes through open_clip."""

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
from mcsearch.models.patterns import agree, patterns
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.open_clip_import import import_open_clip

if TYPE_CHECKING:
    import torch

Vectors = npt.NDArray[np.float32]

_PROMPTS_AT_ONCE = 64


class TorchImageTower:
    """An ImageTower of mcsearch.models.towers, in torch on any device."""

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
            photos = torch.from_numpy(pixels)
            if self.engine.device == "cuda":
                photos = photos.pin_memory()  # lets the copy run while the processor goes on
            batch = photos.to(self.engine.device, non_blocking=True).permute(0, 3, 1, 2)  # NHWC is channels last
            inputs = ((batch.float() / 255.0 - self._mean) / self._std).to(self._dtype)
            vectors = self._module(inputs).float()
            return _unit(vectors)


class TorchTextTower:
    """A TextTower of mcsearch.models.towers, in torch on the CPU in float32."""

    def __init__(self, model: Model, clip: Any, tokenizer: Any) -> None:
        self.dimensions = model.dimensions
        self.logit_scale, self.logit_bias = scales(clip)
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
    """Get open_clip's tokenizer for a model. Raises ModelError when it cannot be had."""
    # The repository's name, because its configuration may name another repository for the tokenizer.
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


def load_torch_image_tower(model: Model, checkpoint: Path, engine: Engine) -> TorchImageTower:
    """Load a model's image tower, its branches fused, to run on an engine.

    Half precision is used if it agrees with float32 on the test patterns; otherwise the tower runs in float32.
    Raises ModelError.
    """
    clip = load_clip(model, checkpoint)
    from timm.utils.model import reparameterize_model

    visual, factors = reparameterize_model(clip.visual), scales(clip)
    tower = TorchImageTower(model, copy.deepcopy(visual), engine, *factors)
    if engine.dtype == "float32":
        return tower
    exact = TorchImageTower(model, visual, replace(engine, dtype="float32"), *factors)
    pictures = patterns(model.preprocessing.framing.size)
    return tower if agree(tower.embed(pictures), exact.embed(pictures)) else exact


def load_torch_text_tower(model: Model, checkpoint: Path) -> TorchTextTower:
    """Load a model's text tower, with its branches fused. Raises ModelError."""
    clip = load_clip(model, checkpoint)
    del clip.visual
    from timm.utils.model import reparameterize_model

    return TorchTextTower(model, reparameterize_model(clip, inplace=True), tokenizer(model))


def _unit(vectors: "torch.Tensor") -> Vectors:
    import torch

    normalized: Vectors = torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    return normalized


def scales(clip: Any) -> tuple[float, float | None]:
    """A model's factor from cosines to logits, and what a sigmoid model adds to them (None for a softmax model)."""
    bias = getattr(clip, "logit_bias", None)
    return float(clip.logit_scale.exp().item()), None if bias is None else float(bias.item())
