"""Graphs of random operators: whatever depends on whatever, the shrunk network answers as the zeroed one."""

import numpy as np
import pytest

from sparsesim.inference import evaluate
from sparsesim.networks import load_network
from sparsesim.transforms.shrink import remove_channels, zero_channels
from tests.networks.onnx_models import save

from .graphs import node

pytest.importorskip("onnxruntime")


class Maker:
    """Adds one random operator at a time to maps of 2 x 2 positions."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants, self.channels = [], {}, {}

    def add(self, operator, entries, *channels, **attributes):
        outputs = [f"t{len(self.channels) + i}" for i in range(len(channels))]
        self.nodes.append(node(operator, entries, outputs, outputs[0], **attributes))
        self.channels.update(zip(outputs, channels, strict=True))
        return outputs[0]

    def integers(self, *values):
        return self.constant(np.array(values, np.int64))

    def constant(self, value):
        self.constants[f"c{len(self.constants)}"] = value
        return f"c{len(self.constants) - 1}"

    def conv(self, entry, inputs, outputs, groups=1):
        weight = self.random.standard_normal((outputs, inputs // groups, 1, 1)) / np.sqrt(inputs // groups)
        bias = self.random.standard_normal(outputs)
        stored = [self.constant(value.astype(np.float32)) for value in (weight, bias)]
        return self.add("Conv", [entry, *stored], outputs, group=groups)

    def any_operator(self):
        """One operator over a random map, where its channels allow it."""
        maps = list(self.channels)
        entry, other = (str(self.random.choice(maps)) for _ in range(2))
        count = self.channels[entry]
        alike = str(self.random.choice([name for name in maps if self.channels[name] == count]))
        start, width = int(self.random.integers(0, count)), int(self.random.integers(1, count + 1))
        choices = [
            lambda: self.conv(entry, count, int(self.random.choice([4, 6, 12]))),
            lambda: self.conv(entry, count, 2 * count, count),
            lambda: self.add("Sigmoid", [entry], count),
            lambda: self.add(str(self.random.choice(["Add", "Mul"])), [entry, alike], count),
            lambda: self.add("Concat", [entry, other], count + self.channels[other], axis=1),
            lambda: self.add("Pad", [entry, self.integers(0, 2, 0, 0, 0, 1, 0, 0)], count + 3),
            lambda: self.add(
                "Slice", [entry, *map(self.integers, (start, start + width, 1))], min(width, count - start)
            ),
        ]
        if count % 2 == 0:
            half = count // 2
            choices.append(lambda: self.conv(entry, count, 8, 2))
            choices.append(lambda: self.add("Split", [entry, self.integers(half, half)], half, half, axis=1))
        choices[int(self.random.integers(len(choices)))]()

    def finished(self, path):
        last, other = list(self.channels)[-1], str(self.random.choice(list(self.channels)))
        width = 4 * (self.channels[last] + self.channels[other])
        self.nodes.append(node("Concat", [other, last], ["all"], axis=1))
        self.nodes.append(node("Flatten", ["all"], ["flat"]))
        weight = self.constant(self.random.standard_normal((width, 5)).astype(np.float32))
        self.nodes.append(node("MatMul", ["flat", weight], ["y"], "head"))
        return save(path, self.nodes, self.constants, {"x": [1, 3, 2, 2]})


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_agree_with_zeroed_ones(seed, tmp_path):
    maker = Maker(seed)
    for _ in range(2):
        maker.conv("x", 3, 12)
    for _ in range(4 + seed % 10):
        maker.any_operator()
    network = load_network(maker.finished(tmp_path / "graph.onnx"))
    samples = maker.random.standard_normal((1, 3, 2, 2)).astype(np.float32)
    for sparsity in (0.4, 0.85):
        shrunk = remove_channels(network, sparsity, round_to=1)
        assert shrunk.params_after < shrunk.params_before
        small, zeroed = (evaluate(n, samples).outputs for n in (shrunk.network, zero_channels(network, shrunk.removed)))
        np.testing.assert_allclose(small, zeroed, rtol=1e-4, atol=1e-4 * max(1, abs(zeroed).max()))
