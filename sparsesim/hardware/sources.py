"""Sources of a machine's numbers, by dotted field path or a parent of it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sparsesim.errors import InputError
from sparsesim.faults import BASE


def number_paths(value: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of all numbers below `value`; those of a list are the path of the list."""
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from number_paths(child, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for child in value:
            yield from number_paths(child, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def leaf_paths(value: Any, path: str = "") -> Iterator[str]:
    """Dotted paths of everything below `value` that is not a mapping."""
    if not isinstance(value, Mapping):
        yield path
        return
    for key, child in value.items():
        yield from leaf_paths(child, f"{path}.{key}" if path else str(key))


def all_are_covered(paths: Iterable[str], sources: Mapping[str, Any], entry: str = "entry") -> None:
    """Raise InputError for paths that neither have a source nor lie below one that has."""
    missing = uncovered(paths, sources)
    if missing:
        raise InputError(f"sources: no {entry} covers {', '.join(missing[:5])}")


def uncovered(paths: Iterable[str], sources: Mapping[str, Any]) -> list[str]:
    """The paths, each once, that neither have a source nor lie below one that has."""
    return list(dict.fromkeys(path for path in paths if not _is_covered(path, sources)))


def inherited_sources(kernels: Mapping[str, Any], sources: Mapping[str, Any]) -> dict[str, Any]:
    """The sources, with those of the kernels that others are based on for what these inherit.

    A number that a kernel gives itself needs a source of its own: that of its base describes another.
    """
    complete = dict(sources)
    for name, own in kernels.items():
        open_paths = {path for path in number_paths(own, f"kernels.{name}") if not _is_covered(path, sources)}
        base = own.get(BASE) if isinstance(own, Mapping) else None
        while base is not None:
            for path, text in sources.items():
                inherited = path.replace(f"kernels.{base}", f"kernels.{name}", 1)
                if f"{path}.".startswith(f"kernels.{base}.") and not _covers_any(inherited, open_paths):
                    complete.setdefault(inherited, f"as {base}: {text}")
            base = kernels[base].get(BASE)
    return complete


def _covers_any(source: str, paths: Iterable[str]) -> bool:
    return any(f"{path}.".startswith(f"{source}.") for path in paths)


def _is_covered(path: str, sources: Mapping[str, Any]) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:length]) in sources for length in range(1, len(parts) + 1))
