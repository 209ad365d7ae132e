"""The samples that travel with the package are what their records say."""

import importlib.util

import numpy as np
import pytest

import sparsesim as ss
from sparsesim.errors import UnknownNameError
from sparsesim.inference import sample_file, sample_names, sample_record


@pytest.mark.parametrize("name", sample_names())
def test_records_say_shapes_source_and_licence(name):
    record = sample_record(name)
    assert record.name == name
    assert record.licence
    assert len(record.source) > 20
    with np.load(sample_file(name)) as arrays:
        assert set(arrays.files) == set(record.arrays)
        for key, words in record.arrays.items():
            assert words.startswith(f"{arrays[key].dtype} {list(arrays[key].shape)}")
    assert sample_file(name).stat().st_size < 50_000


def test_digits_are_in_the_stated_range():
    images, labels = ss.load_samples("digits")
    assert (images.dtype, images.shape, images.min(), images.max()) == (np.float32, (450, 1, 8, 8), 0.0, 1.0)
    assert (images * 16 == np.round(images * 16)).all()
    assert (labels.dtype, labels.shape, set(labels)) == (np.int64, (450,), set(range(10)))


def test_digits_give_the_accuracy_that_the_network_states():
    network = ss.load_network("digits-cnn")
    found = ss.evaluate(network, *ss.load_samples("digits"))
    assert found.accuracy == pytest.approx(network.accuracy, abs=1e-6)


def test_digits_are_what_the_training_script_holds_out(repository):
    pytest.importorskip("sklearn")
    path = repository / "workloads" / "train_digits_cnn.py"
    spec = importlib.util.spec_from_file_location("train_digits_cnn", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    _, _, images, labels = script.digits()
    shipped = ss.load_samples("digits")
    assert np.array_equal(shipped.images, images)
    assert np.array_equal(shipped.labels, labels)


def test_an_unknown_name_gets_suggestions():
    with pytest.raises(UnknownNameError, match=r"unknown set of samples 'digit': did you mean digits\?"):
        sample_file("digit")
