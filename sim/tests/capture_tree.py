"""A snapshot of a recording (analysis/validation/captures) as the files of /proc and /sys that it was read from."""

import json
import pathlib

KEPT_TYPES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate")


def load(path):
    return json.loads(pathlib.Path(path).read_text())


def snapshots(capture):
    """Its snapshots by name, in order."""
    return {step["op"][1]: step["snapshot"] for step in capture["steps"] if step["op"][0] == "snap" and step.get("snapshot")}


def zoneinfo(snapshot):
    text = ""
    for zone in snapshot["zones"]:
        text += f"Node {zone['node']}, zone {zone['zone']:>8}\n"
        text += f"  pages free     {zone['free']}\n"
        for name in ("boost", "min", "low", "high", "promo", "spanned", "present", "managed", "cma"):
            if name in zone:
                text += f"        {name:<8} {zone[name]}\n"
        text += f"        protection: ({', '.join(str(p) for p in zone['protection'])})\n"
        if zone["present"] == 0:
            continue
        for name, value in zone.get("stat", {}).items():
            text += f"      {name} {value}\n"
        text += "  pagesets\n    cpu: 0\n"
        text += f"              count: {zone['pcp']}\n              high:  {zone.get('pcp_high', 0)}\n"
        text += f"              batch: {zone.get('pcp_batch', 1)}\n"
        text += f"  node_unreclaimable:  0\n  start_pfn:           {zone['start_pfn']}\n"
    return text


def buddyinfo(snapshot):
    return "".join(f"Node {z['node']}, zone {z['zone']:>8} " + " ".join(f"{n:>6}" for n in z["nr_free"]) + " \n"
                   for z in snapshot["buddy"])


def iomem(snapshot):
    return "".join(f"{r['start']}-{r['end']} : {r['what']}\n" for r in snapshot["iomem"])


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_tree(root, capture, snapshot):
    """The files under a folder. Only what the recording has."""
    root = pathlib.Path(root)
    proc, sys = root / "proc", root / "sys"
    write(proc / "version", capture["kernel_version"] + "\n")
    write(proc / "cmdline", capture["cmdline"] + "\n")
    write(proc / "zoneinfo", zoneinfo(snapshot))
    write(proc / "buddyinfo", buddyinfo(snapshot))
    write(proc / "iomem", iomem(snapshot))
    write(proc / "meminfo", "".join(f"{k + ':':<16} {v:>8} kB\n" for k, v in snapshot["meminfo_kB"].items()))
    write(proc / "vmstat", "".join(f"{k} {v}\n" for k, v in snapshot["vmstat"].items()))
    write(proc / "swaps", "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n")
    # What the emulator was started with: -cpu max,la57=off.
    write(proc / "cpuinfo", "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 6\nmodel\t\t: 6\n"
          "model name\t: QEMU TCG CPU version 2.5+\nstepping\t: 3\nflags\t\t: fpu pdpe1gb hypervisor\n\n")
    write(proc / "sys/vm/min_free_kbytes", f"{snapshot['min_free_kbytes']}\n")
    memory = sys / "devices/system/memory"
    write(memory / "block_size_bytes", snapshot["block_size_hex"] + "\n")
    write(memory / "auto_online_blocks", snapshot["auto_online_blocks"] + "\n")
    for run in snapshot["memory_blocks"]:
        numbers, rest = run.split(" ", 1)
        first, last = (int(n) for n in numbers.split("-"))
        state, zones, node = rest.split("|")
        for number in range(first, last + 1):
            block = memory / f"memory{number}"
            write(block / "state", state + "\n")
            write(block / "valid_zones", zones + "\n")
            if node:
                (block / node).mkdir(parents=True, exist_ok=True)
    cpus = cpus_of(capture)
    nodes = sys / "devices/system/node"
    last = max(len(cpus), max(int(n) for n in snapshot["nodes"]) + 1) - 1
    write(nodes / "possible", f"0-{last}\n")
    write(nodes / "online", ",".join(sorted(snapshot["nodes"], key=int)) + "\n")
    for number, node in snapshot["nodes"].items():
        folder = nodes / f"node{number}"
        write(folder / "distance", " ".join(str(d) for d in node["distance"]) + "\n")
        write(folder / "cpulist", cpus.get(int(number), "") + "\n")
        write(folder / "meminfo", "".join(f"Node {number} {k}: {v} kB\n" for k, v in node["meminfo_kB"].items()))
    for name, value in snapshot["memory_hotplug_params"].items():
        write(sys / "module/memory_hotplug/parameters" / name, value + "\n")


def cpus_of(capture):
    """Processors of each node that the emulator was told of, as lists."""
    args = capture["qemu_args"]
    given = [args[i + 1] for i, a in enumerate(args) if a == "-numa" and args[i + 1].startswith("node,")]
    cpus = {}
    for text in given:
        words = text.split(",")
        node = next((int(w.removeprefix("nodeid=")) for w in words if w.startswith("nodeid=")), len(cpus))
        # A range may continue behind a comma of its own: "cpus=0-1".
        cpus[node] = next((w.removeprefix("cpus=") for w in words if w.startswith("cpus=")), "")
    if cpus:
        return cpus
    smp = args[args.index("-smp") + 1].split(",")[0] if "-smp" in args else "1"
    return {0: f"0-{int(smp) - 1}" if int(smp) > 1 else "0"}
