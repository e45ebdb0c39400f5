"""When a busy server gives memory back."""

import xarray

from .common import GIB, PAGE, duration, figure, size, table

KEEP_RUNS = True        # the reasons stand in the run files
TENANTS = (("read_once", "page cache, read once"), ("read_on", "page cache, read all the time"),
           ("written", "page cache, half of it written"), ("own_memory", "memory of its own"))
DRIVERS = (("virtual-dimm", "DIMM"), ("virtio-mem", "virtio-mem"))
LRU = (("on", "generations"), ("off", "classic"))
GREYS = {"on": "#4c72b0", "off": "#dd8452"}


def cases(study, block=GIB // 8):
    for tenant, words in TENANTS:
        for swap in study.results.swap.values:
            if int(swap) and tenant != "own_memory":        # without anonymous memory swap changes nothing
                continue
            for point, (_, driver) in enumerate(DRIVERS):
                for lru, of in LRU:
                    where = dict(tenant=tenant, swap=swap, lru_gen=lru, memory_block_size=block)
                    yield (f"{words}{', swap' if int(swap) else ''}; {driver}", lru, of,
                           study.results.sel(where).isel(point=point), study.runs.sel(where).isel(point=point))


def reason(study, run):
    with xarray.open_dataset(study.run_file(run.run_id), group="hotplug") as ops:
        reasons = [str(r) for r in ops.failure_reason.values if str(r)]
    if not reasons:
        return ""
    last = reasons[-1]
    for words, short in (("does not end", "does not end"), ("found no room", "no room elsewhere"), ("in use by the kernel", "kernel pages")):
        if words in last:
            return short
    return last[:60]


def page(study):
    rows = [(name, of, size(float(r.removed_bytes)), duration(float(r.time_to_remove)) if r.time_to_remove == r.time_to_remove else "",
             size(float(r.offline_pages_moved) * PAGE), size(float(r.offline_pages_reclaimed) * PAGE),
             size(float(r.offline_pages_swapped_out) * PAGE), duration(float(r.workload_latency_max)), reason(study, run))
            for name, _, of, r, run in cases(study)]
    return f"""
# When does a busy server give memory back?

What was lent to a server that is idle can be had back ([unplug.md](unplug.md)). This one is not: it has filled what it was lent.
Does it go, how long does it take, and who pays?

## Method

The guest of 2 GiB that borrows 8 GiB for a minute ([unplug.toml](../../configs/scenarios/unplug.toml)), into ZONE_MOVABLE, as a DIMM
and by virtio-mem; nothing else comes. Its tenant reads files of 9 GiB once and is quiet, reads them round and round, writes half of
what it touches, or holds 6 GiB of its own, without swap and with 16 GiB of it. Linux 6.12 with multi-generational LRU and with the
classic lists; blocks of 128 MiB and 2 GiB.

## Answer

![removed](busy-unplug.svg)

Blocks of 128 MiB ("moved", "reclaimed" and "swapped out": while blocks went offline, by anybody):

{table(("tenant, driver", "LRU", "removed", "took", "moved", "reclaimed", "swapped out", "longest operation of the tenant", "what held the rest"), rows)}

- **Page cache is no obstacle.** Every page that leaves a block is given a place by the slow path, which drops page cache until there is
  room: the cache pays, page for page. A range that virtio-mem takes back has its clean cache dropped where it lies.
- **Memory of processes moves as far as there is room**, and goes to swap beyond that; without swap it stays where it is, and so does the
  DIMM.
- **Whole or not at all**: a DIMM of which one block stays, stays; virtio-mem gives back what it can empty.
- A process that writes `offline` to sysfs can be kept waiting by what it has isolated itself, with the classic lists
  (`too_many_isolated`); ACPI's worker, as here, does not wait. `hotplug.N.unplug_by` says who does it.
"""


def draw(study):
    made, axes = figure(2, height=4.2)
    for ax, block in zip(axes[0], (GIB // 8, 2 * GIB)):
        names = []
        for i, (name, lru, of, r, _) in enumerate(cases(study, block)):
            y = -(i // 2) + (0.2 if lru == "on" else -0.2)
            ax.barh(y, float(r.removed_bytes) / GIB, 0.38, color=GREYS[lru], hatch="" if lru == "on" else "//",
                    label=of if i < 2 else None)
            if lru == "on":
                names.append((-(i // 2), name))
        ax.set_yticks([y for y, _ in names], [n for _, n in names] if ax is axes[0][0] else [], fontsize=7)
        ax.set_title(f"blocks of {size(block)}")
        ax.set_xlabel("removed of 8 GiB, GiB")
    axes[0][1].legend(fontsize=7)
    return made
