#!/usr/bin/env python3
"""A sweep by a job array and by the tasks of a real Slurm: the study file is that of one process.

The test starts munged, slurmctld and slurmd on loopback, with everything they write in a folder of its own, and ends
them whatever happens. Arguments: the mhpsim program, the source folder. Needs slurm-wlm and munge."""
import ctypes
import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from sweeps import MHPSIM, ROOT, RUNS, check, collected, finish, journalled, uninterrupted, write_study

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser={user}
SlurmdUser={user}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=test Nodes=ALL Default=YES State=UP
"""


PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


def process_control(option, value):
    ctypes.CDLL(None).prctl(option, value)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Slurm:
    """One node on loopback."""

    def __init__(self, folder):
        self.folder = folder
        self.daemons = []
        self.environment = dict(os.environ, SLURM_CONF=f"{folder}/slurm.conf", MHPSIM=MHPSIM)

    def start(self):
        host = socket.gethostname().split(".")[0]
        for name in ("state", "spool"):
            os.mkdir(f"{self.folder}/{name}")
        with open(f"{self.folder}/slurm.conf", "w") as file:
            file.write(CONFIGURATION.format(host=host, folder=self.folder, user=getpass.getuser(),
                                            ports=free_ports(2)))
        with open(os.open(f"{self.folder}/munge.key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(128))
        self.daemon("munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket",
                    f"--key-file={self.folder}/munge.key", f"--pid-file={self.folder}/munge.pid",
                    f"--seed-file={self.folder}/munge.seed", f"--log-file={self.folder}/munge.log")
        self.wait(lambda: os.path.exists(f"{self.folder}/munge.socket"), "munged")
        self.daemon("slurmctld", "-D", "-f", f"{self.folder}/slurm.conf")
        self.daemon("slurmd", "-D", "-f", f"{self.folder}/slurm.conf", "-N", host)
        self.wait(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), "the node")

    def daemon(self, name, *args):
        # slurmd and the others may be in a folder that only root's PATH has.
        program = shutil.which(name) or f"/usr/sbin/{name}"
        with open(f"{self.folder}/{name}.out", "wb") as out:
            self.daemons.append(subprocess.Popen(
                [program, *args], stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment,
                preexec_fn=lambda: process_control(PR_SET_PDEATHSIG, signal.SIGTERM)))

    def ask(self, *command):
        result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                                env=self.environment)
        return result.stdout + result.stderr

    def wait(self, ready, what, seconds=60):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end or any(d.poll() is not None for d in self.daemons):
                self.tell()
                raise RuntimeError(f"{what} did not come up")
            time.sleep(0.1)

    def tell(self):
        for name in ("munged", "slurmctld", "slurmd"):
            path = f"{self.folder}/{name}.out"
            if os.path.exists(path):
                with open(path, errors="replace") as file:
                    print(f"--- {name}\n{file.read()[-2000:]}")

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        # What they had started and left is this process's now.
        try:
            while True:
                os.wait()
        except ChildProcessError:
            pass


def array(slurm, study, target):
    script = os.path.join(ROOT, "configs/cluster/slurm-array.sh")
    answer = slurm.ask("sbatch", "--array=1-4", "--chdir", slurm.folder, script, study, target)
    if not check("Submitted batch job" in answer, f"sbatch: {answer}"):
        return
    end = time.monotonic() + 90
    while slurm.ask("squeue", "-h").strip() and time.monotonic() < end:
        time.sleep(0.2)
    check(not slurm.ask("squeue", "-h").strip(), "the array does not end")


def main():
    with tempfile.TemporaryDirectory() as folder:
        study = write_study(folder)
        wanted = uninterrupted(os.path.join(folder, "whole"), study)
        slurm = Slurm(tempfile.mkdtemp(dir=folder))
        process_control(PR_SET_CHILD_SUBREAPER, 1)
        try:
            slurm.start()
            targets = [os.path.join(folder, name) for name in ("array", "tasks")]
            array(slurm, study, targets[0])
            said = slurm.ask("srun", "-n", "2", MHPSIM, "sweep", study, "-o", targets[1])
            check("shard 2/2, from SLURM_PROCID" in said, f"srun: {said}")
            for target, shards in zip(targets, (4, 2)):
                journals = [n for n in os.listdir(target) if n.endswith(f"-of-{shards}.journal")] \
                    if os.path.isdir(target) else []
                if check(len(journals) == shards, f"{target}: journals {journals}"):
                    check(len(journalled(target)) == RUNS, f"{len(journalled(target))} records")
                    check(collected(target) == wanted, f"{target}: another study file than from one process")
            if not os.path.isdir(targets[0]):
                slurm.tell()
        finally:
            slurm.stop()
    finish()


if __name__ == "__main__":
    main()
