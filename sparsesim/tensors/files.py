"""Reading and writing matrices: the suffix of a path chooses the file format."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from sparsesim.errors import InputError
from sparsesim.tensors.matrix_market import parse_matrix_market, print_matrix_market
from sparsesim.tensors.npy import parse_npy
from sparsesim.tensors.npz import parse_npz, print_npz
from sparsesim.tensors.shipped_matrices import matrix_file
from sparsesim.tensors.smtx import parse_smtx, print_smtx
from sparsesim.tensors.sparse_matrix import SparseMatrix

READERS: dict[str, Callable[[bytes, str], SparseMatrix]] = {
    ".mtx": parse_matrix_market,
    ".smtx": parse_smtx,
    ".npz": parse_npz,
    ".npy": parse_npy,
}
WRITERS: dict[str, Callable[[SparseMatrix], bytes]] = {
    ".mtx": print_matrix_market,
    ".smtx": print_smtx,
    ".npz": print_npz,
}
MAX_BYTES = 4 * 2**30
_CHUNK_BYTES = 2**20
_BROKEN_ARCHIVE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError)


def read_matrix(path: str | Path, member: str | None = None) -> SparseMatrix:
    """A shipped matrix by name (see `matrix_names`), or the one in a .mtx, .smtx, .npz or .npy file.

    Files may be gzipped (.mtx.gz) or lie in a zip archive. A file inside an archive, or one of several dense arrays
    of a .npz, is named by `member` or as part of the path ("archive.zip/layer.smtx", "weights.npz/fc1"); if there is
    only one, neither is needed. Archives are read in memory, never extracted. Raises InputError that names the file
    for everything that cannot be read, UnknownNameError for a name that is neither shipped nor a file.

    >>> import sparsesim as ss
    >>> karate = ss.read_matrix("karate")
    >>> karate.shape, karate.nnz
    ((34, 34), 156)
    """
    file, member = _split_member(matrix_file(path), member)
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    if file.suffix == ".zip":
        member = member or _only_member(file)
        return _parse(_member_bytes(file, member), f"{file}/{member}", member)
    if member is not None and file.suffix == ".npz":
        return parse_npz(_bounded(file.open("rb"), str(file)), str(file), member)
    if member is not None:
        raise InputError(f"{file}: neither a .zip nor a .npz archive, so it has no member {member!r}")
    return _parse(_bounded(file.open("rb"), str(file)), str(file), file.name)


def write_matrix(matrix: SparseMatrix, path: str | Path) -> None:
    """Write a .mtx, .smtx or .npz file, gzipped if the path ends in .gz; the same matrix gives the same bytes."""
    file = Path(path)
    data = WRITERS[_known_suffix(file.name.removesuffix(".gz"), str(file), WRITERS)](matrix)
    file.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)


def matrix_members(path: str | Path) -> tuple[str, ...]:
    """The matrix files inside a zip archive, in the order of the archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except _BROKEN_ARCHIVE as error:
        raise InputError(f"{path}: not a readable zip archive ({error})") from error
    return tuple(name for name in names if PurePosixPath(name.removesuffix(".gz")).suffix in READERS)


def _split_member(path: Path, member: str | None) -> tuple[Path, str | None]:
    """Split "archive.zip/layer.smtx" into archive and member."""
    for parent in path.parents:
        if parent.suffix in (".zip", ".npz") and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return path, member


def _only_member(file: Path) -> str:
    members = matrix_members(file)
    if len(members) == 1:
        return members[0]
    shown = ", ".join(members[:5]) + (", ..." if len(members) > 5 else "")
    raise InputError(f"{file}: holds {len(members)} matrices, name one of them{': ' if members else ''}{shown}")


def _member_bytes(file: Path, member: str) -> bytes:
    try:
        with zipfile.ZipFile(file) as archive:
            return _bounded(archive.open(member), f"{file}/{member}")
    except KeyError:
        raise InputError(f"{file}: no member {member!r} in this archive") from None
    except _BROKEN_ARCHIVE as error:
        raise InputError(f"{file}/{member}: cannot be read ({error})") from error


def _parse(data: bytes, label: str, name: str) -> SparseMatrix:
    suffix = _known_suffix(name.removesuffix(".gz"), label, READERS)
    if name.endswith(".gz"):
        data = _bounded(gzip.GzipFile(fileobj=io.BytesIO(data)), label)
    return READERS[suffix](data, label)


def _bounded(stream: IO[bytes] | gzip.GzipFile, label: str) -> bytes:
    """Everything in a stream, up to MAX_BYTES: a small archive may unpack to a thousand times its size."""
    data = bytearray()
    try:
        with stream:
            while chunk := stream.read(_CHUNK_BYTES):
                data += chunk
                if len(data) > MAX_BYTES:
                    raise InputError(f"{label}: larger than {MAX_BYTES} bytes")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{label}: cannot be read ({error})") from error
    return bytes(data)


def _known_suffix(name: str, label: str, kinds: Mapping[str, object]) -> str:
    suffix = PurePosixPath(name).suffix
    if suffix not in kinds:
        known = ", ".join(kinds)
        raise InputError(f"{label}: unknown suffix {suffix!r}; known: {known}, each also with .gz or in a .zip")
    return suffix
