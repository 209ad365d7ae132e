"""Networks of the data folder in plain PyTorch, weights by layer name: what our graphs are held against."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402


def tensor(array):
    return torch.from_numpy(np.array(array, dtype=np.float32))


def weights_of(network):
    return {layer.name: tensor(layer.masked_weight()) for layer in network.layers}


def resnet_cifar(network, arrays, images):
    """Option-A shortcuts as in akamaster/pytorch_resnet_cifar10, or the stored projections of Distiller."""
    weights, arrays = weights_of(network), {key: tensor(value) for key, value in arrays.items()}

    def normalised(x, name):
        mean, var, scale, shift = (arrays[f"{name}.{p}"] for p in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, mean, var, scale, shift, eps=1e-5)

    def block(x, name, stride):
        y = functional.conv2d(x, weights[f"{name}.conv1"], stride=stride, padding=1)
        y = normalised(y, f"{name}.bn1").relu()
        y = normalised(functional.conv2d(y, weights[f"{name}.conv2"], padding=1), f"{name}.bn2")
        if f"{name}.downsample.0" in weights:
            around = functional.conv2d(x, weights[f"{name}.downsample.0"], stride=stride)
            around = normalised(around, f"{name}.downsample.1")
        else:
            grown = (y.shape[1] - x.shape[1]) // 2
            around = functional.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, grown, grown))
        return (y + around).relu()

    x = normalised(functional.conv2d(tensor(images), weights["conv1"], padding=1), "bn1").relu()
    for stage in (1, 2, 3):
        for number in range(3):
            x = block(x, f"layer{stage}.{number}", 2 if stage > 1 and number == 0 else 1)
    head = "linear" if "linear" in weights else "fc"
    return (x.mean((2, 3)) @ weights[head].T + arrays[f"{head}.bias"]).numpy()


def lenet300(network, arrays, vectors):
    weights, x = weights_of(network), tensor(vectors)
    for name in ("ip1", "ip2"):
        x = functional.linear(x, weights[name], tensor(arrays[f"{name}_bias"])).relu()
    return functional.linear(x, weights["ip3"], tensor(arrays["ip3_bias"])).numpy()


def digits_cnn(network, arrays, images):
    weights, x = weights_of(network), tensor(images)
    for name in ("conv1", "conv2"):
        x = functional.conv2d(x, weights[name], tensor(arrays[f"{name}.bias"]), padding=1).relu()
        x = functional.max_pool2d(x, 2)
    x = functional.linear(x.flatten(1), weights["fc1"], tensor(arrays["fc1.bias"])).relu()
    return functional.linear(x, weights["fc2"], tensor(arrays["fc2.bias"])).numpy()


def mnist_cntk(network, constants, images):
    """`constants` by tensor name; SAME_UPPER padding of a 5x5 window is 2 on all sides."""
    first, second, last = (tensor(layer.masked_weight()) for layer in network.layers)
    biases = [tensor(constants[name]).flatten() for name in ("Parameter6", "Parameter88", "Parameter194")]
    x = functional.max_pool2d(functional.conv2d(tensor(images), first, biases[0], padding=2).relu(), 2)
    x = functional.max_pool2d(functional.conv2d(x, second, biases[1], padding=2).relu(), 3)
    return functional.linear(x.flatten(1), last, biases[2]).numpy()


def squeezenet_v11(network, constants, images):
    """In float32; `constants` by tensor name. Probabilities [n, 1000]."""
    weights = weights_of(network)

    def conv(x, name, **sizes):
        return functional.conv2d(x, weights[f"{name}_1"], tensor(constants[f"{name}_b_0"]), **sizes).relu()

    x = functional.max_pool2d(conv(tensor(images), "conv1", stride=2), 3, 2)
    for number in range(2, 10):
        x = conv(x, f"fire{number}/squeeze1x1")
        wide = [conv(x, f"fire{number}/expand1x1"), conv(x, f"fire{number}/expand3x3", padding=1)]
        x = torch.cat(wide, dim=1)
        if number in (3, 5):
            x = functional.max_pool2d(x, 3, 2)
    return conv(x, "conv10").mean((2, 3)).softmax(1).numpy()
