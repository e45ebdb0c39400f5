#!/usr/bin/env python3
"""What every command prints arrives, or the exit code says that it did not. Arguments: the mhpsim program, the source
folder.

Each command is run with its standard output on a full disk, closed, and into a pipe that nobody reads, and with a pipe in
the place of each file that it reads; a command that is not in the table below fails the test."""
import os
import re
import signal
import subprocess
import sys
import tempfile

import surroundings

surroundings.neutral()
MHPSIM, ROOT = (os.path.abspath(argument) for argument in sys.argv[1:3])
GUEST = os.path.join(ROOT, "configs/scenarios/small-guest.toml")
SMALL = ["--set", "hotplug.0.size=1GiB"]
CAPTURE = os.path.join(ROOT, "analysis/validation/captures/recordings/a-612-128M-mom0-kernel.json")
TEXT = os.path.join(ROOT, "sim/observed/fixtures/gh200.txt")
ZONES = os.path.join(ROOT, "sim/observed/fixtures/kvm-guest-5.15-zoneinfo.txt")
NOT_WRITTEN, READER_GONE = 5, 141
failures = []


def call(*args, **how):
    return subprocess.run([MHPSIM, *args], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **how)


def subcommands(*above):
    text = call(*above, "--help", stdout=subprocess.PIPE).stdout
    listed = text.partition("Subcommands:")[2].partition("\n\n")[0]
    return re.findall(r"^  (\S+)", listed, re.M)


def leaves():
    """Every command that does something, with those inside another."""
    for name in subcommands():
        inner = subcommands(name)
        yield (name,)
        yield from ((name, i) for i in inner)


def invocations(folder):
    """One invocation a command, as short as it can be and still print; None: it only prints for its parts or measures
    the machine."""
    study = os.path.join(folder, "study.toml")
    with open(study, "w", encoding="ascii") as file:
        file.write(f'name = "s"\nscenario = "{GUEST}"\nreplicates = 1\n[[axis]]\nname = "size"\nkey = "hotplug.0.size"\n'
                   'values = ["128MiB", "256MiB"]\n')
    done = os.path.join(folder, "done")
    trace = os.path.join(folder, "events.txt")
    with open(trace, "w", encoding="ascii") as file:
        file.write("  a-1 [000] ..... 1.000000: mm_page_alloc: page=0x0 pfn=0x1000 order=0 migratetype=0 gfp_flags=GFP_KERNEL\n")
    made = call("sweep", study, "-o", done, stdout=subprocess.PIPE)
    assert made.returncode == 0, made.stderr
    run_file = os.path.join(folder, "run.h5")
    made = call("run", GUEST, *SMALL, "-o", run_file, stdout=subprocess.PIPE)
    assert made.returncode == 0, made.stderr
    return {
        ("calibrate",): None, ("verify", "host"): None, ("verify",): None, ("list",): None, ("machine",): None,
        ("check",): [GUEST],
        ("collect",): [done, "--force"],
        ("compare",): [GUEST, *SMALL, "--no-progress"],
        ("completion",): [],
        ("debate",): [GUEST, *SMALL, "--placements", "boot_memory,hotplugged_range"],
        ("explain",): [run_file],
        ("list", "adders"): [], ("list", "architectures"): [], ("list", "kernels"): [], ("list", "metrics"): [],
        ("list", "params"): [], ("list", "placements"): [],
        ("list", "costs"): [], ("list", "devices"): [], ("list", "machines"): [], ("list", "questions"): [],
        ("list", "scenarios"): [], ("list", "studies"): [],
        ("machine", "import"): [TEXT, "-o", os.path.join(folder, "machine.txt"), "--force"],
        ("machine", "show"): [TEXT],
        ("machine", "why"): [os.path.join(ROOT, "sim/observed/fixtures/memmap-of-a-dimm.txt")],
        ("man",): [],
        ("plan",): [os.path.join(ROOT, "configs/questions/kata-bracket.toml"), "--budget", "2", "--no-progress"],
        ("report",): [run_file, "-o", os.path.join(folder, "report.html"), "--force"],
        ("run",): [GUEST, *SMALL],
        ("snapshot",): [],
        ("sweep",): [study, "-o", done, "--resume", "--no-progress"],
        ("timeline",): [run_file],
        ("trace",): [trace, "-o", os.path.join(folder, "trace.h5"), "--force"],
        ("verify", "captures"): [CAPTURE],
        ("verify", "growth"): [],
        ("verify", "pressure"): ["--scenario", "q-61-1G-cache-16G-mom0"],
        ("verify", "zoneinfo"): [ZONES, ZONES, "--scenario", GUEST],
        ("verify", "published"): [os.path.join(ROOT, "analysis/validation/published/targets/v22.toml"), "--samples", "0"],
    }


def check(condition, what):
    if not condition:
        failures.append(what)
        print("FAILED:", what)


def probe(command, args):
    """Also with --json where there is that, and every command's help."""
    forms = [[*command, *args], [*command, "--help"]]
    if "--json" in call(*command, "--help", stdout=subprocess.PIPE).stdout:
        forms.append([*command, *args, "--json"])
    for form in forms:
        what = "mhpsim " + " ".join(form)
        whole = call(*form, stdout=subprocess.PIPE)
        if not whole.stdout:
            check(False, f"{what} prints nothing, which tests nothing (exit {whole.returncode}: {whole.stderr})")
            continue
        with open("/dev/full", "w", encoding="ascii") as full:
            result = call(*form, stdout=full)
        check(result.returncode == NOT_WRITTEN, f"{what} > /dev/full: exit {result.returncode}")
        lines = result.stderr.strip().splitlines()
        check(lines[-1:] == ["standard output: cannot be written: No space left on device"], f"{what} > /dev/full: {lines}")
        result = call(*form, preexec_fn=lambda: os.close(1))
        check(result.returncode == NOT_WRITTEN, f"{what} >&-: exit {result.returncode}: {result.stderr}")
        for disposition in (signal.SIG_DFL, signal.SIG_IGN):
            reader, writer = os.pipe()
            os.close(reader)
            result = call(*form, stdout=writer, preexec_fn=lambda: signal.signal(signal.SIGPIPE, disposition))
            os.close(writer)
            check(result.returncode in (-signal.SIGPIPE, READER_GONE) and "standard output" not in result.stderr,
                  f"{what} | nobody: exit {result.returncode}: {result.stderr}")


def probe_fifo(command, args, folder):
    """A pipe that nobody writes to, in the place of each file: it is refused, not waited for."""
    fifo = os.path.join(folder, "fifo")
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    for i, argument in enumerate(args):
        if not os.path.isfile(argument):
            continue
        form = [*command, *args[:i], fifo, *args[i + 1:]]
        try:
            result = call(*form, stdout=subprocess.PIPE, timeout=60)
            check(result.returncode in (3, 4, 5) and result.stderr, f"mhpsim {' '.join(form)}: exit {result.returncode}: {result.stderr}")
        except subprocess.TimeoutExpired:
            check(False, f"mhpsim {' '.join(form)}: waits")


def main():
    with tempfile.TemporaryDirectory() as folder:
        table = invocations(folder)
        there = list(leaves())
        check(len(there) > 15, f"the help lists the commands: {there}")
        for command in there:
            check(command in table, f"{' '.join(command)} has no invocation here")
            if table.get(command) is not None:
                probe(list(command), table[command])
                probe_fifo(command, table[command], folder)
        for command in table:
            check(command in there, f"{' '.join(command)} is no command")
        probe([], ["--version"])
        probe([], ["--version=json"])
        for command in there:  # an empty value is a variable that was not set
            for option in ("-o", "--set", "--placements"):
                if re.search(rf"(^|[ ,]){option}[ ,]", call(*command, "--help", stdout=subprocess.PIPE).stdout, re.M):
                    result = call(*command, option, "", stdout=subprocess.PIPE)
                    check(result.returncode == 2, f"{' '.join(command)} {option} '': exit {result.returncode}")
    print("all held" if not failures else f"{len(failures)} failed")
    return 1 if failures else 0


sys.exit(main())
