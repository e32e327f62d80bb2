"""Write sentences about pictures with a CoCa model of open_clip, in torch."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mcsearch.errors import ModelError, UsageError
from mcsearch.models import checkpoints, hub
from mcsearch.models.catalog import Model
from mcsearch.models.engines import choose_engine
from mcsearch.models.lookup import find_model
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.printable import brief
from mcsearch.records.progress import Progress, no_progress

if TYPE_CHECKING:
    import torch

DEFAULT_CAPTIONER = "coca_ViT-B-32:mscoco_finetuned_laion2b_s13b_b90k"
_MARKS = ("<start_of_text>", "<end_of_text>")
_TOKENS_AT_MOST = 30


class Captioner:
    """A loaded model that writes one sentence about each picture, always the same one."""

    def __init__(self, model: Model, checkpoint: Path, device: str) -> None:
        import torch

        self.name, self.framing = model.name, model.preprocessing.framing
        self._model: Any = load_clip(model, checkpoint).to(device)
        if not hasattr(self._model, "generate"):
            raise _not_a_captioner(model.name)
        self._device = device
        self._mean = torch.tensor(model.preprocessing.mean, device=device).view(1, 3, 1, 1)
        self._std = torch.tensor(model.preprocessing.std, device=device).view(1, 3, 1, 1)

    def sentences(self, pixels: npt.NDArray[np.uint8]) -> list[str]:
        """Return a sentence for each picture of a batch: uint8 sRGB pixels (n, size, size, 3)."""
        import torch

        with torch.inference_mode():
            batch = torch.from_numpy(pixels).to(self._device).permute(0, 3, 1, 2)
            inputs = (batch.float() / 255.0 - self._mean) / self._std
            # The most probable word each time: no chance, and the same sentence in every batch.
            tokens: torch.Tensor = self._model.generate(
                inputs, generation_type="top_k", top_k=1, seq_len=_TOKENS_AT_MOST
            )
        return [_sentence(one) for one in tokens.cpu()]


def load_captioner(
    name: str = DEFAULT_CAPTIONER,
    weights: Path | None = None,
    device: str = "auto",
    progress: Progress = no_progress,
) -> Captioner:
    """Find, download and load a CoCa model, named as `--model` takes it.

    Raises UsageError for a model that cannot write sentences, ModelError if it is unavailable or a package is missing.
    """
    _prepare_generating()
    if ":" not in name:
        raise _not_a_captioner(name)
    model = find_model(name)
    if not model.architecture.startswith("local-dir:"):
        configuration = import_open_clip().get_model_config(model.architecture) or {}
        if "multimodal_cfg" not in configuration or "hf_tokenizer_name" in configuration.get("text_cfg", {}):
            raise _not_a_captioner(name)
    try:
        checkpoint = checkpoints.locate(model, weights, progress)
    except ModelError as error:
        error.hint = error.hint.replace(hub.OR_BUILT_IN, "")  # it writes no sentences
        raise
    progress(f"loading {name}", 0, 1)
    captioner = Captioner(model, checkpoint, choose_engine(device).device)
    progress(f"loading {name}", 1, 1)
    return captioner


def _prepare_generating() -> None:
    """Make open_clip's `generate` usable with the installed transformers. Raises ModelError if it is not installed."""
    import_open_clip()
    from open_clip import coca_model

    if coca_model._has_transformers:
        return
    try:
        from transformers import TopKLogitsWarper
    except ImportError:
        raise ModelError("Writing captions needs another package: pip install 'mcsearch[transformers]'") from None
    # transformers 5 has no beam search of its own any more, for which open_clip takes it as not installed; what the
    # other ways of generating need is still there.
    coca_model._has_transformers = True
    coca_model.GENERATION_TYPES["top_k"] = TopKLogitsWarper


def _not_a_captioner(name: str) -> UsageError:
    return UsageError(
        f"{brief(name)} does not write sentences. Models that do: coca_ViT-B-32:TAG and coca_ViT-L-14:TAG, with "
        "the tags laion2b_s13b_b90k and mscoco_finetuned_laion2b_s13b_b90k."
    )


def _sentence(tokens: "torch.Tensor") -> str:
    """Return the text of tokens up to the end of the sentence, in one line that begins with a capital letter."""
    text: str = import_open_clip().decode(tokens)
    text = text.partition(_MARKS[1])[0].replace(_MARKS[0], "")
    text = " ".join(text.split()).removesuffix(" .")
    return text[:1].upper() + text[1:]
