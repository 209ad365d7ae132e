"""Files of arrays byte by byte, for tests that need what no writer writes."""

import io
import json
import zipfile

import numpy as np


def safetensors(path, header, data=b""):
    """A `.safetensors` file with this header, a mapping or the very text of it."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


def entry(shape, begin, end, dtype="F32"):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def npy(shape, data, dtype="'<f4'", header=None, version=(1, 0)):
    """The bytes of an `.npy` file with this shape, as text, or with this header."""
    text = header or f"{{'descr': {dtype}, 'fortran_order': False, 'shape': {shape}, }}"
    words = text.encode("latin1") + b"\n"
    return b"\x93NUMPY" + bytes(version) + len(words).to_bytes(2 if version == (1, 0) else 4, "little") + words + data


def npz(path, entries, method=zipfile.ZIP_DEFLATED):
    """A `.npz` file with these entries, bytes by name."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def zeros_npz(path, size_bytes):
    """A `.npz` file with one matrix of zeros, packed a thousand times smaller; written in pieces."""
    columns = 1 << 20
    rows, piece = size_bytes // (4 * columns), bytes(4 * columns)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("fc.weight.npy", "w") as file:
        file.write(npy(f"({rows}, {columns})", b""))
        for _ in range(rows):
            file.write(piece)
    return path


def plain_npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()
