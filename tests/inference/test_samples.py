"""Samples as networks read them: what no network should see is refused before it is run."""

import numpy as np
import pytest

from sparsesim.errors import InputError
from sparsesim.inference import prepare_samples
from sparsesim.limits import memory_budget

IMAGES = np.arange(2 * 3 * 4 * 4, dtype=np.uint8).reshape(2, 3, 4, 4)


def test_scale_mean_and_std_by_channel():
    found = prepare_samples(IMAGES, scale=1 / 255, mean=(0.1, 0.2, 0.3), std=(1, 2, 4))
    assert found.dtype == np.float32
    assert found[1, 2, 3, 3] == np.float32((95 * (1 / 255) - 0.3) / 4)


def test_layouts():
    assert (prepare_samples(np.moveaxis(IMAGES, 1, -1), layout="nhwc") == IMAGES).all()
    assert prepare_samples(IMAGES, layout="flat").shape == (2, 48)
    assert prepare_samples(IMAGES[:, 0]).shape == (2, 1, 4, 4)


@pytest.mark.parametrize(
    ("samples", "options", "words"),
    [
        (IMAGES, {"scale": 1e300}, r"^samples: 95 numbers are NaN or infinite as fp32 after scale, mean and std, .*0$"),
        (IMAGES[1:], {"scale": 1e37}, "^samples: 48 .* first in sample 0$"),
        (IMAGES, {"scale": float("nan")}, "^scale must be finite, found nan$"),
        (IMAGES, {"mean": [float("inf")]}, "^mean must be finite, found inf$"),
        (IMAGES, {"std": [0.0]}, "^std must be positive, found 0.0$"),
        (IMAGES, {"std": [float("inf")]}, "^std must be positive, found inf$"),
        (IMAGES, {"std": [1e-320]}, "^samples: .* NaN or infinite"),
        (IMAGES, {"mean": [1, 2]}, "^mean has 2 values, the samples have 3 channels$"),
        (
            np.array([[0.0, 1], [np.nan, 2]]),
            {},
            "^samples: 1 numbers are NaN or infinite as fp32, the first in sample 1$",
        ),
        (np.array([[1e39]]), {}, "as fp32 after scale"),
        (IMAGES * 1j, {}, "^samples must be numbers .*complex128"),
        (IMAGES[:0], {"layout": "flat"}, r"^samples 0 x 3 x 4 x 4 are none$"),
        (IMAGES, {"layout": "hwcn"}, "^unknown sample layout 'hwcn'"),
    ],
)
def test_what_no_network_should_see_is_refused(samples, options, words):
    with pytest.raises(InputError, match=words):
        prepare_samples(samples, **options)


def test_memory_is_asked_for_before_it_is_taken():
    many = np.lib.stride_tricks.as_strided(np.zeros(1, np.uint8), (2**40, 4), (0, 0))
    with pytest.raises(InputError, match=r"^samples 1099511627776 x 4 needs 106 TB of memory"):
        prepare_samples(many)
    with memory_budget(3 * 8 * IMAGES.size):
        prepare_samples(IMAGES)
    with memory_budget(3 * 8 * IMAGES.size - 1), pytest.raises(InputError, match=r"needs 2\.3 kB of memory"):
        prepare_samples(IMAGES)
