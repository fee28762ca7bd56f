"""Writes the network for the engine: `python -m training.export reader.pt room_reader.onnx`.

Weights are stored in half precision (they were trained to fit it) and widened when the file is loaded.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper

from .network import Exported, Reader

_SMALL = 64


def main() -> None:
    """Export and shrink."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    state = torch.load(arguments.weights, map_location="cpu")
    reader = Reader()
    reader.load_state_dict(
        {name: v.float() if v.is_floating_point() else v for name, v in state.items()}
    )
    net = Exported(reader.eval()).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.zeros(1, 3, 288, 384),),
            str(arguments.output),
            input_names=["rgb"],
            output_names=["shares", "kinds", "classes"],
            dynamic_axes={"rgb": {2: "height", 3: "width"}, "shares": {1: "rows", 2: "columns"}},
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load(arguments.output)
    _halve(model)
    onnx.checker.check_model(model)
    onnx.save(model, arguments.output)
    sys.stdout.write(f"{arguments.output.stat().st_size / 1e6:.1f} MB\n")


def _halve(model: onnx.ModelProto) -> None:
    graph = model.graph
    casts = []
    for stored in graph.initializer:
        values = numpy_helper.to_array(stored)
        if values.dtype != np.float32 or values.size < _SMALL:
            continue
        name = stored.name
        stored.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)


if __name__ == "__main__":
    main()
