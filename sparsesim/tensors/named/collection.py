"""The collections: where their archives are, what they may hold, and under which licence."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from os.path import exists
from pathlib import Path
from typing import Final

from sparsesim.errors import InputError

_SCHEMES: Final = ("http://", "https://")
_DLMC_MEMBER: Final = re.compile(r"dlmc/((?:rn50|transformer)/[a-z0-9_]+/0\.\d+/[A-Za-z0-9_.-]+\.smtx)")


@dataclass(frozen=True)
class Collection:
    """A public collection of matrices.

    Attributes:
        name: what stands before the colon.
        base_url: address below which its archives are.
        variable: environment variable that names a mirror instead.
        archive_bytes: largest archive that is fetched.
        matrix_bytes: largest matrix that is unpacked.
        layout: what follows the colon, for messages.
        description: what it is, with its source.
        licence: under which matrices may be passed on.
        path_of: where a member of an archive goes in the folder of the collection; None for those that are left.
            No other part of a path comes from an archive.
    """

    name: str
    base_url: str
    variable: str
    archive_bytes: int
    matrix_bytes: int
    layout: str
    description: str
    licence: str
    path_of: Callable[[str, str], str | None]

    def url(self, archive: str, mirror: str = "") -> str:
        """Address of an archive; InputError for a mirror that is none."""
        base = mirror or os.environ.get(self.variable, "") or self.base_url
        if not base.startswith(_SCHEMES):
            raise InputError(f"{'mirror' if mirror else self.variable}: {base!r}: must begin with http:// or https://")
        return f"{base.rstrip('/')}/{archive}"


def is_collection_name(given: str | Path) -> bool:
    """Whether this names matrices of a collection, and is no file."""
    scheme, colon, _ = str(given).partition(":")
    return bool(colon) and scheme in COLLECTIONS and not exists(given)


def _suitesparse_path(archive: str, member: str) -> str | None:
    """GROUP/NAME.tar.gz holds the matrix as NAME/NAME.mtx, with right-hand sides and coordinates beside it."""
    group, name = archive.removesuffix(".tar.gz").split("/")
    return f"{group}/{name}.mtx" if member == f"{name}/{name}.mtx" else None


def _dlmc_path(archive: str, member: str) -> str | None:
    match = _DLMC_MEMBER.fullmatch(member)
    return match[1] if match else None


SUITESPARSE: Final = Collection(
    name="suitesparse",
    base_url="https://suitesparse-collection-website.herokuapp.com/MM",  # where the buttons of sparse.tamu.edu lead
    variable="SPARSESIM_MIRROR_SUITESPARSE",
    archive_bytes=16 * 2**30,  # assumed: the largest are several GB
    matrix_bytes=64 * 2**30,  # assumed
    layout="GROUP/NAME",
    description="SuiteSparse Matrix Collection; T. A. Davis and Y. Hu, ACM TOMS 38(1), 2011; sparse.tamu.edu",
    licence="CC-BY 4.0",
    path_of=_suitesparse_path,
)
DLMC: Final = Collection(
    name="dlmc",
    base_url="https://storage.googleapis.com/sgk-sc2020",
    variable="SPARSESIM_MIRROR_DLMC",
    archive_bytes=16 * 2**30,  # assumed: one archive of all 3846 matrices
    matrix_bytes=2**30,  # assumed: the largest have 2.4 million positions, at 7 characters each
    layout="MODEL/PRUNING/SPARSITY/MATRIX",
    description="Deep Learning Matrix Collection; T. Gale et al., SC 2020, arXiv:2006.10901",
    licence="none stated",
    path_of=_dlmc_path,
)
COLLECTIONS: Final = {each.name: each for each in (SUITESPARSE, DLMC)}
