"""virtio-mem devices: their driver, and what is requested of them. The device says how much of it is plugged (its size); the
driver says nothing when it rests, so that whoever waits for it looks at the size until it stays."""

import time

from errors import RecordingFailed

SECONDS = 240  # for a request
LOOK_SECONDS = 0.2
# An emulated guest plugs or unplugs a memory block in about a second; after the last request of an unplug it still takes the
# block offline and removes it.
REST_SECONDS = 20
DONE_SECONDS = 4
SLEEP_MS = 300
DRIVER = "virtio_mem"


def devices(guest):
    """Name -> what QEMU says of the device."""
    told = guest.qmp("query-memory-devices").get("return", [])
    return {device["data"]["id"]: device["data"] for device in told if device["type"] == "virtio-mem"}


def load(recorder, answer):
    """Loads the driver, and says where the devices are."""
    _, lines = recorder.guest.command("modules")
    recorder.guest.command(f"sleep {1000 * DONE_SECONDS}")
    found = {}
    for name, device in devices(recorder.guest).items():
        found[name] = {"addr": device["memaddr"], "size": device["max-size"], "block": device["block-size"],
                       "node": device["node"]}
        recorder.dimms[name] = found[name]
    return {"devices": found, "result": answer(lines)}


def resize(recorder, name, size, seconds=SECONDS):
    guest, before = recorder.guest, _size(recorder, name)
    done = guest.qmp("qom-set", path=f"/machine/peripheral/{name}", property="requested-size", value=size)
    if "error" in done:
        return {"qom_set_error": done["error"]}
    _rest(recorder, name, size, seconds)
    return {"requested": size, "before": before, "size": _size(recorder, name)}


def wait(recorder, name, seconds):
    """Until the size is another than now, and rests."""
    before, begin = _size(recorder, name), time.monotonic()
    while _size(recorder, name) == before and time.monotonic() - begin < seconds:
        time.sleep(LOOK_SECONDS)
    after = round(time.monotonic() - begin, 1)
    requested = devices(recorder.guest)[name]["requested-size"]
    _rest(recorder, name, requested, seconds)
    return {"requested": requested, "before": before, "size": _size(recorder, name), "after_s": after}


def _rest(recorder, name, wanted, seconds):
    begin = changed = time.monotonic()
    last = _size(recorder, name)
    while time.monotonic() - changed < (DONE_SECONDS if last == wanted else REST_SECONDS):
        if time.monotonic() - begin > seconds:
            raise RecordingFailed(f"the driver of {name} has not come to rest for {seconds} s")
        time.sleep(LOOK_SECONDS)
        now = _size(recorder, name)
        changed = changed if now == last else time.monotonic()
        last = now
    recorder.guest.command(f"sleep {SLEEP_MS}")


def _size(recorder, name):
    return devices(recorder.guest)[name]["size"]
