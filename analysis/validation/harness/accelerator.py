"""KVM where it can run this guest, emulation (TCG) else."""

import dataclasses
import os

import recorder
from architecture import X86_64
from errors import HarnessError, Missing
from scenario import Scenario

KVM = "/dev/kvm"
TRIAL_SECONDS = 30


def choose(wish, setup, say):
    """`wish`: auto, on or off. A device that is there need not work (nested machines), so KVM has to boot the image of
    `setup`. Architectures other than x86-64 are always emulated: the machines of their captures are."""
    if wish == "off":
        return "tcg"
    name, why = setup.kernel.architecture.name, ""
    if setup.kernel.architecture is not X86_64:
        why = f"{name} is emulated"
    elif not os.access(KVM, os.R_OK | os.W_OK):
        why = f"{KVM} cannot be opened"
    if not why:
        trial = Scenario(name="trial", steps=[["snap", "boot"]], memory=512 << 20, cpus=1)
        try:
            recorder.record(trial, dataclasses.replace(setup, accelerator="kvm"), TRIAL_SECONDS, attempts=1)
        except Missing:
            raise
        except HarnessError as error:
            why = str(error).split("\n")[0]
    if not why:
        return "kvm"
    if wish == "on":
        raise Missing(f"KVM does not run this guest: {why}")
    say(f"no KVM ({why}); emulating")
    return "tcg"
