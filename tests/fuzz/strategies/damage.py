"""Bytes of a file changed without regard to what they mean."""

from hypothesis import strategies as st


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """The file cut off, with bytes flipped, put in, taken out or repeated; now and then whole."""
    content = bytearray(whole)
    for _ in range(draw(st.sampled_from((0, 1, 1, 2, 4)))):
        if not content:
            break
        place = draw(st.integers(0, len(content) - 1))
        kind = draw(st.sampled_from(("cut", "flip", "flip", "insert", "remove", "repeat", "zeros", "ones")))
        length = draw(st.integers(1, 16))
        if kind == "cut":
            del content[place:]
        elif kind == "flip":
            content[place] ^= draw(st.integers(1, 255))
        elif kind == "insert":
            content[place:place] = draw(st.binary(min_size=1, max_size=16))
        elif kind == "remove":
            del content[place : place + length]
        elif kind == "repeat":
            content[place:place] = content[place : place + length]
        else:
            content[place : place + length] = (b"\0" if kind == "zeros" else b"\xff") * length
    return bytes(content)
