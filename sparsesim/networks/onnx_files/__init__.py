"""ONNX graphs: reading their layers, sizes and weights, quantised ones too."""
