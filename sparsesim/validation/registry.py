"""The references by name."""

from typing import Final

from sparsesim.errors import UnknownNameError
from sparsesim.validation.deep_compression import DeepCompression
from sparsesim.validation.fp32_linear import Fp32Linear
from sparsesim.validation.llm_decoding import LlmDecoding
from sparsesim.validation.networks import Networks
from sparsesim.validation.reference import Reference
from sparsesim.validation.sparch import Sparch
from sparsesim.validation.sparseloop import Sparseloop
from sparsesim.validation.spmm import Spmm
from sparsesim.validation.tensor_core import TensorCores

REFERENCES: Final[dict[str, type[Reference]]] = {
    "networks": Networks,
    "deep-compression": DeepCompression,
    "sparch": Sparch,
    "sparseloop": Sparseloop,
    "spmm": Spmm,
    "llm-decoding": LlmDecoding,
    "tensor-core": TensorCores,
    "fp32-linear": Fp32Linear,
}


def reference_by_name(name: str) -> type[Reference]:
    """The reference; UnknownNameError if there is none of this name."""
    if name not in REFERENCES:
        raise UnknownNameError("reference", name, REFERENCES)
    return REFERENCES[name]
