"""The text tower as a module of its own: token ids → unit vectors, without the padding where that changes nothing."""

from typing import Any

import torch

# The largest difference in a component of a unit vector that is rounding; where padding counts, it is far larger.
_ROUNDING = 1e-5


class PromptModule(torch.nn.Module):
    """Token ids (n, length) → unit vectors (n, dimensions); `length` is at most the context length.

    A causal tower sees nothing behind the end of a prompt, so fewer tokens give the same vectors. open_clip's towers
    take no fewer, because their mask and positions have the full length: here they are cut to that of the tokens.
    """

    mask: torch.Tensor
    positions: torch.Tensor

    def __init__(self, clip: Any) -> None:
        super().__init__()
        self.clip = clip
        text = getattr(clip, "text", clip)
        mask, positions = getattr(text, "attn_mask", None), getattr(text, "positional_embedding", None)
        self.is_causal = False
        if isinstance(mask, torch.Tensor) and isinstance(positions, torch.Tensor):
            self.is_causal = True
            self.register_buffer("mask", mask)
            self.register_buffer("positions", positions.detach())
            del text.positional_embedding  # a parameter, which cannot be set to a part of itself

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Embed the tokens of prompts."""
        if self.is_causal:
            text, length = getattr(self.clip, "text", self.clip), tokens.shape[1]
            text.attn_mask = self.mask[:length, :length]
            text.positional_embedding = self.positions[:length]
        return torch.nn.functional.normalize(self.clip.encode_text(tokens.long()), dim=-1)


def takes_fewer(module: PromptModule, tokens: torch.Tensor, fewer: torch.Tensor) -> bool:
    """Whether a module gives the same vectors for tokens and for `fewer`, the same ones with less padding."""
    if not module.is_causal:
        return False
    with torch.no_grad():
        return bool((module(tokens) - module(fewer)).abs().max() <= _ROUNDING)
