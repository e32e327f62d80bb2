"""Turn grouped convolutions into depthwise ones, which OpenVINO computes several times as fast on a CPU."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def split_grouped(module: Any) -> Any:
    """Replace every convolution with two outputs for each input channel by two depthwise ones; return the module.

    The results stay the same. FastViT (Vasu et al. 2023, https://arxiv.org/abs/2303.14189) halves the resolution with
    such convolutions; unsplit, they take a sixth of the time of the whole tower.
    """
    import torch

    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            doubles = isinstance(child, torch.nn.Conv2d) and child.out_channels == 2 * child.groups
            if doubles and child.in_channels == child.groups > 1:
                setattr(parent, name, _two_depthwise(child))
    return module


def _two_depthwise(convolution: "torch.nn.Conv2d") -> Any:
    import torch

    class TwoDepthwise(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.halves = torch.nn.ModuleList(_half(convolution, which) for which in (0, 1))

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return torch.stack([half(inputs) for half in self.halves], dim=2).flatten(
                1, 2
            )  # interleave the channels of the two

    return TwoDepthwise()


def _half(convolution: "torch.nn.Conv2d", which: int) -> "torch.nn.Conv2d":
    import torch

    channels = convolution.groups
    half = torch.nn.Conv2d(
        channels, channels, convolution.kernel_size, convolution.stride, convolution.padding,  # type: ignore[arg-type]
        convolution.dilation, groups=channels, bias=convolution.bias is not None,  # type: ignore[arg-type]
    )  # fmt: skip
    half.weight.data = convolution.weight.data[which::2]
    if convolution.bias is not None and half.bias is not None:
        half.bias.data = convolution.bias.data[which::2]
    return half
