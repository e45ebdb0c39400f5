"""The stand-in for the ACPI memory driver (guest/module/mhp_shim.c), for kernels of arm64 that are built without it. QEMU
plugs the DIMM as ever; no driver in the guest hears of it, and the module makes the driver's calls."""

from errors import RecordingFailed

MODULE = "mhp_shim.ko"  # in the initramfs
FILE = "/sys/kernel/debug/mhp_shim"


def load(guest, answer):
    """`answer`: the parser of a command's answer."""
    result = answer(guest.command(f"insmod /{MODULE}")[1])
    if result.get("rc") != 0:
        raise RecordingFailed(f"the guest's kernel does not take the stand-in (errno {-result.get('rc', 0)}): it must be "
                              "built for this very kernel")


def add(guest, place, node, seconds):
    """The answer to adding the DIMM at `place`."""
    return guest.command(f"w {FILE} add {place['addr']:x} {place['size']:x} {node}", seconds)[1]


def remove(guest, place, seconds):
    """The answer to removing it from the guest. QEMU keeps the DIMM: nobody tells it."""
    return guest.command(f"w {FILE} remove {place['addr']:x} {place['size']:x}", seconds)[1]
