import pytest

from sparsesim.errors import InputError
from sparsesim.validation.notes import checked_template, render_notes

NOTES = {"plain": "as it is", "error": "{card}: mean error {error:.1f} %", "last": "the last"}


def test_a_note_is_printed_once_for_every_mapping_of_figures():
    figures = {"error": [{"card": "one", "error": 1.25}, {"card": "two", "error": -3}]}
    lines = ["as it is", "one: mean error 1.2 %", "two: mean error -3.0 %", "the last"]
    assert render_notes("test", NOTES, figures) == lines


def test_a_note_that_does_not_apply_is_left_out():
    assert render_notes("test", NOTES, {"error": [], "taken out of the file": [{"card": "one"}]}) == [
        "as it is",
        "the last",
    ]


@pytest.mark.parametrize(
    ("figures", "message"),
    [
        ({"error": [{"card": "one"}]}, r"test\.yaml: notes\.error: unknown placeholder \{error\}, known: card"),
        ({}, r"test\.yaml: notes\.error: unknown placeholder \{card\}, this note has no figures"),
        ({"error": [{"card": "one", "error": "big"}]}, r"test\.yaml: notes\.error: .*'f'"),
    ],
)
def test_a_placeholder_that_cannot_be_filled_is_named(figures, message):
    with pytest.raises(InputError, match=message):
        render_notes("test", NOTES, figures)


def test_braces_may_be_doubled():
    assert checked_template("{{x}} of {y:.1f}") == "{{x}} of {y:.1f}"


@pytest.mark.parametrize("text", ["{0}", "{}", "{error.real}", "{errors[0]}", "{error!r}", "{error", "two\nlines"])
def test_other_templates_are_refused(text):
    with pytest.raises(ValueError, match=r"placeholder|one line|expected"):
        checked_template(text)
