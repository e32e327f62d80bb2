"""The two towers: uint8 pixels → unit vectors, prompts → unit vectors. Loading goes through open_clip."""

import contextlib
import logging
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcsearch.errors import ModelError
from mcsearch.models.catalog import Model
from mcsearch.models.engines import Engine, choose_engine
from mcsearch.models.open_clip_import import import_open_clip

if TYPE_CHECKING:
    import torch

Vectors = npt.NDArray[np.float32]

_PROMPTS_AT_ONCE = 64


class ImageTower:
    """Embeds photos. `logit_scale` is the checkpoint's own factor from cosines to logits."""

    def __init__(self, model: Model, module: "torch.nn.Module", engine: Engine, logit_scale: float) -> None:
        import torch

        self.engine, self.logit_scale, self.dimensions = engine, logit_scale, model.dimensions
        self._dtype: torch.dtype = getattr(torch, engine.dtype)
        self._module: Any = module.to(engine.device, self._dtype).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = torch.tensor(model.mean, device=engine.device).view(1, 3, 1, 1)
        self._std = torch.tensor(model.std, device=engine.device).view(1, 3, 1, 1)

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

    def __init__(self, model: Model, clip: Any, tokenizer: Any, logit_scale: float) -> None:
        self.logit_scale, self.dimensions = logit_scale, model.dimensions
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


def load_image_tower(model: Model, checkpoint: Path, device: str = "auto") -> ImageTower:
    """Load a model's image tower, its branches fused, onto a device. Raises ModelError."""
    engine = choose_engine(device)
    clip = load_clip(model, checkpoint)
    from timm.utils.model import reparameterize_model

    visual = reparameterize_model(clip.visual)
    return ImageTower(model, visual, engine, _logit_scale(clip))


def load_text_tower(model: Model, checkpoint: Path) -> TextTower:
    """Load a model's text tower. Raises ModelError."""
    open_clip = import_open_clip()
    clip = load_clip(model, checkpoint)
    tokenizer = open_clip.get_tokenizer(model.architecture)
    logit_scale = _logit_scale(clip)
    del clip.visual
    return TextTower(model, clip, tokenizer, logit_scale)


def load_clip(model: Model, checkpoint: Path) -> Any:
    """The whole open_clip model in float32 on the CPU, as trained: not fused, in evaluation mode.

    Raises ModelError when the checkpoint is not one of this model's architecture.
    """
    open_clip = import_open_clip()
    with _quiet():
        clip = open_clip.create_model(model.architecture, load_weights=False)
        try:
            open_clip.load_checkpoint(clip, str(checkpoint), strict=True, weights_only=True)
        except (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError, EOFError, StopIteration,
                pickle.UnpicklingError, _safetensors_error()) as error:  # fmt: skip
            raise ModelError(
                f"{checkpoint} is not a checkpoint of {model.name}: open_clip cannot load it into {model.architecture}."
            ) from error
    return clip.eval()


def _unit(vectors: "torch.Tensor") -> Vectors:
    import torch

    normalized: Vectors = torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    return normalized


def _logit_scale(clip: Any) -> float:
    return float(clip.logit_scale.exp().item())


def _safetensors_error() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep open_clip from warning that a model which is about to get its weights has none."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
