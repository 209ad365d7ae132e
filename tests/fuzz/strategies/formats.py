"""Names of formats with parameters that make sense, and with some that do not."""

from hypothesis import strategies as st

from sparsesim.formats import format_names

_BITS = (1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 32, 33, 63)
_SIDES = (1, 2, 3, 4, 5, 7, 8, 16, 32, 64)
_HOSTILE = (0, 1, 33, 64, 65, 99, 65536, 65537, 999999)


@st.composite
def format_texts(draw: st.DrawFn, hostile: bool = False) -> str:
    """A name such as bsr-3x2-i7-p9; with `hostile`, parameters may make no sense."""
    bits = st.sampled_from(_HOSTILE + _BITS if hostile else _BITS)
    sides = st.sampled_from(_HOSTILE + _SIDES if hostile else _SIDES)
    family = draw(
        st.sampled_from(sorted({name.partition("-")[0] for name in format_names()} | {"nm-pairs", "condensed-csr"}))
    )
    index = f"-i{draw(bits)}" if draw(st.booleans()) else ""
    pointer = f"-p{draw(bits)}" if draw(st.booleans()) else ""
    return {
        "dense": "dense",
        "coo": f"coo{index}",
        "csr": f"csr{index}{pointer}",
        "csc": f"csc{index}{pointer}",
        "bsr": f"bsr-{draw(sides)}x{draw(sides)}{index}{pointer}",
        "ell": f"ell{index}",
        "dia": f"dia{index}",
        "bitmap": "bitmap",
        "rle": f"rle-{draw(bits)}",
        "relative": f"relative-{draw(bits)}{draw(st.sampled_from(('', '-codebook-3', '-codebook-5')))}{pointer}",
        "gaps": f"gaps-{draw(bits)}{pointer}",
        "nm": "nm-{}:{}".format(*_keep_of(draw, sides)),
        "nm-pairs": "nm-pairs-{}:{}".format(*(2 * number for number in _keep_of(draw, sides))),
        "vnm": f"vnm-{draw(sides)}:{draw(st.integers(1, 4))}:{draw(st.integers(4, 12))}",
        "condensed-csr": f"condensed-csr{index}{pointer}",
        "condensed": f"condensed-csr{index}{pointer}",
    }[family]


def _keep_of(draw: st.DrawFn, sides: st.SearchStrategy[int]) -> tuple[int, int]:
    first, second = draw(sides), draw(sides)
    return (first, second) if draw(st.integers(0, 9)) == 0 else (min(first, second), max(first, second))
