"""Quantities as people read them: three digits and a unit."""

import math

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"))


def _scaled(value: float, unit: str) -> str:
    if value == 0:
        return f"0 {unit}"
    scale, prefix = next((entry for entry in _PREFIXES if abs(value) >= entry[0]), _PREFIXES[-1])
    return f"{value / scale:.3g} {prefix}{unit}"


def seconds(value: float) -> str:
    """Seconds as "12.3 µs"."""
    return _scaled(value, "s")


def joules(energy_pj: float) -> str:
    """Picojoules as "4.56 mJ"."""
    return _scaled(energy_pj * 1e-12, "J")


def size(size_bytes: float) -> str:
    """Bytes as "1.2 MB" (decimal)."""
    for scale, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size_bytes >= scale:
            return f"{size_bytes / scale:.3g} {unit}"
    return f"{size_bytes:.0f} B"


def ratio(value: float) -> str:
    """A gain as "0.0043x", "0.85x", "12.3x" or "1,280x"; a dash where there is none, as its baseline was refused."""
    if not math.isfinite(value):
        return "-"
    if abs(value) < 1:
        value = float(f"{value:.2g}")
    return f"{_significant(value, 2 if abs(value) < 1 else 3, zeros=True)}x"


def figure(value: float) -> str:
    """A number without unit to four digits: "0.1235", "12,340"."""
    return _significant(value, 4, zeros=False)


def _significant(value: float, digits: int, *, zeros: bool) -> str:
    """So many significant digits, `zeros` at the end too; without exponent but for the very small."""
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or not math.isfinite(rounded):
        return f"{rounded:g}"
    magnitude = math.floor(math.log10(abs(rounded)))
    if magnitude < -5:
        return f"{rounded:.{digits}g}"
    text = f"{rounded:,.{max(0, digits - 1 - magnitude)}f}"
    return text if zeros or "." not in text else text.rstrip("0").rstrip(".")


def significant(value: float, digits: int = 3) -> str:
    """A number with as many significant digits, zeros at the end included: "1.00", "0.0347", "1560"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(0, decimals)}f}"
