"""Random scenarios: the same for the same seed, number and kernel series, on any machine."""

import random

import units
from scenario import Node, Scenario

BLOCK = 128 * units.MIB  # size of a memory block below 64 GiB of boot memory
HUGE_2M, HUGE_1G = 2048, 1048576
MEMORY_HOTPLUG = "/sys/module/memory_hotplug/parameters/"
AUTO_ONLINE = "/sys/devices/system/memory/auto_online_blocks"
THP = "/sys/kernel/mm/transparent_hugepage/enabled"
ONLINE = ("online", "online_kernel", "online_movable")
# Pages used on a node may be so many of the memory that it certainly has.
USABLE_SHARE = 8
FORCE_SINCE = (6, 6)  # memory_hotplug.memmap_on_memory=force


def scenario(seed, number, kernel):
    """Number `number` of the scenarios of a seed, for a kernel series such as 6.12."""
    draw = random.Random(f"{seed}/{number}/{kernel}")
    result = Scenario(name=f"random-{kernel.replace('.', '')}-seed{seed}-{number:04}", steps=[], kernel=kernel,
                      what=f"random scenario {number} of seed {seed}")
    _machine(draw, result)
    result.parameters = " ".join(_parameters(draw, kernel))
    result.kaslr = draw.random() < 0.03
    result.steps = _Steps(draw, result).all()
    return result


def _machine(draw, result):
    count = draw.choices((0, 2, 3), weights=(4, 5, 3))[0]
    if count == 0:
        tight = draw.random() < 0.08
        result.memory = 384 * units.MIB if tight else draw.randrange(4, 25) * BLOCK
        result.cpus = draw.choice((1, 1, 2))
        return
    result.nodes = [Node(draw.randrange(4, 17) * BLOCK, 1)]
    for _ in range(count - 1):
        # With a CPU or without, with boot memory or without. A node that has neither is the last: QEMU describes no
        # other to the guest.
        result.nodes.append(Node(draw.choice((0, 0, draw.randrange(2, 13) * BLOCK)), draw.choice((0, 0, 1))))
    result.nodes.sort(key=lambda node: (-node.cpus, node.memory == 0))
    while len(result.nodes) > 2 and not any((result.nodes[-2].memory, result.nodes[-2].cpus)):
        result.nodes[-2].memory = draw.randrange(2, 9) * BLOCK
    if draw.random() < 0.06:
        draw.shuffle(result.nodes)
    if draw.random() < 0.05:  # boot memory of two nodes meets inside a memory block
        result.nodes[0].memory += draw.randrange(1, 8) * 16 * units.MIB
    result.distances = [[a, b, draw.choice((20, 20, 17, 21, 31, 40))]
                        for a in range(count) for b in range(a + 1, count)]


def _parameters(draw, kernel):
    modes = ["0", "1", "1"] + (["force"] if tuple(map(int, kernel.split("."))) >= FORCE_SINCE else [])
    words = [f"memory_hotplug.memmap_on_memory={draw.choice(modes)}",
             f"memhp_default_state={draw.choices(('offline', *ONLINE), weights=(12, 1, 1, 1))[0]}"]
    if draw.random() < 0.2:
        words.append("memory_hotplug.online_policy=auto-movable")
        words.append(f"memory_hotplug.auto_movable_ratio={draw.choice((100, 150, 301, 400))}")
        if draw.random() < 0.3:
            words.append("memory_hotplug.auto_movable_numa_aware=N")
    if draw.random() < 0.1:
        words.append("transparent_hugepage=never")
    if draw.random() < 0.04:
        words.append("movable_node")
    if draw.random() < 0.04:
        words.append(f"movablecore={draw.choice((256, 512))}M")
    return words


class _Steps:
    """Draws steps; keeps in mind which DIMMs there may be and how much memory is certainly on each node."""

    def __init__(self, draw, machine):
        self.draw, self.machine = draw, machine
        self.dimms = {}  # name -> blocks
        self.added = 0
        self.used = {}  # node -> MiB
        self.huge = set()
        self.steps = [["snap", "boot"]]

    def all(self):
        actions = (self.add, self.online, self.offline, self.delete, self.alloc, self.freeall, self.write, self.huge_pages)
        weights = (4, 6, 3, 2, 2, 1, 1.5, 2)
        self.keep(self.add())
        for _ in range(self.draw.randrange(4, 13)):
            self.keep(self.draw.choices(actions, weights=weights)[0]())
        return self.steps

    def keep(self, step):
        if step is None:
            return
        traced = step[0] in ("add", "online") and self.draw.random() < 0.4
        self.steps += [["trace_pages", 1], step, ["trace_pages", 0]] if traced else [step]
        self.steps.append(["snap", f"{step[0]}{len(self.steps)}"])

    def nodes(self):
        return max(1, len(self.machine.nodes))

    def add(self):
        blocks = self.draw.choices((1, self.draw.randrange(2, 9), self.draw.randrange(9, 33), 128),
                                   weights=(2, 5, 3, 0.5))[0]
        name = f"d{self.added}"
        self.added += 1
        self.dimms[name] = blocks
        node = self.draw.randrange(self.nodes())
        return ["add", name, blocks * BLOCK, node]

    def part(self, how, whole):
        """A write to all blocks of a DIMM, or to some of them, upwards or downwards."""
        if not self.dimms:
            return None
        name = self.draw.choice(sorted(self.dimms))
        blocks = self.dimms[name]
        if self.draw.random() < whole or blocks == 1:
            return ["online", name, how] if self.draw.random() < 0.7 else ["online", name, how, -1, 0]
        first, last = self.draw.randrange(blocks), self.draw.randrange(blocks)
        return ["online", name, how, first, last]

    def online(self):
        return self.part(self.draw.choice(ONLINE), 0.55)

    def offline(self):
        return self.part("offline", 0.4)

    def delete(self):
        if not self.dimms:
            return None
        name = self.draw.choice(sorted(self.dimms))
        # Whether the kernel lets it go is not known here, so it is not used again.
        del self.dimms[name]
        return ["del", name, 60]

    def alloc(self):
        node = self.draw.randrange(self.nodes())
        has = (self.machine.nodes[node].memory if self.machine.nodes else self.machine.memory) // units.MIB
        left = has // USABLE_SHARE - self.used.get(node, 0)
        if left < 8:
            return None
        mib = self.draw.randrange(4, min(left, 64) + 1)
        self.used[node] = self.used.get(node, 0) + mib
        return ["alloc", mib, self.kernel_node(node)]

    def kernel_node(self, node):
        """Linux numbers nodes with CPUs first, then the others, as the firmware lists them."""
        if not self.machine.nodes:
            return 0
        order = sorted(range(len(self.machine.nodes)), key=lambda n: (self.machine.nodes[n].cpus == 0, n))
        return order.index(node)

    def freeall(self):
        if not self.used:
            return None
        self.used = {}
        return ["freeall"]

    def huge_pages(self):
        node = self.draw.randrange(self.nodes())
        kib = HUGE_2M if self.draw.random() < 0.75 else HUGE_1G
        count = self.draw.randrange(1, 120) if kib == HUGE_2M else self.draw.randrange(1, 4)
        if (node, kib) in self.huge and self.draw.random() < 0.5:
            count = 0
        self.huge.add((node, kib))
        return ["w", f"/sys/devices/system/node/node{node}/hugepages/hugepages-{kib}kB/nr_hugepages", str(count)]

    def write(self):
        draw = self.draw
        kinds = ((AUTO_ONLINE, draw.choice(("offline", *ONLINE))),
                 ("/proc/sys/vm/min_free_kbytes", str(draw.randrange(4, 65) * 1024)),
                 ("/proc/sys/vm/watermark_scale_factor", str(draw.randrange(10, 301))),
                 (THP, draw.choice(("never", "madvise", "always"))),
                 (MEMORY_HOTPLUG + "online_policy", draw.choice(("contig-zones", "auto-movable"))),
                 (MEMORY_HOTPLUG + "auto_movable_ratio", str(draw.choice((50, 150, 301)))))
        return ["w", *draw.choices(kinds, weights=(3, 2, 2, 2, 0.5, 0.5))[0]]
