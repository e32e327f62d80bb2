"""Records of embeddings: the pictures that towers take, and the models and embeddings of a library."""

from typing import Literal

from mcsearch.records.record import Record


class Framing(Record):
    """How a picture is resized to `size`: to the square of pixels that an image tower takes, or to fit into it.

    "shortest" resizes the shorter side to `size` and crops the centre; "squash" resizes both sides to `size`. "fit"
    keeps the proportions: the longer side becomes `size`, or stays as it is if it is shorter.
    """

    size: int
    interpolation: Literal["bilinear", "bicubic"] = "bilinear"
    resize_mode: Literal["shortest", "squash", "fit"] = "shortest"


class IndexedModel(Record):
    """A model that a library has embeddings of. `weights` is the path of its checkpoint if the user named one."""

    id: int
    name: str
    fingerprint: str
    dimensions: int
    logit_scale: float
    logit_bias: float | None
    weights: str | None


class Margin(Record):
    """How far a photo must exceed the background to be relevant, in logits, computed from a library's embeddings.

    `photos` is the number of embeddings there were then, `prompts` a digest of the prompts of rare things.
    """

    logits: float
    photos: int
    prompts: str


class EmbeddingState(Record):
    """The state of a library's embeddings: the last recorded change, its token, and the highest id ever assigned."""

    change_id: int
    token: int
    highest_id: int
