"""Signs on outputs that do not know them, such as a terminal in ASCII: the nearest that there is, and no error."""

from typing import Any, Final

_PLAIN: Final = {
    "×": "x",
    "…": "...",
    "±": "+/-",
    "µ": "u",
    "μ": "u",
    "∞": "inf",
    "–": "-",
    "—": "-",
    "−": "-",
    "→": "->",
    "≤": "<=",
    "≥": ">=",
    "≈": "~",
    "·": "*",
    "•": "*",
    "°": " deg",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
}


def plain(sign: str) -> str:
    """A sign in ASCII; lines of boxes become - | and +, letters lose their accents."""
    if sign in _PLAIN:
        return _PLAIN[sign]
    if "\ud800" <= sign <= "\udfff":  # a byte that is no text, as names of files may have
        return sign.encode("unicode_escape").decode()
    if "─" <= sign <= "╿":
        return "-" if sign in "─━┄┅┈┉╌╍═╴╶╸╺╼╾" else "|" if sign in "│┃┆┇┊┋╎╏║╵╷╹╻╽╿" else "+"
    if "▀" <= sign <= "▟":
        return "#"
    import unicodedata  # only for letters, which are rare

    return unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?"


def replaced(error: Any) -> tuple[str, int]:
    """An error handler of codecs: signs that an output does not know, as plain ones."""
    return "".join(map(plain, error.object[error.start : error.end])), error.end
