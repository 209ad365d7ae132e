"""Every number that a description may hold has bounds, and a truth value is none of them."""

import importlib
import math
import pkgutil
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

import sparsesim
from sparsesim import quantities
from sparsesim.yaml_file import Description

ALIASES = {name: found for name, found in vars(quantities).items() if hasattr(found, "__metadata__")}


def descriptions():
    """Every class of descriptions in the package."""
    for module in pkgutil.walk_packages(sparsesim.__path__, "sparsesim."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = [Description]
    for cls in found:
        found += [sub for sub in cls.__subclasses__() if sub not in found]
    return [cls for cls in found if cls.__module__.startswith("sparsesim.")]


def unbounded(schema, guarded=False, path=""):
    """Paths in a core schema of pydantic to numbers without bounds, or that take a truth value for a number.

    `guarded`: whether a validator before this one sees the value.
    """
    if isinstance(schema, list | tuple):
        return [fault for i, each in enumerate(schema) for fault in unbounded(each, guarded, f"{path}.{i}")]
    if not isinstance(schema, dict):
        return []
    kind = schema.get("type")
    if kind in ("int", "float"):
        ends = schema.keys() & {"gt", "ge"}, schema.keys() & {"lt", "le"}
        return [f"{path}: no bounds"] * (not all(ends)) + [f"{path}: yes is a number"] * (not guarded)
    # What is tried after another validator has seen the value, and alternatives that it has seen.
    guarded = kind == "function-before" or (guarded and kind in ("function-after", "nullable"))
    below = {key: value for key, value in schema.items() if key not in ("metadata", "serialization", "config")}
    return [
        fault
        for key, value in below.items()
        for fault in unbounded(value, guarded and key == "schema", f"{path}.{key}")
    ]


def test_every_number_of_every_description_has_bounds():
    found = descriptions()
    assert len(found) > 40
    faults = {cls: unbounded(cls.__pydantic_core_schema__) for cls in found}
    assert {f"{cls.__module__}.{cls.__name__}": places for cls, places in faults.items() if places} == {}


@pytest.mark.parametrize(
    "kind", [int, float, Annotated[int, Field(gt=0)], Annotated[int, Field(gt=0, le=9)], quantities.Count | float]
)
def test_a_number_without_bounds_would_be_found(kind):
    made = type("Made", (Description,), {"__annotations__": {"x": tuple[kind, ...]}, "__module__": __name__})
    assert unbounded(made.__pydantic_core_schema__)


NEVER = [True, False, None, math.nan, math.inf, -math.inf, 10**30, -(10**30), 2**63, "", "many", "1e400", "nan", [], {}]


@pytest.mark.parametrize("name", ALIASES)
def test_what_no_quantity_is(name):
    made = type("Made", (Description,), {"__annotations__": {"x": ALIASES[name]}, "__module__": __name__})
    for value in NEVER:
        with pytest.raises(ValidationError):
            made(x=value)


@pytest.mark.parametrize(
    ("name", "least", "below", "most", "beyond"),
    [
        ("Count", 1, 0, 2**20, 2**20 + 1),
        ("CountOrNone", 0, -1, 2**20, 2**20 + 1),
        ("LargeCount", 1, 0, 2**40, 2**40 + 1),
        ("Index", 0, -1, 2**63 - 1, 2**63),
        ("Sparsity", 0, -1e-9, 0.999, 1),
        ("Fraction", 1e-9, 0, 1, 1.000001),
        ("Share", 0, -1e-9, 1, 1.000001),
        ("PerCycle", 1e-6, 0, 2**20, 2**20 + 1),
        ("Cycles", 0, -1e-9, 1e9, 1e9 + 1),
        ("Hertz", 1, 0, 10**12, 10**12 + 1),
        ("BytesPerSecond", 1, 0, 10**16, 10**16 + 2),
        ("Nanoseconds", 0, -1e-9, 1e9, 1e9 + 1),
        ("Watts", 0, -1e-9, 1e6, 1e6 + 1),
        ("PositiveWatts", 1e-6, 0, 1e6, 1e6 + 1),
        ("Joules", 0, -1e-9, 1e9, 1e9 + 1),
        ("Picojoules", 0, -1e-9, 1e12, 1e12 + 1),
        ("Factor", 1e-9, 0, 1e9, 1e9 + 1),
        ("Positive", 1e-300, 0, 1e15, 1e15 + 1),
        ("NotNegative", 0, -1e-9, 1e15, 1e15 + 1),
        ("Figure", -1e15, -1e15 - 1, 1e15, 1e15 + 1),
        ("WholeFigure", -(2**53), -(2**53) - 1, 2**53, 2**53 + 1),
    ],
)
def test_the_first_and_the_last_value(name, least, below, most, beyond):
    made = type("Made", (Description,), {"__annotations__": {"x": ALIASES[name]}, "__module__": __name__})
    assert made(x=least).x == least
    assert made(x=most).x == most
    for value in (below, beyond):
        with pytest.raises(ValidationError):
            made(x=value)


@pytest.mark.parametrize("value", [True, "yes"])
def test_a_truth_value_is_named_as_one(value):
    made = type("Made", (Description,), {"__annotations__": {"x": quantities.Count}, "__module__": __name__})
    with pytest.raises(ValidationError, match="truth value" if value is True else "valid integer"):
        made(x=value)
