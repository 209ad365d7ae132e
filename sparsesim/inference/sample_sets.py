"""Sets of samples that travel with the package: each a file and, beside it, a YAML record of what it holds."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparsesim.inference.samples import prepare_samples
from sparsesim.inference.session import Inputs
from sparsesim.networks import read_arrays
from sparsesim.shipped import is_shipped_name, shipped_file, shipped_folder, shipped_names
from sparsesim.yaml_file import Description, load_description

_SHIPPED = "models/samples"


class SampleRecord(Description):
    """What a shipped set of samples holds.

    Attributes:
        name: what users call it.
        file: file name in the same folder.
        description: what the samples are, on one line.
        arrays: number type, shape and scaling of every array in the file, by name.
        source: publication, and which part of it.
        licence: under which it may be passed on.
    """

    name: str
    file: str
    description: str
    arrays: dict[str, str]
    source: str
    licence: str


class Samples(NamedTuple):
    """Images float32[n, channels, height, width] as networks read them, and their labels int64[n]."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


def sample_names() -> list[str]:
    """Names of the sets of samples that travel with the package."""
    return shipped_names(_SHIPPED, ".yaml")


def sample_record(name: str) -> SampleRecord:
    """What a shipped set of samples holds; UnknownNameError for any other name."""
    return load_description(shipped_file("set of samples", name, _SHIPPED, ".yaml"), SampleRecord)


def sample_file(name_or_path: str | Path) -> Path:
    """The file of a shipped set by its name, or the path itself; UnknownNameError for a name that is neither."""
    if not is_shipped_name(name_or_path):
        return Path(name_or_path)
    return shipped_folder(_SHIPPED) / sample_record(str(name_or_path)).file


def load_samples(name: str) -> Samples:
    """Images and labels of a shipped set, such as "digits"; UnknownNameError for any other name.

    >>> import numpy as np, sparsesim as ss
    >>> images, labels = ss.load_samples("digits")
    >>> images.shape, images.dtype.name, np.unique(labels).tolist()
    ((450, 1, 8, 8), 'float32', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    arrays: dict[str, Any] = read_arrays(shipped_folder(_SHIPPED) / sample_record(name).file)
    return Samples(prepare_samples(arrays["images"]), arrays["labels"].astype(np.int64))


def with_labels(inputs: Inputs | Samples | str, labels: ArrayLike | None = None) -> tuple[Inputs, ArrayLike | None]:
    """Inputs and labels as they are; of a shipped set, or one by its name, its images and, by default, its labels."""
    found = load_samples(inputs) if isinstance(inputs, str) else inputs
    if isinstance(found, Samples):
        return found.images, found.labels if labels is None else labels
    return found, labels
