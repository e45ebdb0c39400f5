#!/usr/bin/env python3
"""Text is UTF-8 from a scenario to whatever comes of it: TOML, --set, run, HDF5, JSON, explain, studies; and bytes that are
no text are told with their place. Arguments: the mhpsim program, the source folder. Needs Debian's python3-xarray,
python3-netcdf4, python3-h5netcdf."""
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

import h5py
import xarray

import surroundings

surroundings.neutral()
MHPSIM, SOURCE = (os.path.abspath(argument) for argument in sys.argv[1:3])
GUEST = os.path.join(SOURCE, "configs/scenarios/small-guest.toml")
FAILED = []


def check(holds, what):
    if not holds:
        FAILED.append(what)


def run(*arguments, code=0, folder="."):
    done = subprocess.run([MHPSIM, *arguments], capture_output=True, cwd=folder, timeout=300)
    check(done.returncode == code, f"{arguments}: exit {done.returncode}, not {code}: {done.stderr.decode()}")
    return done


def is_free(c):
    """Neither a control nor half of a surrogate pair."""
    return unicodedata.category(chr(c)) not in ("Cc", "Cs")


def names():
    """Names of every script, and random ones by a fixed seed."""
    yield from ("caf\u00e9", "cafe\u0301", "\u4e2d\u6587", "\u0448\u0443\u043c", "\u05e9\u05c1", "\U0001f600",
                "5 \u00b5s", "\u00a0\u3000x", "a\\\"'b", "\ufeffx", "\U0010fffd")
    dice = random.Random(20)
    for _ in range(30):
        some = (dice.choice((0x80, 0x800, 0x3000, 0x10000, 0x110000)) for _ in range(dice.randint(1, 12)))
        yield "".join(chr(c) for c in (dice.randrange(0x20, most) for most in some) if is_free(c)) or "x"


def toml(text):
    """As a string of TOML."""
    return '"' + "".join(f"\\u{ord(c):04x}" if c in '\\"' else c for c in text) + '"'


def attribute(path, name):
    with h5py.File(path) as file:
        value = file.attrs[name]
        return value.decode() if isinstance(value, bytes) else str(value)


def round_trips(folder):
    guest = open(GUEST, encoding="utf-8").read().replace('"../', f'"{SOURCE}/configs/')
    lines = [line for line in guest.splitlines() if not line.startswith("name =")]
    for n, name in enumerate(names()):
        path = os.path.join(folder, f"{n}-\u00fc.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"# {name}\nname = {toml(name)}\n" + "\n".join(lines))
        file = os.path.join(folder, f"{n}-\u00fc.h5")
        said = json.loads(run("run", path, "--json", "-o", file).stdout)
        check(said["scenario"] == name, f"JSON: {name!a} is {said['scenario']!a}")
        check(name in attribute(file, "title"), f"HDF5: {name!a} is {attribute(file, 'title')!a}")
        explained = json.loads(run("explain", file, "--json").stdout)
        check(explained["scenario"] == name, f"explain: {name!a} is {explained['scenario']!a}")
        setting = json.loads(run("run", GUEST, "--set", f"name={toml(name)}", "--json").stdout)
        check(setting["scenario"] == name, f"--set: {name!a} is {setting['scenario']!a}")


def studies(folder):
    path = os.path.join(folder, "\u00e9tude.toml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'name = "\u00e9tude"\nscenario = "{GUEST}"\n[[axis]]\nname = "gr\u00f6\u00dfe"\n'
                   'key = "hotplug.0.size"\nvalues = ["1GiB", "2GiB"]\n')
    run("sweep", path, "-o", "r\u00e9sultats", folder=folder)
    run("collect", "r\u00e9sultats", folder=folder)
    for engine in ("netcdf4", "h5netcdf"):
        with xarray.open_dataset(os.path.join(folder, "r\u00e9sultats/study.h5"), group="results", engine=engine) as data:
            check("gr\u00f6\u00dfe" in data.dims, f"{engine}: no axis gr\u00f6\u00dfe in {dict(data.sizes)}")


def refusals(folder):
    """Bytes that are no text, in every file that somebody writes: line and column, and exit 3 or 4."""
    bad = os.path.join(folder, "bad.toml")
    scenario = b'name = "x"\n# \xc2\xb5 \xb5\n'
    for command in ("run", "compare", "check", "explain", "sweep", "plan"):
        with open(bad, "wb") as file:
            file.write(scenario)
        said = run(command, bad, code=3).stderr.decode()
        check(said.startswith(f"{bad}:2:5: not UTF-8: byte 0xb5"), f"{command}: {said}")
    for part in ("machine", "costs", "kernel.profile"):
        said = run("run", GUEST, "--set", f"{part}={bad}", code=3).stderr.decode()
        check(f"{bad}:2:5: not UTF-8" in said, f"{part}: {said}")
    said = run("run", GUEST, "--set", b"name=\xff", code=3).stderr.decode()
    check(said.startswith("--set:1: not UTF-8: byte 0xff"), said)
    said = run("run", GUEST, "--set", "name=a\x1b[31m", code=3).stderr.decode()
    check("U+001B" in said and "\x1b" not in said, said)
    with open(os.path.join(folder, "c.json"), "wb") as file:
        file.write(b'{"name": "\xff"}')
    said = run("verify", "captures", "c.json", code=4, folder=folder).stderr.decode()
    check("1:11: capture: the text is not UTF-8 here" in said, said)


def main():
    with tempfile.TemporaryDirectory() as folder:
        round_trips(folder)
        studies(folder)
        refusals(folder)
    for failure in FAILED:
        print(failure.encode("utf-8", "backslashreplace").decode())
    return 1 if FAILED else 0


if __name__ == "__main__":
    sys.exit(main())
