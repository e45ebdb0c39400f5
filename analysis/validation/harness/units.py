"""Sizes as people write them: "512MiB", "2 GiB", a number of bytes."""

import re

from errors import WrongInput

POWERS = {"": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40}
KIB, MIB = 1 << 10, 1 << 20


def size(value, what):
    """Bytes of `value`; `what` names it in the error."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    match = re.fullmatch(r"(\d+) ?(KiB|MiB|GiB|TiB|)", value) if isinstance(value, str) else None
    if not match:
        raise WrongInput(f'{what}: {value!r} is no size; write it as "512MiB" or "2GiB"')
    return int(match[1]) << POWERS[match[2]]


def text(size_in_bytes):
    """The shortest exact spelling."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        if size_in_bytes and size_in_bytes % (1 << POWERS[unit]) == 0:
            return f"{size_in_bytes >> POWERS[unit]}{unit}"
    return str(size_in_bytes)
