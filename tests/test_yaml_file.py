"""Faults of a description: every one of them, in a line of one style."""

from typing import Annotated, Literal

import pytest
from pydantic import Field

from sparsesim.errors import FaultsError, InputError
from sparsesim.yaml_file import Description, load_description


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
