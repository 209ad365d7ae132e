"""The weights of a layer as operand A, drawn only where their values or positions are needed."""

from sparsesim.networks import CONVOLUTIONS, Layer, SyntheticWeights
from sparsesim.tensors import DenseMatrix, Tensor, tensor_from_array


def weight_tensor(layer: Layer) -> Tensor:
    """Operand A of a layer, [rows, K] as `Layer.weight_matrix` has it.

    Synthetic weights contain no zeros: while nothing is pruned, they are drawn when somebody asks for values.
    """
    if layer.mask is None and isinstance(layer.source, SyntheticWeights):
        return DenseMatrix(matrix_shape(layer), draw=layer.weight_matrix)
    return tensor_from_array(layer.weight_matrix())


def matrix_shape(layer: Layer) -> tuple[int, int]:
    """Shape of `Layer.weight_matrix`, without making it."""
    gemm = layer.gemm
    independent = layer.groups if layer.kind in CONVOLUTIONS else 1
    return gemm.M * independent, gemm.K
