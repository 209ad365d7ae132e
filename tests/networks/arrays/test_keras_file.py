import zipfile
import zlib

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import InputError
from sparsesim.networks import load_network

h5py = pytest.importorskip("h5py")


def saved(tmp_path, datasets, name="net.h5"):
    path = tmp_path / name
    with h5py.File(path, "w") as file:
        for key, array in datasets.items():
            file.create_dataset(key, data=array)
    return path


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


KERAS2 = {
    "model_weights/conv1/conv1/kernel:0": normal(3, 3, 2, 8),
    "model_weights/conv1/conv1/bias:0": normal(8),
    "model_weights/bn/bn/gamma:0": normal(8),
    "model_weights/bn/bn/moving_mean:0": normal(8),
    "model_weights/dw/dw/depthwise_kernel:0": normal(3, 3, 8, 1),
    "model_weights/fc/fc/kernel:0": normal(128, 5),
    "model_weights/fc/fc/bias:0": normal(5),
    "optimizer_weights/adam/fc/kernel:0": normal(128, 5),
}


def test_a_model_of_keras_2(tmp_path):
    network = load_network(saved(tmp_path, KERAS2), input_shape=(2, 8, 8), sizes={"conv1": (8, 8), "dw": (8, 8)})
    layers = {layer.name: layer for layer in network.layers}
    assert set(layers) == {"conv1", "dw", "fc"}
    assert (layers["conv1"].weight_shape, layers["conv1"].n_bias) == ((8, 2, 3, 3), 8)
    assert layers["conv1"].weight()[4, 1, 2, 0] == KERAS2["model_weights/conv1/conv1/kernel:0"][2, 0, 1, 4]
    assert (layers["dw"].weight_shape, layers["dw"].groups) == ((8, 1, 3, 3), 8)
    assert (layers["fc"].weight_shape, layers["fc"].n_bias) == ((5, 128), 5)
    assert network.other_params == {"bn.gamma": 8, "bn.moving_mean": 8}


def test_numbered_variables_of_keras_3(tmp_path):
    datasets = {
        "layers/dense/vars/0": normal(6, 4),
        "layers/dense/vars/1": normal(4),
        "layers/dense_1/vars/0": normal(4, 3),
        "layers/lstm/cell/vars/0": normal(3, 20),
        "layers/lstm/cell/vars/1": normal(5, 20),
        "layers/lstm/cell/vars/2": normal(20),
        "layers/normalization/vars/0": normal(4),
        "optimizer/vars/0": normal(6, 4),
    }
    network = load_network(saved(tmp_path, datasets, "net.weights.h5"))
    assert {layer.name: (layer.weight_shape, layer.n_bias) for layer in network.layers} == {
        "dense": ((4, 6), 4),
        "dense_1": ((3, 4), 0),
        "lstm/cell": ((20, 3), 20),
        "lstm/cell/recurrent": ((20, 5), 0),
    }
    assert network.other_params == {"normalization.vars": 4}
    assert "one time step: lstm/cell, lstm/cell/recurrent" in network.notes


def test_an_archive_of_keras_3(tmp_path):
    weights = saved(tmp_path, {"layers/dense/vars/0": normal(6, 4), "layers/dense/vars/1": normal(4)})
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", '{"class_name": "Lambda"}')
        archive.write(weights, "model.weights.h5")
    (layer,) = load_network(tmp_path / "net.keras").layers
    assert (layer.name, layer.weight_shape, layer.n_bias) == ("dense", (4, 6), 4)
    with zipfile.ZipFile(tmp_path / "net.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(InputError, match=r"not a readable .keras file: .*model.weights.h5"):
        load_network(tmp_path / "net.keras")


def test_the_layout_can_be_said(tmp_path):
    path = saved(tmp_path, {"fc/kernel": normal(6, 4)})
    assert load_network(path).layers[0].weight_shape == (4, 6)
    assert load_network(path, layout="out_in").layers[0].weight_shape == (6, 4)


def test_an_embedding_is_a_table(tmp_path):
    network = load_network(saved(tmp_path, {"embedding/embeddings": normal(50, 8), "fc/kernel": normal(8, 2)}))
    assert [layer.name for layer in network.layers] == ["fc"]
    assert network.other_params == {"embedding.embeddings": 400}


def test_links_are_not_followed(tmp_path):
    other = saved(tmp_path, {"w": normal(3, 3)}, "other.h5")
    for link in (h5py.ExternalLink(str(other), "/w"), h5py.SoftLink("/fc/kernel")):
        path = saved(tmp_path, {"fc/kernel": normal(6, 4)})
        with h5py.File(path, "a") as file:
            file["fc/away"] = link
        with pytest.raises(InputError, match="'fc/away' is a link to elsewhere, which is not followed"):
            load_network(path)


def test_values_in_other_files_are_not_read(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(96))
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("fc/kernel", (6, 4), "f4", external=[(str(tmp_path / "secret"), 0, 96)])
    with pytest.raises(InputError, match="'fc/kernel' lies in another file"):
        load_network(tmp_path / "net.h5")
    source = h5py.VirtualSource(str(saved(tmp_path, {"w": normal(6, 4)}, "other.h5")), "w", shape=(6, 4))
    layout = h5py.VirtualLayout(shape=(6, 4), dtype="f4")
    layout[:] = source
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_virtual_dataset("fc/kernel", layout)
    with pytest.raises(InputError, match="'fc/kernel' lies in another file"):
        load_network(tmp_path / "net.h5")


def test_sizes_that_the_file_cannot_hold_are_refused(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("fc/kernel", (10**6, 10**6), "f4", chunks=(100, 100), compression="gzip")
    with pytest.raises(InputError, match=r"net.h5: .*reading its datasets needs 4 TB of memory"):
        load_network(tmp_path / "net.h5")


def test_groups_in_circles_are_refused(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file["a/b"] = file.create_group("c")
        file["c/a"] = file["a"]
    with pytest.raises(InputError, match="nested too deeply"):
        load_network(tmp_path / "net.h5")


def test_text_and_attributes_are_passed_over(tmp_path):
    path = saved(tmp_path, {"fc/kernel": normal(6, 4), "names": np.array([b"fc"])})
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = '{"class_name": "Lambda"}'
    assert len(load_network(path).layers) == 1


def test_an_archive_of_zeros_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "net.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.weights.h5", bytes(50_000_000))
    with ss.memory_budget(40_000_000), pytest.raises(InputError, match=r"net.keras: .* unpacking it needs 50 MB"):
        load_network(tmp_path / "net.keras")


def test_datasets_are_measured_together_before_one_is_read(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        for i in range(4):
            file.create_dataset(f"fc{i}/kernel", (1000, 1000), "f4", chunks=(1000, 1000), compression="gzip")
            file[f"fc{i}/kernel"][:] = 0
    assert (tmp_path / "net.h5").stat().st_size < 100_000
    with ss.memory_budget(15_999_999), pytest.raises(InputError, match="reading its datasets needs 16 MB of memory"):
        load_network(tmp_path / "net.h5")
    with ss.memory_budget(16_000_000):
        assert load_network(tmp_path / "net.h5").n_params == 4_000_000


def test_chunks_larger_than_their_dataset_are_measured(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_dataset("fc/kernel", (4, 6), "f4", chunks=(3000, 3000), maxshape=(None, None), compression="gzip")
        file["fc/kernel"][:] = 1
    with ss.memory_budget(35_000_000), pytest.raises(InputError, match=r"dataset 'fc/kernel': unpacking a chunk needs"):
        load_network(tmp_path / "net.h5")
    assert load_network(tmp_path / "net.h5").n_params == 24


def test_a_chunk_that_unpacks_to_more_than_it_may(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        dataset = file.create_dataset("fc/kernel", (10, 10), "f4", chunks=(10, 10), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(100_000_000)))
    with (
        ss.memory_budget(50_000_000),
        pytest.raises(InputError, match=r"chunk at \(0, 0\) unpacks to more than its 400"),
    ):
        load_network(tmp_path / "net.h5")


def test_many_links_to_one_group_come_to_an_end(tmp_path):
    with h5py.File(tmp_path / "net.h5", "w") as file:
        file.create_group("g0")
        for i in range(1, 25):
            for name in ("a", "b"):
                file[f"g{i}/{name}"] = file[f"g{i - 1}"]
    with pytest.raises(InputError, match="more than 20000 groups and datasets"):
        load_network(tmp_path / "net.h5")
