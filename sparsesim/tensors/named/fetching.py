"""From a name to files in the cache: what is there is checked, what is not is fetched and unpacked.

In the cache are, side by side, the archive, the matrices unpacked from it, the SHA-256 of each, and the list of all
matrices of the archive. Each is written whole or not at all, hash before file and list last, so that several processes
may fetch the same at once and an interruption leaves nothing that is taken for more than it is.
"""

import hashlib
import logging
import os
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import IO, Final

from sparsesim.atomic import replacing
from sparsesim.errors import InputError, UnknownNameError
from sparsesim.limits import in_words
from sparsesim.places import within
from sparsesim.tensors.archives import each_member, reading
from sparsesim.tensors.named.download import UnreachableError, download
from sparsesim.tensors.named.hashes import check, record_of, recorded, remember, sha256_of
from sparsesim.tensors.named.wanted import Wanted

LOG: Final = logging.getLogger(__name__)
CACHE: Final = "SPARSESIM_CACHE"
"""Environment variable with the folder of what was fetched."""
_CHUNK_BYTES: Final = 2**20


def cache_folder() -> Path:
    """Where collections are kept: the folder of SPARSESIM_CACHE, else that of the system for caches of this user."""
    chosen = os.environ.get(CACHE, "")
    if chosen:
        return Path(chosen).expanduser().absolute()
    import pooch  # which files and shipped names do without

    return Path(pooch.os_cache("sparsesim")).expanduser().absolute()


def files_of(wanted: Wanted, mirror: str = "", cache: Path | None = None) -> list[Path]:
    """The wanted matrices as files in the cache, sorted, each with the recorded hash; see `named_files`."""
    folder = (cache or cache_folder()) / wanted.collection.name
    archive = folder / wanted.archive
    try:
        files = _present(wanted, folder, archive)
        if files is None:
            archive.parent.mkdir(parents=True, exist_ok=True)
            there = archive.is_file()
            paths = _from_there(wanted, folder, archive) if there else _from_afar(wanted, mirror, folder, archive)
            files = [folder / path for path in _chosen(wanted, paths)]
    except OSError as error:
        place = error.filename or folder
        raise InputError(f"{wanted.given}: {place}: {error.strerror}; {CACHE} names another folder") from error
    return sorted(files)


def _present(wanted: Wanted, folder: Path, archive: Path) -> list[Path] | None:
    """What is complete in the cache, its hashes checked; None if something is to be fetched or unpacked."""
    sha256, paths = _list(archive)
    if sha256:
        check(str(archive), sha256, archive, wanted.sha256)
        files = [folder / path for path in _chosen(wanted, paths)]
        if not all(file.is_file() for file in files):
            return None
        for file in files:
            check(str(file), sha256_of(file), file)
        return files
    files = [file for file in _laid(wanted, folder) if file.is_file()]
    if not files or archive.is_file():
        return None
    for file in files:
        _trust(file, sha256_of(file), "" if wanted.several else wanted.sha256)
    if wanted.several:
        LOG.info("%s: the %d matrices that lie in %s, without the archive", wanted.given, len(files), folder)
    return files


def _laid(wanted: Wanted, folder: Path) -> list[Path]:
    """Matrices that someone put there by hand."""
    if not wanted.several:
        return [folder / f"{wanted.path}{wanted.suffix}"]
    return [file for file in folder.rglob(f"*{wanted.suffix}") if wanted.matches(file.relative_to(folder).as_posix())]


def _from_there(wanted: Wanted, folder: Path, archive: Path) -> list[str]:
    """Unpack an archive that was fetched before, or put there by hand."""
    sha256 = sha256_of(archive)
    check(str(archive), sha256, archive, wanted.sha256)
    with within(f"{wanted.given}: remove {archive} to fetch it again"):
        return _unpacked(wanted, folder, archive, sha256)


def _from_afar(wanted: Wanted, mirror: str, folder: Path, archive: Path) -> list[str]:
    """Fetch an archive and unpack it; it is kept if that can be done."""
    sha256 = _fetched(wanted, mirror, folder, archive)
    try:
        with within(wanted.given):
            return _unpacked(wanted, folder, archive, sha256)
    except InputError:
        archive.unlink(missing_ok=True)
        raise


def _fetched(wanted: Wanted, mirror: str, folder: Path, archive: Path) -> str:
    """Fetch the archive; its hash."""
    url = wanted.collection.url(wanted.archive, mirror)
    with within(wanted.given):
        try:
            with replacing(archive) as new:
                sha256 = download(url, new, wanted.collection.archive_bytes)
                check(url, sha256, archive, wanted.sha256)
                return sha256
        except UnreachableError as error:
            alone = "" if wanted.several else f", or the matrix at {folder / wanted.path}{wanted.suffix}"
            raise InputError(
                f"{url}: cannot be fetched ({error}); put it at {archive}{alone}, and the name works without a network"
            ) from error


def _unpacked(wanted: Wanted, folder: Path, archive: Path, sha256: str) -> list[str]:
    """All matrices of an archive; the wanted ones, and those beside a wanted one, are in the folder afterwards."""
    path_of, known = wanted.collection.path_of, []
    beside = PurePosixPath(wanted.path).parent
    hashes: dict[Path, str] = {}
    with ExitStack() as written:  # either all of them get their names, or none
        for member, stream in each_member(archive, lambda member: path_of(wanted.archive, member) is not None):
            path = str(path_of(wanted.archive, member))
            known.append(path)
            if wanted.matches(path) or (not wanted.several and PurePosixPath(path).parent == beside):
                file, place = folder / path, f"{archive}/{member}"
                file.parent.mkdir(parents=True, exist_ok=True)
                new = written.enter_context(replacing(file))
                hashes[file] = _copied(stream, new, place, wanted.collection.matrix_bytes)
                check(place, hashes[file], file)
        if not known:
            raise InputError(f"{archive}: holds no {wanted.path}{wanted.suffix}")
        _trust(archive, sha256, wanted.sha256)
        for file, each in hashes.items():
            remember(file, each)
    with replacing(_list_file(archive)) as new:
        new.write_text("\n".join([sha256, *known, ""]), encoding="utf-8")
    return known


def _copied(stream: IO[bytes], file: Path, place: str, limit_bytes: int) -> str:
    """Write what is left of a stream; its hash."""
    sha256, size_bytes = hashlib.sha256(), 0
    with file.open("wb") as out:
        while True:
            with reading(place):
                chunk = stream.read(_CHUNK_BYTES)
            if not chunk:
                return sha256.hexdigest()
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise InputError(f"{place}: unpacks to more than {in_words(limit_bytes)}")
            sha256.update(chunk)
            out.write(chunk)


def _trust(file: Path, sha256: str, pinned: str = "") -> None:
    """Check the hash; where there is none to check against, record it and say so."""
    check(str(file), sha256, file, pinned)
    if not recorded(file):
        remember(file, sha256)
        if not pinned:
            LOG.info("%s: trusted at first use, sha256 %s recorded in %s", file, sha256, record_of(file).name)


def _list_file(archive: Path) -> Path:
    return archive.with_name(f"{archive.name}.list")


def _list(archive: Path) -> tuple[str, list[str]]:
    """(hash of the archive, its matrices) as they were unpacked; ("", []) without a list, or for an old one."""
    try:
        sha256, *paths = _list_file(archive).read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return "", []
    known = recorded(archive)
    return (sha256, paths) if sha256 == (known or sha256) else ("", [])


def _chosen(wanted: Wanted, paths: list[str]) -> list[str]:
    """Those that are wanted; UnknownNameError with similar ones, or InputError for a pattern, if there are none."""
    chosen = [path for path in paths if wanted.matches(path)]
    if chosen:
        return chosen
    if wanted.several:
        raise InputError(f"{wanted.given}: the collection has no matrix of such a name")
    beside = PurePosixPath(wanted.path).parent
    near = [PurePosixPath(path).stem for path in paths if PurePosixPath(path).parent == beside]
    with within(wanted.given):
        raise UnknownNameError("matrix", PurePosixPath(wanted.path).name, near)
