"""SqueezeNet on a photograph of which only the maps behind each ReLU are stored, not the pixels.

So conv1 cannot be repeated; every later layer can: each fire module gets the stored maps that it reads, and the
whole rest of the network gets the stored map behind conv1.
"""

import numpy as np
import pytest

from sparsesim.inference import capture, capture_relu, densities, evaluate
from sparsesim.lowering import Activations, lower
from sparsesim.networks import load_network
from sparsesim.networks.export import masked_model
from sparsesim.networks.im2col import im2col
from sparsesim.transforms import prune_network

pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")

TABBY_CAT = 281
MODULES = [f"fire{number}" for number in range(2, 10)]


@pytest.fixture(scope="module")
def model(data_dir):
    from onnx import shape_inference

    network = load_network(data_dir / "nets" / "squeezenet_fp16.onnx")
    return shape_inference.infer_shapes(masked_model(network))


@pytest.fixture(scope="module")
def stored(data_dir):
    """Maps [1, c, h, w] by the name of the tensor in the graph."""
    with np.load(data_dir / "nets" / "squeezenet_fp16_activations_kitten.npz") as file:
        names = {name: name.replace("_squeeze", "/squeeze").replace("_expand", "/expand") for name in file.files}
        return {names[name]: file[name][None] for name in file.files}


@pytest.fixture(scope="module")
def rest(model, tmp_path_factory):
    """Everything behind the ReLU of conv1."""
    return part(model, ["conv1_2"], ["softmaxout_1"], tmp_path_factory.mktemp("squeezenet") / "rest.onnx")


def part(model, inputs, outputs, path):
    from onnx.utils import Extractor

    onnx.save(Extractor(model).extract_model(inputs, outputs), path)
    return load_network(path)


def assert_same_map(found, expected):
    """Few zeros moved by rounding; values to fp16 rounding of sums that are larger than their result."""
    assert found.shape == expected.shape
    assert np.mean(found != 0) == pytest.approx(np.mean(expected != 0), rel=0.01)
    assert np.mean((found != 0) != (expected != 0)) < 0.001
    np.testing.assert_allclose(found, expected.astype(np.float32), rtol=0, atol=float(expected.max()) / 500)


@pytest.mark.parametrize("module", MODULES)
def test_every_fire_module_repeats_its_stored_maps(module, model, stored, tmp_path):
    before = f"fire{int(module[4:]) - 1}"
    reads = ["conv1_2"] if module == "fire2" else [f"{before}/expand1x1_2", f"{before}/expand3x3_2"]
    writes = [f"{module}/{conv}_2" for conv in ("squeeze1x1", "expand1x1", "expand3x3")]
    network = part(model, reads, writes, tmp_path / "part.onnx")
    found = capture_relu(network, {name: stored[name] for name in reads})
    assert set(found) == set(writes)
    for name in writes:
        assert_same_map(found[name], stored[name])


def test_the_last_convolution_repeats_its_stored_map(model, stored, tmp_path):
    reads = ["fire9/expand1x1_2", "fire9/expand3x3_2"]
    network = part(model, reads, ["conv10_2"], tmp_path / "part.onnx")
    assert_same_map(capture_relu(network, {name: stored[name] for name in reads})["conv10_2"], stored["conv10_2"])


def test_the_rest_of_the_network_behind_conv1_sees_the_same_cat(rest, stored):
    found = capture_relu(rest, stored["conv1_2"])
    assert set(found) == set(stored) - {"conv1_2"}
    for name, values in found.items():
        assert_same_map(values, stored[name])
    assert densities(found)["fire9/expand3x3_2"] == pytest.approx(0.05, abs=0.005)
    assert evaluate(rest, stored["conv1_2"], [TABBY_CAT]).correct == 1


def test_stored_maps_feed_the_simulation_as_captured_ones_do(rest, stored):
    """The expand convolutions of fire9 read the map behind its squeeze convolution."""
    read_by = {f"fire9/{conv}_1": stored["fire9/squeeze1x1_2"] for conv in ("expand1x1", "expand3x3")}
    captured = capture(rest, stored["conv1_2"])
    for name, values in read_by.items():
        assert_same_map(captured[name], values)
    network = rest.select("fire9/expand*")
    maps = {name: values.astype(np.float32) for name, values in read_by.items()}
    for op in lower(prune_network(network, "magnitude", 0.5), activations=Activations(maps=maps)):
        assert op.b.tensor.nnz == np.count_nonzero(im2col(maps[op.name], network.layer(op.name)))
        assert 0.4 < op.b.tensor.nnz / np.prod(op.b.tensor.shape) < 0.6  # the density 0.54, less zeros of padding
