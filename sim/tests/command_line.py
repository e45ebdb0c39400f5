"""The program as the tests of its command line call it. Arguments of a test: the mhpsim program, the source folder, subjects
(default: all of its functions test_SUBJECT, each of which gets an empty folder). Every check names the command."""
import os
import re
import subprocess
import sys
import tempfile

import surroundings

surroundings.neutral()
MHPSIM, ROOT = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
QUICK = os.path.join(ROOT, "configs/scenarios/quickstart.toml")
GUEST = os.path.join(ROOT, "configs/scenarios/small-guest.toml")
failures = []
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def run(*args, cwd=None, env=None):
    return subprocess.run([MHPSIM, *args], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=cwd,
                          env={**os.environ, **(env or {})})


def expect(code, *args, **kw):
    result = run(*args, **kw)
    check(result.returncode == code, f"mhpsim {' '.join(args)}: exit {result.returncode}, not {code}: {result.stderr}")
    return result


def one_line_error(result, pattern, what):
    lines = result.stderr.strip().splitlines()
    check(len(lines) == 1 and re.search(pattern, lines[0]), f"{what}: got {lines}")
    check(result.stdout == "", f"{what}: nothing on standard output")


def judge(tests):
    """Runs the subjects that the arguments name, of a module's names, and ends the program with what came of it."""
    for subject in sys.argv[3:] or [name[len("test_"):] for name in list(tests) if name.startswith("test_")]:
        with tempfile.TemporaryDirectory() as folder:
            tests["test_" + subject](folder)
    print(f"{checks} checks, {len(failures)} failed")
    sys.exit(1 if failures or checks == 0 else 0)
