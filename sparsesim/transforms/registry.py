"""The ways to change a network, and how a name becomes one."""

from collections.abc import Iterable
from typing import Any, Final

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.pruning import PRUNERS, Pruner
from sparsesim.several import several
from sparsesim.transforms.deep_compression.method import DeepCompression
from sparsesim.transforms.low_rank.method import LowRankFactors
from sparsesim.transforms.mask import Mask
from sparsesim.transforms.merge.method import Merge
from sparsesim.transforms.method import Method
from sparsesim.transforms.permute.method import Permute
from sparsesim.transforms.quantise.method import Quantise
from sparsesim.transforms.shrink.method import Shrink
from sparsesim.transforms.sparse_gpt.method import SparseGPT

AT: Final = "@"
"""Between the name of a method and its sparsity."""

METHODS: Final[dict[str, type[Method]]] = {
    "mask": Mask,
    "sparse-gpt": SparseGPT,
    "permute": Permute,
    "merge": Merge,
    "shrink": Shrink,
    "quantise": Quantise,
    "low-rank": LowRankFactors,
    "deep-compression": DeepCompression,
}


def method_by_name(text: str, sparsity: float | None = None, **amounts: Any) -> Method:
    """The method that a user calls `text`: any pruner, "published", or one of the `forms` of METHODS.

    `sparsity` in [0, 1) is the share of weights or channels to drop, where the name does not fix it; `amounts` are
    further options by the names of the method's fields, those of `pruner_by_name` for masks. None counts as not given.
    Raises UnknownNameError for an unknown name, InputError for an option that is missing, out of range or not known.

    >>> import sparsesim as ss
    >>> method = ss.method_by_name("sparse-gpt-2:4")
    >>> method.asked_sparsity, method.needs
    (0.5, 'inputs')
    >>> ss.method_by_name("int8").applied(ss.load_network("digits-cnn")).stored_dtype
    'int8'
    """
    given = {name: value for name, value in {"sparsity": sparsity, **amounts}.items() if value is not None}
    return _kind(text).named(text, given)


def takes_sparsity(text: str) -> bool:
    """Whether the method of this name cannot do without a sparsity. Raises UnknownNameError."""
    return _kind(text).takes_sparsity(text)


def as_method(given: Method | Pruner | str) -> Method:
    """A method as it is, the mask of a pruner, or the method of a name, where it needs one with the sparsity behind @.

    Raises InputError and UnknownNameError as `method_by_name` does, and InputError for any other object.
    """
    if isinstance(given, Method):
        return given
    if isinstance(given, Pruner):
        return Mask(given)
    if not isinstance(given, str):
        raise InputError(f"a pruner, a method or the name of one is needed, found {type(given).__name__}")
    name, at, amount = given.partition(AT)
    if not at and takes_sparsity(name):
        raise InputError(f"{given!r}: a sparsity is needed, such as {name}{AT}0.9")
    try:
        sparsity = float(amount) if at else None
    except ValueError as error:
        raise InputError(f"{given!r}: {amount!r} is no sparsity; write {name}{AT}0.9") from error
    return method_by_name(name, sparsity)


def as_methods(given: Method | Pruner | str | Iterable[Method | Pruner | str]) -> list[Method]:
    """One or several methods, each as `as_method` takes it; what is given twice is there once.

    Raises InputError for none at all, and for different ones with one label, which results could not tell apart.
    """
    found: dict[tuple[str, float | None], Method] = {}
    for method in map(as_method, several(given)):
        if found.setdefault((method.label, method.asked_sparsity), method) != method:
            raise InputError(f"pruners: two different ones are called {method.label!r}; give one another name")
    if not found:
        raise InputError("pruners: at least one is needed")
    return list(found.values())


def described_method(text: str) -> dict[str, str]:
    """A form of a method as `forms` writes it, a pruner of PRUNERS or any full name, with its description.

    Raises UnknownNameError.
    """
    if text in PRUNERS:
        family = PRUNERS[text]
        return {"name": family.syntax, "description": family.description, "needs": family.amount}
    for method in METHODS.values():
        if text in method.forms:
            return {"name": text, "description": method.forms[text]}
    found = method_by_name(text, 0.5 if takes_sparsity(text) else None)
    return {"name": found.name, "description": found.describe()}


def _kind(text: str) -> type[Method]:
    for kind in METHODS.values():
        if kind.is_named(text):
            return kind
    raise UnknownNameError("pruner", text, [example for kind in METHODS.values() for example in kind.examples])
