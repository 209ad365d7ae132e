"""Files that are written whole or not at all: an interruption or a full disk leaves what was there before."""

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A new file beside `path`, with its suffix, that takes its place once the block is done; else it is removed.

    A device or pipe is written itself, and so is a file in a folder that takes no new ones. Raises OSError that names
    `path` where it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(f"{folder}/table.csv") as new:
    ...         _ = new.write_text("a,b")
    ...     [file.name for file in Path(folder).iterdir()]
    ['table.csv']
    """
    target = Path(os.path.realpath(path))  # not the link to a file is replaced, but the file
    new = target.with_name(f".{target.stem[:40]}.{secrets.token_hex(4)}{target.suffix}")
    with naming(path, new, target):
        if Path(path).exists() and not (target.is_file() and os.access(target.parent, os.W_OK)):
            yield Path(path)
            return
        try:
            _create(new, target)
            yield new
            os.replace(new, target)
        except BaseException:
            with suppress(OSError):
                new.unlink()
            raise


@contextmanager
def naming(path: str | Path, *stand_ins: Path) -> Iterator[None]:
    """OSErrors that name no file, as those of a full disk do, name `path`; so do those that name what stands in for it.

    Others, which are about other files, stay as they are.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename not in {None, *map(str, stand_ins)}:
            raise
        raise OSError(error.errno, error.strerror or os.strerror(error.errno), str(path)) from error


def _create(new: Path, target: Path) -> None:
    """An empty file with the permissions of the target, or those of any new file."""
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    if target.exists():
        with suppress(OSError):  # a file system without permissions
            new.chmod(stat.S_IMODE(target.stat().st_mode))
