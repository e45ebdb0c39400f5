#!/usr/bin/env python3
"""A sweep by four ranks of a real mpirun: the study file is that of one process.

Arguments: the mhpsim program, the source folder. Needs mpirun of Open MPI."""
import os
import re
import subprocess
import tempfile

from sweeps import MHPSIM, RUNS, check, collected, finish, journalled, uninterrupted, write_study


def main():
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(folder)
        wanted = uninterrupted(os.path.join(folder, "whole"), study)
        target = os.path.join(folder, "ranks")
        command = ["mpirun", "-n", "4", "--oversubscribe", "--bind-to", "none"]
        if os.geteuid() == 0:
            command.append("--allow-run-as-root")
        # Ranks of one machine talk over shared memory; without network interfaces nothing listens.
        command += ["--mca", "btl", "self,vader", "--mca", "oob_tcp_if_include", "lo"]
        ranks = subprocess.run([*command, MHPSIM, "sweep", study, "-o", target], capture_output=True, text=True,
                               stdin=subprocess.DEVNULL, timeout=120)
        check(ranks.returncode == 0, f"mpirun: exit {ranks.returncode}: {ranks.stdout}{ranks.stderr}")
        shards = sorted(re.findall(r"shard (\d)/4, from OMPI_COMM_WORLD_RANK", ranks.stderr))
        check(shards == ["1", "2", "3", "4"], f"shards: {shards}")
        check(len(journalled(target)) == RUNS, f"{len(journalled(target))} records")
        check(collected(target) == wanted, "another study file than from one process")
    finish()


if __name__ == "__main__":
    main()
