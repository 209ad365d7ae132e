"""Taylor: weights by what the loss would change without them."""

import numpy as np

from sparsesim.array_types import FloatArray
from sparsesim.pruning.criteria.criterion import Criterion, Data
from sparsesim.pruning.criteria.data_checks import numbers_like_weight


def taylor(weight: FloatArray, data: Data, layer: str) -> FloatArray:
    """(w g)**2 with the gradient g of the loss: what the loss changes by without w, to first order, in float64.

    P. Molchanov et al., Importance Estimation for Neural Network Pruning, CVPR 2019, equation 8. `data` is the
    gradient, of the shape of the weight.
    """
    gradient = numbers_like_weight("gradient", data, weight, layer)
    with np.errstate(over="ignore"):  # infinity ranks first, as it should
        return np.square(weight * gradient)


TAYLOR = Criterion("taylor", "sum of (w x gradient)**2", needs="gradient", importance=taylor)
