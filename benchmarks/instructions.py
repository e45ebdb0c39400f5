#!/usr/bin/env python3
"""Instructions that some fixed runs take, against what they took when somebody last looked: a guard without a clock.

instructions.toml has the runs, how many instructions each took, and how many more or fewer are all right. Counted by
valgrind's callgrind, on one thread. Exit code 1 if a run takes more; one that takes fewer is told, so that the count is
brought down with --update."""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
LIST = os.path.join(HERE, "instructions.toml")


def count(mhpsim, arguments):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", mhpsim, *arguments],
                              cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise SystemExit(f"mhpsim {' '.join(arguments)}: {done.stderr}")
    return int(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mhpsim")
    parser.add_argument("--update", action="store_true", help="write what is counted to instructions.toml")
    options = parser.parse_args()
    with open(LIST, encoding="utf-8") as source:
        text = source.read()
    listed = tomllib.loads(text)
    band, worse = listed["band"], 0
    for run in listed["run"]:
        there, now = run["instructions"], count(options.mhpsim, run["arguments"])
        verdict = "as before"
        if now > there * (1 + band):
            verdict, worse = "MORE", worse + 1
        elif now < there * (1 - band):
            verdict = "fewer: --update"
        print(f"{run['name']}: {now:,} instructions, {100 * (now / there - 1):+.1f} % of {there:,}: {verdict}", flush=True)
        text = re.sub(rf'(name = "{re.escape(run["name"])}"\n(?:(?!\[\[)[^\n]*\n)*?instructions = )[\d_]+', rf"\g<1>{now:_}", text)
    if options.update:
        with open(LIST, "w", encoding="utf-8") as out:
            out.write(text)
        return 0
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
