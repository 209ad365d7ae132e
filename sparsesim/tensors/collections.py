"""Sets of matrices: files, folders, archives, patterns and collections, each matrix with a label and its sizes."""

import glob
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from os.path import commonpath
from pathlib import Path, PurePosixPath
from typing import IO, Final

from sparsesim.errors import InputError
from sparsesim.tensors.archives import each_member, is_archive, reading
from sparsesim.tensors.files import is_matrix_name, read_matrix, split_member
from sparsesim.tensors.named import is_collection_name, named_files
from sparsesim.tensors.shipped_matrices import matrix_file
from sparsesim.tensors.sizes import SIZES, Sizes
from sparsesim.tensors.sparse_matrix import SparseMatrix
from sparsesim.tensors.streams import opened, unpacked

_WILD: Final = frozenset("*?[")


@dataclass(frozen=True)
class MatrixSource:
    """A matrix that has not been read: small, and the same in another process.

    Attributes:
        label: what tells it from the others of its set.
        file: where it lies.
        member: its name in `file` if that is an archive.
        rows, columns: its sides.
        nnz: non-zeros that its header promises, stored zeros among them; None where it does not tell.
    """

    label: str
    file: Path
    member: str | None
    rows: int
    columns: int
    nnz: int | None

    @property
    def place(self) -> str:
        """What names it in errors, and what `read_matrix` takes: a path, or archive.zip/member."""
        return str(self.file) if self.member is None else f"{self.file}/{self.member}"

    def read(self) -> SparseMatrix:
        """The matrix; InputError, with its place in front, as `read_matrix`.

        A member of a .tar.gz is reached by unpacking what stands before it; those of a .zip and .tar are read at once.
        """
        return read_matrix(self.file, self.member)


def matrix_entries(given: str | Path) -> list[MatrixSource]:
    """The matrices that a name stands for, of which only headers are read.

    `given` is a matrix as `read_matrix` takes it; a folder, with all that lies below it; a .zip, .tar, .tar.gz or .tgz
    archive, or members of it (archive.zip/conv*.smtx); a pattern of the shell; or matrices of a collection
    (dlmc:rn50/magnitude_pruning/0.8/*). Files come in the order of their names, members in that of their archive.

    Raises InputError for a name without matrices, and with the place in front for a header that cannot be read.
    """
    found = list(_found(given))
    if not found:
        raise InputError(
            f"{given}: no matrix files here; known: {', '.join(SIZES)}, each also with .gz or in an archive"
        )
    return [replace(source, label=label) for source, label in zip(found, _labels(found), strict=True)]


def _found(given: str | Path) -> Iterator[MatrixSource]:
    if is_collection_name(given):
        for file in named_files(given):
            yield _of_file(file)
        return
    path = matrix_file(given)
    archive, pattern = split_member(path, None)
    if pattern is not None and is_archive(archive):
        yield from _of_archive(archive, pattern)
    elif _wild(path) and not path.exists():
        for match in sorted(glob.glob(str(path), recursive=True)):
            if is_archive(Path(match)) or (Path(match).is_file() and is_matrix_name(match)):
                yield from _of_archive(Path(match)) if is_archive(Path(match)) else [_of_file(Path(match))]
    elif path.is_dir():
        yield from map(_of_file, sorted(_files_below(path)))
    elif is_archive(path):
        yield from _of_archive(path)
    else:
        yield _of_file(path)


def _files_below(folder: Path) -> Iterator[Path]:
    """Matrix files, without hidden ones, such as those that are being written."""
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
        if not hidden and is_matrix_name(file.name) and file.is_file():
            yield file


def _of_file(file: Path) -> MatrixSource:
    archive, member = split_member(file, None)
    if member is not None:  # one of several arrays of a .npz
        matrix = read_matrix(file)
        return MatrixSource("", archive, member, *matrix.shape, matrix.nnz)
    if not file.is_file():
        raise InputError(f"{file}: no such file")
    with opened(file, None, str(file)) as stream:
        return MatrixSource("", file, None, *_sizes(stream, file.name, str(file)))


def _of_archive(archive: Path, pattern: str | None = None) -> Iterator[MatrixSource]:
    if not archive.is_file():
        raise InputError(f"{archive}: no such file")
    for member, stream in each_member(archive, _wanted(pattern)):
        if not member.isprintable():
            raise InputError(f"{archive}: member {member!r}: the name of a matrix must be printable")
        place = f"{archive}/{member}"
        with reading(place), unpacked(stream, member) as data:
            yield MatrixSource("", archive, member, *_sizes(data, member, place))


def _wanted(pattern: str | None) -> Callable[[str], bool]:
    if pattern is None:
        return is_matrix_name
    return lambda name: is_matrix_name(name) and (name == pattern or fnmatchcase(name, pattern))


def _sizes(stream: IO[bytes], name: str, place: str) -> Sizes:
    suffix = PurePosixPath(name.removesuffix(".gz")).suffix
    if suffix not in SIZES:
        raise InputError(
            f"{place}: unknown suffix {suffix!r}; known: {', '.join(SIZES)}, each also with .gz or in an archive"
        )
    return SIZES[suffix](stream, place)


def _wild(path: Path) -> bool:
    return not _WILD.isdisjoint(str(path))


def _labels(sources: Iterable[MatrixSource]) -> list[str]:
    """Paths below the folder that all share, without suffixes where these tell nothing apart."""
    places = [PurePosixPath(Path(source.place).absolute().as_posix()) for source in sources]
    shared = commonpath([place.parent for place in places])
    names = [place.relative_to(shared).as_posix() for place in places]
    stems = [_stem(name) for name in names]
    counts = Counter(stems)
    return [stem if counts[stem] == 1 else name for stem, name in zip(stems, names, strict=True)]


def _stem(name: str) -> str:
    path = PurePosixPath(name.removesuffix(".gz"))
    return str(path.with_suffix("")) if path.suffix in SIZES else name
