"""Seeded checkpoints: the real architectures with weights drawn from a seed, since none can be downloaded."""

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from mcsearch.models.lookup import find_model
from mcsearch.models.reference.open_clip_import import import_open_clip

_TEXT = {"context_length": 76, "vocab_size": 49408, "width": 64, "heads": 2, "layers": 1}
_COCA = {
    "embed_dim": 64,
    "vision_cfg": {
        "image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "attentional_pool": True,
        "attn_pooler_heads": 4, "output_tokens": True,
    },
    "text_cfg": {**_TEXT, "embed_cls": True, "output_tokens": True},
    "multimodal_cfg": {**_TEXT, "attn_pooler_heads": 4},
    "custom_text": True,
}  # fmt: skip


def write_checkpoint(name: str, file: Path, seed: int = 0, branches: float = 1.0) -> Path:
    """Write a safetensors checkpoint of a model, named as --model takes it, in open_clip's layout.

    Every tensor is a function of its key, shape and the seed. Scales are chosen so that activations
    neither vanish nor explode, and that no branch that fusing folds away is trivial. `branches` below 1 makes the
    residual branches weaker: answers then differ less from picture to picture, and survive half precision.
    """
    clip = import_open_clip().create_model(find_model(name).architecture, load_weights=False)
    return seed_weights(clip, file, seed, branches)


def write_coca(folder: Path) -> str:
    """Write a CoCa model as small as its architecture allows into a new folder; return it as --model takes it."""
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": _COCA, "preprocess_cfg": {}}))
    clip = import_open_clip().create_model(f"local-dir:{folder}", load_weights=False)
    seed_weights(clip, folder / "open_clip_model.safetensors")
    return f"local-dir:{folder}"


def seed_weights(clip: Any, file: Path, seed: int = 0, branches: float = 1.0) -> Path:
    """Write a safetensors checkpoint, in half precision, of a model that open_clip has made."""
    import torch
    from safetensors.torch import save_file

    tensors = {}
    for key, value in clip.state_dict().items():
        drawn = torch.from_numpy(np.ascontiguousarray(_draw(key, value, seed, branches)))
        tensors[key] = drawn.half() if drawn.is_floating_point() else drawn
    save_file(tensors, file)
    return file


def _draw(key: str, value: Any, seed: int, branches: float) -> np.ndarray:
    if not value.is_floating_point():
        return np.asarray(value)
    shape = tuple(value.shape)
    rng = np.random.default_rng([seed, zlib.crc32(key.encode())])
    normal = rng.standard_normal(shape, dtype=np.float32)
    leaf = key.rsplit(".", 1)[-1]
    if leaf == "logit_scale":
        return np.full(shape, np.log(100.0), np.float32)
    if leaf == "running_var":
        return 0.5 + rng.random(shape, dtype=np.float32)
    if leaf == "logit_bias":
        return np.full(shape, -10.0, np.float32)
    if leaf in ("running_mean", "bias") or leaf.endswith("_bias"):
        return 0.1 * normal
    if leaf == "gamma" or "layer_scale" in key:
        return branches * (0.2 + 0.3 * rng.random(shape, dtype=np.float32))
    if len(shape) == 1:
        return 1.0 + 0.1 * normal
    if "embedding" in key:
        return 0.05 * normal
    return normal / np.float32(np.sqrt(np.prod(shape[1:])))
