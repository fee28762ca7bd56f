"""The finishes of each style by name: `<style>.<part>`."""

from __future__ import annotations

from .materials import Finish

SHARED = {
    "black_metal": Finish("plain", "#17181a", roughness=0.45, metallic=0.6),
    "brass": Finish("plain", "#b08d57", roughness=0.32, metallic=1.0),
    "steel": Finish("plain", "#8d9094", roughness=0.35, metallic=1.0),
    "white_ceramic": Finish("plain", "#e4e0d8", roughness=0.35),
    "grey_ceramic": Finish("plain", "#8b8a86", roughness=0.6),
    "dark_ceramic": Finish("plain", "#3a3b3c", roughness=0.5),
    "terracotta": Finish("plain", "#a8694a", roughness=0.85),
    "soil": Finish("plain", "#2b211a", roughness=1.0),
    "bark": Finish("wood", "#6b5440", roughness=0.9, grain="z"),
    "leaf": Finish("leaf", "#3d6330", roughness=0.42),
    "dark_leaf": Finish("leaf", "#2f5138", roughness=0.38),
    "dry_grass": Finish("plain", "#b79a6b", roughness=0.9),
    "paper": Finish("plain", "#e9e4d8", roughness=0.9),
    "book_blue": Finish("plain", "#40525c", roughness=0.7),
    "book_sand": Finish("plain", "#c2a27c", roughness=0.7),
    "book_rust": Finish("plain", "#9c5a3c", roughness=0.7),
    "lamp_shade": Finish("shade", "#e6dcc8", roughness=0.9, emission=0.1),
    "bulb": Finish("plain", "#ffd9a0", roughness=0.9, emission=4.0),
    "mat_board": Finish("plain", "#eeebe4", roughness=0.9),
    "sheet": Finish("fabric", "#dcd8cf", roughness=0.95),
    "cream": Finish("fabric", "#e0d9ca", roughness=0.95),
    "mirror": Finish("plain", "#cfd2d4", roughness=0.08, metallic=1.0),
}

MODERN = {
    "modern.sofa": Finish("fabric", "#8f9193", roughness=0.95),
    "modern.chair": Finish("boucle", "#cdc7bc", roughness=0.95),
    "modern.accent": Finish("fabric", "#96644b", roughness=0.95),
    "modern.accent2": Finish("fabric", "#434b51", roughness=0.95),
    "modern.wood": Finish("wood", "#5e4433", roughness=0.45, grain="x"),
    "modern.wood_z": Finish("wood", "#5e4433", roughness=0.45, grain="z"),
    "modern.top": Finish("plain", "#dedbd5", roughness=0.22),
    "modern.metal": Finish("plain", "#17181a", roughness=0.45, metallic=0.6),
    "modern.headboard": Finish("fabric", "#77797c", roughness=0.95),
    "modern.duvet": Finish("fabric", "#d6d2ca", roughness=0.95),
    "modern.throw": Finish("boucle", "#5a5f63", roughness=0.97),
    "modern.cabinet": Finish("plain", "#d8d5cf", roughness=0.5),
}

SCANDINAVIAN = {
    "scandinavian.sofa": Finish("fabric", "#cfc7b7", roughness=0.95),
    "scandinavian.chair": Finish("boucle", "#d0c8b9", roughness=0.95),
    "scandinavian.accent": Finish("fabric", "#8b9787", roughness=0.95),
    "scandinavian.accent2": Finish("fabric", "#b28c6c", roughness=0.95),
    "scandinavian.wood": Finish("wood", "#c09a6b", roughness=0.5, grain="x"),
    "scandinavian.wood_z": Finish("wood", "#c09a6b", roughness=0.5, grain="z"),
    "scandinavian.top": Finish("wood", "#c9a577", roughness=0.45, grain="x"),
    "scandinavian.metal": Finish("plain", "#d9d5cc", roughness=0.5),
    "scandinavian.headboard": Finish("wood", "#c09a6b", roughness=0.5, grain="x"),
    "scandinavian.duvet": Finish("fabric", "#d8d2c6", roughness=0.95),
    "scandinavian.throw": Finish("boucle", "#b59f82", roughness=0.97),
    "scandinavian.cabinet": Finish("wood", "#c9a577", roughness=0.5, grain="x"),
}

INDUSTRIAL = {
    "industrial.sofa": Finish("leather", "#6b3d22", roughness=0.42),
    "industrial.chair": Finish("leather", "#54301c", roughness=0.45),
    "industrial.accent": Finish("fabric", "#4c555a", roughness=0.95),
    "industrial.accent2": Finish("fabric", "#b3a688", roughness=0.95),
    "industrial.wood": Finish("wood", "#7d5a3c", roughness=0.6, grain="x"),
    "industrial.wood_z": Finish("wood", "#7d5a3c", roughness=0.6, grain="z"),
    "industrial.top": Finish("wood", "#86613f", roughness=0.55, grain="x"),
    "industrial.metal": Finish("plain", "#1b1b1c", roughness=0.5, metallic=0.7),
    "industrial.headboard": Finish("leather", "#5b3622", roughness=0.45),
    "industrial.duvet": Finish("fabric", "#a9a7a2", roughness=0.95),
    "industrial.throw": Finish("boucle", "#3b4044", roughness=0.97),
    "industrial.cabinet": Finish("wood", "#6f4f35", roughness=0.6, grain="x"),
}

FINISHES: dict[str, Finish] = SHARED | MODERN | SCANDINAVIAN | INDUSTRIAL
STYLES = ("modern", "scandinavian", "industrial")
