"""Boot-memory headroom against the growth factor."""

from .common import COLOURS, GIB, PAGE, PLACEMENTS, figure, line, size, table

KEEP_RUNS = False
BOOT = {"guest-256m": GIB // 4, "guest-2g": 2 * GIB, "two-socket-server": 512 * GIB}


def label(point):
    return f"{size(BOOT[str(point.machine.values)])}, blocks of {size(point.memory_block_size.values)}"


def points(data):
    return [data.isel(point=p) for p in range(data.sizes["point"])]


def last_good(study, p, placement):
    outcome = study.runs.outcome.isel(point=p).sel(memmap_placement=placement)
    return int(outcome.growth_factor.values[outcome.values == "ok"].max())


def page(study):
    rows = []
    for p, data in enumerate(points(study.results)):
        boot = BOOT[str(data.machine.values)]
        left = data.free_pages_min * PAGE
        free = float(left.sel(growth_factor=1, memmap_placement="hotplugged_range"))
        at = last_good(study, p, "boot_memory")
        rows.append((label(data), size(free), f"{free * 64 / boot:.1f}", f"{at}",
                     size(float(left.sel(growth_factor=at, memmap_placement="boot_memory"))),
                     last_good(study, p, "hotplugged_range"),
                     size(float(left.sel(growth_factor=64, memmap_placement="hotplugged_range")))))
    small = points(study.results)[0]
    failed = float(small.usable_bytes.sel(growth_factor=64, memmap_placement="boot_memory"))
    return f"""
# How far can a machine grow at once?

A byte of memmap for each 64 bytes added: with the memmap in boot memory, a machine that grows by a factor `f` needs `f / 64`
of the memory that it was booted with, before any of the new memory can be used. When is that more than it has?

## Method

Two guests and a server, freshly booted, get 1 to 64 times their memory as one device, in memory blocks of 128 MiB and of
2 GiB, under both placements ([growth.toml](../../configs/scenarios/growth.toml)). Nothing else runs: what is free is all
that is not memmap of boot memory, kernel image and early reservations. Headroom is `free_pages_min`, the least free memory
of the kernel zones at any moment.

## Answer

![headroom](boot-memory-headroom.svg)

{table(("machine", "free when booted", "free x 64 / memory", "last factor, boot memory", "headroom there",
        "last factor, range", "headroom at 64"), rows)}

- **The limit is 64 times the free share of memory**, less what watermarks and slab keep: no machine reaches 64 with the memmap in
  boot memory, and one that is half full would end at half of it. The smaller the machine, the sooner: what the kernel takes
  for itself does not shrink with it.
- **The size of memory blocks does not matter for the limit.** The memmap is the same; blocks of 128 MiB only add slab, and
  page tables with the memmap in the range.
- **With the memmap in the range every factor succeeds**, and the machine keeps what it had, but for slab and page tables.
- **Beyond the limit memory is lost.** The add ends with ENOMEM after it has taken memmap for all sections that were complete,
  and that does not come back: the guest of 256 MiB that asked for 64 times its memory has {size(-failed)} less than before, and
  nothing more. Headroom stays at the `min` watermark, the flat end of the curves.
- Growth in steps, each online in a kernel zone before the next, moves the limit: the memmap of a step comes from the steps
  before it. Only the first step must fit.
"""


def draw(study):
    made, axes = figure(3)
    for ax, machine in zip(axes[0], BOOT):
        for p, data in enumerate(points(study.results)):
            if str(data.machine.values) != machine:
                continue
            small = int(data.memory_block_size) < GIB
            for placement in PLACEMENTS:
                share = 100 * PAGE * data.free_pages_min.sel(memmap_placement=placement) / BOOT[machine]
                good = study.runs.outcome.isel(point=p).sel(memmap_placement=placement).values == "ok"
                ax.plot(share.growth_factor, share, **line(placement, points=not small), lw=1 if small else 2,
                        label=f"{placement}, {size(data.memory_block_size.values)}")
                ax.plot(share.growth_factor[~good], share[~good], "x", color=COLOURS[placement])
        ax.set_title(f"booted with {size(BOOT[machine])}")
        ax.set_xlabel("added, times the boot memory")
        ax.set_ylim(bottom=0)
        ax.legend(fontsize=7)
    axes[0][0].set_ylabel("least free, % of boot memory\n(x: failed)")
    return made
