"""Where a command will write is tried before any work; what was there stays, and what was not is not there after."""

import pytest
from typer.testing import CliRunner

from sparsesim.cli.app import app
from sparsesim.cli.destinations import PICTURES, check_file, check_folder
from sparsesim.errors import InputError


def refused(*words):
    found = CliRunner().invoke(app, [str(word) for word in words])
    assert isinstance(found.exception, InputError), (found.output, found.exception)
    return str(found.exception)


@pytest.fixture
def idle(monkeypatch):
    """Nothing is read, simulated or evaluated."""

    def work(*args, **options):
        raise AssertionError("work was done")

    for module in ("grid", "tradeoff", "sensitivity", "compress"):
        for name in ("resolved", "load_network", "prepare"):
            monkeypatch.setattr(f"sparsesim.cli.{module}.{name}", work, raising=False)


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("words", "option"),
    [
        (("tradeoff", "digits-cnn", "-i", "digits", "-p", "2:4", "-m", "titan-x"), "--output"),
        (("sensitivity", "digits-cnn", "-i", "digits"), "--output"),
        (("sensitivity", "digits-cnn", "-i", "digits"), "--plot"),
        (("compress", "digits-cnn", "--method", "int8"), "--output"),
        (("compare", "digits-cnn", "-m", "titan-x"), "--layers-csv"),
    ],
)
def test_commands_refuse_files_that_they_cannot_write(words, option, tmp_path):
    odd, file = tmp_path / "x.exe", tmp_path / "file"
    file.write_text("no folder")
    message = refused(*words, option, odd)
    assert message.startswith(f"{option}: {odd}: a name that ends in .")
    assert str(file) in refused(*words, option, file / "below.png")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize("words", [("run", "quickstart"), ("compare", "digits-cnn", "-m", "titan-x")])
def test_commands_refuse_folders_that_they_cannot_write_to(words, tmp_path):
    file = tmp_path / "file"
    file.write_text("no folder")
    assert refused(*words, "-o", file).startswith(f"--output: {file}: cannot be written: ")
    assert refused(*words, "-o", file / "a" / "b").startswith(f"--output: {file / 'a' / 'b'}: cannot be written: ")


def test_an_attempt_leaves_everything_as_it_was(tmp_path):
    old = tmp_path / "old.png"
    old.write_bytes(b"picture")
    check_file("--plot", old, PICTURES)
    check_file("--plot", tmp_path / "new.PNG", PICTURES)
    check_file("--plot", tmp_path / "a" / "b" / "new.svg", PICTURES, makes_folder=True)
    check_folder("--output", tmp_path / "c" / "d")
    check_file("--plot", None, PICTURES)
    check_folder("--output", None)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"picture"


def test_folders_are_no_files_and_missing_ones_are_not_made_unasked(tmp_path):
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(InputError, match=r"--plot: .*folder\.png: this is a folder"):
        check_file("--plot", tmp_path / "folder.png", PICTURES)
    with pytest.raises(InputError, match=r"--plot: .*new\.png: there is no such folder"):
        check_file("--plot", tmp_path / "a" / "new.png", PICTURES)
    with pytest.raises(InputError, match=r"--plot: .*: cannot be written: .*too long"):
        check_file("--plot", tmp_path / f"{'x' * 300}.png", PICTURES)


def test_compress_knows_whether_a_graph_can_be_written(tmp_path, monkeypatch):
    monkeypatch.setattr("sparsesim.transforms.method.Method.applied", None)
    message = refused("compress", "alexnet", "--method", "int8", "-o", tmp_path / "x.onnx")
    assert "was not read from an ONNX file" in message


def test_faults_of_options_are_told_by_the_option():
    words = ("compare", "digits-cnn")
    assert refused(*words, "-m", "titan-x", "-m", "b100").startswith("--machine: unknown machine 'b100'")
    assert refused(*words, "-m", "titan-x", "-f", "cvs").startswith("--format: unknown format 'cvs'")
    assert refused(*words, "-m", "titan-x", "--dtype", "fp9").startswith("--dtype: unknown number type 'fp9'")
    assert refused(*words, "-m", "titan-x", "--baseline", "sparsity=0.3").startswith(
        "--baseline: sparsity: 0.3: no point"
    )
