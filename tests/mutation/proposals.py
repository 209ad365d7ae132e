"""The faults that one line can have: what stands where in a module, and what may stand there instead.

Docstrings, annotations, assertions and the words of errors are left alone, as is what decides how a picture looks
(sizes, places of legends) rather than what it says.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

OPERATORS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*")}
OPERATORS |= {ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "//")}
COMPARISONS = {ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">")}
COMPARISONS |= {ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in")}
COMPARISONS |= {ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is")}
PAIRS = [("min", "max"), ("minimum", "maximum"), ("idxmin", "idxmax"), ("argmin", "argmax"), ("any", "all")]
OPPOSITE = {a: b for pair in PAIRS for a, b in (pair, pair[::-1])}

LOOKS = set(
    re.findall(
        r"\w+",
        """
    fontsize frameon linewidth lw markersize markeredgewidth elinewidth alpha rotation rotation_mode ha va loc ncols
    bbox_to_anchor handlelength labelsize length pad labelpad capsize wspace hspace zorder textcoords dpi
    subplots_adjust tick_params minorticks_off set_axisbelow grid set_visible tidy header_style title_justify strict
    """,
    )
)
"""Arguments and functions that decide how something looks, not what it says; `strict` is a mere safety net."""

Edit = tuple[str, int, int, str]


@dataclass(frozen=True)
class Mutant:
    """One fault: `file` below `sparsesim/` with the bytes from `start` to `end` replaced by `text`."""

    file: str
    kind: str
    start: int
    end: int
    text: str

    def applied(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]

    def described(self, source: bytes) -> dict[str, str | int]:
        """File, kind, line, and that line before and after."""
        first, last = source.rfind(b"\n", 0, self.start) + 1, source.find(b"\n", self.end)
        after = self.applied(source)[first : len(self.applied(source)) - len(source) + last]
        words = {"before": source[first:last], "after": after}
        shown = {name: " ".join(text.decode().split()) for name, text in words.items()}
        return {"file": self.file, "kind": self.kind, "line": source.count(b"\n", 0, self.start) + 1, **shown}


class Proposals(ast.NodeVisitor):
    """The edits (kind, start, end, text) that make sense in one module."""

    def __init__(self, source: bytes, defaults: Mapping[str, set[str]] | None = None) -> None:
        self.source, self.defaults, self.edits = source, defaults or {}, list[Edit]()
        self._lines = [0, *(match.end() for match in re.finditer(b"\n", source))]
        self._may_be_none = False
        self._names: list[tuple[str, int, int]] = []
        self.visit(ast.parse(source))
        self._exchange_names()

    def _span(self, node: ast.AST) -> tuple[int, int]:
        return self._lines[node.lineno - 1] + node.col_offset, self._lines[node.end_lineno - 1] + node.end_col_offset

    def _propose(self, kind: str, start: int, end: int, text: str) -> None:
        self.edits.append((kind, start, end, text))

    def _between(self, kind: str, left: ast.AST, right: ast.AST, words: tuple[str, str]) -> None:
        """Replace the operator that stands between two nodes."""
        start, end = self._span(left)[1], self._span(right)[0]
        found = re.search(rf"{re.escape(words[0]).replace(' ', 's+')}", self.source[start:end].decode())
        if found:
            self._propose(kind, start + found.start(), start + found.end(), words[1])

    def _removed(self, node: ast.stmt) -> None:
        self._propose("statement", *self._span(node), "pass")

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call) and _name(node.value.func) not in LOOKS:
            self._removed(node)
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._removed(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._removed(node)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if any(isinstance(target, ast.Subscript) for target in node.targets):
            self._removed(node)
        if _name(node.targets[0]) != "__all__":
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None and _name(node.annotation) != "TypeAlias":
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        outer, self._may_be_none = self._may_be_none, node.returns is not None and "None" in ast.unparse(node.returns)
        for child in (*node.args.defaults, *node.args.kw_defaults, *node.body):
            if child is not None:
                self.visit(child)
        self._may_be_none = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for child in node.body:
            self.visit(child)

    def visit_If(self, node: ast.If) -> None:
        if _name(node.test) != "TYPE_CHECKING":
            self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if self._may_be_none and node.value is not None and ast.unparse(node.value) != "None":
            self._propose("return", *self._span(node.value), "None")
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in OPERATORS:
            self._between("operator", node.left, node.right, OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self._between("comparison", left, right, COMPARISONS[type(op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        self._between("logic", node.values[0], node.values[1], words)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        start = self._span(node)[0]
        if isinstance(node.op, ast.Not | ast.USub):
            self._propose("logic", start, start + len("not" if isinstance(node.op, ast.Not) else "-"), "")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name, (_, end) = _name(node.func), self._span(node.func)
        if name in LOOKS:
            return
        if name in OPPOSITE:
            self._propose("extreme", end - len(name), end, OPPOSITE[name])
        self.visit(node.func)
        for argument in node.args[1:] if name == "cast" else node.args:
            self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg in LOOKS:
                continue
            if keyword.arg and keyword.arg in self.defaults.get(name, {keyword.arg}):
                start, end = self._span(keyword)
                comma = re.match(rb"\s*,\s*", self.source[end:])
                self._propose("argument", start, end + (comma.end() if comma else 0), "")
            self.visit(keyword.value)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if _name(node.value) != "Literal":
            self.generic_visit(node)

    def visit_Slice(self, node: ast.Slice) -> None:
        for bound in (node.lower, node.upper):
            if bound is not None:
                self._propose("slice", self._span(bound)[1], self._span(bound)[1], " + 1")
        self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> None:
        self._swapped([key for key in node.keys if key is not None])
        for key, value in zip(node.keys, node.values, strict=True):
            if not (isinstance(key, ast.Constant) and key.value in LOOKS):
                self.visit(value)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self._swapped(node.elts)
        self.generic_visit(node)

    def _swapped(self, nodes: Sequence[ast.expr]) -> None:
        """Two strings that stand next to each other change places."""
        words = [node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        for one, other in pairwise(words):
            if LOOKS & {one.value, other.value}:
                continue
            (a, b), (c, d) = self._span(one), self._span(other)
            self._propose("swap", a, d, (self.source[c:d] + self.source[b:c] + self.source[a:b]).decode())

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        start, end = self._span(node)
        whole = self.source[start:end].decode()
        for part in node.values:
            if isinstance(part, ast.Constant):
                letter = re.search(r"\w", part.value)
                if letter and whole.count(part.value) == 1:
                    place = start + len(whole[: whole.index(part.value) + letter.start()].encode())
                    self._propose("text", place, place, "x")
            elif self.source[slice(*self._span(part.value))].decode() == ast.unparse(part.value).replace("'", '"'):
                self.visit(part.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        start, end = self._span(node)
        if isinstance(node.value, bool):
            self._propose("flag", start, end, str(not node.value))
        elif isinstance(node.value, int | float):
            for changed in {node.value + 1, 2 * node.value} - {node.value}:
                self._propose("number", start, end, repr(changed))
        elif isinstance(node.value, str) and re.fullmatch(r"[a-z]\w*", node.value):
            self._names.append((node.value, start, end))
        elif isinstance(node.value, str) and (letter := re.search(rb"[\"'][^\w\\]*(?=\w)", self.source[start:end])):
            self._propose("text", start + letter.end(), start + letter.end(), "x")

    def _exchange_names(self) -> None:
        """What looks like the name of a column becomes another such name of the same module."""
        known = sorted({name for name, _, _ in self._names})
        for name, start, end in self._names if len(known) > 1 else []:
            self._propose("name", start, end, f'"{known[known.index(name) - 1]}"')


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def optional_arguments(package: Path) -> dict[str, set[str]]:
    """By the name of every function and class: the arguments that may be left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for node in (node for path in package.rglob("*.py") for node in ast.walk(ast.parse(path.read_bytes()))):
        if isinstance(node, ast.FunctionDef):
            given, keywords = node.args.args, zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            found[node.name] |= {argument.arg for argument in given[len(given) - len(node.args.defaults) :]}
            found[node.name] |= {argument.arg for argument, default in keywords if default is not None}
        elif isinstance(node, ast.ClassDef):
            fields = [each for each in node.body if isinstance(each, ast.AnnAssign) and each.value is not None]
            found[node.name] |= {_name(each.target) for each in fields}
    return found


def proposed(package: Path, modules: Sequence[str]) -> list[Mutant]:
    """Every mutant of these modules and folders, in the order of the files."""
    defaults = optional_arguments(package)
    roots = [package / module for module in modules]
    files = [file for root in roots for file in (sorted(root.rglob("*.py")) if root.is_dir() else [root])]
    return [
        Mutant(str(file.relative_to(package)), *edit)
        for file in files
        for edit in Proposals(file.read_bytes(), defaults).edits
    ]
