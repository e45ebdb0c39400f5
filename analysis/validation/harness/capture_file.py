"""Writes a capture: JSON with a line for each field, so that files can be compared; whole or not at all."""

import json
import os

ONE_LINE_EACH = ("zones", "buddy")


def _short(value):
    return json.dumps(value, separators=(",", ":"))


def _rows(name, values, indent):
    gap = "\n" + " " * (indent + 1)
    return f"{_short(name)}: [{gap}" + f",{gap}".join(_short(value) for value in values) + "]"


def _field(name, value):
    if name in ("snapshot", "bsnapshot"):
        inner = [_rows(key, rows, 4) if key in ONE_LINE_EACH else f"{_short(key)}: {_short(rows)}"
                 for key, rows in value.items()]
        return f"{_short(name)}: {{\n    " + ",\n    ".join(inner) + "}"
    return _rows(name, value, 3) if name in ("console", "trace") else f"{_short(name)}: {_short(value)}"


def text(capture):
    head = [_rows(name, value, 1) if name.endswith(("_dmesg", "_tail")) and value else f"{_short(name)}: {_short(value)}"
            for name, value in capture.items() if name != "steps"]
    steps = ["  {\n   " + ",\n   ".join(_field(name, value) for name, value in step.items()) + "}"
             for step in capture["steps"]]
    return "{\n " + ",\n ".join(head) + ',\n "steps": [\n' + ",\n".join(steps) + "\n ]\n}\n"


def write(path, content):
    """Nobody ever sees half a file: it is written beside `path` and then takes its name."""
    partial = f"{path}.{os.getpid()}.partial"
    try:
        with open(partial, "w") as file:
            file.write(content)
        os.replace(partial, path)
    finally:
        if os.path.exists(partial):
            os.unlink(partial)
