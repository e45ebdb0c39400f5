"""KVM where it can run this guest, emulation (TCG) else."""

import os

import recorder
from errors import HarnessError, Missing
from scenario import Scenario

KVM = "/dev/kvm"
TRIAL_SECONDS = 30


def choose(wish, image, initramfs, qemu, say):
    """`wish`: auto, on or off. A device that is there need not work (nested machines), so KVM has to boot this image."""
    if wish == "off":
        return "tcg"
    why = "" if os.access(KVM, os.R_OK | os.W_OK) else f"{KVM} cannot be opened"
    if not why:
        trial = Scenario(name="trial", steps=[["snap", "boot"]], memory=512 << 20, cpus=1)
        try:
            recorder.record(trial, image, initramfs, "kvm", qemu, TRIAL_SECONDS, attempts=1)
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
