#!/usr/bin/env python3
"""An installation in a folder of its own, used as others use it: by the program in it, by find_package, by pkg-config.

  consumer_test.py BUILD_FOLDER COMPILER [COMPILER_FLAGS]

What must hold: the installed program finds what was installed with it, wherever the installation is moved to; a project
that knows nothing but the prefix builds, runs, and has the program's own figures, to the fingerprint."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BUILD, COMPILER = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
FLAGS = sys.argv[3] if len(sys.argv) > 3 else ""


def call(*args, **how):
    done = subprocess.run([str(a) for a in args], capture_output=True, text=True, stdin=subprocess.DEVNULL, **how)
    assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def installed(folder):
    """Installs, then moves the installation: nothing in it may know where it was."""
    first, prefix = folder / "first", folder / "moved here"
    for component in ("runtime", "development"):
        call("cmake", "--install", BUILD, "--prefix", first, "--component", component)
    first.rename(prefix)
    return prefix


def find(prefix, pattern):
    found = sorted(prefix.rglob(pattern))
    assert len(found) == 1, f"{pattern}: {found}"
    return found[0]


def test_program(mhpsim, folder):
    """From a folder that has nothing, by names and by paths as the docs have them."""
    by_name = call(mhpsim, "run", "small-guest", "--json", cwd=folder)
    assert by_name == call(mhpsim, "run", "configs/scenarios/small-guest.toml", "--json", cwd=folder)
    version = json.loads(call(mhpsim, "--version=json", cwd=folder))
    data = pathlib.Path(version["data"])
    assert data.is_relative_to(mhpsim.parent.parent), data
    for kind in ("scenarios", "studies", "questions", "machines", "devices", "costs"):
        for listed in json.loads(call(mhpsim, "list", kind, "--json", cwd=folder)):
            assert pathlib.Path(listed["path"]).is_relative_to(data), listed
    for scenario in json.loads(call(mhpsim, "list", "scenarios", "--json")):
        call(mhpsim, "check", scenario["name"], cwd=folder)
    assert "exact" in call(mhpsim, "verify", "captures", data / "analysis/validation/captures/recordings/a-612-128M-mom0-kernel.json")
    for study in json.loads(call(mhpsim, "list", "studies", "--json")):
        call(mhpsim, "sweep", study["name"], "--dry-run", cwd=folder)


def test_project(prefix, mhpsim, folder):
    source, build = find(prefix, "guest_growth.cpp").parent, folder / "build"
    call("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={COMPILER}",
         f"-DCMAKE_CXX_FLAGS={FLAGS}", "-DCMAKE_BUILD_TYPE=Release")
    call("cmake", "--build", build, "--parallel", "2")
    results = folder / "results"
    results.mkdir()
    lines = [line.split() for line in call(build / "guest_growth", results, cwd=folder).splitlines()]
    reached = {placement: size for placement, size, outcome, *_ in lines if outcome == "ok"}
    assert reached["boot_memory"] == "12GiB" and reached["hotplugged_range"] == "24GiB", reached
    assert "every_second" in reached
    for placement, size, outcome, usable, boot, fingerprint in lines:
        if placement == "every_second":
            continue
        own = json.loads(call(mhpsim, "run", "small-guest", "--set", f"hotplug.0.size={size}", "--set",
                              f"kernel.memmap_placement={placement}", "--json"))
        metrics = {m["name"]: m["value"] for m in own["metrics"]}
        assert outcome == own["outcome"] and fingerprint == own["fingerprint"], (placement, size)
        assert usable == ("-" if metrics["time_to_usable"] is None else str(metrics["time_to_usable"])), (placement, size)
        assert int(boot) == metrics["memmap_pages_boot"], (placement, size)
    assert (results / "boot_memory.h5").exists()
    call(mhpsim, "explain", results / "boot_memory.h5")
    assert "alternating" in call(mhpsim, "--plugin", build / "alternating.so", "list", "placements")


def test_pkg_config(prefix, mhpsim, folder):
    """A program of one file, with nothing but the flags that pkg-config tells."""
    source = folder / "one.cpp"
    source.write_text("#include <mhpsim/mhpsim.hpp>\n#include <cstdio>\n"
                      "int main() { std::puts(mhpsim::run(mhpsim::Scenario::from_file(\"small-guest\")).fingerprint().c_str()); }\n")
    environment = {**os.environ, "PKG_CONFIG_PATH": str(find(prefix, "mhpsim.pc").parent)}
    flags = call("pkg-config", "--cflags", "--libs", "mhpsim", env=environment)
    subprocess.run(f"'{COMPILER}' {FLAGS} one.cpp -o one {flags}", shell=True, check=True, cwd=folder)
    own = json.loads(call(mhpsim, "run", "small-guest", "--json"))
    assert call(folder / "one", cwd=folder).strip() == own["fingerprint"]


def main():
    os.environ.pop("MHPSIM_DATA", None)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mhpsim-"))
    try:
        prefix = installed(folder)
        mhpsim = prefix / "bin/mhpsim"
        test_program(mhpsim, folder)
        test_project(prefix, mhpsim, folder)
        test_pkg_config(prefix, mhpsim, folder)
        print("all held")
    finally:
        shutil.rmtree(folder)


main()
