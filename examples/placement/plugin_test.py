#!/usr/bin/env python3
"""A placement in a shared library, as its users load it.

  plugin_test.py MHPSIM LIBRARY SOURCE_FOLDER loads|wrong_version|no_library
"""

import json
import pathlib
import subprocess
import sys
import tempfile


def mhpsim(program: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([program, *arguments], capture_output=True, text=True)


def loads(program: str, library: str, _source: pathlib.Path) -> None:
    assert "alternating" not in mhpsim(program, "list", "placements").stdout
    assert "alternating" in mhpsim(program, "--plugin", library, "list", "placements").stdout
    run = mhpsim(program, "debate", "--plugin", library, "--placements", "boot_memory,alternating,hotplugged_range", "--json")
    assert run.returncode == 0, run.stderr
    answer = json.loads(run.stdout)
    assert [p["kernels"] for p in answer["placements"]] == ["all", "none", answer["placements"][2]["kernels"]]
    values = {o["id"]: o["values"] for o in answer["objections"]}
    assert 2 * values["O14"]["alternating"] == values["O14"]["boot_memory"] > 0, values["O14"]
    assert 2 * values["O1"]["alternating"] == values["O1"]["hotplugged_range"] > 0, values["O1"]


def compiled(text: str, folder: str) -> str:
    source, library = pathlib.Path(folder, "other.c"), pathlib.Path(folder, "other.so")
    source.write_text(text)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source], check=True)
    return str(library)


def refused(program: str, library: str, words: str) -> None:
    run = mhpsim(program, "--plugin", library, "list", "placements")
    assert run.returncode == 4, run
    assert words in run.stderr and run.stderr.count("\n") == 1, run.stderr
    assert run.stdout == "", run.stdout


def wrong_version(program: str, _library: str, _source: pathlib.Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        library = compiled("int mhpsim_placement_api(void) { return 0; } void mhpsim_register_placements(void) {}\n", folder)
        refused(program, library, "was built for version 0 of placements")


def no_library(program: str, _library: str, source: pathlib.Path) -> None:
    refused(program, str(source / "README.md"), "cannot be loaded")
    refused(program, "nowhere.so", "cannot be loaded")
    with tempfile.TemporaryDirectory() as folder:
        refused(program, compiled("int nothing;\n", folder), "is no library of placements")


if __name__ == "__main__":
    {f.__name__: f for f in (loads, wrong_version, no_library)}[sys.argv[4]](sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]))
