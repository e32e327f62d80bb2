"""The text tower of MobileCLIP-S0 (first generation), which open_clip lacks.

Four transformer layers between two convolutional mixers, after Vasu et al. 2024, "MobileCLIP: Fast
Image-Text Models through Multi-Modal Reinforced Training", section 4.1 and appendix.
"""

from collections.abc import Mapping

import torch
from torch import nn

WIDTH, HEADS, LAYERS, RATIO, KERNEL = 512, 8, 4, 4, 11
CONTEXT_LENGTH, VOCABULARY = 77, 49408


class MixerBlock(nn.Module):
    """A one-dimensional RepMixer over the tokens and a convolutional feed-forward, (n, width, length) in and out."""

    def __init__(self) -> None:
        super().__init__()
        self.mixer_skip, self.mixer_bn, self.norm = (nn.BatchNorm1d(WIDTH) for _ in range(3))
        self.mixer_conv = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH, bias=False)
        self.mixer_scale, self.scale = (nn.Parameter(torch.ones(WIDTH, 1)) for _ in range(2))
        self.ffn_conv = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH, bias=False)
        self.ffn_bn = nn.BatchNorm1d(WIDTH)
        self.fc1, self.fc2 = nn.Conv1d(WIDTH, RATIO * WIDTH, 1), nn.Conv1d(RATIO * WIDTH, WIDTH, 1)
        self.fused: nn.Conv1d | None = None

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Mix along the length, then along the width."""
        if self.fused is not None:
            tokens = self.fused(tokens)
        else:
            mixed = self.mixer_skip(tokens) + self.mixer_bn(self.mixer_conv(tokens)) - self.norm(tokens)
            tokens = tokens + self.mixer_scale * mixed
        hidden = nn.functional.gelu(self.fc1(self.ffn_bn(self.ffn_conv(tokens))))
        mixed_through: torch.Tensor = tokens + self.scale * self.fc2(hidden)
        return mixed_through

    def reparameterize(self) -> None:
        """Fold the branches of each mixer into one convolution, for inference only."""
        conv_weight, conv_bias = _fold(self.mixer_conv.weight, self.mixer_bn)
        skip_weight, skip_bias = _fold(_identity(), self.mixer_skip)
        norm_weight, norm_bias = _fold(_identity(), self.norm)
        self.fused = _convolution(
            _identity() + self.mixer_scale.unsqueeze(1) * (skip_weight + conv_weight - norm_weight),
            self.mixer_scale.squeeze(1) * (skip_bias + conv_bias - norm_bias),
        )
        self.ffn_conv = _convolution(*_fold(self.ffn_conv.weight, self.ffn_bn))
        self.ffn_bn = nn.Identity()  # type: ignore[assignment]
        del self.mixer_conv, self.mixer_bn, self.mixer_skip, self.norm, self.mixer_scale


class TextMixer(nn.Module):
    """Token ids (n, 77) → vectors (n, 512), not normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(VOCABULARY, WIDTH)
        self.positional_embedding = nn.Parameter(torch.zeros(CONTEXT_LENGTH, WIDTH))
        self.first, self.last = MixerBlock(), MixerBlock()
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                WIDTH, HEADS, RATIO * WIDTH, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(LAYERS)
        )
        self.final_norm = nn.LayerNorm(WIDTH)
        self.projection = nn.Parameter(torch.zeros(WIDTH, WIDTH))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Encode the texts; each is read off at its end-of-text token, which has the highest id."""
        hidden = self.token_embedding(tokens) + self.positional_embedding
        hidden = self.first(hidden.transpose(1, 2)).transpose(1, 2)
        for layer in self.layers:
            hidden = layer(hidden)
        hidden = self.last(hidden.transpose(1, 2)).transpose(1, 2)
        at_end = hidden[torch.arange(tokens.shape[0], device=tokens.device), tokens.argmax(dim=1)]
        projected: torch.Tensor = self.final_norm(at_end) @ self.projection
        return projected


def convert_keys(tensors: Mapping[str, torch.Tensor], tower: TextMixer) -> dict[str, torch.Tensor]:
    """The tensors of the text tower in Apple's layout, `text_encoder.…`, named and shaped as they are here.

    Apple's one-dimensional convolutions are two-dimensional ones of height 1.
    """
    shapes = {name: tensor.shape for name, tensor in tower.state_dict().items()}
    converted = {}
    for key, tensor in tensors.items():
        if key.startswith("text_encoder."):
            name = key.removeprefix("text_encoder.")
            for theirs, ours in _NAMES:
                name = name.replace(theirs, ours)
            fits = name in shapes and shapes[name].numel() == tensor.numel()
            converted[name] = tensor.reshape(shapes[name]) if fits else tensor
    return converted


_NAMES = (
    ("embedding_layer", "token_embedding"),
    ("positional_embedding.pos_embed.pos_embed", "positional_embedding"),
    ("projection_layer", "projection"),
    ("final_layer_norm", "final_norm"),
    ("transformer.0.", "first."),
    (f"transformer.{LAYERS + 1}.", "last."),
    *((f"transformer.{number + 1}.", f"layers.{number}.") for number in range(LAYERS)),
    ("token_mixer.layer_scale", "mixer_scale"),
    ("layer_scale", "scale"),
    ("token_mixer.norm.rbr_skip", "norm"),
    ("token_mixer.mixer.rbr_skip", "mixer_skip"),
    ("token_mixer.mixer.rbr_conv.0.conv", "mixer_conv"),
    ("token_mixer.mixer.rbr_conv.0.bn", "mixer_bn"),
    ("convffn.conv.conv", "ffn_conv"),
    ("convffn.conv.bn", "ffn_bn"),
    ("convffn.", ""),
    ("pre_norm_mha.0", "norm1"),
    ("pre_norm_mha.1.qkv_proj.", "self_attn.in_proj_"),
    ("pre_norm_mha.1.out_proj", "self_attn.out_proj"),
    ("pre_norm_ffn.0", "norm2"),
    ("pre_norm_ffn.1", "linear1"),
    ("pre_norm_ffn.4", "linear2"),
)


def _identity() -> torch.Tensor:
    """The kernel (width, 1, KERNEL) that leaves every channel as it is."""
    kernel = torch.zeros(WIDTH, 1, KERNEL)
    kernel[:, 0, KERNEL // 2] = 1
    return kernel


def _fold(kernel: torch.Tensor, norm: nn.BatchNorm1d) -> tuple[torch.Tensor, torch.Tensor]:
    """Kernel and bias of a convolution without bias followed by a batch normalisation."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    gain = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return kernel * gain.view(-1, 1, 1), norm.bias - norm.running_mean * gain


def _convolution(kernel: torch.Tensor, bias: torch.Tensor) -> nn.Conv1d:
    convolution = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH)
    convolution.weight, convolution.bias = nn.Parameter(kernel.detach()), nn.Parameter(bias.detach())
    return convolution
