"""At which ratio of movable to kernel memory a kernel dies beside free Movable memory."""

from .common import PAGE, PLACEMENTS, figure, size, table

KEEP_RUNS = False
TENANTS = (("programs", "programs of 5 GiB"), ("files", "a walk over 10 million files"), ("network", "60,000 connections"),
           ("database", "200 database processes, base pages"), ("database_2MiB", "the same, huge pages"))
HATCHES = {"fits": "", "drops": "..", "kills": "//", "panics": "xx"}
COLOURS = {"fits": "#a8c8a0", "drops": "#e0b050", "kills": "#c44e52", "panics": "#55202a"}


def ratio(point):
    return float(point.movable_memory) / float(point.kernel_memory)


def runs(study, tenant, placement):
    results = study.results.sel(tenant=tenant, memmap_placement=placement)
    return [results.isel(point=i) for i in range(results.sizes["point"])]


def number(value):
    return 0 if value != value else int(value)


def verdict(run):
    if number(run.workload_panics) > 0:
        return "panics"
    if number(run.oom_kill) > 0:
        return "kills"
    return "drops" if number(run.workload_dropped_pages) > 0 else "fits"


def cell(run):
    free = size(number(run.oom_free_movable) * PAGE)
    return {"panics": f"panics, {free} free", "kills": f"{number(run.oom_kill)} killed, {free} free",
            "drops": f"drops {size(number(run.workload_dropped_pages) * PAGE)}", "fits": "fits"}[verdict(run)]


def fitting(study, tenant, placement):
    """The largest ratio up to which all fits, and the smallest that does not."""
    last, first = 0.0, None
    for run in runs(study, tenant, placement):
        if verdict(run) == "fits" and first is None:
            last = ratio(run)
        elif first is None:
            first = ratio(run)
    return last, first


def bound(study, tenant, placement):
    last, first = fitting(study, tenant, placement)
    if first is None:
        return f"fits up to {last:.0f}:1"
    return f"fits up to {last:.0f}:1, not at {first:.0f}:1" if last else f"does not fit at {first:.0f}:1"


def page(study):
    ratios = [f"{ratio(run):.0f}:1" for run in runs(study, "programs", PLACEMENTS[0])]
    rows = [(words, *(cell(run) for run in runs(study, tenant, PLACEMENTS[0]))) for tenant, words in TENANTS]
    bounds = [(words, *(bound(study, tenant, placement) for placement in PLACEMENTS)) for tenant, words in TENANTS]
    base = runs(study, "database", PLACEMENTS[0])[0]
    huge = runs(study, "database_2MiB", PLACEMENTS[0])[0]
    files = runs(study, "files", PLACEMENTS[0])
    return f"""
# At which ratio does a kernel die beside free Movable memory?

Page tables, slab, stacks and network buffers may only lie in the kernel zones. A machine whose memory is mostly in ZONE_MOVABLE can
run out of them while gigabytes are free. The kernel's documentation calls ratios of movable to kernel memory of up to 3:1, even 4:1,
usually fine, says that it depends on the workload, and that 63:1 cannot be, for the memmap alone; auto-movable stops at 3.01:1.
How far does that carry?

## Method

A guest of 7.5 GiB ([movable-ratio.toml](../../configs/scenarios/movable-ratio.toml)), of which one part is there at boot and the rest is
hot-added to ZONE_MOVABLE: ratios from 1:1 to 19:1. 40 s of one tenant at a time, always the same: programs whose 5 GiB have page tables
and 200 stacks, a walk over the dentries and inodes of ten million files, 60,000 connections with up to 512 MiB of data in buffers,
and a database of 4 GiB that 200 processes map, in base pages or in huge pages. No swap. The memmap of what is added lies in boot memory
or in the range. Linux 6.12.

## Answer

![ratio](movable-ratio.svg)

With the memmap in boot memory, by ratio ("free": in ZONE_MOVABLE, when the OOM killer was first called for kernel memory):

{table(("tenant", *ratios), rows)}

{table(("tenant", "memmap in boot memory", "memmap in the range"), bounds)}

- **The ratio says little, the demand says all.** 200 processes that map 4 GiB in base pages have {size(number(base.workload_page_table_pages) * PAGE)}
  of page tables, whatever the ratio: what they fit into is the kernel zones' size, not their share.
- **Huge pages move the limit farther than any ratio**: the same database has {size(number(huge.workload_page_table_pages) * PAGE)} of tables.
- **3:1 is safe for what it was meant for**, programs with memory of their own, whose tables are 1/512 of it. They and a cache of
  files, which reclaim can shrink (from {number(files[0].workload_dentries):,} dentries at 1:1 to {number(files[-1].workload_dentries):,} at 19:1),
  need far less.
- **A kernel that can kill somebody lives on, less a part of its users**; connections belong to nobody whom the OOM killer could
  choose here, and the kernel panics, with gigabytes free. Data that comes in is dropped first: an interrupt waits for nobody.
- **The memmap counts**: at 19:1 that of the movable memory is a third of the kernel's. In the range it costs the kernel nothing.
"""


def draw(study):
    made, axes = figure(2, height=2.8)
    for ax, placement in zip(axes[0], PLACEMENTS):
        for y, (tenant, _) in enumerate(reversed(TENANTS)):
            for x, run in enumerate(runs(study, tenant, placement)):
                ax.barh(y, 0.94, 0.8, left=x, color=COLOURS[verdict(run)], hatch=HATCHES[verdict(run)], edgecolor="white", linewidth=0)
        points = runs(study, "programs", placement)
        ax.set_xticks([x + 0.5 for x in range(len(points))], [f"{ratio(p):.0f}" for p in points])
        ax.set_yticks(range(len(TENANTS)), [t.replace("_", ", ") for t, _ in reversed(TENANTS)] if ax is axes[0][0] else [], fontsize=7)
        ax.set_xlabel("movable : kernel memory")
        ax.set_title(f"memmap: {placement}")
        ax.grid(False)
    for what, colour in COLOURS.items():
        axes[0][1].barh(0, 0, color=colour, hatch=HATCHES[what], edgecolor="white", linewidth=0, label=what)
    axes[0][1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))  # beside the cells, not over them
    return made
