"""Memory of a ppc64 guest (pseries): the hypervisor gives and takes it in logical memory blocks (LMBs). The kernel puts
each online as memhp_default_state says while it adds the DIMM, and tells of it on its console alone; there is no _OST.
Messages: dlpar_memory_add_by_ic() and dlpar_memory_remove_by_ic() in arch/powerpc/platforms/pseries/hotplug-memory.c
(6.12)."""

import re
import time

LMB = 256 << 20  # bytes, and of a memory block
ADDED = re.compile(r"Memory at \w+ \(drc index \w+\) was hot-added")
NOT_ADDED = re.compile(r"add failed|Failed to|Kernel panic")
NOT_REMOVED = re.compile(r"remove failed|Failed to")
OVER = ("DEVICE_DELETED", "MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR")
LOOK_SECONDS, SETTLE_SECONDS = 0.2, 3


def wait_added(guest, console_from, size, seconds):
    """`done`: added or failed; nothing if the kernel has said neither in time. `console_from`: where the console stood
    before."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and guest.running():
        said = guest.console()[console_from:]
        count = len(ADDED.findall(said))
        if count >= size // LMB:
            return {"done": "added"}
        if NOT_ADDED.search(said):
            _wait_taken_back(guest, until)
            return {"done": "failed"}
        time.sleep(LOOK_SECONDS)
    return {}


def _wait_taken_back(guest, until):
    """The kernel takes the blocks of a DIMM that has failed away again, one by one."""
    before = None
    while time.monotonic() < until and (now := guest.command("blocks")[1]) != before:
        before = now
        time.sleep(SETTLE_SECONDS)


def remove(guest, name, seconds):
    """Asks for a DIMM, and waits. A refusal shows on the guest's console: `refused`."""
    console_from = len(guest.console())
    asked = guest.qmp("device_del", id=name)
    if "error" in asked:
        return {"device_del_error": asked["error"]}
    until, event, refused = time.monotonic() + seconds, None, False
    while not event and not refused and time.monotonic() < until and guest.running():
        event = guest.wait_event(lambda event: event["event"] in OVER and event["data"].get("device") == name, 3)
        refused = NOT_REMOVED.search(guest.console()[console_from:]) is not None
    return {"event": event["event"] if event else None, "data": event["data"] if event else None, "refused": refused}
