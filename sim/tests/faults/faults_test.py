#!/usr/bin/env python3
"""Every command that writes files, with every call by which it does failing in turn, or being its last.
Arguments: the mhpsim program, the source folder, the library that makes calls fail (fail_call.cpp), and
  --calls N   how many calls of each command fail, evenly chosen among all (default: 6; 0: all)
  --kills N   go on until so many processes have been killed (default: as --calls says)
  --seed S    of what is drawn for these further kills (default: 1)
  --only A,B  these commands
  --json FILE the figures

Held is: exit code 0 and files as they are without a fault, or another exit code and one line that says why; files under their
names are whole in either case; nothing is left over but after a kill; and then the command, given again, ends with the same
files."""
import argparse
import collections
import errno
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import surroundings

surroundings.neutral()
FAULTS = [("ENOSPC", {"MHP_FAULT_ERROR": str(errno.ENOSPC)}), ("ENOSPC from then on", {"MHP_FAULT_ERROR": str(errno.ENOSPC), "MHP_FAULT_LASTS": "1"}),
          ("EIO", {"MHP_FAULT_ERROR": str(errno.EIO)}), ("EINTR", {"MHP_FAULT_ERROR": str(errno.EINTR)}), ("short", {"MHP_FAULT_ERROR": "short"})]
KILLS = [("kill", {"MHP_FAULT_ERROR": "kill"}), ("torn", {"MHP_FAULT_ERROR": "torn"})]
NOT_WRITTEN = 5
UNDECIDED = 8  # of plan, whose budget is too small to decide
KILLED = -9
SECONDS = 300


class Command:
    """A command with the files and the exit code that it is to end with. `again`: what is added to go on after a failure."""

    def __init__(self, name, args, files, again=("--force",), varies=False, code=0):
        self.name, self.args, self.files, self.again, self.varies, self.code = name, args, files, list(again), varies, code


class Faults:
    def __init__(self, program, library, given, folder, report):
        self.program, self.library, self.given, self.folder, self.report = program, library, given, folder, report
        self.failures = []
        self.commands = set()
        self.figures = collections.Counter()

    def call(self, args, env=None):
        return subprocess.run([self.program, *args], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors="replace", timeout=SECONDS, env={**os.environ, **(env or {})})

    def fresh(self):
        """The folder with what the commands read, and nothing that they wrote."""
        if not os.path.exists(self.folder):
            shutil.copytree(self.given, self.folder)
        for path, folders, names in os.walk(self.folder):
            for name in folders + names:
                whole = os.path.join(path, name)
                if not os.path.lexists(os.path.join(self.given, os.path.relpath(whole, self.folder))):
                    shutil.rmtree(whole) if os.path.isdir(whole) else os.remove(whole)
            folders[:] = [name for name in folders if os.path.exists(os.path.join(path, name))]

    def files(self):
        """Every file of the folder that was not given, by path."""
        out = {}
        for path, _, names in os.walk(self.folder):
            for name in names:
                whole = os.path.join(path, name)
                relative = os.path.relpath(whole, self.folder)
                if not os.path.exists(os.path.join(self.given, relative)):
                    with open(whole, "rb") as file:
                        out[relative] = file.read()
        return out

    def told(self):
        return {"commands": len(self.commands), "failing calls": self.figures["failing calls"], "kills": self.figures["kills"],
                "false finals": self.figures["false finals"], "failures": len(self.failures)}

    def note(self):
        """The figures so far: many faults take hours."""
        if self.report:
            with open(self.report, "w", encoding="ascii") as file:
                json.dump(self.told(), file, indent=1)

    def fail(self, what):
        self.failures.append(what)
        print("FAILED:", what, flush=True)

    def whole(self, command, path, bytes_, wanted):
        """Whether a file under its name is what it would have been."""
        if not command.varies:
            return bytes_ == wanted[path]
        return abs(len(bytes_) - len(wanted[path])) < len(wanted[path]) / 2 and bytes_.endswith(b"\n") and bytes_.startswith(wanted[path][:16])

    def check_finals(self, command, files, wanted, what):
        for path in command.files:
            if path in files and not self.whole(command, path, files[path], wanted):
                self.figures["false finals"] += 1
                self.fail(f"{what}: {path} is not whole: {len(files[path])} bytes")

    def again(self, command, wanted, what):
        done = self.call(command.args + command.again)
        files = self.files()
        if done.returncode != command.code:
            return self.fail(f"{what}: given again, exit {done.returncode}: {done.stderr}")
        for path in command.files:
            if path not in files or not self.whole(command, path, files[path], wanted):
                self.fail(f"{what}: given again, {path} is another file")

    def fault(self, command, name, env, n, wanted, keeps):
        what = f"{command.name}, call {n}, {name}"
        self.fresh()
        try:
            done = self.call(command.args, {**env, "MHP_FAULT_AT": str(n), "LD_PRELOAD": self.library})
        except subprocess.TimeoutExpired:
            return self.fail(f"{what}: no end")
        files = self.files()
        self.figures["kills" if done.returncode == KILLED else "failing calls"] += 1
        self.commands.add(command.name)
        self.note()
        self.check_finals(command, files, wanted, what)
        over = [path for path in files if path not in command.files and path not in keeps]
        if done.returncode == command.code:
            missing = [path for path in command.files if path not in files]
            if missing:
                self.fail(f"{what}: exit {done.returncode} without {missing}")
            if over:
                self.fail(f"{what}: left over: {over}")
            return None
        if done.returncode != KILLED:
            lines = [line for line in done.stderr.splitlines() if not line.startswith("note: ")]
            if done.returncode != NOT_WRITTEN:
                self.fail(f"{what}: exit {done.returncode}, not {NOT_WRITTEN}: {done.stderr}")
            # Of a sweep it is followed by the command that goes on.
            if not lines or ": " not in lines[0] or (len(lines) > 1 and not lines[1].endswith("this goes on:")):
                self.fail(f"{what}: {lines}")
            if over:
                self.fail(f"{what}: left over: {over}")
        return self.again(command, wanted, what)

    def calls_of(self, command):
        """The calls of an undisturbed run, and what it writes."""
        self.fresh()
        log = self.folder + ".calls"
        if os.path.exists(log):
            os.remove(log)
        done = self.call(command.args, {"MHP_FAULT_LOG": log, "LD_PRELOAD": self.library})
        if done.returncode != command.code:
            sys.exit(f"{command.name}: exit {done.returncode}: {done.stderr}")
        files = self.files()
        for path in command.files:
            if path not in files:
                sys.exit(f"{command.name} does not write {path}, but {sorted(files)}")
        with open(log, encoding="ascii") as file:
            return file.read().split(), files


def chosen(count, calls):
    """`count` numbers of calls, evenly; all if there are no more, or if it is 0."""
    if count == 0 or count >= calls:
        return list(range(1, calls + 1))
    return sorted({1 + round(i * (calls - 1) / max(1, count - 1)) for i in range(count)})


def prepare(program, root, given):
    """What the commands read: files of this folder alone, so that what they write names no other place."""
    os.makedirs(given)
    shutil.copytree(os.path.join(root, "configs"), os.path.join(given, "configs"))
    with open(os.path.join(given, "study.toml"), "w", encoding="ascii") as file:
        file.write('name = "s"\nscenario = "configs/scenarios/small-guest.toml"\nreplicates = 1\n[[axis]]\nname = "size"\n'
                   'key = "hotplug.0.size"\nvalues = ["128MiB", "256MiB", "384MiB"]\n')
    with open(os.path.join(given, "events.txt"), "w", encoding="ascii") as file:
        for i in range(20):
            file.write(f"  a-1 [000] ..... 1.{i:06d}: mm_page_alloc: page=0x0 pfn={hex(4096 + i)} order=0 migratetype=0 gfp_flags=GFP_KERNEL\n")
    shutil.copy(os.path.join(root, "sim/observed/fixtures/gh200.txt"), os.path.join(given, "machine.txt"))
    def made(*args):
        done = subprocess.run([program, *args], cwd=given, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{args}: {done.stderr}")
    made("run", *GUEST, "-o", "given.h5")
    made("sweep", "study.toml", "-o", "swept", "-j", "1", "--no-progress")


GUEST = ["configs/scenarios/small-guest.toml", "--set", "hotplug.0.size=256MiB"]
COMMANDS = [
    Command("run", ["run", *GUEST, "-o", "x.h5", "--timeline", "x.json"], ["x.h5", "x.json"]),
    Command("run --force", ["run", *GUEST, "-o", "x.h5", "--force"], ["x.h5"]),
    Command("compare", ["compare", *GUEST, "-o", "out", "--timeline", "t.json", "-j", "1", "--no-progress"],
            ["out/boot_memory-r0.h5", "out/hotplugged_range-r0.h5", "out/compare.json", "t.json"]),
    Command("report", ["report", "given.h5", "-o", "x.html"], ["x.html"]),
    Command("timeline", ["timeline", "given.h5", "-o", "x.json"], ["x.json"]),
    Command("trace", ["trace", "events.txt", "-o", "x.h5"], ["x.h5"]),
    Command("machine import", ["machine", "import", "machine.txt", "-o", "x.machine"], ["x.machine"]),
    Command("snapshot", ["snapshot", "-o", "x.snapshot"], ["x.snapshot"], varies=True),
    Command("collect", ["collect", "swept", "-o", "x.h5"], ["x.h5"]),
    Command("sweep", ["sweep", "study.toml", "-o", "out", "-j", "1", "--no-progress", "--keep-runs", "*"],
            ["out/shard-1-of-1.h5", "out/study.toml"], again=("--resume",)),
    Command("plan", ["plan", "configs/questions/kata-bracket.toml", "--budget", "2", "-j", "1", "-o", "out", "--no-progress"],
            ["out/answer.json", "out/study.h5", "out/study.toml"], again=("--resume",), code=UNDECIDED),
]


def main():
    parser = argparse.ArgumentParser()
    for name in ("program", "root", "library"):
        parser.add_argument(name)
    parser.add_argument("--calls", type=int, default=6)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", default="")
    args = parser.parse_args()
    program, root, library = (os.path.abspath(a) for a in (args.program, args.root, args.library))
    wanted_names = [n for n in args.only.split(",") if n]
    with tempfile.TemporaryDirectory() as scratch:
        given = os.path.join(scratch, "given")
        prepare(program, root, given)
        faults = Faults(program, library, given, os.path.join(scratch, "work"), args.json)
        known = []
        for command in COMMANDS:
            if wanted_names and command.name not in wanted_names:
                continue
            calls, wanted = faults.calls_of(command)
            # What is there beside the files that a command is asked for belongs to it, such as a journal.
            keeps = set(wanted)
            known.append((command, len(calls), wanted, keeps))
            for i, n in enumerate(chosen(args.calls, len(calls))):
                for j, (name, env) in enumerate(FAULTS):
                    if args.calls == 0 or (i + j) % 3 == 0:  # each kind of fault, but not each at each call
                        faults.fault(command, name, env, n, wanted, keeps)
                for j, (name, env) in enumerate(KILLS):
                    if args.calls == 0 or (i + j) % 2 == 0:
                        faults.fault(command, name, env, n, wanted, keeps)
            print(f"{command.name}: {len(calls)} calls ({', '.join(f'{c} {k}' for k, c in sorted(collections.Counter(calls).items()))})", flush=True)
        chance = random.Random(args.seed)
        while faults.figures["kills"] < args.kills:
            command, calls, wanted, keeps = chance.choice(known)
            name, env = chance.choice(KILLS)
            faults.fault(command, name, env, chance.randint(1, calls), wanted, keeps)
        print(", ".join(f"{v} {k}" for k, v in faults.told().items()))
    return 1 if faults.failures or not faults.figures["kills"] else 0


sys.exit(main())
