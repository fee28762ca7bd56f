"""Trains the network on rendered photos: `python -m training.train DATA --weights FILE.pth --output reader.pt --seconds 180`.

DATA holds folders that dataset.py made; the one named `valid` is only measured. Photos are changed as they
come: crops, turns, light, colour and grain, other colours for each label's surfaces, other views behind the
windows, JPEG.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from staging_engine.labels import KINDS as KIND_NAMES

from .network import KINDS, LABELS, Reader

_UNSURE = -100
_LONG, _SHORT = 384, 288


class Photos:
    """A set in memory: wide and tall photos apart, as bytes on the device."""

    def __init__(self, folders: list[Path], device: str) -> None:
        self.parts: list[tuple[Tensor, Tensor, Tensor]] = []
        rows: dict[bool, list[tuple[np.ndarray, np.ndarray, int]]] = {True: [], False: []}
        for folder in folders:
            for name, truth in json.loads((folder / "truth.json").read_text()).items():
                image = cv2.imread(str(folder / f"{name}.jpg"))
                label = cv2.imread(str(folder / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
                assert image is not None
                assert label is not None
                wide = image.shape[1] >= image.shape[0]
                size = (_LONG, _SHORT) if wide else (_SHORT, _LONG)
                image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)[..., ::-1]
                label = cv2.resize(label, size, interpolation=cv2.INTER_NEAREST)
                kind = KIND_NAMES.index(truth["kind"]) if truth["kind"] in KIND_NAMES else _UNSURE
                rows[wide].append((image, label, kind))
        for found in rows.values():
            if found:
                images = (
                    torch.from_numpy(np.stack([row[0] for row in found]))
                    .permute(0, 3, 1, 2)
                    .contiguous()
                )
                labels = torch.from_numpy(np.stack([row[1] for row in found]))
                kinds = torch.tensor([row[2] for row in found])
                self.parts.append((images.to(device), labels.to(device), kinds.to(device)))

    def __len__(self) -> int:
        return sum(len(part[2]) for part in self.parts)

    def batches(self, size: int) -> list[tuple[int, Tensor]]:
        """Part and rows of each batch, shuffled."""
        found = []
        for index, part in enumerate(self.parts):
            order = torch.randperm(len(part[2]), device=part[2].device)
            found += [(index, rows) for rows in order.split(size) if len(rows) > 1]
        return [found[i] for i in torch.randperm(len(found)).tolist()]


def change(images: Tensor, labels: Tensor, outside: Tensor) -> tuple[Tensor, Tensor]:
    """Other photos of much the same: float RGB 0…255 and labels, -100 outside the photo."""
    count, _, height, width = images.shape
    device = images.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(count, *(shape or (1, 1, 1)), device=device) * (high - low) + low

    def some(share: float) -> Tensor:
        return (torch.rand(count, 1, 1, 1, device=device) < share).float()

    x = images.float() / 255
    views = outside[torch.randint(len(outside), (count,), device=device)].float() / 255
    views = functional.interpolate(
        views, size=(height, width), mode="bilinear", align_corners=False
    )
    bright = draw(0.5, 2.5)
    window = (labels == 4)[:, None].float() * some(0.35)
    glass = window * (x.mean(dim=1, keepdim=True) > 0.35).float()
    x = x * (1 - glass) + glass * (views * bright).clamp(0, 1)
    # Surfaces in other colours and with other shades.
    gains = torch.exp(torch.randn(count, LABELS, 3, device=device) * 0.22)
    wanted = torch.rand(count, LABELS, 1, device=device) < 0.35
    gains = torch.where(wanted, gains, torch.ones_like(gains))
    field = torch.stack([gains[i][labels[i].long()] for i in range(count)]).permute(0, 3, 1, 2)
    cells = int(torch.randint(2, 12, (1,)))
    shade = functional.interpolate(
        torch.randn(count, 1, cells, cells, device=device),
        size=(height, width),
        mode="bicubic",
        align_corners=False,
    )
    x = x * field * torch.exp(shade * 0.12 * some(0.5))
    x = _colours(x, draw, some)
    x, moved = _moved(x, labels, device)
    if torch.rand(1) < 0.35:
        x = _softer(x)
    x = x + torch.randn_like(x) * draw(0.0, 0.035) * some(0.5)
    if torch.rand(1) < 0.5:
        x = _jpeg(x.clamp(0, 1) * 255, float(torch.rand(1)) * 1.6 + 0.3) / 255
    return x.clamp(0, 1) * 255, moved


def _colours(x: Tensor, draw: object, some: object) -> Tensor:
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    x = (x - mean) * draw(0.65, 1.45) + mean * draw(0.6, 1.35)  # type: ignore[operator]
    x = x.clamp(1e-4, 1.6) ** torch.exp(draw(-0.4, 0.4))  # type: ignore[operator]
    grey = x.mean(dim=1, keepdim=True)
    x = grey + (x - grey) * draw(0.2, 1.7)  # type: ignore[operator]
    x = x * torch.exp(draw(-0.15, 0.15, 3, 1, 1))  # type: ignore[operator]
    bare = some(0.06)  # type: ignore[operator]
    return x * (1 - bare) + x.mean(dim=1, keepdim=True) * bare


def _moved(x: Tensor, labels: Tensor, device: torch.device) -> tuple[Tensor, Tensor]:
    count, _, height, width = x.shape
    zoom = torch.exp((torch.rand(count, device=device) - 0.65) * 0.8)
    aspect = torch.exp((torch.rand(count, device=device) - 0.5) * 0.3)
    flip = torch.where(torch.rand(count, device=device) < 0.5, 1.0, -1.0)
    turn = torch.randn(count, device=device) * math.radians(2.5)
    shift = (torch.rand(count, 2, device=device) - 0.5) * 2 * (1 - zoom[:, None]).clamp(min=0.05)
    ratio = height / width
    theta = torch.zeros(count, 2, 3, device=device)
    theta[:, 0, 0] = zoom * aspect * flip * torch.cos(turn)
    theta[:, 0, 1] = -zoom * aspect * torch.sin(turn) * ratio
    theta[:, 1, 0] = zoom * torch.sin(turn) * flip / ratio
    theta[:, 1, 1] = zoom * torch.cos(turn)
    theta[:, :, 2] = shift
    grid = functional.affine_grid(theta, [count, 3, height, width], align_corners=False)
    black = float(torch.rand(1)) < 0.3
    moved = functional.grid_sample(
        x, grid, padding_mode="zeros" if black else "reflection", align_corners=False
    )
    marks = functional.grid_sample(
        labels[:, None].float() + 1, grid, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return moved, marks[:, 0].long() - 1


def _softer(x: Tensor) -> Tensor:
    height, width = x.shape[2:]
    share = float(torch.rand(1)) * 0.55 + 0.35
    small = functional.interpolate(
        x, scale_factor=share, mode="bilinear", align_corners=False, antialias=True
    )
    return functional.interpolate(small, size=(height, width), mode="bilinear", align_corners=False)


def _jpeg(x: Tensor, strength: float) -> Tensor:
    """Blocks of 8 x 8 with coarse steps, as JPEG has them."""
    k = torch.arange(8, device=x.device, dtype=torch.float32)
    basis = torch.cos((2 * k[None] + 1) * k[:, None] * math.pi / 16) * torch.where(
        k[:, None] == 0, math.sqrt(1 / 8), 0.5
    )
    count, channels, height, width = x.shape
    blocks = x.reshape(count, channels, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)
    waves = basis @ (blocks - 128) @ basis.T
    steps = (6 + 7 * (k[:, None] + k[None])) * strength
    waves = torch.round(waves / steps) * steps
    back = basis.T @ waves @ basis + 128
    return back.permute(0, 1, 2, 4, 3, 5).reshape(count, channels, height, width)


def measure(net: Reader, photos: Photos) -> dict[str, object]:
    """Overlap of each label and how often each kind is right."""
    net.eval()
    device = photos.parts[0][0].device
    counts = torch.zeros(LABELS, LABELS, device=device)
    kinds = torch.zeros(KINDS, KINDS, device=device)
    with torch.no_grad():
        for images, labels, truth in photos.parts:
            for rows in torch.arange(len(truth), device=device).split(64):
                logits, guess, _ = net(images[rows].float())
                logits = functional.interpolate(
                    logits, size=labels.shape[1:], mode="bilinear", align_corners=False
                )
                pairs = labels[rows].long() * LABELS + logits.argmax(dim=1)
                counts += torch.bincount(pairs.reshape(-1), minlength=LABELS**2).reshape(
                    LABELS, LABELS
                )
                sure = truth[rows] >= 0
                found = truth[rows][sure] * KINDS + guess[sure].argmax(dim=1)
                kinds += torch.bincount(found, minlength=KINDS**2).reshape(KINDS, KINDS)
    overlap = counts.diag() / (counts.sum(0) + counts.sum(1) - counts.diag() + 1e-9)
    empty = kinds[:, 0].sum() - kinds[0, 0]
    return {
        "overlap": [round(float(v), 3) for v in overlap],
        "right": round(float(kinds.diag().sum() / kinds.sum()), 3),
        "empty_kept": round(float(kinds[0, 0] / kinds[0].sum()), 3),
        "others_taken_for_empty": int(empty),
        "kinds": kinds.int().tolist(),
    }


def train(
    photos: Photos,
    valid: Photos,
    weights: str,
    start: Path | None,
    *,
    seconds: float,
    rate: float,
    backbone: float,
    batch: int,
    steps: int | None = None,
) -> Reader:
    """Train for so long; `backbone` is its share of the rate, 0 leaves it as it was."""
    device = photos.parts[0][0].device
    torch.manual_seed(3)
    net: Reader = Reader(weights).to(device)
    old = copy.deepcopy(net.backbone).eval().requires_grad_(False)
    later = [
        p for block in list(net.backbone._blocks)[net.taps[0] + 1 :] for p in block.parameters()
    ]
    later += list(net.backbone._conv_head.parameters())
    if start is not None:
        state = torch.load(start, map_location=device)
        net.load_state_dict(
            {name: v.float() if v.is_floating_point() else v for name, v in state.items()}
        )
    net.backbone.requires_grad_(False)
    if backbone:
        for parameter in later:
            parameter.requires_grad_(True)
    new = [p for name, p in net.named_parameters() if not name.startswith("backbone.")]
    groups = [
        {"params": new, "lr": rate},
        {"params": later if backbone else [], "lr": rate * backbone},
    ]
    optimiser = torch.optim.AdamW([g for g in groups if g["params"]], weight_decay=0.02)
    peaks = [group["lr"] for group in optimiser.param_groups]
    outside = torch.cat(
        [
            images[kinds == KIND_NAMES.index("outdoors")][:, :, :288, :288]
            for images, _, kinds in photos.parts
        ]
    )
    weight = torch.tensor([1.0, 1.0, 1.0, 1.6, 1.4, 1.6, 1.2], device=device)
    started = time.perf_counter()
    step = epoch = 0
    while True:
        net.train()
        total = 0.0
        for index, rows in photos.batches(batch):
            part = photos.parts[index]
            done = (time.perf_counter() - started) / seconds if steps is None else step / steps
            if done >= 1:
                return net
            for group, peak in zip(optimiser.param_groups, peaks, strict=True):
                group["lr"] = (
                    peak
                    * min(1.0, (step + 1) / 100)
                    * max(0.01, 0.5 + 0.5 * math.cos(math.pi * done))
                )
            images, labels = change(part[0][rows], part[1][rows], outside)
            kinds = part[2][rows]
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                logits, guess, classes = net(images)
                logits = functional.interpolate(
                    logits.float(), scale_factor=2.0, mode="bilinear", align_corners=False
                )
                loss = functional.cross_entropy(
                    logits, labels[:, 1::2, 1::2], weight, ignore_index=-1, label_smoothing=0.02
                )
                loss = loss + 0.4 * functional.cross_entropy(
                    guess.float(), kinds, ignore_index=_UNSURE, label_smoothing=0.05
                )
                if backbone:
                    with torch.no_grad():
                        before = old((images - 127.0) / 128.0).float()
                    loss = loss + 0.02 * functional.mse_loss(classes.float(), before)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            total += float(loss.detach()) if step % 20 == 0 else 0.0
            step += 1
        epoch += 1
        if epoch % 8 == 0:
            found = measure(net, valid)
            sys.stdout.write(
                f"epoch {epoch} step {step} {time.perf_counter() - started:.0f} s loss {total:.2f} {found['overlap']} {found['right']}\n"
            )
            sys.stdout.flush()


def main() -> None:
    """Train, measure, save in half precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--start", type=Path, help="a network trained before, to go on from")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--steps", type=int, help="stop after so many steps instead")
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--backbone", type=float, default=0.1)
    parser.add_argument("--batch", type=int, default=64)
    arguments = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(1)
    folders = sorted(path.parent for path in arguments.data.glob("*/truth.json"))
    photos = Photos([folder for folder in folders if folder.name != "valid"], device)
    valid = Photos([folder for folder in folders if folder.name == "valid"], device)
    sys.stdout.write(f"{len(photos)} photos to train, {len(valid)} to measure\n")
    net = train(
        photos,
        valid,
        arguments.weights,
        arguments.start,
        seconds=arguments.seconds,
        rate=arguments.rate,
        backbone=arguments.backbone,
        batch=arguments.batch,
        steps=arguments.steps,
    )
    found = measure(net, valid)
    for row in found.pop("kinds"):  # type: ignore[attr-defined]
        sys.stdout.write(f"{row}\n")
    sys.stdout.write(f"{json.dumps(found)}\n")
    torch.save(
        {
            name: value.half() if value.is_floating_point() else value
            for name, value in net.state_dict().items()
        },
        arguments.output,
    )


if __name__ == "__main__":
    main()
