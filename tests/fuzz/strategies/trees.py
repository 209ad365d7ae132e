"""Changes to structured text: one place of a tree of mappings and lists gets another value, name or shape."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

MARK = "@@hostile@@"
"""Stands in a tree for text that no dumper would write."""

HOSTILE_YAML = (
    *("0", "-1", "-0.5", "1.5", "5", "yes", "no", "null", "~", ".nan", ".inf", "-.inf", "1e400", "1e400 GHz", "0 GHz"),
    *("-3 GHz", "1e-320", "nan", "1e3", "'1e3'", "0x10", "1_000", "1:30", "2:4", "2024-01-01", "''", "' '", '"\\0"'),
    *("9223372036854775807", "9223372036854775808", "18446744073709551616", "1" + 30 * "0", "9" * 5001, "1e308"),
    *(
        "[]",
        "{}",
        "[1, 2]",
        "[[]]",
        "{a: 1}",
        "{a: 1, a: 2}",
        "{? [1]: 2}",
        "*missing",
        "&a [*a]",
        "<<: 1",
        "!!binary aGk=",
    ),
    *("!!python/object/apply:os.getcwd []", "!!python/name:os.system", "!!set {a}", "!local x", "!!float yes"),
    *("../../etc/passwd", "/dev/zero", "sparch", "a100-pcie", "fp64", "dense", "'*'", "\u2028", "\ud7ff", "²"),
    *("{a: " * 40 + "1" + "}" * 40, "[" * 1000 + "]" * 1000, "{a: " * 20_000),
)
HOSTILE_JSON = (
    *(
        "0",
        "-1",
        "1.5",
        "10.9",
        "true",
        "false",
        "null",
        "NaN",
        "Infinity",
        "1e400",
        '""',
        '"x"',
        '"8"',
        "[]",
        "{}",
        "[1]",
    ),
    *("2147483648", "1099511627776", "9223372036854775807", "9223372036854775808", "1" + 30 * "0", "9" * 5001, "1e3"),
    *('{"a": 1, "a": 2}', "[" * 2000 + "]" * 2000, '{"a": ' * 50_000, '"../../x"', '"\\u0000"', "[1, -1]", "[0, 1e9]"),
)
_KEYS = ("name", "extra", "", "0", "based_on", "<<", "sources", "kernels", "__class__", "é")


@st.composite
def changed_trees(draw: st.DrawFn, tree: Any, hostile: tuple[str, ...]) -> tuple[Any, list[str]]:
    """The tree with one to three changes, and the texts to put in the places that say MARK, in order."""
    tree, texts = copy.deepcopy(tree), list[str]()
    for _ in range(draw(st.sampled_from((1, 1, 1, 2, 3)))):
        places = list(_places(tree))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(("value", "value", "value", "scaled", "drop", "double", "rename", "swap")))
        if kind == "value":
            holder[key] = f"{MARK}{len(texts)}"
            texts.append(draw(st.sampled_from(hostile)))
        elif kind == "scaled" and isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            factor = draw(st.sampled_from((0, -1, 1e-9, 0.5, 3, 1000, 2**40)))
            holder[key] = type(holder[key])(holder[key] * factor)
        elif kind == "drop":
            del holder[key]
        elif kind == "double" and isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        elif isinstance(holder, dict):
            if kind == "rename":
                holder[draw(st.sampled_from(_KEYS))] = holder.pop(key)
            elif kind == "swap":
                other = draw(st.sampled_from(list(holder)))
                holder[key], holder[other] = holder[other], holder[key]
    return tree, texts


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    for key in tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        yield tree, key
        yield from _places(tree[key])


def _filled(text: str, texts: list[str], quotes: str) -> str:
    for number, hostile in reversed(list(enumerate(texts))):
        for quote in quotes:
            text = text.replace(f"{quote}{MARK}{number}{quote}", hostile)
        text = text.replace(f"{MARK}{number}", hostile)
    return text


@st.composite
def yaml_texts(draw: st.DrawFn, tree: Any) -> bytes:
    """A YAML file with changes in its tree, and now and then one line twice."""
    changed, texts = draw(changed_trees(tree, HOSTILE_YAML))
    text = _filled(yaml.safe_dump(changed, sort_keys=False, allow_unicode=True, width=10_000), texts, "'")
    lines = text.splitlines(keepends=True)
    if lines and draw(st.integers(0, 5)) == 0:
        line = draw(st.integers(0, len(lines) - 1))
        lines.insert(line, lines[line])
    return "".join(lines).encode("utf-8", errors="replace")


@st.composite
def json_texts(draw: st.DrawFn, tree: Any) -> bytes:
    """A JSON text with changes in its tree."""
    changed, texts = draw(changed_trees(tree, HOSTILE_JSON))
    return _filled(json.dumps(changed), texts, '"').encode()
