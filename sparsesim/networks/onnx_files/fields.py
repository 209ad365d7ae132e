"""What the attributes of operators may say, whatever the sizes of their operands: types, words and ranges."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sparsesim.errors import InputError
from sparsesim.networks.onnx_files.operators import Operator, checked_as, node_name

if TYPE_CHECKING:
    from onnx import NodeProto

_LARGEST: Final = 2**31 - 1
"""Of a step, a padding or a kernel: sums of them with sizes stay within 64 bits."""


class _Rule(NamedTuple):
    allowed: str
    holds: Callable[[Any], bool]


def _whole(least: int) -> _Rule:
    return _Rule(f"a whole number from {least} to {_LARGEST} is needed", lambda value: _is_whole(value, least))


def _several(least: int) -> _Rule:
    return _Rule(
        f"whole numbers from {least} to {_LARGEST} are needed",
        lambda value: isinstance(value, list) and all(_is_whole(each, least) for each in value),
    )


def _words(*known: str) -> _Rule:
    return _Rule(f"one of {', '.join(known)} is needed", lambda value: value in known)


def _is_whole(value: object, least: int) -> bool:
    return isinstance(value, int) and least <= value <= _LARGEST


_FLAG: Final = _Rule("0 or 1 is needed", lambda value: isinstance(value, int) and value in (0, 1))
_WINDOW: Final = {
    "auto_pad": _words("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"),
    "dilations": _several(1),
    "kernel_shape": _several(1),
    "pads": _several(0),
    "strides": _several(1),
}
_POOL: Final = _WINDOW | {"ceil_mode": _FLAG}
_RULES: Final[dict[str, dict[str, _Rule]]] = {
    "conv": _WINDOW | {"group": _whole(1)},
    "conv_transpose": _WINDOW | {"group": _whole(1), "output_padding": _several(0), "output_shape": _several(1)},
    "product": dict.fromkeys(("transA", "transB", "transBatchA", "transBatchB"), _FLAG),
    "recurrent": {
        "direction": _words("forward", "reverse", "bidirectional"),
        "hidden_size": _whole(1),
        "layout": _FLAG,
    },
}
_OTHERS: Final = {
    **dict.fromkeys(("AveragePool", "LpPool", "MaxPool", "QLinearAveragePool"), _POOL),
    "GatherND": {"batch_dims": _whole(0)},  # ONNX reads outside of its memory for a negative one
}
"""Operators that are no layers, but whose sizes ONNX infers from attributes that it does not check."""


def check_fields(node: "NodeProto") -> None:
    """Raise InputError, with node, field and value, for an attribute that its operator cannot have."""
    kind = checked_as(node)
    rules = _RULES[kind.like] if kind is not None else _OTHERS.get(node.op_type, {})
    if not rules:
        return
    _check_number_of_inputs(node, kind)
    for attribute in node.attribute:
        if attribute.ref_attr_name:  # in functions: given by who calls
            continue
        rule = rules.get(attribute.name)
        value = _value(attribute) if rule is not None else None
        if rule is not None and not rule.holds(value):
            raise fault(node, attribute.name, value, rule.allowed)


def fault(node: "NodeProto", field: str, value: object, allowed: str) -> InputError:
    """What is wrong with a node, in one line: operator and name, field, value, and what is allowed."""
    shown = tuple(value) if isinstance(value, list) and field.startswith("input") else value
    return InputError(f"{node.op_type} {node_name(node)!r}: {field}: {shown}: {allowed}")


def _check_number_of_inputs(node: "NodeProto", kind: Operator | None) -> None:
    needed = max((*kind.operands, *(kind.scales or ()))) + 1 if kind is not None else 1
    if kind is not None and kind.like == "recurrent":
        needed = 3
    found = [name for name in node.input[:needed] if name]
    if len(found) < needed or not node.output:
        raise fault(node, "inputs", list(node.input), f"at least {needed} are needed, and an output")


def _value(attribute: Any) -> object:
    from onnx import helper

    value = helper.get_attribute_value(attribute) if attribute.type else None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value if isinstance(value, int | float | str) or value is None else list(value)
