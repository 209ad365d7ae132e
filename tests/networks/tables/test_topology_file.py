import zipfile

import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network

CONV = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,"
GEMM = "Layer,M,N,K,"


def saved(tmp_path, *lines, end="\n"):
    path = tmp_path / "net.csv"
    path.write_bytes(end.join(lines).encode())
    return path


def test_convolutions(tmp_path):
    rows = ["", "Conv1 , 224,  230, 7, 5, 3, 64, 2,", ",,,,", "FC, 1, 1, 1, 1, 512, 1000, 1"]
    network = load_network(saved(tmp_path, CONV, *rows))
    first, last = network.layers
    assert (first.name, first.kind, first.weight_shape) == ("Conv1", "conv2d", (64, 3, 7, 5))
    assert (first.input_size, first.stride, first.padding) == ((224, 230), (2, 2), (0, 0, 0, 0))
    assert first.output_size == (109, 113)
    assert (last.kind, last.weight_shape, last.macs) == ("linear", (1000, 512), 512_000)
    assert network.weights_origin == "synthetic"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_products(tmp_path, end):
    network = load_network(saved(tmp_path, "\ufeff" + GEMM, "L0,196,192,384,", "L0,10,1,7", end=end))
    assert [layer.name for layer in network.layers] == ["L0", "L0#2"]
    assert network.layers[0].gemm == (192, 196, 384, 1)
    assert "taken for weights" in network.notes


def test_two_strides_sparsity_and_batch(tmp_path):
    header = CONV[:-9] + " Stride H, Stride W, Sparsity"
    network = load_network(saved(tmp_path, header, "c, 8, 8, 3, 3, 4, 4, 1, 2, 2:4"))
    assert network.layers[0].stride == (1, 2)
    assert network.layers[0].weight_density == 0.5
    network = load_network(saved(tmp_path, CONV + " Batch Size,", "c, 8, 8, 3, 3, 4, 4, 1, 16,"))
    assert network.layers[0].weight_density is None
    assert "batch size is not used" in network.notes


def test_the_seed_draws_other_weights(tmp_path):
    path = saved(tmp_path, GEMM, "a,1,2,3")
    assert load_network(path, seed=1).layers[0].weight()[0, 0] != load_network(path).layers[0].weight()[0, 0]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([""], "the file is empty"),
        ([GEMM], "the table has no rows"),
        (["a,b,c"], "a header of SCALE-Sim is needed"),
        ([GEMM, "a,1,2"], "line 2: 3 sizes are needed behind the name"),
        ([GEMM, "a,1,-2,3"], "line 2: 'a': n: '-2' is not a positive size"),
        ([GEMM, "a,1,2,many"], "'many' is not a positive size"),
        ([GEMM, "a,1,2," + "9" * 5000], "is not a positive size"),
        ([GEMM, ",1,2,3"], "line 2: the layer has no name"),
        ([CONV, "a,3,3,5,5,1,1,1"], "line 2: .* kernel is larger"),
        ([CONV, "a,3,3,1,1,1,1"], "line 2: 7 sizes are needed"),
        ([CONV, "a,3,3,1,1,1,1,1,3:2"], "3:2 is not a sparsity"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, lines, message):
    with pytest.raises(InputError, match=message) as caught:
        load_network(saved(tmp_path, *lines))
    assert str(caught.value).startswith(str(tmp_path / "net.csv"))
    assert "\n" not in str(caught.value)


# layers of some of the tables: rows with a name, less the header
LAYERS = {"alexnet": 5, "Resnet18": 21, "mobilenet": 27, "yolo_tiny": 9, "gpt2": 6, "NCF": 12, "vit_s": 5, "gnmt": 17}


def test_every_table_of_scalesim_loads(data_dir, tmp_path):
    with zipfile.ZipFile(data_dir / "reference" / "scalesim_topologies.zip") as archive:
        archive.extractall(tmp_path)
    paths = sorted(tmp_path.rglob("*.csv"))
    assert len(paths) == 18
    for path in paths:
        network = load_network(path)
        filled = [line for line in path.read_text("utf-8-sig").splitlines() if line.strip(" ,")]
        assert len(network.layers) == len(filled) - 1 == LAYERS.get(path.stem, len(network.layers))
        assert network.macs > 0
    networks = {path.stem: load_network(path) for path in paths}
    # Conv1 of AlexNet: 54 x 54 outputs of 224 x 224 without padding
    assert networks["alexnet"].layer("Conv1").macs == 54 * 54 * 96 * 11 * 11 * 3
    assert networks["gpt2"].layer("Linear1").macs == 1024 * 4800 * 1600
