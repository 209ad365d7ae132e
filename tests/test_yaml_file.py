"""Faults of a description: every one of them, in a line of one style."""

from typing import Annotated, Literal

import pytest
from pydantic import BeforeValidator, Field, model_validator

from sparsesim.errors import FaultsError, InputError
from sparsesim.yaml_file import Description, load_description, validated


class Part(Description):
    width: Annotated[int, Field(gt=0)]
    kinds: tuple[Annotated[str, Field(pattern="^[a-z]+$")], ...] = Field(default=("a",), min_length=1)


class Whole(Description):
    name: str
    part: Part
    density: Annotated[float, Field(gt=0, le=1)] | Literal["published"] = 1.0


@pytest.fixture
def faults(tmp_path):
    """Reads a description that is faulty; the lines that it is refused with, without the path they all begin with."""
    path = tmp_path / "whole.yaml"

    def read(text):
        path.write_text(text)
        with pytest.raises(FaultsError) as caught:
            load_description(path, Whole)
        lines = str(caught.value).splitlines()
        assert tuple(lines) == caught.value.faults
        assert all(line.startswith(f"{path}: line ") for line in lines)
        return [line.removeprefix(f"{path}: ") for line in lines]

    return read


def test_every_fault_has_a_line_with_its_place_value_and_what_is_allowed(faults):
    assert faults("part: {width: 0}\nnme: x\ncolour: red\ndensity: 7\n") == [
        "line 1: part.width: 0: must be greater than 0",
        "line 2: nme: unknown field, did you mean name?",
        "line 3: colour: unknown field",
        "line 4: density: 7: must be less than or equal to 1, or must be 'published'",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("name: x\npart: {}\n", ["line 2: part.width: this field is required"]),
        ("part: {width: 1}\n", ["line 1: name: this field is required"]),
        ("name: x\npart: {width: many}\n", ["line 2: part.width: 'many': must be a valid integer"]),
        ("name: x\npart: {width: 1, kinds: []}\n", ["line 2: part.kinds: must have at least 1 item"]),
        # that the list is too short then follows from its item
        ("name: x\npart: {width: 1, kinds: [B]}\n", ["line 2: part.kinds.0: 'B': must match pattern '^[a-z]+$'"]),
    ],
)
def test_one_fault_is_one_line(faults, text, lines):
    assert faults(text) == lines


def test_a_missing_file_and_one_that_is_no_mapping_are_named(tmp_path):
    path = tmp_path / "list.yaml"
    with pytest.raises(InputError) as caught:
        load_description(path, Whole)
    assert str(caught.value) == f"{path}: no such file"
    path.write_text("[1]")
    with pytest.raises(InputError, match=r"list\.yaml: a mapping of fields is needed, found list"):
        load_description(path, Whole)


def test_values_of_any_length_make_short_lines():
    for value, shown in ((10**5000, "a number of 5000 digits"), (-(10**5000), "a number of 5000 digits")):
        given = {"name": "x", "part": {"width": 1}, "density": value}
        with pytest.raises(FaultsError) as caught:
            validated(given, given, Whole)
        assert str(caught.value).startswith(f"density: {shown}: must be ")
    given = {"name": "x", "part": {"width": "9" * 9999}}
    with pytest.raises(FaultsError) as caught:
        validated(given, given, Whole)
    assert str(caught.value).startswith("part.width: '999")
    assert len(str(caught.value)) < 400


def test_a_fault_of_the_whole_has_no_empty_place():
    class Contradiction(Description):
        a: str = ""

        @model_validator(mode="after")
        def _never(self):
            raise ValueError("a: never right")

    with pytest.raises(FaultsError) as caught:
        validated({}, {}, Contradiction)
    assert str(caught.value) == "a: never right"


@pytest.mark.parametrize(("ancestor", "place"), [("part: {width: 0}", 1), ("name: y\n\npart: {width: 0}", 3)])
def test_a_fault_that_was_inherited_is_named_where_it_is(tmp_path, ancestor, place):
    mine, base = tmp_path / "mine.yaml", tmp_path / "base.yaml"
    mine.write_text("based_on: base.yaml\nname: x\n")
    base.write_text(ancestor)
    with pytest.raises(FaultsError) as caught:
        validated(mine, {"name": "x", "part": {"width": 0}}, Whole, [base])
    assert str(caught.value) == f"{base}: line {place}: part.width: 0: must be greater than 0"


def test_null_is_shown_as_it_is_written(faults):
    assert faults("name: x\npart: {width: null}\n") == ["line 2: part.width: null: must be a valid integer"]


class Outer(Description):
    inner: Annotated[Part, BeforeValidator(lambda given: load_description(given, Part))]


def test_every_fault_of_a_description_within_another_has_a_line_of_its_own(tmp_path):
    path = tmp_path / "whole.yaml"
    path.write_text("inner: {width: x, height: 2}\n")
    with pytest.raises(FaultsError) as caught:
        load_description(path, Outer)
    assert caught.value.faults == (
        f"{path}: line 1: inner: width: 'x': must be a valid integer",
        f"{path}: line 1: inner: height: unknown field",
    )


def test_an_unknown_field_is_not_told_to_be_itself(tmp_path):
    """`width` is known elsewhere."""
    path = tmp_path / "whole.yaml"
    path.write_text("inner: {width: 1}\nwidth: 2\n")
    with pytest.raises(FaultsError, match=r"line 2: width: unknown field$"):
        load_description(path, Outer)
