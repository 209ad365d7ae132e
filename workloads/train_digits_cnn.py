"""Train the small CNN that travels with sparsesim, on the 8x8 digits of scikit-learn.

Run it from anywhere; it takes seconds and writes `digits-cnn.onnx` (the graph), `digits-cnn.npz` (its weights, which
are read without onnx) and `digits-cnn.yaml` into `models/networks`, and the held-out images and labels as `digits.npz`
into `models/samples`; or all of them into the folder given as argument:

    python workloads/train_digits_cnn.py [FOLDER]

It needs PyTorch and scikit-learn: pip install 'sparsesim[torch]'.
The recorded accuracy is that of the ONNX file, run by onnxruntime on images that training never saw.
"""

import hashlib
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import yaml

NAME = "digits-cnn"
SEED = 2026
EPOCHS = 40
BATCH = 64
LEARNING_RATE = 2e-3
HELD_OUT_SHARE = 0.25
MODELS = Path(__file__).resolve().parent.parent / "models"


def digits():
    """Images float32[n, 1, 8, 8] in [0, 1] and labels int64[n]: for training, then held out."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    images = (data.images / 16).astype(np.float32)[:, None]
    labels = data.target.astype(np.int64)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=HELD_OUT_SHARE, random_state=SEED, stratify=labels
    )
    return train_x, train_y, test_x, test_y


def write_samples(path, images, labels):
    """The grey values are multiples of 1/16, which float16 holds exactly."""
    np.savez_compressed(path, images=images.astype(np.float16), labels=labels.astype(np.uint8))


def new_model():
    """Conv 3x3 1->32, pool, conv 3x3 32->64, pool, 256->128, 128->10; 53,002 weights and biases."""
    from torch import nn

    layers = {
        "conv1": nn.Conv2d(1, 32, 3, padding=1),
        "relu1": nn.ReLU(),
        "pool1": nn.MaxPool2d(2),
        "conv2": nn.Conv2d(32, 64, 3, padding=1),
        "relu2": nn.ReLU(),
        "pool2": nn.MaxPool2d(2),
        "flatten": nn.Flatten(),
        "fc1": nn.Linear(256, 128),
        "relu3": nn.ReLU(),
        "fc2": nn.Linear(128, 10),
    }
    model = nn.Sequential()
    for name, layer in layers.items():
        model.add_module(name, layer)
    return model


def train(images, labels):
    import torch
    from torch.nn.functional import cross_entropy

    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    model = new_model()
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE)
    rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            cross_entropy(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
        rate.step()
    return model.eval()


def to_onnx(model):
    """The graph, node by node: the exporters of PyTorch would need more packages."""
    from onnx import TensorProto, checker, helper, numpy_helper

    node = helper.make_node
    nodes = [
        node("Conv", ["image", "conv1.weight", "conv1.bias"], ["c1"], "conv1", pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"], "relu1"),
        node("MaxPool", ["r1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "conv2.weight", "conv2.bias"], ["c2"], "conv2", pads=[1, 1, 1, 1]),
        node("Relu", ["c2"], ["r2"], "relu2"),
        node("MaxPool", ["r2"], ["p2"], "pool2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["p2"], ["flat"], "flatten"),
        node("Gemm", ["flat", "fc1.weight", "fc1.bias"], ["h1"], "fc1", transB=1),
        node("Relu", ["h1"], ["r3"], "relu3"),
        node("Gemm", ["r3", "fc2.weight", "fc2.bias"], ["logits"], "fc2", transB=1),
    ]
    weights = [numpy_helper.from_array(value.numpy(), name) for name, value in model.state_dict().items()]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])
    graph = helper.make_graph(nodes, NAME, [image], [logits], weights)
    onnx_model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="sparsesim"
    )
    checker.check_model(onnx_model, full_check=True)
    return onnx_model


def accuracy(path, images, labels):
    """Share of images that the ONNX file classifies as labelled, run by onnxruntime."""
    from onnxruntime import InferenceSession

    session = InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (logits,) = session.run(None, {"image": images})
    return float(np.mean(np.argmax(logits, axis=1) == labels))


def record(path, weights, images, labels):
    """What the package needs to know about the trained file."""
    packages = ("numpy", "torch", "scikit-learn", "onnx", "onnxruntime")
    return {
        "name": NAME,
        "weights_file": weights.name,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "input_sizes": {"conv1": [8, 8], "conv2": [4, 4]},
        "onnx_file": path.name,
        "onnx_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "accuracy": round(accuracy(path, images, labels), 6),
        "held_out_samples": len(labels),
        "dataset": "scikit-learn digits, 1797 images (UCI Optical Recognition of Handwritten Digits, test part)",
        "seed": SEED,
        "source": "workloads/train_digits_cnn.py",
        "input": "1 x 8 x 8 image in [0, 1]",
        "versions": {package: version(package) for package in packages},
        "notes": f"{EPOCHS} epochs of AdamW; accuracy measured with onnxruntime on the held-out images",
    }


def main(folder, samples):
    train_x, train_y, test_x, test_y = digits()
    model = train(train_x, train_y)
    path, weights = folder / f"{NAME}.onnx", folder / f"{NAME}.npz"
    path.write_bytes(to_onnx(model).SerializeToString())
    np.savez_compressed(weights, **{name: value.numpy() for name, value in model.state_dict().items()})
    write_samples(samples / "digits.npz", test_x, test_y)
    found = record(path, weights, test_x, test_y)
    text = yaml.safe_dump(found, sort_keys=False, width=110)
    (folder / f"{NAME}.yaml").write_text(text, encoding="utf-8")
    print(f"{path}: {found['accuracy']:.2%} of {len(test_y)} held-out images")


if __name__ == "__main__":
    given = [Path(folder) for folder in sys.argv[1:2]]
    main(*(given * 2 or [MODELS / "networks", MODELS / "samples"]))
