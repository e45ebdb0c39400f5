"""Writes a capture: JSON with a line for each field, so that files can be compared; whole or not at all."""

import json
import os

from errors import WrongInput

ONE_LINE_EACH = ("zones", "buddy")


CONSOLE = ("boot_dmesg", "console")
SAME = ("name", "kernel_version", "cmdline")  # of all runs of a recording


def reduced(capture):
    """Without what the console says, but for trouble."""
    kept = {name: value for name, value in capture.items() if name not in CONSOLE}
    kept["steps"] = [{name: value for name, value in step.items() if name not in CONSOLE} for step in capture["steps"]]
    return kept


def with_repeat(path, capture):
    """The recording at `path`, with one more run of its scenario in `repeats`; the capture itself if there is none yet."""
    if not os.path.exists(path):
        return capture | {"repeats": []}
    try:
        with open(path) as file:
            first = json.load(file)
        if any(first[key] != capture[key] for key in SAME):
            raise WrongInput(f"{path}: was recorded of another scenario, kernel or command line")
    except (ValueError, KeyError, TypeError) as error:
        raise WrongInput(f"{path}: is no recording") from error
    run = {name: value for name, value in reduced(capture).items() if name in ("outcome", "trouble_tail", "steps")}
    first["repeats"] = [*first.get("repeats", []), run]
    return first


def _short(value):
    return json.dumps(value, separators=(",", ":"))


def _rows(name, values, indent):
    gap = "\n" + " " * (indent + 1)
    return f"{_short(name)}: [{gap}" + f",{gap}".join(_short(value) for value in values) + "]"


def _field(name, value):
    if name in ("snapshot", "bsnapshot", "qsnapshot"):
        inner = [_rows(key, rows, 4) if key in ONE_LINE_EACH else f"{_short(key)}: {_short(rows)}"
                 for key, rows in value.items()]
        return f"{_short(name)}: {{\n    " + ",\n    ".join(inner) + "}"
    return _rows(name, value, 3) if name in ("console", "trace") else f"{_short(name)}: {_short(value)}"


def text(capture):
    head = [_rows(name, value, 1) if value and (name.endswith(("_dmesg", "_tail")) or name == "repeats") else f"{_short(name)}: {_short(value)}"
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
