"""The steps a scenario may have: their words, and how they are done. A step is recorded as it stands here, as `op`."""

import dataclasses
import re

import dlpar
import kernel_files
import page_allocations
import pressure
import reclaim_trace
import sequences
import stand_in
import units
import virtio_mem
from errors import WrongInput

ONLINE_WORDS = ("online", "online_kernel", "online_movable", "offline")
LONG = 600  # seconds that an operation of the guest may take
# status of an ejection request (source 3) that the guest has accepted or is working on: ACPI 6.3, table 6-159
EJECT_GOES_ON = (0, 132)
MAX_TEXT = 20000


@dataclasses.dataclass(frozen=True)
class Word:
    name: str
    kind: str  # text, int, size, or the words allowed, separated by |
    default: object = None  # None: must be given

    def read(self, value, where):
        if self.kind == "size":
            return units.size(value, f"{where}: {self.name}")
        if self.kind == "int":
            if type(value) is not int:
                raise WrongInput(f"{where}: {self.name} should be a number, not {value!r}")
        elif not isinstance(value, str) or not value or "\n" in value:
            raise WrongInput(f"{where}: {self.name} should be text, not {value!r}")
        elif self.kind != "text" and value not in self.kind.split("|"):
            raise WrongInput(f"{where}: {self.name} is one of {self.kind.replace('|', ', ')}, not {value!r}")
        return value


@dataclasses.dataclass(frozen=True)
class Operation:
    run: object  # function of (recorder, words) that gives the fields of the step
    words: tuple
    help: str

    def check(self, given, where):
        """The words, sizes in bytes; what was left out stays out."""
        needed = sum(1 for word in self.words if word.default is None)
        if not needed <= len(given) <= len(self.words):
            raise WrongInput(f"{where}: needs {' '.join(word.name for word in self.words)}, has {given!r}")
        return [word.read(value, where) for word, value in zip(self.words, given)]

    def usage(self):
        return " ".join(word.name if word.default is None else f"[{word.name}]" for word in self.words)


def answer(lines):
    """The key=value pairs of an answer."""
    found = {}
    for line in lines:
        if line.startswith("@R "):
            for key, value in re.findall(r"(\w+)=(\S+)", line):
                found[key] = int(value) if re.fullmatch(r"-?\d+", value) else value
        elif line.startswith("@X "):
            found.setdefault("errors", []).append(line[3:])
    return found


def snap(recorder, words):
    files, lines = recorder.guest.command("snap", LONG)
    return {"snapshot": kernel_files.snapshot(files, lines)}


def lsnap(recorder, words):
    files, lines = recorder.guest.command("lsnap", LONG)
    return {"snapshot": kernel_files.snapshot(files, lines)}


def add(recorder, words):
    name, size, node = [*words, 0][:3]
    guest = recorder.guest
    backend = guest.qmp("object-add", **{"qom-type": "memory-backend-ram", "id": "m" + name, "size": size,
                                         "reserve": False})
    if "error" in backend:
        return {"object_add_error": backend["error"]}
    device = {"driver": "pc-dimm", "id": name, "memdev": "m" + name}
    if recorder.scenario.nodes:
        device["node"] = node
    console_from = len(guest.console())
    plugged = guest.qmp("device_add", **device)
    if "error" in plugged:
        guest.qmp("object-del", id="m" + name)
        return {"device_add_error": plugged["error"]}
    if recorder.architecture.dlpar:
        result = dlpar.wait_added(guest, console_from, size, LONG)
    else:
        done = guest.wait_event(lambda event: _ost(event, name) is not None, LONG)
        result = {"ost": _ost(done, name) if done else None}
    guest.command("sleep 100")
    for device in guest.qmp("query-memory-devices").get("return", []):
        if device["data"].get("id") == name:
            result["dimm"] = {key: device["data"][key] for key in ("addr", "size", "node", "slot")}
            recorder.dimms[name] = result["dimm"]
    if recorder.stand_in and name in recorder.dimms:
        result["result"] = answer(stand_in.add(guest, recorder.dimms[name], node, LONG))
        if result["result"].get("rc") == 0:
            recorder.taken.add(name)
    return result


def _ost(event, name):
    """What the guest's ACPI handler says of a device, if the event is that."""
    if event["event"] == "ACPI_DEVICE_OST" and event["data"]["info"].get("device") == name:
        return event["data"]["info"]
    return None


def delete(recorder, words):
    name, seconds = [*words, 240][:2]
    guest = recorder.guest
    if recorder.stand_in:
        if name not in recorder.taken:  # ACPI's driver does nothing for a device whose add has failed
            return {"skipped": "not added"}
        return {"result": answer(stand_in.remove(guest, recorder.dimms[name], seconds))}
    result = dlpar.remove(guest, name, seconds) if recorder.architecture.dlpar else _eject(guest, name, seconds)
    if "device_del_error" in result:
        return result
    guest.events = []
    guest.command("sleep 100")
    if result["event"] == "DEVICE_DELETED":
        guest.qmp("object-del", id="m" + name)
    return result


def _eject(guest, name, seconds):
    """Asks for a DIMM by ACPI, and waits."""
    asked = guest.qmp("device_del", id=name)
    if "error" in asked:
        return {"device_del_error": asked["error"]}

    def over(event):
        if event["event"] in ("DEVICE_DELETED", "MEM_UNPLUG_ERROR", "DEVICE_UNPLUG_GUEST_ERROR"):
            return event["data"].get("device") == name
        status = _ost(event, name)
        return status is not None and status.get("source") == 3 and status.get("status") not in EJECT_GOES_ON

    event = guest.wait_event(over, seconds)
    result = {"event": event["event"] if event else None, "data": event["data"] if event else None}
    reports = [other["data"]["info"] for other in guest.events if other["event"] == "ACPI_DEVICE_OST"]
    if reports:
        result["osts"] = reports
    return result


def _set_blocks(recorder, first, last, how):
    _, lines = recorder.guest.command(f"setblk {first} {last} {how}", LONG + 20 * (abs(last - first) + 1))
    return {"first_block": first, "last_block": last, "result": answer(lines)}


def online(recorder, words):
    first, last = words[2:] + [0, -1][len(words) - 2:]
    start, end = recorder.blocks_of(words[0])
    count = end - start + 1
    return _set_blocks(recorder, *(start + (at + count if at < 0 else at) for at in (first, last)), words[1])


def set_blocks(recorder, words):
    return _set_blocks(recorder, *words)


def write(recorder, words):
    _, lines = recorder.guest.command(f"w {words[0]} {words[1]}", LONG)
    return {"result": answer(lines)}


def cat(recorder, words):
    files, lines = recorder.guest.command(f"cat {words[0]}", LONG)
    return {"text": files.get(words[0], "")[:MAX_TEXT], "result": answer(lines)}


def alloc(recorder, words):
    _, lines = recorder.guest.command("alloc {} {}".format(*[*words, -1][:2]), LONG)
    return {"result": answer(lines)}


def freeall(recorder, words):
    _, lines = recorder.guest.command("freeall", LONG)
    return {"result": answer(lines)}


def ballast(recorder, words):
    _, lines = recorder.guest.command(f"ballast {words[0]}", LONG)
    return {"result": answer(lines)}


def sleep(recorder, words):
    recorder.guest.command(f"sleep {words[0]}", 60 + words[0] / 1000)
    return {}


def trace_pages(recorder, words):
    return page_allocations.begin(recorder.guest) if words[0] else page_allocations.end(recorder.guest)


def bsnap(recorder, words):
    files, _ = recorder.guest.command("bsnap", LONG)
    return {"bsnapshot": sequences.snapshot(files)}


def sequence(name):
    """A step that is a command of the guest with the same words."""
    def do(recorder, words):
        words = sequences.with_defaults(words, OPERATIONS[name])
        return sequences.run(recorder, " ".join(map(str, [name, *words])), answer)
    return do


def drain(recorder, words):
    """The DIMM's last block, which is offline, goes online and offline: that drains the zone's per-CPU lists and
    changes nothing else."""
    dimm, online_as = sequences.with_defaults(words, OPERATIONS["zdrain"])
    last = recorder.blocks_of(dimm)[1]
    results = [_set_blocks(recorder, last, last, how)["result"] for how in (online_as, "offline")]
    return {"result": {"ok": sum(result.get("ok", 0) for result in results),
                       "first_errno": max(result.get("first_errno", 0) for result in results)}}


def pressing(name):
    """A step that is a command of the guest with the same words, what was left out included."""
    def do(recorder, words):
        words = sequences.with_defaults(words, OPERATIONS[name])
        return pressure.command(recorder, " ".join(map(str, [name, *words])), answer)
    return do


def setup(recorder, words):
    return pressure.setup(recorder, answer)


def lru_gen(recorder, words):
    return pressure.multi_generational(recorder, words[0], answer)


def offline_watch(recorder, words):
    return pressure.offline_watch(recorder, words[0], answer)


def htrace(recorder, words):
    return reclaim_trace.begin(recorder.guest) if words[0] else reclaim_trace.end(recorder.guest)


DIMM = Word("DIMM", "text")
DEVICE = Word("DEVICE", "text")
REGION, FROM, COUNT = Word("REGION", "int"), Word("FROM", "int"), Word("COUNT", "int")
STRIDE, ORDER = Word("STRIDE", "int", 1), Word("ORDER", "text", "fwd")
NODE = Word("NODE", "int", -1)
MIB = Word("MIB", "int")
FILE = Word("FILE", "text")
OPERATIONS = {
    "snap": Operation(snap, (Word("LABEL", "text"),), "records the kernel's accounting; the first is called boot"),
    "lsnap": Operation(lsnap, (Word("LABEL", "text"),), "the same, without dropping caches first and without blocks"),
    "add": Operation(add, (DIMM, Word("SIZE", "size"), NODE), "hot-adds a DIMM to a node as the emulator numbers it"),
    "online": Operation(online, (DIMM, Word("HOW", "|".join(ONLINE_WORDS)), Word("FIRST", "int", 0),
                                 Word("LAST", "int", -1)),
                        "writes HOW to the state of the DIMM's blocks FIRST to LAST (from 0; below 0: from its end)"),
    "setblk": Operation(set_blocks, (Word("FIRST", "int"), Word("LAST", "int"), Word("HOW", "|".join(ONLINE_WORDS))),
                        "the same for blocks by their number in the machine"),
    "del": Operation(delete, (DIMM, Word("SECONDS", "int", 240)), "asks for the DIMM's removal, and waits"),
    "virtio_mem": Operation(lambda recorder, words: virtio_mem.load(recorder, answer), (),
                            "loads the driver of [[virtio_mem]] devices, of which nothing is plugged"),
    "resize": Operation(lambda recorder, words: virtio_mem.resize(recorder, *words),
                        (DEVICE, Word("SIZE", "size"), Word("SECONDS", "int", virtio_mem.SECONDS)),
                        "sets what is requested of a virtio-mem device, and waits until the driver is done or rests"),
    "await": Operation(lambda recorder, words: virtio_mem.wait(recorder, *words), (DEVICE, Word("SECONDS", "int")),
                       "waits until what is plugged changes and rests again"),
    "alloc": Operation(alloc, (MIB, NODE), "touches anonymous memory on a node"),
    "freeall": Operation(freeall, (), "gives back what alloc took"),
    "ballast": Operation(ballast, (MIB,), "starts a process that holds memory and may be killed"),
    "w": Operation(write, (Word("FILE", "text"), Word("VALUE", "text")), "writes to a file of /proc or /sys"),
    "cat": Operation(cat, (Word("FILE", "text"),), "records a file"),
    "sleep": Operation(sleep, (Word("MS", "int"),), "waits"),
    "trace_pages": Operation(trace_pages, (Word("ON", "int"),),
                             "1 begins, 0 ends to record every page allocation by call stack"),
    "bsnap": Operation(bsnap, (Word("LABEL", "text"),), "records free lists and per-CPU lists of nodes from 1 on"),
    "pin": Operation(sequence("pin"), (Word("CPU", "int"),), "binds the guest's process, and its own memory to node 0"),
    "rmap": Operation(sequence("rmap"), (REGION, Word("PAGES", "int"), Word("NODE", "int", 1),
                                         Word("KIND", "4|T|S|H|P", "4")),
                      "maps a region: pages, transparent huge pages, shared, hugetlb, or page tables alone"),
    "rtouch": Operation(sequence("rtouch"), (REGION, FROM, COUNT, STRIDE, ORDER),
                        "touches pages FROM + k * STRIDE; ORDER: fwd, rev, rndSEED"),
    "rfree": Operation(sequence("rfree"), (REGION, FROM, COUNT, STRIDE, Word("GROUP", "int", 1), ORDER),
                       "gives back GROUP pages at each FROM + k * STRIDE"),
    "runmap": Operation(sequence("runmap"), (REGION,), "unmaps a region"),
    "rpfn": Operation(sequence("rpfn"), (REGION,), "records the frames of a region"),
    "tron": Operation(sequence("tron"), (Word("FRAME", "text", sequences.FIRST_OF_NODE_1),),
                      "begins a log of what the allocator does with frames from FRAME on"),
    "troff": Operation(sequence("troff"), (), "ends it"),
    "zdrain": Operation(drain, (DIMM, Word("HOW", "online|online_kernel|online_movable", "online_movable")),
                        "drains the zone's per-CPU lists, by the DIMM's last block, which is kept offline"),
    "setup": Operation(setup, (), "mounts a disk at /d with files f and g of holes; machine.swap: a disk for swap"),
    "lru_gen": Operation(lru_gen, (Word("ON", "int"),), "0 turns the multi-generational LRU off, 1 on"),
    "qsnap": Operation(pressure.qsnap, (Word("LABEL", "text"),), "records counters; nothing is dropped before"),
    "file": Operation(pressing("file"), (FILE, FROM, MIB, Word("HOW", "r|w|m", "r")),
                      "goes once through MIB from FROM MiB on: r reads, w writes, m maps and reads (stays mapped)"),
    "resid": Operation(pressing("resid"), (FILE, FROM, MIB), "records how many of these pages are in the page cache"),
    "hold": Operation(pressing("hold"), (MIB, Word("HOW", "4|T|L", "4"), Word("STEP", "int", 1), Word("MS", "int", 0)),
                      "a process that holds memory: 4 base pages, T as the system likes, L locked; MS: grows meanwhile"),
    "reader": Operation(pressing("reader"), (FILE, FROM, MIB, Word("KIB", "int", 128), Word("US", "int", 500)),
                        "a process that reads this part again and again, KIB at a time with pauses"),
    "kids": Operation(pressure.kids, (), "records the processes: alive, done (MiB held, KiB read), resident pages"),
    "unmov": Operation(pressing("unmov"), (MIB, Word("KEEP", "int")),
                       "unmovable pages all over MIB, of which one in KEEP stays"),
    "offline_watch": Operation(offline_watch, (DIMM,), "offlines the DIMM's blocks one by one, and looks where each hangs"),
    "htrace": Operation(htrace, (Word("ON", "int"),), "1 begins, 0 ends to record reclaim, compaction and allocations"),
}
