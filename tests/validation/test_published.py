import pytest

from sparsesim.errors import InputError, UnknownNameError
from sparsesim.validation.published import PublishedValues, load_published


class Times(PublishedValues):
    times: dict[str, float]


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """Writes the shipped file of a reference."""
    path = tmp_path / "times.yaml"
    monkeypatch.setattr("sparsesim.validation.published.shipped_file", lambda *wanted: path)

    def write(text):
        path.write_text(text)
        return path

    return write


def test_values_and_notes_are_read(shipped):
    shipped("name: times\nnotes: {host: 'host: {us:.1f} us'}\ntimes: {one: 1.5}\n")
    values = load_published("times", Times)
    assert (values.times, values.notes) == ({"one": 1.5}, {"host": "host: {us:.1f} us"})
    assert (values.wanted, values.origin) == ("", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: times\nnotes: {}\ntimes: {one: .nan}\n", r"line 3: times\.one: .*finite"),
        ("name: times\nnotes: {}\ntimes: {one: .inf}\n", r"line 3: times\.one: .*finite"),
        ("name: times\nnotes: {}\ntimes: {}\ntmies: {}\n", "line 4: tmies: unknown field, did you mean times"),
        ("name: times\ntimes: {}\n", "notes: this field is required"),
        (
            "name: times\nnotes:\n  host: 'host: {0}'\ntimes: {}\n",
            r"line 3: notes\.host: 'host: \{0\}': a placeholder is a name",
        ),
        ("name: tines\nnotes: {}\ntimes: {}\n", "name: times is needed, found 'tines'"),
    ],
)
def test_a_fault_is_one_line_with_file_and_field(shipped, text, message):
    path = shipped(text)
    with pytest.raises(InputError, match=message) as caught:
        load_published("times", Times)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean sparch"):
        load_published("sparhc", Times)
