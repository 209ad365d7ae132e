"""The package that training needs and that nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sparsesim.errors import InputError


def torch_module() -> Any:
    """PyTorch; InputError with the extra to install where it is missing."""
    try:
        import torch
    except ImportError as error:
        raise InputError("training needs PyTorch: pip install 'sparsesim[torch]'") from error
    return torch


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread while inside, so that sums come out the same wherever they are computed."""
    torch = torch_module()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
