#!/usr/bin/env python3
"""A sweep that is killed 50 times at random moments, and one that is interrupted politely.

What was written stays, nothing is simulated twice, and the collected file is that of a sweep nobody disturbed.
Arguments: the mhpsim program, the source folder."""
import os
import random
import re
import shlex
import signal
import subprocess
import tempfile
import time

from sweeps import MHPSIM, RUNS, STUDY, check, collected, expect, finish, journalled, run, uninterrupted, write_study

KILLS = 50


def start(*args):
    return subprocess.Popen([MHPSIM, "sweep", *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def kill_at_random(folder, study, wanted):
    """Kills sweeps over fresh folders until 50 were killed; every folder must end as `wanted`."""
    chance = random.Random(2021)
    kills, round_ = 0, 0
    while kills < KILLS:
        target = os.path.join(folder, f"killed{round_}")
        before = []
        while True:
            shards = chance.choice([["--shard", "1/1"], ["--shard", "1/1"], ["--shard", "1/2"], ["--shard", "2/2"]])
            sweep = start(study, "-o", target, "--resume", "-j", chance.choice(["1", "2", "8"]), *shards)
            if kills < KILLS:
                time.sleep(chance.uniform(0.02, 0.1))
                if sweep.poll() is None:
                    sweep.kill()
                    kills += 1
            sweep.communicate()
            after = journalled(target) if os.path.isdir(target) else []
            check(set(before) <= set(after), f"after kill {kills} finished runs are gone")
            check(len(after) == len(set(after)), f"after kill {kills} runs were simulated twice")
            before = after
            if len(after) == RUNS:
                break
            check(sweep.returncode in (0, -signal.SIGKILL), f"exit {sweep.returncode}")
        check(collected(target) == wanted, f"folder {round_}, after {kills} kills in all: another study file")
        round_ += 1
    print(f"{kills} kills over {round_} sweeps of {RUNS} runs")


def interrupt(folder, study, wanted):
    """SIGINT and SIGTERM: the runs at work are finished, and the printed command goes on."""
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        target = os.path.join(folder, f"stopped{code}")
        sweep = start(study, "-o", target, "-j", "2")
        while len(journalled(target)) < 5 and sweep.poll() is None:
            time.sleep(0.005)
        sweep.send_signal(number)
        _, stderr = sweep.communicate()
        check(sweep.returncode == code, f"exit {sweep.returncode} after {number.name}, not {code}")
        found = re.search(r"^  mhpsim (sweep .*)$", stderr, re.MULTILINE)
        if check(found, f"{number.name}: no command that resumes: {stderr}"):
            check("--resume" in found[1], "the command resumes")
            expect(0, *shlex.split(found[1]))
        ids = journalled(target)
        check(len(ids) == RUNS == len(set(ids)), f"{number.name}: {len(ids)} records")
        check(collected(target) == wanted, f"{number.name}: another study file")


def second_writer(folder, study):
    """A second sweep on the folder is refused and names the first."""
    target = os.path.join(folder, "locked")
    first = start(study, "-o", target, "-j", "1")
    while not journalled(target) and first.poll() is None:
        time.sleep(0.005)
    second = run("sweep", study, "-o", target, "--resume")
    first.kill()
    first.communicate()
    check(second.returncode == 5 and f"process {first.pid}" in second.stderr,
          f"the second writer: exit {second.returncode}: {second.stderr}")
    check(len(second.stderr.splitlines()) == 1, "one line says so")


def main():
    with tempfile.TemporaryDirectory() as folder:
        # Twenty-five times the load of the other tests: one sweep is to live through most of the kills.
        study = write_study(folder, STUDY.replace('settle = "20ms"', 'settle = "500ms"'))
        wanted = uninterrupted(os.path.join(folder, "whole"), study)
        kill_at_random(folder, study, wanted)
        interrupt(folder, study, wanted)
        second_writer(folder, study)
    finish()


if __name__ == "__main__":
    main()
