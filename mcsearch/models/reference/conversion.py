"""A checkpoint → towers for OpenVINO: fused, normalised in the graph, with uint8 pixels or token ids as input."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy.typing as npt

from mcsearch.models.catalog import Model
from mcsearch.models.converted import tower_cache
from mcsearch.models.converted.openvino_towers import compile_tower
from mcsearch.models.converted.tokenizing import tokenize, without_padding
from mcsearch.models.converted.tower_cache import Converted
from mcsearch.models.patterns import PROOF_PROMPT, Vectors, agree, patterns
from mcsearch.models.prompts import BACKGROUND
from mcsearch.models.reference.depthwise import split_grouped
from mcsearch.models.reference.loading import load_clip
from mcsearch.models.reference.open_clip_import import import_open_clip
from mcsearch.models.reference.torch_towers import scales, tokenizer
from mcsearch.openvino_import import CHANGES_LOCALE, import_openvino


def convert(model: Model, checkpoint: Path, folder: Path, image_dtype: str | None = None) -> None:
    """Convert the towers of a checkpoint that the folder does not hold yet.

    The image tower is converted only if `image_dtype` names a precision for it. It runs in that one, or in float32, if
    it agrees with torch in float32 on the test patterns. Raises ModelError for a bad checkpoint, OSError when the cache
    cannot be written.
    """
    clip = load_clip(model, checkpoint)
    from timm.utils.model import reparameterize_model

    clip = reparameterize_model(clip, inplace=True)
    if image_dtype is not None and tower_cache.read(folder, "image", image_dtype) is None:
        tower_cache.keep(
            folder, "image", image_dtype, lambda part: _image_tower(model, clip, part / "tower.xml", image_dtype)
        )
    del clip.visual
    if tower_cache.read(folder, "text", "float32") is None:
        tower_cache.keep(folder, "text", "float32", lambda part: _text_tower(model, clip, part / "tower.xml"))
        kept = tower_cache.read(folder, "text", "float32")
        if kept is not None and kept.dtype is not None:
            compile_tower(kept.file, kept.dtype, "LATENCY")  # compiled now so that the first query need not wait


def _image_tower(model: Model, clip: Any, file: Path, wished: str) -> Converted:
    import torch

    wanted = model.preprocessing

    class Photos(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.visual = split_grouped(clip.visual)
            self.mean, self.std = (torch.tensor(row).view(1, 3, 1, 1) for row in (wanted.mean, wanted.std))

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            inputs = (pixels.permute(0, 3, 1, 2).float() / 255.0 - self.mean) / self.std
            return torch.nn.functional.normalize(self.visual(inputs), dim=-1)

    pictures = patterns(wanted.framing.size)
    exact = _write(Photos().eval(), pictures, file)
    for dtype in dict.fromkeys((wished, "float32")):
        if _answers(file, dtype, pictures, exact):
            return Converted(file, dtype, model.dimensions, *scales(clip), 0, exact[:1].tolist())
    return Converted(file, None, model.dimensions, *scales(clip), 0, exact[:1].tolist())


def _text_tower(model: Model, clip: Any, file: Path) -> Converted:
    import torch

    from mcsearch.models.reference.prompt_module import PromptModule, takes_fewer

    theirs = tokenizer(model)
    if type(theirs) is not import_open_clip().SimpleTokenizer or theirs.reduction_fn is not None:
        return Converted(file, None, model.dimensions, *scales(clip), 0, [])
    tokens = tokenize([PROOF_PROMPT, *BACKGROUND], theirs.context_length)
    fewer = without_padding(tokens)
    module = PromptModule(clip).eval()
    shortens = takes_fewer(module, torch.from_numpy(tokens), torch.from_numpy(fewer))
    exact = _write(module, tokens, file, free=2 if shortens else 1)
    works = _answers(file, "float32", tokens, exact) and (not shortens or _answers(file, "float32", fewer, exact))
    return Converted(
        file, "float32" if works else None, model.dimensions, *scales(clip), theirs.context_length,
        exact[:1].tolist(), shortens,
    )  # fmt: skip


def _answers(file: Path, dtype: str, inputs: npt.NDArray[Any], exact: Vectors) -> bool:
    """Whether a tower agrees with torch, both for all inputs in one batch and for a smaller batch."""
    compiled = compile_tower(file, dtype, "LATENCY", remember=False)
    return agree(compiled({0: inputs})[0], exact) and agree(compiled({0: inputs[1:3]})[0], exact[1:3])


def _write(module: Any, inputs: npt.NDArray[Any], file: Path, free: int = 1) -> Vectors:
    """Write a torch module with one input in OpenVINO's form; return torch's answer to `inputs`.

    The first `free` dimensions of the input may have any length, the others are those of `inputs`.
    OpenVINO's own `convert_model` does the same, but reports its use over the network.
    """
    import torch

    openvino = import_openvino()
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    example = torch.from_numpy(inputs)
    with torch.no_grad(), _plain_layers(), warnings.catch_warnings(action="ignore"):  # _answers checks it
        traced = torch.jit.trace(module, example, check_trace=False)  # type: ignore[no-untyped-call]
        answer: Vectors = module(example).numpy()
    decoder = TorchScriptPythonDecoder(traced, example_input=example)
    front_end = FrontEndManager().load_by_framework("pytorch")
    graph = front_end.convert(front_end.load(decoder))
    node = graph.inputs[0].get_node()
    node.set_partial_shape(openvino.PartialShape([-1] * free + list(inputs.shape[free:])))
    node.set_element_type(openvino.Type(inputs.dtype))
    graph.validate_nodes_and_infer_types()
    with CHANGES_LOCALE:
        openvino.save_model(graph, str(file), compress_to_fp16=True)
    return answer


@contextlib.contextmanager
def _plain_layers() -> Iterator[None]:
    """Within the block, torch runs the layers of transformers operation by operation, as OpenVINO knows them."""
    import torch

    was_fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(was_fused)
