"""Real feature maps as operands: what their zeros save, and on which machines."""

import numpy as np
import pytest

from sparsesim.hardware import load_energy_table, load_machine
from sparsesim.inference import capture
from sparsesim.lowering import Activations, Lowering, lower
from sparsesim.networks import load_network
from sparsesim.pruning import pruner_by_name
from sparsesim.studies.networks import simulate_network

pytest.importorskip("onnxruntime")

MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
TABLE = load_energy_table("horowitz-45nm")


@pytest.fixture(scope="module")
def resnet20(data_dir):
    """ResNet-20 and what its convolutions read of one image."""
    network = load_network(data_dir / "nets" / "resnet20_cifar10.npz", architecture="resnet-cifar")
    with np.load(data_dir / "nets" / "cifar10_test_images.npz") as file:
        image = (file["images"][:1] / 255 - MEAN) / STD
    return network, capture(network, image.transpose(0, 3, 1, 2).astype(np.float32))


def played(network, machine, dtype, pruner="none", **given):
    chosen = pruner_by_name(pruner, None if pruner == "none" else 0.8)
    lowering = Lowering(dtype, activations=Activations(**given))
    return simulate_network(network, chosen, ["csr" if pruner != "none" else "dense"], [machine], TABLE, lowering)


def total(results, field="seconds"):
    return sum(getattr(r, field) if field == "seconds" else r.energy_pj["total"] for r in results)


def test_zeros_of_real_maps_save_time_and_energy_where_they_are_skipped(resnet20):
    network, maps = resnet20
    machine = load_machine("sparch")
    real, dense = (played(network, machine, "fp64", "magnitude", maps=given) for given in (maps, None))
    assert all(result.status == "ok" for result in (*real, *dense))
    assert total(real) < 0.75 * total(dense)
    assert total(real, "energy_pj") < 0.75 * total(dense, "energy_pj")
    for layer, without in zip(real[1:-1], dense[1:-1], strict=True):  # image and averages have no zeros
        assert layer.b_density < 0.9
        assert layer.macs < without.macs


def test_a_map_costs_what_its_zeros_cost_and_not_what_its_density_would(resnet20):
    """The zeros of real maps lie together; as many zeros scattered evenly give another merge."""
    network, maps = resnet20
    layer = network.layers[5]
    machine = load_machine("sparch")
    alone = network.select(layer.name)
    (real,) = played(alone, machine, "fp64", "magnitude", maps={layer.name: maps[layer.name]})
    density = float(np.count_nonzero(maps[layer.name]) / maps[layer.name].size)
    (even,) = played(alone, machine, "fp64", "magnitude", density=density)
    assert real.b_density == pytest.approx(even.b_density, rel=0.05)
    assert real.seconds != even.seconds


@pytest.mark.parametrize("name", ["a100-pcie", "v100"])
def test_tensor_cores_multiply_zeros_of_activations_too(resnet20, name):
    network, maps = resnet20
    real, dense = (played(network, load_machine(name), "fp16", maps=given) for given in (maps, None))
    assert total(real) == pytest.approx(total(dense))


def test_a_processor_skips_the_zeros_of_maps_that_are_stored_compressed(resnet20):
    network, maps = resnet20
    machine = load_machine("core-i7-5930k")
    loose, packed = (played(network, machine, "fp32", maps=maps, format=storage) for storage in ("dense", "csr"))
    multiplied = [sum(result.counts["mult_fp32"] for result in results) for results in (loose, packed)]
    assert multiplied[1] < 0.75 * multiplied[0]
    assert multiplied[1] == sum(result.macs for result in packed)


def test_stored_maps_of_squeezenet_are_operands(data_dir):
    network = load_network(data_dir / "nets" / "squeezenet_fp16.onnx", input_shape=(1, 3, 224, 224))
    with np.load(data_dir / "nets" / "squeezenet_fp16_activations_kitten.npz") as file:
        squeezed = file["fire5_squeeze1x1_2"][None].astype(np.float32)
    layer = next(layer for layer in network.layers if "fire5" in layer.name and "expand3x3" in layer.name)
    (op,) = lower(network.select(layer.name), activations=Activations(maps={layer.name: squeezed}))
    assert op.effectual_macs < 0.7 * op.dense_macs
    real, dense = (
        played(network.select(layer.name), load_machine("sparch"), "fp64", "magnitude", maps=given)[0]
        for given in ({layer.name: squeezed}, None)
    )
    assert real.seconds < dense.seconds
    assert real.energy_pj["total"] < dense.energy_pj["total"]
