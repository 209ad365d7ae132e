"""Items packed into bytes against one big integer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparsesim.errors import InputError
from sparsesim.formats.coding import reference
from sparsesim.formats.coding.bit_stream import pack, signed, unpack


@given(width=st.integers(0, 64), data=st.data())
@settings(deadline=None)
def test_packing(width: int, data: st.DataObject) -> None:
    numbers = st.integers(-(2**63), 2**63 - 1) if width == 64 else st.integers(0, 2**width - 1)
    codes = data.draw(st.lists(numbers, max_size=20))
    payload = pack(np.array(codes, dtype=np.int64), width)
    assert payload.tobytes() == reference.packed(codes, width)
    assert unpack(payload, width, len(codes)).tolist() == codes


def test_a_payload_that_is_too_short() -> None:
    with pytest.raises(InputError, match="3 items of 5 bits need 2 bytes, not 1"):
        unpack(np.zeros(1, np.uint8), 5, 3)


@given(width=st.integers(2, 63), data=st.data())
@settings(deadline=None)
def test_twos_complement(width: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(-(2 ** (width - 1)), 2 ** (width - 1) - 1))
    payload = pack(np.array([number], dtype=np.int64), width)
    assert signed(unpack(payload, width, 1), width).tolist() == [number]
