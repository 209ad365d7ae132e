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


def significant(value: float, digits: int = 3) -> str:
    """A number with as many significant digits, zeros at the end included: "1.00", "0.0347", "1560"."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = digits - 1 - math.floor(math.log10(abs(rounded)))
    return f"{rounded:.{max(0, decimals)}f}"
