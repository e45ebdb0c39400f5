"""Amounts as people write them, and back."""

import re

KIB, MIB, GIB, TIB, PIB = (2**(10 * k) for k in range(1, 6))
SIZES = (("PiB", PIB), ("TiB", TIB), ("GiB", GIB), ("MiB", MIB), ("KiB", KIB), ("B", 1))
TIMES = (("h", 3.6e12), ("min", 6e10), ("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1))
FACTORS = {**dict(SIZES), **{unit: int(factor) for unit, factor in TIMES}}


def size(value):
    """Bytes in the largest unit that leaves a number of at least 1."""
    for unit, factor in SIZES[1:-1]:
        if abs(value) >= factor:
            return f"{value / factor:.4g} {unit}"
    return f"{value:.0f} B"


def duration(ns):
    """Nanoseconds in the largest unit that leaves a number of at least 1."""
    for unit, factor in TIMES[:-1]:
        if abs(ns) >= factor:
            return f"{ns / factor:.3g} {unit}"
    return f"{ns:.0f} ns"


def quantity(text):
    """The bytes of "128MiB", the nanoseconds of "2ms": what a scenario's value of that kind is in a result file.

    Raises ValueError for anything else; numbers are given back as they are.
    """
    if isinstance(text, (int, float)):
        return text
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*", text)
    if not found or found[2] not in FACTORS:
        raise ValueError(f"'{text}' is no number with one of the units {', '.join(FACTORS)}")
    value = float(found[1]) * FACTORS[found[2]]
    return int(value) if value == int(value) else value


def amount(value, unit):
    """A figure with its unit, as the program's tables have it: `unit` is that of a result file."""
    if value is None or value != value:
        return "not reached"
    if unit == "ns":
        return duration(value)
    if unit == "byte":
        return size(value)
    return f"{value:,.0f}" + ("" if unit in ("1", "") else f" {unit}s" if unit == "page" else f" {unit}")


def scale(values, unit):
    """Factor and name of the unit in which `values` (of a result file, in `unit`) are best drawn."""
    steps = {"ns": TIMES, "byte": SIZES}.get(unit)
    largest = max((abs(v) for v in values if v == v), default=0)
    if steps is None:
        return 1, "pages" if unit == "page" else "" if unit == "1" else unit
    for name, factor in steps:
        if largest >= factor:
            return factor, name
    return 1, steps[-1][0]
