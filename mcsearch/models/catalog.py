"""MODELS: the checkpoints that mcsearch knows by name, one row each. Pure data; imports nothing heavy."""

from dataclasses import dataclass
from typing import Literal

from mcsearch.models.builtin import MODEL_FOLDER
from mcsearch.records.embeddings import Framing

DEFAULT_MODEL = "mobileclip2-s2"
# Weights under this licence may be used for research only.
RESEARCH_ONLY = "apple-amlr"

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a checkpoint expects of a photo: its framing, then pixels in 0..1, less `mean`, divided by `std`.

    It belongs to the checkpoint, not to the architecture.
    """

    framing: Framing
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Published:
    """Figures that the authors of a model published, in millions of parameters and percent. None was measured here."""

    year: int
    image_parameters_m: float
    text_parameters_m: float
    imagenet_top1: float
    flickr30k_recall1: float | None
    coco_recall1: float


@dataclass(frozen=True, slots=True)
class Model:
    """A checkpoint with its preprocessing.

    `architecture` is open_clip's name for it, or "local-dir:FOLDER" for a configuration of our own.
    `repository` and `file` say where the weights are on the Hugging Face hub; without a repository they come with
    mcsearch. `text_tower` "mixer" replaces the architecture's text tower by ours. `stem_padding` is the padding of the
    first convolution in the authors' own image tower, which timm's lacks. `languages` are those that it understands.
    """

    name: str
    architecture: str
    repository: str
    dimensions: int
    preprocessing: Preprocessing
    licence: str
    published: Published | None = None
    file: str = "open_clip_model.safetensors"
    text_tower: Literal["open_clip", "mixer"] = "open_clip"
    stem_padding: int = 0
    languages: Literal["English", "many"] = "English"


_PLAIN_256 = Preprocessing(Framing(256))
_PLAIN_224 = Preprocessing(Framing(224))
_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
_OPENAI_256 = Preprocessing(Framing(256), _OPENAI_MEAN, _OPENAI_STD)
_OPENAI_224 = Preprocessing(Framing(224, "bicubic"), _OPENAI_MEAN, _OPENAI_STD)
_SIGLIP = Preprocessing(Framing(256, "bicubic", "squash"), (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_DATACOMP = Preprocessing(Framing(256, "bicubic"), _OPENAI_MEAN, _OPENAI_STD)
_AMLR = RESEARCH_ONLY

# The figures: Vasu et al. 2024, "MobileCLIP", and Faghri et al. 2025, "MobileCLIP2", as in the tables and result
# files of the authors' repository. MobileCLIP S3, S4 and L/14 appeared with the second paper. DataComp ViT-B/32 at 256
# pixels: open_clip's own result tables. SigLIP 2: the table of checkpoints in its authors' repository, big_vision.
MODELS: dict[str, Model] = {
    row.name: row
    for row in (
        Model("demo", f"local-dir:{MODEL_FOLDER}", "", 64, _PLAIN_256, "MIT"),
        Model(
            "mobileclip-s0", "MobileCLIP2-S0", "apple/MobileCLIP-S0", 512, _PLAIN_256, _AMLR,
            Published(2024, 11.4, 42.4, 67.8, 67.7, 40.4), "mobileclip_s0.pt", text_tower="mixer",
        ),
        Model(
            "mobileclip-s1", "MobileCLIP-S1", "apple/MobileCLIP-S1-OpenCLIP", 512, _PLAIN_256, _AMLR,
            Published(2024, 21.5, 63.4, 72.6, 71.0, 44.0),
        ),
        Model(
            "mobileclip-s2", "MobileCLIP-S2", "apple/MobileCLIP-S2-OpenCLIP", 512, _PLAIN_256, _AMLR,
            Published(2024, 35.7, 63.4, 74.4, 73.4, 45.4),
        ),
        Model(
            "mobileclip-b", "MobileCLIP-B", "apple/MobileCLIP-B-OpenCLIP", 512, _PLAIN_224, _AMLR,
            Published(2024, 86.3, 63.4, 76.8, 77.3, 50.6), stem_padding=1,
        ),
        Model(
            "mobileclip-b-lt", "MobileCLIP-B", "apple/MobileCLIP-B-LT-OpenCLIP", 512, _PLAIN_224, _AMLR,
            Published(2024, 86.3, 63.4, 77.2, 76.9, 50.0), stem_padding=1,
        ),
        Model(
            "mobileclip-s3", "MobileCLIP2-S3", "apple/MobileCLIP-S3", 768, _OPENAI_256, _AMLR,
            Published(2025, 125.1, 123.6, 78.3, 77.9, 51.3), "mobileclip_s3.pt",
        ),
        Model(
            "mobileclip-s4", "MobileCLIP2-S4", "apple/MobileCLIP-S4", 768, _OPENAI_256, _AMLR,
            Published(2025, 321.6, 123.6, 79.4, 79.5, 52.1), "mobileclip_s4.pt",
        ),
        Model(
            "mobileclip-l-14", "MobileCLIP2-L-14", "apple/MobileCLIP-L-14", 768, _OPENAI_224, _AMLR,
            Published(2025, 304.3, 123.6, 79.5, 75.2, 47.6), "mobileclip_l14.pt",
        ),
        Model(
            "mobileclip2-s0", "MobileCLIP2-S0", "timm/MobileCLIP2-S0-OpenCLIP", 512, _PLAIN_256, _AMLR,
            Published(2025, 11.4, 63.4, 71.5, 69.2, 43.7),
        ),
        Model(
            "mobileclip2-s2", "MobileCLIP2-S2", "timm/MobileCLIP2-S2-OpenCLIP", 512, _PLAIN_256, _AMLR,
            Published(2025, 35.7, 63.4, 77.2, 74.8, 48.8),
        ),
        Model(
            "mobileclip2-b", "MobileCLIP2-B", "timm/MobileCLIP2-B-OpenCLIP", 512, _PLAIN_224, _AMLR,
            Published(2025, 86.3, 63.4, 79.4, 76.5, 49.9),
        ),
        Model(
            "mobileclip2-s3", "MobileCLIP2-S3", "timm/MobileCLIP2-S3-OpenCLIP", 768, _OPENAI_256, _AMLR,
            Published(2025, 125.1, 123.6, 80.7, 77.3, 50.9),
        ),
        Model(
            "mobileclip2-s4", "MobileCLIP2-S4", "timm/MobileCLIP2-S4-OpenCLIP", 768, _OPENAI_256, _AMLR,
            Published(2025, 321.6, 123.6, 81.9, 78.0, 51.5),
        ),
        Model(
            "mobileclip2-l-14", "MobileCLIP2-L-14", "timm/MobileCLIP2-L-14-OpenCLIP", 768, _OPENAI_224, _AMLR,
            Published(2025, 304.3, 123.6, 81.9, 77.7, 51.6),
        ),
        Model(
            "datacomp-b-32", "ViT-B-32-256", "laion/CLIP-ViT-B-32-256x256-DataComp-s34B-b86K", 512, _DATACOMP, "MIT",
            Published(2023, 87.9, 63.4, 72.8, 64.9, 39.9),
        ),
        Model(
            "siglip2-b-32", "ViT-B-32-SigLIP2-256", "timm/ViT-B-32-SigLIP2-256", 768, _SIGLIP, "Apache-2.0",
            Published(2025, 94.5, 282.3, 74.0, None, 47.2), languages="many",
        ),
        Model(
            "siglip2-b-16", "ViT-B-16-SigLIP2-256", "timm/ViT-B-16-SigLIP2-256", 768, _SIGLIP, "Apache-2.0",
            Published(2025, 92.9, 282.3, 79.1, None, 53.2), languages="many",
        ),
        Model(
            "siglip2-so400m", "ViT-SO400M-16-SigLIP2-256", "timm/ViT-SO400M-16-SigLIP2-256", 1152, _SIGLIP,
            "Apache-2.0", Published(2025, 427.9, 707.8, 83.4, None, 55.4), languages="many",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Purpose:
    """A model to choose for a purpose. `work` is the arithmetic of its image tower for a photo, 1 for the default."""

    purpose: str
    model: str
    work: float


# The work is counted in multiplications of the fused tower: 7.8 thousand million for mobileclip2-s2.
PURPOSES = (
    Purpose("default", "mobileclip2-s2", 1),
    Purpose("fastest", "mobileclip2-s0", 0.3),
    Purpose("more accurate", "mobileclip2-s4", 3.5),
    Purpose("commercial use", "datacomp-b-32", 0.7),
    Purpose("many languages", "siglip2-b-32", 0.7),
    Purpose("many languages, more accurate", "siglip2-b-16", 3),
    Purpose("best", "siglip2-so400m", 14),
)
