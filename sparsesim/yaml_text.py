"""From the text of a YAML document to plain values, within limits that are checked before values are built.

PyYAML's own constructors call themselves for every level, take the last of two equal keys without a word, and read
`1:30` as 90 and `010` as 8. Here a first pass over the events of the parser, which needs no stack, checks depth and
number of values; only then the nodes are composed, each with its line, and made into text, numbers, truth values, null,
lists and mappings, and nothing else.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from sparsesim.errors import InputError
from sparsesim.limits import in_words

MAX_FILE_BYTES: Final = 4 * 2**20
"""Of a description; the longest that travels with the package has a fiftieth of that."""
MAX_DEPTH: Final = 50
"""Mappings and lists within each other; no description needs a dozen."""
MAX_VALUES: Final = 200_000
"""Values of a document, where what an alias stands for counts every time: few lines can stand for billions."""
MAX_NUMBER_CHARACTERS: Final = 100
"""Python refuses to read more than 4300 digits, and reads fewer in a time that grows with their square."""

_FRAME: Final = 3
"""Events around the values: the text and its document begin, and the document ends."""
_TAG: Final = "tag:yaml.org,2002:"
_NUMBERS: Final = {f"{_TAG}int", f"{_TAG}float"}
_TEXT: Final = {f"{_TAG}str", f"{_TAG}timestamp", f"{_TAG}value"}
"""Dates stay text, and so does a lone "=": there are no fields for them."""
_PLAIN: Final = {*_NUMBERS, f"{_TAG}bool", f"{_TAG}null"}
_AMBIGUOUS: Final = re.compile(r"[-+]?0[0-9_]+|.*:.*")
"""Octal in YAML 1.1 and decimal in 1.2; base 60 in 1.1 and text in 1.2."""
# Escapes such as "\e" write what no file may hold: terminals take it for commands. Surrogates are no text at all.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

# The C parser is just as safe and about ten times as fast, but not every build of PyYAML has it.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def text_of(path: Path) -> str:
    """The text of a file in UTF-8; InputError if it cannot be read, or is longer than the limit."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise InputError(f"longer than {in_words(MAX_FILE_BYTES)}, which is the limit of a YAML file")
        return content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"not a readable YAML file: {' '.join(str(error).split())}") from error


def parsed(text: str) -> Any:
    """The one document of a YAML text as plain values; None if it is empty. Dates stay text.

    Raises InputError with line and field for text that is no YAML, more depth or values than the limits, a key that is
    given twice or is neither text nor a whole number, merge keys (`<<`), aliases that go round in circles, tags for
    anything but plain values, numbers that are too long or that versions of YAML read differently, control characters.
    """
    node = composed(text)
    return None if node is None else _Reader().value(node, ())


def composed(text: str) -> yaml.Node | None:
    """The node of the one document of a YAML text, None if it is empty; InputError beyond the limits."""
    try:
        _check_limits(text)
        loader = _LOADER(text)
        try:
            node: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise InputError(f"not a readable YAML file: {' '.join(str(error).split())}") from error
    return node


def located(text: str, location: Sequence[str | int]) -> tuple[list[str], int]:
    """The steps of a location that exist in the document, and the line of the last one.

    Other steps are passed over: a location that pydantic gives also names tags of unions, and fields that are missing.
    """
    node = composed(text)
    steps: list[str] = []
    line = 1 if node is None else _line(node)
    for step in location:
        child = _child(node, step)
        if child is not None:
            node, line = child
            steps.append(str(step))
    return steps, line


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], _line(node.value[step])
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return value, _line(key)
    return None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _check_limits(text: str) -> None:
    """Depth, and how many values are written down; aliases are followed later, when the nodes are known."""
    loader = _LOADER(text)
    depth = values = 0
    try:
        while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
            values += 1
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth, values = depth - 1, values - 1
            if depth > MAX_DEPTH or values > MAX_VALUES + _FRAME:
                _check(depth, values, event.start_mark.line + 1)
    finally:
        loader.dispose()


def _check(depth: int, values: int, line: int) -> None:
    if depth > MAX_DEPTH:
        raise InputError(f"line {line}: more than {MAX_DEPTH} mappings and lists within each other, which is the limit")
    if values > MAX_VALUES:
        raise InputError(f"line {line}: more than {MAX_VALUES} values, which is the limit (aliases count in full)")


class _Reader:
    """Makes the nodes of one document into values, going through aliases as if they were written out."""

    def __init__(self) -> None:
        self._scalars = yaml.constructor.SafeConstructor()
        self._values = 0

    def value(self, node: yaml.Node, path: tuple[str, ...], depth: int = 1) -> Any:
        """The value of a node below the fields of `path`."""
        self._values += 1
        if isinstance(node, yaml.ScalarNode):
            _check(0, self._values, _line(node))
            return self._scalar(node, path)
        _check(depth, self._values, _line(node))
        is_mapping = isinstance(node, yaml.MappingNode)
        if node.tag != f"{_TAG}{'map' if is_mapping else 'seq'}":
            raise _fault(node, path, _tagged(node))
        if is_mapping:
            return self._mapping(node, path, depth)
        return [self.value(item, (*path, str(index)), depth + 1) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.Node, path: tuple[str, ...], depth: int) -> dict[str | int, Any]:
        found: dict[str | int, Any] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            below = (*path, str(key))
            # As text, because fields that take numbers as names read "1" and 1 alike.
            first = lines.setdefault(str(key), _line(key_node))
            if len(lines) == len(found):
                raise _fault(key_node, below, f"given twice, the first time in line {first}")
            found[key] = self.value(value_node, below, depth + 1)
        return found

    def _key(self, node: yaml.Node, path: tuple[str, ...]) -> str | int:
        if node.tag == f"{_TAG}merge":
            raise _fault(node, path, "'<<': merge keys are not read; write the fields out")
        key = self._scalar(node, path) if isinstance(node, yaml.ScalarNode) else node
        if isinstance(key, bool) or not isinstance(key, str | int):
            shown = f"{node.value!r}: " if isinstance(node, yaml.ScalarNode) else ""
            raise _fault(node, path, f"{shown}a key must be text, in quotes if it reads as something else")
        return key

    def _scalar(self, node: yaml.ScalarNode, path: tuple[str, ...]) -> Any:
        text = str(node.value)
        if _CONTROL.search(text):
            raise _fault(node, path, f"{_short(text)}: holds a control character")
        if node.tag in _TEXT:
            return text
        if node.tag not in _PLAIN:
            raise _fault(node, path, _tagged(node))
        if node.tag in _NUMBERS:
            if len(text) > MAX_NUMBER_CHARACTERS:
                raise _fault(node, path, f"a number of {len(text)} characters; the limit is {MAX_NUMBER_CHARACTERS}")
            if _AMBIGUOUS.fullmatch(text):
                raise _fault(
                    node, path, f"{text!r}: base 60 or base 8 to some readers of YAML; write it in quotes, or out"
                )
        try:
            return self._scalars.construct_object(node)
        except (ValueError, KeyError, IndexError) as error:  # such as 0x_ or !!bool maybe
            raise _fault(node, path, f"{_short(text)}: cannot be read as {node.tag.removeprefix(_TAG)}") from error


def _fault(node: yaml.Node, path: tuple[str, ...], words: str) -> InputError:
    place = ".".join(_short(step)[1:-1] for step in path)
    return InputError(": ".join(part for part in (f"line {_line(node)}", place, words) if part))


def _short(value: str) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:56]}...{shown[-1]}"


def _tagged(node: yaml.Node) -> str:
    return f"not a readable YAML file: the tag {_short(node.tag)} is for more than text, numbers, lists and mappings"
