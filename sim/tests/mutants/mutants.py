#!/usr/bin/env python3
"""Makes the model wrong on purpose, one place at a time, and says which check notices.

mutants.toml lists the places: path, the text that stands there once, what takes its place, what is wrong then. Each is
made in a copy of the sources, in which the few programs that the checks need are built. The cheapest check comes first;
one that fails has caught the mutant. Exit code 1 if a mutant survives, 2 if one cannot be made or built."""
import argparse
import datetime
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
LIST = os.path.join(HERE, "mutants.toml")
# A mutant may run for ever, or take all the memory there is.
SECONDS, MEMORY = 900, 8 << 30
ENVIRONMENT = dict(os.environ, RC_PARAMS="seed=20210324", GTEST_FAIL_FAST="1", GTEST_BRIEF="1")


class Check:
    def __init__(self, name, targets, command, rooms=("kernel", "cost")):
        self.name, self.targets, self.command, self.rooms = name, targets, command, rooms


def checks(build, quick):
    mhpsim = f"{build}/sim/cli/mhpsim"

    def test(room):
        return Check(f"unit tests of {room}", [f"sim/{room}/{room}_test"], [f"{build}/sim/{room}/{room}_test"], (room,))

    first = [
        test("cost"),
        test("kernel"),
        Check("verify captures", ["sim/cli/mhpsim"], [mhpsim, "verify", "captures"], ("kernel",)),
    ]
    return first if quick else first + [
        Check("transcripts", ["sim/cli/mhpsim"],
              ["ctest", "--test-dir", build, "-R", "^transcript_", "--stop-on-failure", "--output-on-failure"]),
        Check("verify pressure", ["sim/cli/mhpsim"], [mhpsim, "verify", "pressure"], ("kernel",)),
        Check("unit tests of run", ["sim/run/run_test"], [f"{build}/sim/run/run_test"]),
    ]


def limits():
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def run(command, tree):
    """(exit code, output); None as exit code if there was no end."""
    process = subprocess.Popen(command, cwd=tree, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", preexec_fn=limits)
    try:
        return process.communicate(timeout=SECONDS)[0], process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.communicate()[0], None


def build_targets(build, targets, jobs):
    done = subprocess.run(["ninja", "-C", build, f"-j{jobs}", *targets], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    return None if done.returncode == 0 else done.stdout


def said(output):
    """What a check that failed says first."""
    for pattern in (r"^\[  FAILED  \] (\S+)", r"^\s*\d+/\d+ Test\s+#\d+: (\S+) .*\*\*\*", r"broken invariant: (.*)",
                    r"^(.*mismatch.*|FAILED.*|.*outside.*)$"):
        found = re.search(pattern, output, re.MULTILINE)
        if found:
            return found.group(1).rstrip(",")
    lines = [line for line in output.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing"


class Steps:
    """The commands of the build that a changed source of a room needs for a target: compile, archive, link. They are run
    without ninja, which would look through the whole tree, and the object is put back afterwards."""

    def __init__(self, build, path):
        self.build, self.room = build, path.split("/")[1]
        folder = f"sim/{self.room}/CMakeFiles/mhp_{self.room}.dir"
        unity = os.path.join(build, folder, "Unity")
        together = [name for name in sorted(os.listdir(unity)) if name.endswith(".cxx") and self.holds(unity, name, path)]
        self.object = f"{folder}/Unity/{together[0]}.o" if together else f"{folder}/{path.split('/', 2)[2]}.o"

    @staticmethod
    def holds(unity, name, path):
        with open(os.path.join(unity, name), encoding="utf-8") as source:
            return f"/{path}\"" in source.read()

    def commands(self, target):
        listed = subprocess.run(["ninja", "-C", self.build, "-t", "commands", target], check=True, stdout=subprocess.PIPE,
                                text=True).stdout.splitlines()
        archive = f" qc sim/{self.room}/libmhp_{self.room}.a"
        return [c for c in listed if f"-o {self.object} " in c or archive in c] + listed[-1:]

    def make(self, target, compiled):
        """What went wrong; the object is compiled once for all targets."""
        for command in self.commands(target)[1 if compiled else 0:]:
            done = subprocess.run(["sh", "-c", command], cwd=self.build, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True)
            if done.returncode != 0:
                return done.stdout
        return None

    def keep(self):
        with open(os.path.join(self.build, self.object), "rb") as source:
            return source.read()

    def put_back(self, kept):
        with open(os.path.join(self.build, self.object), "wb") as out:
            out.write(kept)


class Unbuildable(Exception):
    pass


class Mutant:
    def __init__(self, number, entry):
        self.number = number
        self.path, self.old, self.new, self.breaks = (entry[key] for key in ("file", "old", "new", "breaks"))
        self.room = self.path.split("/")[1]

    def text(self, tree):
        with open(os.path.join(tree, self.path), encoding="utf-8") as source:
            return source.read()

    def problem(self, tree):
        found = self.text(tree).count(self.old)
        if found == 1 and self.old != self.new:
            return None
        return f"mutant {self.number}: the text stands {found} times in {self.path}: {self.old!r}"

    def write(self, tree, text):
        with open(os.path.join(tree, self.path), "w", encoding="utf-8") as source:
            source.write(text)

    def judge(self, tree, build, quick):
        """Which check catches it, and what that says; None, None if none does."""
        before = self.text(tree)
        steps = Steps(build, self.path)
        kept, made = steps.keep(), set()
        self.write(tree, before.replace(self.old, self.new))
        try:
            for check in checks(build, quick):
                if self.room not in check.rooms:
                    continue
                for target in [t for t in check.targets if t not in made]:
                    problem = steps.make(target, bool(made))
                    if problem:
                        raise Unbuildable(problem)
                    made.add(target)
                output, code = run(check.command, tree)
                if code != 0:
                    return check.name, "no end" if code is None else said(output)
            return None, None
        finally:
            self.write(tree, before)
            steps.put_back(kept)


def mutants():
    with open(LIST, "rb") as source:
        return [Mutant(number, entry) for number, entry in enumerate(tomllib.load(source)["mutant"], 1)]


def copy_sources(tree):
    """The files of the project, those that changed alone, so that little is built anew."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            stdout=subprocess.PIPE).stdout.decode().split("\0")
    for path in filter(None, listed):
        source, target = os.path.join(ROOT, path), os.path.join(tree, path)
        if not os.path.isfile(source):
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if os.path.isfile(target):
            with open(source, "rb") as a, open(target, "rb") as b:
                if a.read() == b.read():
                    continue
        shutil.copyfile(source, target)
        shutil.copymode(source, target)


def prepare(folder):
    tree = os.path.join(folder, "tree")
    copy_sources(tree)
    build = os.path.join(tree, "build", "release")
    if not os.path.exists(os.path.join(build, "build.ninja")):
        subprocess.run(["cmake", "--preset", "release", "-DMHP_BENCHMARKS=OFF", "-DMHP_WERROR=OFF"], cwd=tree, check=True,
                       stdout=subprocess.DEVNULL)
    return tree, build


def note(path, caught, made):
    """Puts the figure of a run over all mutants beside the others of the file."""
    with open(path, encoding="utf-8") as source:
        figures = json.load(source)
    figures["mutants"] = {"value": f"{caught} of {made} mutants caught", "date": datetime.date.today().isoformat(),
                          "how": "./dev mutants"}
    with open(path, "w", encoding="utf-8") as out:
        json.dump(figures, out, indent=2, sort_keys=True)
        out.write("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("number", type=int, nargs="*", help="of the mutants to make (default: all)")
    parser.add_argument("--list", action="store_true", help="print the mutants and make none")
    parser.add_argument("--folder", default=os.path.join(ROOT, "build", "mutants"), help="where the copy is made")
    parser.add_argument("--quick", action="store_true", help="unit tests and captures alone")
    parser.add_argument("--tree", help="a copy that is there already, with its build in build/release")
    parser.add_argument("--figures", help="JSON file in which the figures of a run over all are noted")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="compilers at once")
    options = parser.parse_args()
    every = mutants()
    chosen = [m for m in every if not options.number or m.number in options.number]
    if len(chosen) < len(options.number):
        parser.error(f"there are mutants 1 to {len(every)}")
    if options.list:
        for m in chosen:
            print(f"{m.number:3} {m.path}: {m.breaks}")
        return 0
    problems = [p for p in (m.problem(options.tree or ROOT) for m in chosen) if p]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 2
    tree, build = (options.tree, os.path.join(options.tree, "build", "release")) if options.tree else prepare(options.folder)
    problem = build_targets(build, sorted({t for c in checks(build, options.quick) for t in c.targets}), options.jobs)
    if problem:
        print(problem[-4000:], file=sys.stderr)
        return 2
    results, survivors, unbuildable = [], 0, 0
    for m in chosen:
        start = time.monotonic()
        try:
            check, what = m.judge(tree, build, options.quick)
        except Unbuildable as problem:
            print(f"{m.number:3} {m.path}: {m.breaks}\n    CANNOT BE BUILT:\n{str(problem)[-4000:]}", flush=True)
            unbuildable += 1
            continue
        results.append((m, check, what))
        survivors += check is None
        verdict = f"caught by {check}: {what}" if check else "SURVIVES"
        print(f"{m.number:3} {m.path}: {m.breaks}\n    {verdict} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{len(results) - survivors} of {len(results)} mutants caught, {unbuildable} cannot be built")
    if options.figures and len(results) == len(every):
        note(options.figures, len(results) - survivors, len(results))
    return 2 if unbuildable else 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
