"""Every network of the data folder loads, with the number of values that its description gives."""

import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network

RESNET20 = {
    "input_shape": (3, 32, 32),
    "sizes": {"layer2.0.conv1": (32, 32), "layer2.*": (16, 16), "layer3.0.conv1": (16, 16), "layer3.*": (8, 8)},
    "strides": {"layer[23].0.conv1": 2},
}
DISTILLER = {
    "input_shape": (3, 32, 32),
    "sizes": {
        **{"layer2.0.conv1": (32, 32), "layer2.0.downsample.0": (32, 32), "layer2.*": (16, 16)},
        **{"layer3.0.conv1": (16, 16), "layer3.0.downsample.0": (16, 16), "layer3.*": (8, 8)},
    },
    "strides": {"layer[23].0.conv1": 2, "*.downsample.0": 2},
}
RESNET8 = {
    "layout": "ohwi",
    "sizes": {"model_conv2d_[468]": (16, 16), "model_conv2d_7": (8, 8), "*": (32, 32)},
    "strides": {"model_conv2d_[3568]": 2},
}
KEYWORDS = {
    "layout": "ohwi",
    "sizes": {"functional_1_conv2d": (49, 10), "*": (25, 5)},
    "strides": {"functional_1_conv2d": 2},
}
# SqueezeNet v1.0 on 224 x 224 images, pooling behind conv1, fire4 and fire8
SQUEEZENET = {
    "sizes": {
        "conv1": (224, 224),
        **{f"fire{i}_*": (54, 54) for i in (2, 3, 4)},
        **{f"fire{i}_*": (27, 27) for i in (5, 6, 7, 8)},
        **{"fire9_*": (13, 13), "conv_final": (13, 13)},
    },
    "strides": {"conv1": 2},
    "paddings": {"conv1": 0},
}

# file: options, layers, values in the README of the folder (or of the shapes it lists), multiply-accumulates
NETWORKS = {
    "lenet300100_original.npz": ({}, 3, 266_610, 266_200),
    "lenet300100_sparse.npz": ({}, 3, 266_610, 266_200),
    "squeezenet_deep_compression.npz": (SQUEEZENET, 26, 1_244_448 + 3_976, 818_924_576),  # torchvision: 0.82 G
    "resnet20_cifar10.npz": (RESNET20, 20, 271_098, 40_551_040),  # He et al. 2016: 40.55 M
    "distiller_ch_regularized_dense.npz": (DISTILLER, 22, 274_042, 40_813_184),  # Distiller: 40.81 M
    "squeezenet_fp16.onnx": ({}, 26, 1_235_496, 349_151_936),  # Iandola: v1.1 is 0.72 GFLOP with 2 per product
    "mnist_cntk.onnx": ({}, 3, 5_998, 28 * 28 * 200 + 14 * 14 * 3200 + 2560),
    "mlperf_tiny_resnet8_weights.npz": (RESNET8, 10, 77_706, 12_501_632),  # MLPerf Tiny: 12.5 M
    "mlperf_tiny_kws_dscnn_weights.npz": (KEYWORDS, 10, 22_604, 2_656_768),  # MLPerf Tiny: 2.66 M
    "mlperf_tiny_ad_autoencoder_weights.npz": ({"layout": "ohwi"}, 10, 265_864, 264_192),
    "tinystories_260k.npz": ({"stacked": True}, 36, 260_032, 259_328),
    "hls4ml_3layer.npz": ({"layout": "in_out"}, 4, 4_389, 4_256),
    "hls4ml_3layer_70pruned_retrained.npz": ({"layout": "in_out"}, 4, 4_389, 4_256),
    "arm_kws_dnn_m.npz": ({"layout": "in_out"}, 4, 198_924, 198_144),
    "arm_kws_lstm_s.npz": ({"layout": "in_out"}, 3, 78_516, 77_496),
}
NO_NETWORKS = ("_images.npz", "_activations.npz", "_activations_kitten.npz")
WITH_ARRAYS_BESIDE = (".tflite", ".net", ".caffemodel")


@pytest.mark.parametrize("file", sorted(NETWORKS))
def test_a_real_network_has_the_published_counts(data_dir, file):
    options, n_layers, n_params, macs = NETWORKS[file]
    if file.endswith(".onnx"):
        pytest.importorskip("onnx")
    network = load_network(data_dir / "nets" / file, **options)
    assert len(network.layers) == n_layers
    assert network.n_params == n_params
    assert network.macs == macs
    assert network.weights_origin == "imported"
    assert len(network.other_params) < 10


def test_every_file_of_the_folder_is_covered(data_dir):
    files = {path.name for path in (data_dir / "nets").iterdir()}
    rest = files - set(NETWORKS)
    assert all(name.endswith((*NO_NETWORKS, *WITH_ARRAYS_BESIDE)) for name in rest), rest


def test_binary_files_say_what_to_use(data_dir):
    files = [path for path in (data_dir / "nets").iterdir() if path.suffix in WITH_ARRAYS_BESIDE]
    assert files
    for path in files:
        with pytest.raises(InputError, match=r"files are not read: .*\.npz") as caught:
            load_network(path)
        assert str(caught.value).startswith(f"{path}: ")
        assert "\n" not in str(caught.value)


def test_biases_and_depthwise_kernels_of_tflite_find_their_layers(data_dir):
    network = load_network(data_dir / "nets" / "mlperf_tiny_kws_dscnn_weights.npz", **KEYWORDS)
    assert network.other_params == {}
    assert all(layer.n_bias == layer.weight_shape[0] for layer in network.layers)
    depthwise = [layer for layer in network.layers if layer.groups > 1]
    assert [(layer.weight_shape, layer.groups) for layer in depthwise] == [((64, 1, 3, 3), 64)] * 4
    assert network.layer("functional_1_conv2d").output_size == (25, 5)


def test_the_stacks_of_a_transformer_are_its_layers(data_dir):
    network = load_network(data_dir / "nets" / "tinystories_260k.npz", stacked=True)
    names = [layer.name for layer in network.layers]
    assert names[:8] == ["wq.0", "wk.0", "wv.0", "wo.0", "w1_gate.0", "w2_down.0", "w3_up.0", "wq.1"]
    assert names[-1] == "tok_embeddings.output"
    assert network.layer("wk.4").weight_shape == (32, 64)
    assert network.other_params == {"rms_att": 320, "rms_ffn": 320, "rms_final": 64}
    assert "tied embeddings" in network.notes
    plain = load_network(data_dir / "nets" / "mlperf_tiny_ad_autoencoder_weights.npz")
    assert "stacked" not in plain.notes


def test_a_projected_lstm_claims_one_time_step_only(data_dir):
    network = load_network(data_dir / "nets" / "arm_kws_lstm_s.npz", layout="in_out")
    assert {layer.kind for layer in network.layers} == {"linear"}
    assert "counted for one time step: lstm_rnn_lstm_cell, lstm_rnn_lstm_cell_projection" in network.notes
    assert network.layer("W_o").n_bias == 12
