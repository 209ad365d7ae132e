"""What an ONNX file asks for is known before it is taken; what it cannot mean is refused with its place."""

import re
import time

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.limits import memory_budget
from sparsesim.networks import load_network
from tests.networks.onnx_models import TensorProto, helper, normal, numpy_helper, onnx, save

node = helper.make_node


def plain(path, size=(1, 6), shape=(6, 4)):
    return save(path, [node("MatMul", ["x", "w"], ["y"], "fc")], {"w": normal(*shape)}, {"x": list(size)})


def changed(path, change):
    model = onnx.load(path, load_external_data=False)
    change(model)
    onnx.save(model, path)
    return path


def refused(path, message, **options):
    begin = time.monotonic()
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        load_network(path, **options)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - begin < 10
    return str(caught.value)


def field(number, content):
    """A field of a serialised message, as long as its content."""
    length, digits = len(content), b""
    while length > 127:
        digits, length = digits + bytes([length & 127 | 128]), length >> 7
    return bytes([number << 3 | 2]) + digits + bytes([length]) + content


def of(tensor, **fields):
    """Set fields of a tensor; lists replace."""
    for name, value in fields.items():
        tensor.ClearField(name)
        getattr(tensor, name).extend(value) if isinstance(value, list) else setattr(tensor, name, value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"dims": [6, 5]}, "initializer 'w': dims: [6, 5]: they need 120 bytes, the file holds 96"),
        ({"dims": [2**20, 2**20]}, f"dims: [{2**20}, {2**20}]: they need {2**42} bytes, the file holds 96"),
        ({"dims": [2**40, 2**40]}, "initializer 'w': dims: 1099511627776 x 1099511627776 is more than"),
        ({"dims": [-6, -4]}, "initializer 'w': dims: [-6, -4]: sizes from 0 up"),
        ({"data_type": 99}, "initializer 'w': data_type: 99: not a type"),
        ({"data_type": 0}, "initializer 'w': data_type: 0: not a type"),
        ({"data_type": TensorProto.INT4}, "initializer 'w': dims: [6, 4]: they need 12 bytes, the file holds 96"),
        ({"data_type": TensorProto.STRING}, "initializer 'w': data_type: STRING"),
    ],
)
def test_a_tensor_holds_what_it_says(fields, message, tmp_path):
    refused(changed(plain(tmp_path / "a.onnx"), lambda model: of(model.graph.initializer[0], **fields)), message)


def test_what_nothing_reads_is_checked_as_well(tmp_path):
    def add(model):
        model.graph.initializer.append(TensorProto(name="left", data_type=1, dims=[2**30], float_data=[1.0]))

    path = changed(plain(tmp_path / "a.onnx"), add)
    refused(path, f"initializer 'left': dims: [{2**30}]: they need {2**30} values, the file holds 1")


def test_values_may_lie_in_typed_fields(tmp_path):
    def retype(model):
        values = numpy_helper.to_array(model.graph.initializer[0])
        model.graph.initializer[0].CopyFrom(helper.make_tensor("w", 1, [6, 4], values.ravel().tolist()))

    path = changed(plain(tmp_path / "a.onnx"), retype)
    assert np.array_equal(load_network(path).layers[0].weight(), normal(6, 4).T)


def test_an_input_and_an_initializer_of_one_name_agree(tmp_path):
    path = changed(
        plain(tmp_path / "a.onnx", shape=(6, 400), size=(1, 6)),
        lambda model: model.graph.input.append(helper.make_tensor_value_info("w", 1, [5, 400])),
    )
    refused(path, "initializer 'w': dims: [6, 400]: the input of the same name is [5, 400]")


def external(path, **entries):
    """The weights of `plain` in a file beside it, with these entries instead of the right ones."""
    values = normal(6, 4)
    (path.parent / "values.bin").write_bytes(bytes(8) + values.tobytes())

    def move(model):
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in ({"location": "values.bin", "offset": "8", "length": "96"} | entries).items():
            if value is not None:
                tensor.external_data.add(key=key, value=value)

    return changed(plain(path), move)


@pytest.mark.parametrize("entries", [{}, {"length": None}])
def test_external_values_are_read(entries, tmp_path):
    layer = load_network(external(tmp_path / "a.onnx", **entries)).layers[0]
    assert np.array_equal(layer.weight(), normal(6, 4).T)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"location": "../values.bin"}, "initializer 'w': location: '../values.bin': it must lie in the folder"),
        ({"location": "/etc/hostname"}, "initializer 'w': location: '/etc/hostname': it must lie in the folder"),
        ({"location": "link.bin"}, "initializer 'w': location: 'link.bin': it must lie in the folder"),
        ({"location": "none.bin"}, "initializer 'w': location: 'none.bin': no such file"),
        ({"location": "."}, "initializer 'w': location: '.': no such file"),
        ({"location": "a\0b"}, "initializer 'w': location: 'a\\x00b': not a name of a file"),
        ({"location": "x" * 5000}, "initializer 'w': location: "),
        ({"offset": "9"}, "initializer 'w': offset: 9: 96 bytes from there end behind the 104 of values.bin"),
        ({"offset": "-1"}, "initializer 'w': offset: '-1': a whole number from 0 up"),
        ({"offset": "1" * 6000}, "initializer 'w': offset: '1111"),
        ({"length": "95"}, "initializer 'w': length: 95: its dims [6, 4] need 96 bytes"),
        ({"length": str(2**60)}, f"initializer 'w': length: {2**60}: its dims [6, 4] need 96 bytes"),
        ({"length": "all"}, "initializer 'w': length: 'all': a whole number from 0 up"),
    ],
)
def test_external_values_outside_of_file_or_folder_are_refused(entries, message, tmp_path):
    folder = tmp_path / "inner"
    folder.mkdir()
    (tmp_path / "values.bin").write_bytes(bytes(200))
    (folder / "link.bin").symlink_to(tmp_path / "values.bin")
    refused(external(folder / "a.onnx", **entries), message)


def test_external_values_need_memory(tmp_path):
    with memory_budget(20_000):
        assert load_network(external(tmp_path / "a.onnx")).n_params == 24
    large = external(tmp_path / "a.onnx", length=None)
    with (tmp_path / "values.bin").open("wb") as file:
        file.truncate(2**40)  # a hole, which takes no room
    changed(large, lambda model: of(model.graph.initializer[0], dims=[2**20, 2**16]))
    refused(large, "what the ONNX file stores as external data needs 275 GB of memory, more than the")


def test_files_need_memory(tmp_path):
    path = plain(tmp_path / "a.onnx", size=(1, 100), shape=(100, 100))
    with memory_budget(50_000):
        refused(path, "the ONNX file needs 80")
    assert load_network(path).n_params == 10_000
    path.write_bytes(field(7, field(1, b"") * 1_000_000))  # empty nodes
    with memory_budget(100_000_000):
        refused(path, "the parsed ONNX file needs 202 MB of memory, more than the 100 MB")


def test_files_end_at_two_gigabytes(tmp_path):
    path = tmp_path / "a.onnx"
    with path.open("wb") as file:
        file.truncate(2**31)
    refused(path, "2147483648 bytes: ONNX files end at 2 GB; save the weights as external data")


@pytest.mark.parametrize(
    ("indices", "dims", "message"),
    [
        ([1, 6], [3, 2], ": indices: 6: it lies outside of (3, 2)"),
        ([-1, 5], [3, 2], ": indices: -1: it lies outside of (3, 2)"),
        ([5, 1], [3, 2], ": indices: they must ascend"),
        ([1, 1], [3, 2], ": indices: they must ascend"),
        ([1], [3, 2], ": values: [2]: one for each of the 1 indices"),
        ([[0, 1], [2, 2]], [3, 2], ": indices: 2: it lies outside of (3, 2)"),
        ([[0, 1, 0], [2, 0, 0]], [3, 2], ": indices: int64[2, 3]: int64[values]"),
        ([1, 5], [3, 2**37], "sparse tensor 'w' of (3, 137438953472) needs 1.65 TB of memory"),
        ([1, 5], [3, 2**62], ": dims: 3 x 4.61e+18 is more than"),
        ([1, 5], [3, -2], ": dims: [3, -2]: sizes from 0 up"),
    ],
)
@pytest.mark.parametrize("inside", ["initializer", "node"])
def test_sparse_tensors_lie_within_their_dims(indices, dims, message, inside, tmp_path):
    values = numpy_helper.from_array(np.array([5.0, 7.0], np.float32), "w")
    sparse = onnx.SparseTensorProto(values=values, indices=numpy_helper.from_array(np.array(indices)), dims=dims)
    constant = [node("Constant", [], ["w"], sparse_value=sparse)] if inside == "node" else []
    path = save(tmp_path / "a.onnx", [*constant, node("MatMul", ["x", "w"], ["y"], "fc")], {}, {"x": [1, 3]})
    if not constant:
        changed(path, lambda model: model.graph.sparse_initializer.append(sparse))
    refused(path, message)


def test_a_sparse_constant_is_a_weight(tmp_path):
    values = numpy_helper.from_array(np.array([5.0, 7.0], np.float32), "w")
    sparse = helper.make_sparse_tensor(values, numpy_helper.from_array(np.array([1, 5])), [3, 2])
    nodes = [node("Constant", [], ["w"], sparse_value=sparse), node("MatMul", ["x", "w"], ["y"], "fc")]
    layer = load_network(save(tmp_path / "a.onnx", nodes, {}, {"x": [1, 3]})).layer("fc")
    assert layer.kind == "linear"
    assert np.array_equal(layer.weight(), [[0, 0, 0], [5, 0, 7]])


@pytest.mark.parametrize(
    ("opsets", "message"),
    [
        ([("", 9999)], "opset_import: ai.onnx 9999: the installed onnx knows the versions 1 to"),
        ([("", 0)], "opset_import: ai.onnx 0: "),
        ([("", -3)], "opset_import: ai.onnx -3: "),
        ([("", 17), ("ai.onnx", 12)], "opset_import: ai.onnx 12: this domain has a version already"),
    ],
)
def test_versions_of_operators_are_known(opsets, message, tmp_path):
    def change(model):
        del model.opset_import[:]
        model.opset_import.extend(helper.make_opsetid(*opset) for opset in opsets)

    refused(changed(plain(tmp_path / "a.onnx"), change), message)


def function(name, called, domain="own"):
    """`called` one behind the other."""
    nodes = [
        node(op, [f"t{i}" if i else "a"], [f"t{i + 1}" if i + 1 < len(called) else "b"], domain=where)
        for i, (op, where) in enumerate(called)
    ]
    return helper.make_function(
        domain, name, ["a"], ["b"], nodes, [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    )


def with_functions(path, *functions):
    nodes = [node("F0", ["x"], ["h"], "call", domain="own"), node("MatMul", ["h", "w"], ["y"], "fc")]
    save(path, nodes, {"w": normal(6, 4)}, {"x": [1, 6]}, value_info=[("h", [1, 6])], domains=["own"])
    return changed(path, lambda model: model.functions.extend(functions))


def test_functions_are_counted_before_they_are_followed(tmp_path):
    doubling = [function(f"F{i}", [(f"F{i + 1}", "own")] * 2) for i in range(40)]
    path = with_functions(tmp_path / "a.onnx", *doubling, function("F40", [("Relu", "")]))
    refused(path, "nodes: at most 200000 are read")
    path = with_functions(tmp_path / "a.onnx", function("F0", [("F1", "own")]), function("F1", [("F0", "own")]))
    refused(path, "it calls itself")
    path = with_functions(tmp_path / "a.onnx", function("Relu", [("Tanh", "")], domain=""))
    refused(path, "function 'Relu': domain: '': only ONNX itself")
    path = with_functions(tmp_path / "a.onnx", function("F0", [("Relu", "")] * 3))
    assert load_network(path).notes == ""


def test_layers_in_functions_are_said_to_be_missing(tmp_path):
    inner = helper.make_function(
        "own", "F1", ["a"], ["b"], [node("MatMul", ["a", "a"], ["b"])], [helper.make_opsetid("", 17)]
    )
    path = with_functions(tmp_path / "a.onnx", function("F0", [("Relu", ""), ("F1", "own")]), inner)
    assert load_network(path, input_shape=(6, 6)).notes == "not counted: 1 F0"


def test_a_graph_of_too_many_nodes_is_refused_in_time(tmp_path):
    graph = onnx.GraphProto(name="long", node=[node("Relu", ["a"], ["b"])]).SerializeToString() * 200_001
    model = helper.make_model(onnx.GraphProto(), opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (tmp_path / "a.onnx").write_bytes(model.SerializeToString() + field(7, graph))
    refused(tmp_path / "a.onnx", "graph: 200001 nodes: at most 200000 are read")


def test_values_that_double_at_every_node_are_not_followed(tmp_path):
    nodes = [node("Shape", ["x"], ["s0"])]
    nodes += [node("Concat", [f"s{i}"] * 2, [f"s{i + 1}"], axis=0) for i in range(40)]
    nodes += [node("MatMul", ["x", "w"], ["y"], "fc")]
    path = save(tmp_path / "a.onnx", nodes, {"w": normal(6, 4)}, {"x": [1, 6]})
    begin = time.monotonic()
    assert load_network(path).macs == 24
    assert time.monotonic() - begin < 10


def test_constants_behind_long_chains(tmp_path):
    def chain(length, first):
        nodes = [node("Identity", [first if i == 0 else f"t{i}"], [f"t{i + 1}"]) for i in range(length)]
        last = ["x", f"t{length}"] if first == "w" else [f"t{length}", "w"]
        return save(
            tmp_path / "a.onnx", [*nodes, node("MatMul", last, ["y"], "fc")], {"w": normal(6, 4)}, {"x": [1, 6]}
        )

    assert load_network(chain(60, "w")).layer("fc").kind == "linear"
    assert load_network(chain(5000, "x")).layer("fc").kind == "linear"
    refused(chain(5000, "w"), "it is read through more than 100 nodes")


@pytest.mark.parametrize("depth", [40, 2000])
def test_deeply_nested_graphs_end_in_one_line(depth, tmp_path):
    graph = b""
    for _ in range(depth):
        graph = field(1, field(5, field(6, graph)))  # the graph of an attribute of a node
    (tmp_path / "a.onnx").write_bytes(field(7, graph))
    refused(tmp_path / "a.onnx", "not a readable ONNX file")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((10**30, 6), "input_shape: 1e+30 x 6 is more than the 9.22e+18 that can be counted"),
        ((2**40, 2**40), "input_shape: 1099511627776 x 1099511627776 is more than"),
        ((0, 6), "input_shape: 0: whole numbers from 1 up"),
        ((-1, 6), "input_shape: -1: whole numbers from 1 up"),
        ((1, 6.0), "input_shape: 6.0: whole numbers from 1 up"),
        ((True, 6), "input_shape: True: whole numbers from 1 up"),
        (("1", 6), "input_shape: '1': whole numbers from 1 up"),
    ],
)
def test_sizes_of_inputs_can_be_counted(shape, message, tmp_path):
    refused(plain(tmp_path / "a.onnx", size=("N", 6)), message, input_shape=shape)


def test_sizes_in_files_can_be_counted(tmp_path):
    path = plain(tmp_path / "a.onnx", size=(1, 2**40, 2**40, 6))
    refused(path, "input 'x': 1 x 1099511627776 x 1099511627776 x 6 is more than")
    nodes = [node("Expand", ["x", "s"], ["h"], "grow"), node("MatMul", ["h", "w"], ["y"], "fc")]
    constants = {"w": normal(6, 4), "s": np.array([2**40, 2**40, 6])}
    path = save(tmp_path / "b.onnx", nodes, constants, {"x": [1, 6]})
    refused(path, "Expand 'grow': output 'h': 1099511627776 x 1099511627776 x 6 is more than")
