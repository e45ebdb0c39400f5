#!/usr/bin/env python3
"""A run that lasts says on a terminal how far it is; elsewhere, or when it is told not to, it says nothing.
Arguments: the mhpsim program, the source folder."""
import os
import pty
import re
import select
import subprocess
import sys
import time

import surroundings

surroundings.neutral()
MHPSIM, ROOT = (os.path.abspath(argument) for argument in sys.argv[1:3])
GUEST = os.path.join(ROOT, "configs/scenarios/small-guest.toml")
# Ticks of the kernel's counters for a year: nothing but events.
LONG = ["run", GUEST, "--set", "until=8760h", "--set", "kernel.stat_interval=100ms"]
# No powers of ten: a year is 31,536,000 s.
LINE = re.compile(r"[0-9.,]+ [a-z]+ of 31,536,000 s \([0-9]+ %\) simulated, [0-9]+ events, [0-9]+ of [0-9]+ blocks online, [0-9]+ [a-z]+ left")


def heard(seconds, terminal, *more):
    """What a long run says on standard error within so many seconds, or until it says how far it is."""
    reading, writing = pty.openpty() if terminal else os.pipe()
    text = ""
    with subprocess.Popen([MHPSIM, *LONG, *more], stdout=subprocess.DEVNULL, stderr=writing) as process:
        os.close(writing)
        end = time.monotonic() + seconds
        while time.monotonic() < end and not LINE.search(text):
            if select.select([reading], [], [], 0.2)[0]:
                try:
                    piece = os.read(reading, 4096).decode()
                except OSError:  # a terminal whose last writer has gone
                    break
                text += piece
                if not piece:
                    break
        process.kill()
    os.close(reading)
    return text


def main():
    failed = 0
    if not LINE.search(heard(60, True)):
        print("no progress on a terminal")
        failed = 1
    for terminal, more in ((True, ["--no-progress"]), (False, [])):
        if said := heard(5, terminal, *more):
            print(f"terminal {terminal} {more}: {said!r}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
