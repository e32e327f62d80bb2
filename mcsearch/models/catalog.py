"""MODELS: the checkpoints mcsearch knows by name, one row each. Pure data; imports nothing heavy."""

from dataclasses import dataclass
from typing import Literal

from mcsearch.demo import MODEL_FOLDER
from mcsearch.errors import UsageError

DEFAULT_MODEL = "mobileclip2-s2"

Triple = tuple[float, float, float]

_NO_MEAN: Triple = (0.0, 0.0, 0.0)
_NO_STD: Triple = (1.0, 1.0, 1.0)
_OPENAI: tuple[Triple, Triple] = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint with its preprocessing, which belongs to the checkpoint and not to the architecture.

    `architecture` is open_clip's name of it (or "local-dir:FOLDER" with a configuration of our own).
    `repository` is where the weights are on the Hugging Face hub; empty when they come with mcsearch.
    Images are `image_size` pixels square, in 0..1, less `mean`, divided by `std`.
    """

    name: str
    architecture: str
    repository: str
    dimensions: int
    image_size: int
    licence: str
    mean: Triple = _NO_MEAN
    std: Triple = _NO_STD
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"


_AMLR = "apple-amlr"

MODELS: dict[str, Model] = {
    row.name: row
    for row in (
        Model("demo", f"local-dir:{MODEL_FOLDER}", "", 64, 256, "MIT"),
        Model("mobileclip-s1", "MobileCLIP-S1", "apple/MobileCLIP-S1-OpenCLIP", 512, 256, _AMLR),
        Model("mobileclip-s2", "MobileCLIP-S2", "apple/MobileCLIP-S2-OpenCLIP", 512, 256, _AMLR),
        Model("mobileclip-b", "MobileCLIP-B", "apple/MobileCLIP-B-OpenCLIP", 512, 224, _AMLR),
        Model("mobileclip-b-lt", "MobileCLIP-B", "apple/MobileCLIP-B-LT-OpenCLIP", 512, 224, _AMLR),
        Model("mobileclip2-s0", "MobileCLIP2-S0", "timm/MobileCLIP2-S0-OpenCLIP", 512, 256, _AMLR),
        Model("mobileclip2-s2", "MobileCLIP2-S2", "timm/MobileCLIP2-S2-OpenCLIP", 512, 256, _AMLR),
        Model("mobileclip2-b", "MobileCLIP2-B", "timm/MobileCLIP2-B-OpenCLIP", 512, 224, _AMLR),
        Model("mobileclip2-s3", "MobileCLIP2-S3", "timm/MobileCLIP2-S3-OpenCLIP", 768, 256, _AMLR, *_OPENAI),
        Model("mobileclip2-s4", "MobileCLIP2-S4", "timm/MobileCLIP2-S4-OpenCLIP", 768, 256, _AMLR, *_OPENAI),
        Model(
            "mobileclip2-l-14", "MobileCLIP2-L-14", "timm/MobileCLIP2-L-14-OpenCLIP", 768, 224, _AMLR,
            *_OPENAI, "bicubic",
        ),
    )
}  # fmt: skip


def find_model(name: str) -> Model:
    """The row of that name. Raises UsageError, naming those there are."""
    try:
        return MODELS[name]
    except KeyError:
        raise UsageError(f"There is no model named {name!r}. There are: {', '.join(MODELS)}.") from None
