import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.networks import load_network
from sparsesim.transforms.shrink import dependencies, dependency_groups
from tests.inference.real_data import array_network
from tests.networks.onnx_models import normal, save

from .graphs import GRAPHS, INPUTS, node


def groups_of(name, tmp_path):
    network = load_network(GRAPHS[name](tmp_path / f"{name}.onnx"), input_shape=INPUTS[name])
    return {group.name: group for group in dependency_groups(network, INPUTS[name])}


def members(group):
    return {(member.layer, member.axis): member for member in group.members}


def test_channels_reach_through_pooling_and_flattening():
    conv1, conv2, fc1 = dependency_groups(load_network("digits-cnn"))
    assert [group.n_units for group in (conv1, conv2, fc1)] == [32, 64, 128]
    flattened = members(conv2)["fc1", 1]
    assert flattened.role == "input"
    np.testing.assert_array_equal(flattened.positions, np.arange(256))
    np.testing.assert_array_equal(flattened.units, np.arange(256) // 4)
    assert set(members(conv1)) == {("conv1", 0), ("conv1.bias", 0), ("conv2", 1)}


def test_inputs_and_outputs_of_the_network_stay():
    touched = {key for group in dependency_groups(load_network("digits-cnn")) for key in members(group)}
    assert not touched & {("conv1", 1), ("fc2", 0), ("fc2.bias", 0)}


def test_added_branches_fall_together(tmp_path):
    groups = groups_of("residual", tmp_path)
    assert {name: group.n_units for name, group in groups.items()} == {"a": 10, "b": 12}
    assert set(members(groups["b"])) == {("b", 0), ("p", 0), ("c", 0), ("c", 1), ("head", 1)}
    assert set(members(groups["a"])) == {("a", 0), ("b", 1), ("s1", 0), ("o1", 0), ("m1", 0), ("v1", 0)}


def test_padded_shortcuts_reach_only_some_channels_of_the_next_stage(data_dir):
    groups = {
        group.name: group for group in dependency_groups(array_network(data_dir, "resnet20_cifar10", "resnet-cifar"))
    }
    assert len(groups) == 12
    stage1, stage2, stage3 = (groups[name] for name in ("conv1", "layer2.0.conv2", "layer3.0.conv2"))
    assert [group.n_units for group in (stage1, stage2, stage3)] == [16, 16, 32]
    np.testing.assert_array_equal(members(stage1)["layer2.0.conv2", 0].positions, np.arange(8, 24))
    np.testing.assert_array_equal(members(stage1)["linear", 1].positions, np.arange(24, 40))
    np.testing.assert_array_equal(members(stage2)["layer2.2.conv2", 0].positions, [*range(8), *range(24, 32)])
    np.testing.assert_array_equal(members(stage2)["linear", 1].positions, [*range(16, 24), *range(40, 48)])
    np.testing.assert_array_equal(members(stage3)["linear", 1].positions, [*range(16), *range(48, 64)])
    assert ("layer1.0.conv2", 0) in members(stage1)
    assert ("layer1.0.conv1", 0) not in members(stage1)


def test_concatenated_channels_keep_their_offsets(data_dir):
    groups = {
        group.name: group for group in dependency_groups(load_network(data_dir / "nets" / "squeezenet_fp16.onnx"))
    }
    assert len(groups) == 25
    behind = members(groups["fire2/expand3x3_1"])["fire3/squeeze1x1_1", 1]
    np.testing.assert_array_equal(behind.positions, np.arange(64, 128))
    assert behind.size == 128
    assert ("fire2/expand1x1_1", 0) not in members(groups["fire2/expand3x3_1"])


def test_every_position_belongs_to_one_group_at_most(tmp_path):
    for name in GRAPHS:
        seen = [
            (m.tensor, m.axis, int(p))
            for g in groups_of(name, tmp_path).values()
            for m in g.members
            for p in m.positions
        ]
        assert len(seen) == len(set(seen)) > 0


def test_depthwise_filters_go_with_their_channel(tmp_path):
    (group,) = groups_of("depthwise", tmp_path).values()
    np.testing.assert_array_equal(members(group)["d", 0].units, np.arange(24) // 2)


def test_the_same_channel_of_every_convolution_group_goes(tmp_path):
    groups = groups_of("grouped", tmp_path)
    assert {name: group.n_units for name, group in groups.items()} == {"a": 4, "g": 6, "t": 8}
    np.testing.assert_array_equal(members(groups["a"])["a", 0].units, np.arange(16) % 4)


@pytest.mark.parametrize(("name", "layer"), [("transformer", "q"), ("fused_heads", "qkv")])
def test_attention_loses_whole_heads(name, layer, tmp_path):
    heads = groups_of(name, tmp_path)[layer]
    assert (heads.n_units, heads.width) == (4, 8)
    np.testing.assert_array_equal(members(heads)[layer, 1].units, np.arange(members(heads)[layer, 1].size) // 8 % 4)
    np.testing.assert_array_equal(members(heads)["o", 0].units, np.arange(32) // 8)


def chain(tmp_path, *between, constants=None, hidden=6):
    """Two linear layers and what is put between `a` and `z`."""
    nodes = [node("MatMul", ["x", "w1"], ["a"], "first"), *between, node("MatMul", ["z", "w2"], ["y"], "second")]
    stored = {"w1": normal(3, hidden), "w2": normal(hidden, 2)} | (constants or {})
    return load_network(save(tmp_path / "chain.onnx", nodes, stored, {"x": [1, 3]}))


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "LayerNormalization"])
def test_an_axis_that_is_normalised_stays(operator, tmp_path):
    more = ["gain"] if operator == "LayerNormalization" else []
    network = chain(tmp_path, node(operator, ["a", *more], ["z"], axis=-1), constants={"gain": normal(6)})
    assert dependency_groups(network) == []


def test_unknown_operators_freeze_what_they_touch_and_are_listed(tmp_path):
    found = dependencies(chain(tmp_path, node("CumSum", ["a", "axis"], ["z"]), constants={"axis": np.int64(1)}))
    assert found.groups == ()
    assert found.unknown == {"CumSum": 1}


def test_operators_of_another_domain_are_not_taken_for_known_ones(tmp_path):
    from sparsesim.transforms.shrink.model import inferred, plain_model
    from sparsesim.transforms.shrink.operators import walk_through

    model = plain_model(chain(tmp_path, node("Relu", ["a"], ["z"])))
    model.graph.node[1].domain = "com.example"
    model.opset_import.add(domain="com.example", version=1)
    assert walk_through(inferred(model, None)).unknown["Relu"] == 1


def test_sums_over_channels_keep_them_all(tmp_path):
    between = [node("ReduceSum", ["a", "axes"], ["s"]), node("Sub", ["a", "s"], ["z"])]
    assert dependency_groups(chain(tmp_path, *between, constants={"axes": np.array([1])})) == []


def test_a_size_that_is_read_by_others_stays(tmp_path):
    between = [node("Shape", ["a"], ["shape"]), node("Reshape", ["a", "shape"], ["z"])]
    assert dependency_groups(chain(tmp_path, *between)) == []


def test_a_weight_that_two_layers_share_is_one(tmp_path):
    nodes = [
        node("MatMul", ["x", "w"], ["a"], "first"),
        node("Relu", ["a"], ["r"]),
        node("MatMul", ["r", "w"], ["b"], "next"),
    ]
    nodes.append(node("MatMul", ["b", "v"], ["y"], "last"))
    network = load_network(save(tmp_path / "tied.onnx", nodes, {"w": normal(4, 4), "v": normal(4, 2)}, {"x": [1, 4]}))
    assert dependency_groups(network) == []  # its inputs are those of the network, and its outputs are its inputs


def test_networks_without_graph_are_refused():
    with pytest.raises(InputError, match="has no ONNX graph"):
        dependency_groups(load_network("llama-7b"))
