"""Reading and writing matrices: the suffix of a path chooses the file format."""

import gzip
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from sparsesim.atomic import replacing
from sparsesim.errors import InputError
from sparsesim.tensors.archives import is_archive, member_names
from sparsesim.tensors.matrix_market import parse_matrix_market, print_matrix_market
from sparsesim.tensors.named import is_collection_name, named_file
from sparsesim.tensors.npy import parse_npy
from sparsesim.tensors.npz import parse_npz, print_npz
from sparsesim.tensors.shipped_matrices import matrix_file
from sparsesim.tensors.smtx import parse_smtx, print_smtx
from sparsesim.tensors.sparse_matrix import SparseMatrix
from sparsesim.tensors.streams import opened

READERS: dict[str, Callable[[IO[bytes], str], SparseMatrix]] = {
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


def read_matrix(path: str | Path, member: str | None = None) -> SparseMatrix:
    """A matrix by name, shipped (`matrix_names`) or of a collection, or the one in a .mtx, .smtx, .npz or .npy file.

    `suitesparse:SNAP/wiki-Vote` and `dlmc:rn50/magnitude_pruning/0.8/bottleneck_1_block_group1_1_1` are fetched once
    and kept in a cache. Files may be gzipped (.mtx.gz) or lie in a .zip, .tar, .tar.gz or .tgz archive. A file inside
    an archive, or one of several dense arrays
    of a .npz, is named by `member` or as part of the path ("archive.zip/layer.smtx", "weights.npz/fc1"); if there is
    only one, neither is needed. Archives are never extracted, and text is read piece by piece. Raises InputError that
    names the file for everything that cannot be read or needs more memory than one input may take, UnknownNameError
    for a name that is neither shipped nor a file.

    >>> import sparsesim as ss
    >>> karate = ss.read_matrix("karate")
    >>> karate.shape, karate.nnz
    ((34, 34), 156)
    """
    file, member = (named_file(path), None) if is_collection_name(path) else split_member(matrix_file(path), member)
    if not _is_file(file):
        raise InputError(f"{file}: no such file")
    if is_archive(file):
        member = member or _only_member(file)
        return _read(file, member, f"{file}/{member}")
    if member is not None and file.suffix == ".npz":
        with opened(file, None, str(file)) as stream:
            return parse_npz(stream, str(file), member)
    if member is not None:
        raise InputError(f"{file}: neither a .zip nor a .npz archive, so it has no member {member!r}")
    return _read(file, None, str(file))


def write_matrix(matrix: SparseMatrix, path: str | Path) -> None:
    """Write a .mtx, .smtx or .npz file, gzipped if the path ends in .gz; the same matrix gives the same bytes."""
    file = Path(path)
    data = WRITERS[_known_suffix(file.name.removesuffix(".gz"), str(file), WRITERS)](matrix)
    try:
        with replacing(file) as new:
            new.write_bytes(gzip.compress(data, mtime=0) if file.suffix == ".gz" else data)
    except OSError as error:
        raise InputError(f"{file}: cannot be written ({error.strerror})") from error


def matrix_members(path: str | Path) -> tuple[str, ...]:
    """The matrix files inside a .zip, .tar, .tar.gz or .tgz archive, in its order; InputError for what is none."""
    return tuple(name for name in member_names(Path(path)) if is_matrix_name(name))


def is_matrix_name(name: str) -> bool:
    """Whether the suffix of a file is one of those that are read."""
    return PurePosixPath(name.removesuffix(".gz")).suffix in READERS


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a zero byte
        return False


def _read(file: Path, member: str | None, label: str) -> SparseMatrix:
    suffix = _known_suffix(PurePosixPath(member or file.name).name.removesuffix(".gz"), label, READERS)
    with opened(file, member, label) as stream:
        return READERS[suffix](stream, label)


def split_member(path: Path, member: str | None) -> tuple[Path, str | None]:
    """Split "archive.zip/layer.smtx" or "weights.npz/fc1" into archive and member; other paths have none."""
    for parent in path.parents:
        if (parent.suffix == ".npz" or is_archive(parent)) and _is_file(parent):
            return parent, path.relative_to(parent).as_posix()
    return path, member


def _only_member(file: Path) -> str:
    members = matrix_members(file)
    if len(members) == 1:
        return members[0]
    shown = ", ".join(members[:5]) + (", ..." if len(members) > 5 else "")
    raise InputError(f"{file}: holds {len(members)} matrices, name one of them{': ' if members else ''}{shown}")


def _known_suffix(name: str, label: str, kinds: Mapping[str, object]) -> str:
    suffix = PurePosixPath(name).suffix
    if suffix not in kinds:
        known = ", ".join(kinds)
        raise InputError(f"{label}: unknown suffix {suffix!r}; known: {known}, each also with .gz or in an archive")
    return suffix
