"""What of added memory can be taken away again."""

import xarray

from .common import GIB, PLACEMENTS, bar, duration, figure, size, table

KEEP_RUNS = True        # the reasons stand in the run files
TENANTS = ("idle", "user_memory", "kernel_objects")
DRIVERS = (("virtual-dimm", "DIMM"), ("virtio-mem", "virtio-mem"))


def cases(study):
    """Every case with blocks of 128 MiB: its coordinates, its results, its reason."""
    for tenant in TENANTS:
        for next_dimm, later in zip(study.results.next_dimm.values, ("comes", "")):
            for zone in ("online_kernel", "online_movable"):
                for point, (_, driver) in enumerate(DRIVERS):
                    for placement in PLACEMENTS:
                        at = dict(tenant=tenant, next_dimm=next_dimm, zone=zone, memory_block_size=GIB // 8,
                                  memmap_placement=placement)
                        run = study.runs.sel(at).isel(point=point)
                        with xarray.open_dataset(study.run_file(run.run_id), group="hotplug") as ops:
                            offline = ops.kind == ops.kind.attrs["flag_meanings"].split(" ").index("offline")
                            tried = zip(ops.block.values[offline.values], ops.failure_reason.values[offline.values])
                            reasons = list({int(block): str(r) for block, r in tried if str(r)}.values())
                        yield tenant, later, zone, driver, placement, study.results.sel(at).isel(point=point), reasons


def why(reasons):
    """The reasons of the blocks that stayed, in few words."""
    if not reasons:
        return ""
    kernel = sum("in use by the kernel" in r for r in reasons)
    words = [f"{kernel} hold kernel pages"] if kernel else []
    if len(reasons) > kernel:
        words.append(f"{len(reasons) - kernel} hold pages that fit nowhere else")
    return ", ".join(words)


def page(study):
    rows = []
    for near, far in zip(*[iter(cases(study))] * 2):        # the placements of a case follow each other
        tenant, later, zone, driver, _, r, reasons = near
        took = float(r.time_to_remove)
        rows.append((f"{tenant.replace('_', ' ')}, {zone.removeprefix('online_')}, {driver}", "yes" if later else "no",
                     size(float(r.removed_bytes)), size(float(far[5].removed_bytes)), duration(took) if took == took else "",
                     why(reasons)))
    r = study.results
    at = dict(tenant="idle", next_dimm=study.results.next_dimm.values[1], zone="online_kernel", memmap_placement="boot_memory")
    idle = r.time_to_remove.sel(at).isel(point=0)
    by_sub_block = r.time_to_remove.sel(at).isel(point=1).sel(memory_block_size=GIB // 8)
    user = r.time_to_remove.sel({**at, "tenant": "user_memory", "memory_block_size": GIB // 8,
                                 "next_dimm": study.results.next_dimm.values[0], "zone": "online_movable"}).isel(point=1)
    return f"""
# What can be taken away again?

Memory that was added for an hour should go when the hour is over. What lets it go, how long does it take, and what holds it?

## Method

A guest of 2 GiB borrows 8 GiB for a minute ([unplug.toml](../../configs/scenarios/unplug.toml)): as a DIMM, which goes whole or
not at all, or by virtio-mem, which goes by sub-blocks of 2 MiB from the top; online in a kernel zone or in ZONE_MOVABLE; under both
placements; in blocks of 128 MiB and 2 GiB. Its tenant is idle, holds 5 GiB of user memory without swap, or churns 2.5 GiB of
kernel objects. Either another DIMM of 8 GiB has come in the meantime, into the same kind of zone, or none.

## Answer

![removed](unplug.svg)

Blocks of 128 MiB ("next": another DIMM has come; virtio-mem never has the memmap in the range itself, the other DIMM may):

{table(("tenant, zone, driver", "next", "removed, boot_memory", "removed, hotplugged_range", "took, boot_memory",
        "blocks that stay, boot_memory"), rows)}

- **Kernel pages hold a block, and only kernel zones have them.** Kernel objects spread over the borrowed memory keep it; in
  ZONE_MOVABLE there are none, and all of it goes.
- **So does what a later device needs**, wherever it was taken from the borrowed memory: the kernel takes it from what is free, and
  most of that is what was borrowed. With the memmap in boot memory that is the later device's memmap, with the memmap in its range
  still a block with its slab and page tables: fewer blocks stay, but one is enough to keep a DIMM. The head of a block, its own
  memmap, does not hold it.
- **User memory moves, if it fits elsewhere.** With 5 GiB in use and 2 GiB left there is no room, so a DIMM stays whole and
  virtio-mem gives back what it can empty. When another DIMM has come there is room, and ZONE_MOVABLE goes to the last block.
- **Whole or not at all is the weakness of DIMMs**: one block that stays keeps all. virtio-mem leaves just the sub-blocks of
  2 MiB that hold something, whatever the size of a block.
- **Time**: 8 GiB of free memory of a DIMM go in {duration(float(idle.sel(memory_block_size=GIB // 8)))} in blocks of 128 MiB and in
  {duration(float(idle.sel(memory_block_size=2 * GIB)))} in blocks of 2 GiB, a part of it for each block and a part for the walk over the
  zone. By virtio-mem it is {duration(float(by_sub_block))}: with `init_on_alloc`, as Debian has it, the kernel clears all that it
  takes, and the host backs it first; {duration(float(user))} with user memory to move.
"""


def draw(study):
    made, axes = figure(2, height=4.2)
    for ax, later in zip(axes[0], ("", "comes")):
        bars = [c for c in cases(study) if c[1] == later]
        names = []
        for i, (tenant, _, zone, driver, placement, r, _) in enumerate(bars):
            y = -(i // 2) * 1.0 + (0.2 if placement == "boot_memory" else -0.2)
            ax.barh(y, float(r.removed_bytes) / GIB, 0.38, **bar(placement))
            if placement == "boot_memory":
                names.append((-(i // 2), f"{tenant.replace('_', ' ')}, {zone.removeprefix('online_')}, {driver}"))
        ax.set_yticks([y for y, _ in names], [n for _, n in names] if ax is axes[0][0] else [], fontsize=7)
        ax.set_title("another DIMM has come" if later else "nothing came after it")
        ax.set_xlabel("removed of 8 GiB, GiB")
    for placement in PLACEMENTS:
        axes[0][1].barh(0, 0, label=placement, **bar(placement))
    axes[0][1].legend(fontsize=7, loc="center right")
    return made
