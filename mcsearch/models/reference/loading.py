"""A model of the catalog and its checkpoint file → the two-tower module, as trained, through open_clip."""

import contextlib
import logging
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcsearch.errors import ModelError
from mcsearch.models.catalog import Model
from mcsearch.models.reference.open_clip_import import import_open_clip

if TYPE_CHECKING:
    import torch


def load_clip(model: Model, checkpoint: Path) -> Any:
    """Load the whole model in float32 on the CPU, as trained: not fused, in evaluation mode.

    Reads checkpoints in open_clip's layout and in Apple's, as safetensors or as pickles of plain tensors.
    Raises ModelError when the file is neither, or does not fit this model's architecture.
    """
    with _quiet():
        clip = _build(model)
        try:
            _load_weights(clip, model, checkpoint)
        except pickle.UnpicklingError as error:
            if " GLOBAL " in str(error):
                raise ModelError(
                    f"{checkpoint} was refused because loading it would run code that it contains. Expected: a file "
                    f"with nothing but the weights of {model.name}."
                ) from error
            raise _unreadable(model, checkpoint) from error
        # open_clip looks at the first tensor, which a file without any lacks.
        except (OSError, EOFError, StopIteration, _safetensors_error()) as error:
            raise _unreadable(model, checkpoint) from error
        except (RuntimeError, LookupError, ValueError, TypeError, AttributeError, AssertionError) as error:
            if "PytorchStreamReader" in str(error) or "TorchScript" in str(error):
                raise _unreadable(model, checkpoint) from error
            raise ModelError(
                f"{checkpoint} holds weights, but not those of {model.name}: they do not fit its architecture.",
                hint="Name the model that they belong to with --model.",
            ) from error
    return clip.eval()


def _build(model: Model) -> Any:
    clip = import_open_clip().create_model(model.architecture, load_weights=False)
    if model.text_tower == "mixer":
        from mcsearch.models.reference.text_mixer import TextMixer

        clip.text = TextMixer()
    if model.stem_padding:
        clip.visual.trunk.patch_embed.backbone[0].conv.padding = (model.stem_padding, model.stem_padding)
    return clip


def _load_weights(clip: Any, model: Model, checkpoint: Path) -> None:
    from open_clip.factory import load_checkpoint, load_state_dict

    if model.text_tower != "mixer":
        load_checkpoint(clip, str(checkpoint), strict=True, weights_only=True)
        return
    tensors: dict[str, torch.Tensor] = load_state_dict(str(checkpoint), weights_only=True)
    if "image_encoder.model.patch_embed.0.rbr_conv.0.conv.weight" in tensors:
        tensors = _from_apple(clip, tensors)
    clip.load_state_dict(tensors, strict=True)


def _from_apple(clip: Any, tensors: "dict[str, torch.Tensor]") -> "dict[str, torch.Tensor]":
    from open_clip.convert import convert_mobile_clip_state_dict

    from mcsearch.models.reference.text_mixer import convert_keys

    converted: dict[str, torch.Tensor] = convert_mobile_clip_state_dict(clip, tensors)
    images = {key: tensor for key, tensor in converted.items() if not key.startswith("text.")}
    return images | {f"text.{key}": tensor for key, tensor in convert_keys(tensors, clip.text).items()}


def _unreadable(model: Model, checkpoint: Path) -> ModelError:
    return ModelError(
        f"{checkpoint} is damaged, incomplete, or not a checkpoint. Expected: the weights of {model.name} as a "
        ".safetensors, .pt or .bin file."
    )


def _safetensors_error() -> type[Exception]:
    from safetensors import SafetensorError

    return SafetensorError


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Silence open_clip's warning that a model has no weights, which it is about to get."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
