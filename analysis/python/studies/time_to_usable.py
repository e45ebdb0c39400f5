"""Time to usable memory against size, over kernel profiles and with the contiguity walk taken away."""

from .common import PLACEMENTS, TIB, duration, figure, line, size, table

KEEP_RUNS = False
# The colour is the placement's; the walk is told by the mark and the weight of the line.
WALKS = (("full", "over the zone", ("o", 1.8)), ("range", "over the block", ("^", 1.2)), ("counter", "none", ("", 0.8)))
NODES = ((8, "node of its own"), (0, "socket's node"))


def one(study, kernel="linux-6.12", placement="boot_memory", walk="full", node=8):
    return study.results.time_to_usable.sel(profile=kernel, memmap_placement=placement, contiguity_walk=walk, node=node)


def page(study):
    sizes = [int(s) for s in study.results["size"].values]
    rows = []
    for node, where in NODES:
        for placement in ("boot_memory", "hotplugged_range"):
            for walk, words, _ in WALKS:
                t = one(study, placement=placement, walk=walk, node=node)
                rows.append((f"{where}, {placement}, {words}", *(duration(float(t.sel(size=s))) for s in sizes)))
    def factor(**which):
        t = one(study, **which)
        return float(t.sel(size=64 * TIB) / t.sel(size=32 * TIB))
    differ = max(float(abs(one(study, kernel="linux-6.1", node=node) / one(study, node=node) - 1).max()) for node, _ in NODES)
    rate = float(one(study, walk="counter").sel(size=64 * TIB)) / 64
    return f"""
# How long until 1 to 64 TiB are usable?

Before a kernel up to 7.1 brings a memory block online it looks whether its zone still has no holes, pageblock by pageblock
from the start of the zone. What is that walk's part of the time until large memory is usable?

## Method

A server of eight sockets and 8 TiB gets 1 to 64 TiB at once in memory blocks of 2 GiB: on the node of a socket that has 1 TiB,
or on a node of its own ([memory-node.toml](../../configs/scenarios/memory-node.toml)). The kernel adds the device and brings
its blocks online on one thread. Under the profiles of [6.1](../../configs/kernels/linux-6.1.toml) and
[6.12](../../configs/kernels/linux-6.12.toml), both placements, and with the walk as it is, confined to the block that goes
online, and taken away, as patches of 2025 and 2026 propose (`kernel.profile.contiguity_walk`). Time counts from the kernel's
notification, so insertion and training are not in it.

## Answer

![time to usable](time-to-usable.svg)

Linux 6.12, walk as stated:

{table(("", *(size(s) for s in sizes)), rows)}

- **On a node of its own the walk grows with the square of the memory**: block `k` walks over the `k` blocks before it. Twice the
  memory is {factor():.2f} times the time (32 to 64 TiB), and 64 TiB take {duration(float(one(study).sel(size=64 * TIB)))}.
- **Without it, time is linear**, about {duration(rate)} a TiB: {duration(float(one(study, walk="counter").sel(size=64 * TIB)))} for
  64 TiB, {float(one(study).sel(size=64 * TIB) / one(study, walk="counter").sel(size=64 * TIB)):.0f} times less. Twice the memory is
  {factor(walk="counter"):.2f} times the time. A walk over the block alone costs next to nothing.
- **On a socket's node it is linear too**, for another reason: other sockets' memory lies between the socket's own and the
  boards, so the walk always ends at that hole, after 1 TiB. Where memory lies decides more than how much there is.
- **The memmap in the range doubles the walk**, for the head of a block is moved to the zone by itself. Without the walk it is
  the faster of the two on a socket's node, as no memmap has to be allocated, and the slower on a node of its own, where every
  struct page is then far from the processor that writes it.
- **6.1 and 6.12 take the same time** with the memmap in boot memory, within {100 * differ:.2g} %: nothing that counts has changed on
  this path. 6.1 knows no memmap in the range for more than one block and falls back (outcome `refused`).
"""


def draw(study):
    made, axes = figure(2)
    for ax, (node, where) in zip(axes[0], NODES):
        for walk, words, (mark, weight) in WALKS:
            for placement in PLACEMENTS:
                t = one(study, placement=placement, walk=walk, node=node) / 1e9
                ax.loglog(t["size"] / TIB, t, **line(placement, points=False), marker=mark, ms=3, lw=weight, label=f"walk {words}, {placement}" if walk != "counter"
                          else f"no walk, {placement}")
        ax.set_title(where)
        ax.set_xscale("log", base=2)
        ax.set_xticks([2**k for k in range(7)], [str(2**k) for k in range(7)])
        ax.set_xlabel("TiB added")
    axes[0][0].set_ylabel("time to usable, s (Linux 6.12)")
    axes[0][0].set_ylim(axes[0][0].get_ylim())
    axes[0][1].set_ylim(axes[0][0].get_ylim())
    axes[0][0].legend(fontsize=7)
    return made
