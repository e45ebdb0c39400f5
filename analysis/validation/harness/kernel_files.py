"""Parsers of the kernel's files about memory, to the fields that captures have (captures/README.md, "Format")."""

import re

ZONE_FIGURES = {"boost", "min", "low", "high", "promo", "spanned", "present", "managed", "cma", "start_pfn",
                "node_unreclaimable"}
ZONE_HEADER = re.compile(r"Node (\d+), zone\s+(\S+)")
# What is counted of the boot and of other programs, and moves between any two snapshots.
UNSTABLE_MEMINFO = ("Active", "Inactive")
VMSTAT_EVEN_IF_ZERO = ("nr_memmap", "oom_kill", "nr_slab", "nr_free_pages")


def meminfo(text, unstable=UNSTABLE_MEMINFO):
    """Both /proc/meminfo and a node's: name -> figure, in KiB but for counts."""
    figures = {}
    for line in text.splitlines():
        match = re.match(r"(?:Node \d+ )?([^:]+):\s+(\d+)(?: kB)?\s*$", line)
        if match and not match[1].strip().startswith(tuple(unstable)):
            figures[match[1].strip()] = int(match[2])
    return figures


def zoneinfo(text):
    """(zones, counters of each node)"""
    zones, nodes, zone = [], {}, None
    section = "zone"
    for line in text.splitlines():
        header = ZONE_HEADER.match(line)
        if header:
            zone = {"node": int(header[1]), "zone": header[2], "pcp": 0, "stat": {}}
            zones.append(zone)
            section = "zone"
            continue
        line = line.strip()
        if line == "per-node stats":
            section = "node"
            nodes.setdefault(str(zone["node"]), {})
        elif line == "pagesets":
            section = "pagesets"
        elif line.startswith("pages free"):
            section = "zone"
            zone["free"] = int(line.split()[2])
        elif line.startswith("protection:"):
            zone["protection"] = [int(pages) for pages in re.findall(r"\d+", line)]
        else:
            figure = re.match(r"(\w[\w ]*?):?\s+(-?\d+)$", line)
            if figure:
                _zone_figure(zone, nodes, section, figure[1], int(figure[2]))
    for zone in zones:
        zone["stat"] = _not_zero(zone["stat"])
    return zones, {node: _not_zero(counters) for node, counters in nodes.items()}


def _zone_figure(zone, nodes, section, name, value):
    if section == "node":
        nodes[str(zone["node"])][name] = value
    elif section == "pagesets" and name not in ("start_pfn", "node_unreclaimable"):
        if name == "count":
            zone["pcp"] += value
        elif name in ("high", "batch"):
            zone["pcp_" + name] = value
    elif name in ZONE_FIGURES:
        zone[name] = value
    else:
        zone["stat"][name] = value


def _not_zero(counters):
    return {name: value for name, value in counters.items() if value}


def buddyinfo(text):
    return [{"node": int(match[1]), "zone": match[2], "nr_free": [int(count) for count in match[3].split()]}
            for match in re.finditer(r"^Node (\d+), zone\s+(\S+)\s+(.*)$", text, re.MULTILINE)]


def pagetypeinfo(text):
    """Pageblocks of each zone by migrate type."""
    found, types = {"blocks": []}, None
    for line in text.splitlines():
        order = re.match(r"Page block order:\s*(\d+)", line)
        head = re.match(r"Number of blocks type\s+(.*)", line)
        zone = re.match(r"Node (\d+), zone\s+(\S+)\s+([\d ]+)$", line)
        if order:
            found["pageblock_order"] = int(order[1])
        elif head:
            types = head[1].split()
        elif zone and types:
            found["blocks"].append({"node": int(zone[1]), "zone": zone[2],
                                    **dict(zip(types, (int(count) for count in zone[3].split())))})
    return found


def free_by_type(text):
    """Free blocks of each order by migrate type (pagetypeinfo; a count that took too long to take is text, ">100000")."""
    rows = []
    for match in re.finditer(r"^Node\s+(\d+), zone\s+(\S+), type\s+(\S+)\s+(.*)$", text, re.MULTILINE):
        counts = [int(count) if count.isdigit() else count for count in match[4].split()]
        if any(counts):
            rows.append({"node": int(match[1]), "zone": match[2], "type": match[3], "nr_free": counts})
    return rows


def iomem(text):
    return [{"start": match[1], "end": match[2], "what": match[3]}
            for match in re.finditer(r"^\s*([0-9a-f]+)-([0-9a-f]+) : (System RAM.*)$", text, re.MULTILINE)]


def vmstat(text):
    figures = {name: int(value) for name, value in (line.split() for line in text.splitlines())}
    return {name: value for name, value in figures.items()
            if (value and name.startswith("nr_")) or name.startswith(VMSTAT_EVEN_IF_ZERO)}


def _nodes(files):
    nodes = {}
    for path, text in files.items():
        match = re.match(r"/sys/devices/system/node/node(\d+)/(.*)", path)
        if not match:
            continue
        node = nodes.setdefault(match[1], {})
        if match[2] == "meminfo":
            node["meminfo_kB"] = _not_zero(meminfo(text))
        elif match[2] == "distance":
            node["distance"] = [int(distance) for distance in text.split()]
        else:
            node[match[2].split("/")[1]] = int(text)
    return nodes


def snapshot(files, lines):
    """The `snapshot` of a capture from the files of a `snap` command and the lines of its answer."""
    result = {}
    if "/proc/zoneinfo" in files:
        result["zones"], result["node_stat"] = zoneinfo(files["/proc/zoneinfo"])
    for path, name, parse in (("/proc/buddyinfo", "buddy", buddyinfo), ("/proc/pagetypeinfo", "pagetype", pagetypeinfo),
                              ("/proc/meminfo", "meminfo_kB", meminfo), ("/proc/vmstat", "vmstat", vmstat)):
        if path in files:
            result[name] = parse(files[path])
    for name in ("min_free_kbytes", "lowmem_reserve_ratio"):
        if "/proc/sys/vm/" + name in files:
            values = [int(value) for value in files["/proc/sys/vm/" + name].split()]
            result[name] = values[0] if len(values) == 1 else values
    result["nodes"] = _nodes(files)
    if "/proc/iomem" in files:
        result["iomem"] = iomem(files["/proc/iomem"])
    for path, name in (("/sys/devices/system/memory/block_size_bytes", "block_size_hex"),
                       ("/sys/devices/system/memory/auto_online_blocks", "auto_online_blocks")):
        if path in files:
            result[name] = files[path].strip()
    result["memory_hotplug_params"] = {path.rsplit("/", 1)[1]: text.strip() for path, text in files.items()
                                       if "/parameters/" in path}
    result["memory_blocks"] = [line[3:] for line in lines if line.startswith("@B ")]
    for line in lines:
        match = re.match(r"@R mono_ns=(\d+)", line)
        if match:
            result["mono_ns"] = int(match[1])
    return result
