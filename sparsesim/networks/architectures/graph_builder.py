"""Builds an ONNX graph node by node around the arrays of a file."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparsesim.errors import InputError
from sparsesim.networks.arrays.names import NamedArrays

if TYPE_CHECKING:
    from onnx import ModelProto

_OPSET, _IR_VERSION = 17, 8


class GraphBuilder:
    """Nodes and float32 constants of a graph with one input of an open batch.

    Attributes:
        input_shape: one sample.
        output: name of the tensor that was added last.
        other_params: number of parameters that no layer holds, by what they are.
    """

    def __init__(self, arrays: NamedArrays, input_shape: tuple[int, ...]) -> None:
        try:
            from onnx import helper
        except ImportError as error:
            raise InputError("an architecture needs the onnx package: pip install onnx") from error
        self._helper = helper
        self._arrays = arrays
        self._nodes: list[Any] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self.input_shape = input_shape
        self.output = "input"
        self.other_params: dict[str, int] = {}

    def node(self, kind: str, inputs: list[str], output: str, name: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        self._nodes.append(self._helper.make_node(kind, inputs, [output], name or output, **attributes))
        self.output = output
        return output

    def stored(self, key: str) -> str:
        """The array of the file under this key, as a constant of the same name; InputError where it is missing."""
        if key not in self._arrays:
            raise InputError(f"the file has no array {key!r}")
        return self.constant(key, self._arrays[key].astype(np.float32))

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant and return its name."""
        self._constants[name] = value
        return name

    def count_other(self, kind: str, keys: list[str]) -> None:
        """Count arrays of the file as parameters that no layer holds."""
        self.other_params[kind] = self.other_params.get(kind, 0) + sum(self._arrays[key].size for key in keys)

    def check_all_used(self) -> None:
        """Raise InputError if the graph leaves out values of the file: then it is another network."""
        stored = sum(array.size for array in self._arrays.values())
        used = sum(value.size for value in self._constants.values() if value.dtype == np.float32)
        if used != stored:
            raise InputError(f"the file holds {stored} values, the architecture has a place for {used} of them")

    def model(self, name: str) -> "ModelProto":
        """The checked model; InputError where the arrays do not fit together."""
        from onnx import TensorProto, checker, numpy_helper

        helper = self._helper
        given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *self.input_shape])
        result = helper.make_tensor_value_info(self.output, TensorProto.FLOAT, ["batch", "outputs"])
        constants = [numpy_helper.from_array(value, key) for key, value in self._constants.items()]
        graph = helper.make_graph(self._nodes, name, [given], [result], constants)
        opset = [helper.make_opsetid("", _OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=_IR_VERSION, producer_name="sparsesim")
        try:
            checker.check_model(model, full_check=True)
        except Exception as error:  # the C++ side raises several kinds
            raise InputError(f"the arrays do not fit this architecture: {' '.join(str(error).split())}") from error
        return model
