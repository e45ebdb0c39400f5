#!/usr/bin/env python3
"""docs/reliability.md is what its data say, and every test and command that they name is there; each mutant can
still be made. Arguments: the source folder,
ctest, the build folder."""
import fnmatch
import json
import os
import re
import subprocess
import sys

ROOT, CTEST, BUILD = sys.argv[1:4]
sys.path.insert(0, os.path.join(ROOT, "analysis/python"))
sys.path.insert(0, os.path.join(ROOT, "sim/tests/mutants"))
import mutants
import reliability_page

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def main():
    listed = subprocess.run([CTEST, "--test-dir", BUILD, "--show-only=json-v1"], capture_output=True, text=True, check=True).stdout
    names = [test["name"] for test in json.loads(listed)["tests"]]
    check(len(names) > 1000, f"{len(names)} tests are known")
    run = ""
    for path in (".ci/run", ".ci/nightly.sh"):
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            run += file.read()
    groups, figures = reliability_page.load()
    used = set()
    for group in groups:
        for p in group["promise"]:
            for test in p.get("tests", []):
                check(fnmatch.filter(names, test), f"promise {p['id']}: there is no test {test}")
            for command in p.get("commands", []):
                check(command in run, f"promise {p['id']}: no check '{command}'")
            check(p.get("tests") or p.get("commands") or p.get("figure"), f"promise {p['id']} rests on nothing")
            used.add(p.get("figure"))
    for name, figure in figures.items():
        check(name in used, f"figure {name} is of no promise")
        check(figure is None or (set(figure) == {"value", "date", "how"} and re.fullmatch(r"\d{4}-\d\d-\d\d", figure["date"])),
              f"figure {name}: {figure}")
    for name in used - {None}:
        check(name in figures, f"there is no figure {name}")
    for mutant in mutants.mutants():
        check(not mutant.problem(ROOT), f"mutants: {mutant.problem(ROOT)}")
    with open(reliability_page.PAGE, encoding="utf-8") as file:
        check(file.read() == reliability_page.page(), "docs/reliability.md: run analysis/python/reliability_page.py")
    print("all held" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
