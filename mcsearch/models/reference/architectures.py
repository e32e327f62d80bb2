"""Image architectures that timm lacks, registered with it when this module is imported.

FastViT: Vasu, Gabriel, Zhu, Tuzel, Ranjan (2023), "FastViT: A Fast Hybrid Vision Transformer using
Structural Reparameterization", https://arxiv.org/abs/2303.14189. The image towers of MobileCLIP are of this family.
"""

from typing import Any

from timm.models import FastVit, build_model_with_cfg, register_model


@register_model
def mcsearch_fastvit_tiny(pretrained: bool = False, **options: Any) -> FastVit:
    """The FastViT of the demo model: every kind of branch that its large relatives fuse, in 200,000 weights.

    There are no weights to download, so `pretrained` must be false.
    """
    sizes: dict[str, Any] = {
        "layers": (1, 2, 2, 1),
        "embed_dims": (8, 48, 96, 192),
        "mlp_ratios": (2, 2, 2, 2),
        "token_mixers": ("repmixer",) * 4,
        "layer_scale_init_value": 0.1,
    }
    model: FastVit = build_model_with_cfg(FastVit, "mcsearch_fastvit_tiny", pretrained, **sizes, **options)
    return model
