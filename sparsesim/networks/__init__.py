"""Layers, networks, and the importers that read them from files and modules."""

from sparsesim.networks.architectures import ARCHITECTURES
from sparsesim.networks.arrays.files import read_arrays
from sparsesim.networks.arrays.layout import Layout
from sparsesim.networks.density import density_table
from sparsesim.networks.description import in_brief, in_full
from sparsesim.networks.export import write_network
from sparsesim.networks.layer import CONVOLUTIONS, Gemm, Kind, Layer
from sparsesim.networks.load import FOLDER, IMPORTERS, load_network, network_names
from sparsesim.networks.network import Network, WeightsOrigin
from sparsesim.networks.torch_modules.module import network_from_torch
from sparsesim.networks.weights import DISTRIBUTIONS, SyntheticWeights

__all__ = [
    "ARCHITECTURES",
    "CONVOLUTIONS",
    "DISTRIBUTIONS",
    "FOLDER",
    "IMPORTERS",
    "Gemm",
    "Kind",
    "Layer",
    "Layout",
    "Network",
    "SyntheticWeights",
    "WeightsOrigin",
    "density_table",
    "in_brief",
    "in_full",
    "load_network",
    "network_from_torch",
    "network_names",
    "read_arrays",
    "write_network",
]
