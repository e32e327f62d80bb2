"""Splitting grouped convolutions changes no answer."""

import torch

from mcsearch.models.reference.depthwise import split_grouped


def test_the_answers_stay_the_same() -> None:
    torch.manual_seed(0)
    tower = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 1),
        torch.nn.Conv2d(8, 16, 7, stride=2, padding=3, groups=8),
        torch.nn.Sequential(torch.nn.Conv2d(16, 32, 3, padding=2, dilation=2, groups=16, bias=False)),
    ).eval()
    inputs = torch.randn(2, 3, 21, 34)
    with torch.no_grad():
        before = tower(inputs)
        split = split_grouped(tower)
        after = split(inputs)
    assert torch.allclose(before, after, atol=1e-5)
    grouped = [part for part in split.modules() if isinstance(part, torch.nn.Conv2d) and part.groups > 1]
    assert [part.out_channels // part.groups for part in grouped] == [1, 1, 1, 1]
