"""What hot-added memory costs on other architectures."""

import math
import tomllib

from .common import GIB, ROOT, bar, duration, figure, size, table

KEEP_RUNS = False
PLACEMENTS = ("boot_memory", "hotplugged_range", "hotplugged_range_force")
ADDED = 512 * GIB


def kernels(study):
    return [str(k) for k in study.results.kernel.values]


def rules(kernel):
    """The architecture's file; names of kernels with another block size end with it."""
    name = kernel.removesuffix("-2g")
    with open(ROOT / f"configs/architectures/{name}.toml", "rb") as file:
        return tomllib.load(file)


def block(study, kernel):
    given = int(study.results.memory_block_size.values[kernels(study).index(kernel)])
    return size(given) if given > 0 else rules(kernel)["block_size"].replace("MiB", " MiB")


def at(study, machine, kernel, placement):
    where = dict(machine=machine, memmap_placement=placement)
    point = kernels(study).index(kernel)
    return str(study.runs.outcome.sel(where).isel(point=point).values), study.results.sel(where).isel(point=point)


def percent(value):
    return f"{100 * value / ADDED:.3g} %"


def from_boot(r):
    """What was taken of memory that was there, or that others could have had."""
    return float(r.overhead_memmap_boot) + float(r.overhead_page_tables) + float(r.overhead_slab)


def basis(study):
    rows = []
    for k in kernels(study):
        arch = rules(k)
        known = "recorded" if arch["evidence"] == "captures" else "read"
        rows.append((k, arch["page_size"].replace("KiB", " KiB"), block(study, k),
                     str(study.results.adder.values[kernels(study).index(k)]), known))
    return table(("kernel", "page", "block", "who adds", "page counts"), rows)


def boot(study):
    rows = []
    for k in kernels(study):
        r = at(study, "server", k, "boot_memory")[1]
        rows.append((k, size(float(r.overhead_memmap_boot)), size(float(r.overhead_page_tables)), size(float(r.overhead_slab)),
                     percent(float(r.overhead_total)), duration(float(r.time_to_usable))))
    return table(("kernel", "memmap", "page tables", "slab", "of what was added", "usable after"), rows)


def in_range(study, placement):
    rows = []
    for k in kernels(study):
        how, r = at(study, "server", k, placement)
        if how == "refused":
            rows.append((k, "boot memory", size(from_boot(r)), "-", "-", duration(float(r.time_to_usable))))
            continue
        rows.append((k, size(float(r.overhead_memmap_range)), size(from_boot(r)), size(float(r.overhead_waste)),
                     percent(float(r.gigantic_bytes_lost)), duration(float(r.time_to_usable))))
    return table(("kernel", "memmap in the range", "still from boot memory", "padding", "lost to gigantic pages", "usable after"), rows)


def forced(study):
    """Kernels on which force does something else than asking."""
    rows = []
    for k in kernels(study):
        asked, forced_r = at(study, "server", k, "hotplugged_range"), at(study, "server", k, "hotplugged_range_force")
        if asked[0] == forced_r[0] and float(asked[1].overhead_total) == float(forced_r[1].overhead_total):
            continue
        r = forced_r[1]
        rows.append((k, size(float(r.overhead_memmap_range)), size(float(r.overhead_waste)), percent(float(r.overhead_total)),
                     duration(float(r.time_to_usable))))
    return table(("kernel", "memmap in the range", "padding", "of what was added", "usable after"), rows)


def guest(study):
    rows = []
    for k in kernels(study):
        cells = []
        for placement in PLACEMENTS[:2]:
            how, r = at(study, "guest_2g", k, placement)
            note = {"refused": ", memmap in boot memory"}.get(how, "")
            cells.append(f"no memory; {size(float(r.overhead_total))} leaked" if how == "enomem"
                         else "panic" if how in ("oom", "oops") else f"{size(float(r.usable_bytes))}{note}")
        rows.append((k, *cells))
    return table(("kernel", *PLACEMENTS[:2]), rows)


def page(study):
    def usable(kernel, placement="boot_memory"):
        return duration(float(at(study, "server", kernel, placement)[1].time_to_usable))

    def bytes_of(kernel, metric, placement="boot_memory"):
        return size(float(at(study, "server", kernel, placement)[1][metric]))

    return f"""
# What does hot-added memory cost on other architectures?

A `struct page` has 64 bytes whatever it describes. With pages of 64 KiB there is a sixteenth of them; but then pageblocks, huge
pages and memory blocks have other sizes too, and memmap in the range may not be to be had. What is left of the question where the
memmap should live?

## Method

The same machine gets the same 512 GiB at once, all online in a kernel zone, under kernels that are built for five architectures
([configs/architectures](../../configs/architectures), `mhpsim list architectures`), with the memmap in boot memory, in the range, and
in the range with `force`. One machine is a server of two sockets with 256 GiB each; the other a guest of 2 GiB. Memory comes as a
virtual DIMM, so that firmware adds next to nothing to the times. On ppc64 the kernel takes it in logical memory blocks, each online
before the next; so does s390, by its operator (6.18 and later; the others are 6.12). x86-64 and ppc64 are there twice, with two sizes
of memory blocks; arm64 and riscv64 have the size that they are built with.

{basis(study)}

- **Page counts** of kernels that were *recorded* follow rules that [recordings](../../analysis/validation/captures/README.md) of
  such kernels hold to the page, as far as these go: on small machines, DIMMs of up to 16 GiB (x86-64: 1 TiB), and of up to 256 GiB
  that are too large; blocks of 2 GiB on x86-64 alone. Those of kernels that were only *read* follow the kernel's source.
- **Times are of one family of processors for all**: the prices of a Xeon ([configs/costs](../../configs/costs)) and the server's
  latencies and bandwidths. They compare how much work the kernels do, not how fast an arm64 or POWER machine does it.

## Answer

![costs](architectures.svg)

**A server gets 512 GiB, memmap in boot memory.** What is gone from boot memory, and how much it is of what was added.

{boot(study)}

**Memmap in the range.** "boot memory": refused, without a word; the kernel then takes it there.

{in_range(study, "hotplugged_range")}

**With `force`** the head of a block is rounded up to a pageblock. Where that changes something:

{forced(study)}

**A guest of 2 GiB gets 512 GiB.** What it has more, or that it gets nothing.

{guest(study)}

- **Larger pages make the question small, and take the answer away.** With 64 KiB the memmap is {bytes_of("arm64-64k", "overhead_memmap_boot")}
  of 512 GiB instead of {bytes_of("x86-64", "overhead_memmap_boot")}. The memmap of a memory block is then less than a pageblock, so
  that it cannot lie in the block: arm64 with 16 or 64 KiB has no memmap in the range at all, forced or not. A guest that
  grows 256-fold does well with pages of 64 KiB, and cannot with 16 KiB.
- **arm64 maps what is added in single pages** (`rodata=full`, the default): {bytes_of("arm64-4k", "overhead_page_tables")} of page tables for
  512 GiB, in boot memory in every placement, where x86-64 needs {bytes_of("x86-64-2g", "overhead_page_tables")}. Memmap in the
  range leaves an eighth of what it saves. With `kernel.rodata = "on"` and `kernel.kfence_sample_interval = 100` there are leaves as
  on x86-64.
- **ppc64 with 64 KiB pages** can have memmap in the range, with `force`: 4 pages of memmap and 28 of padding in each block of 256 MiB,
  {bytes_of("ppc64-64k", "overhead_waste", "hotplugged_range_force")} of 512 GiB, seven times what it should save. With blocks of 2 GiB
  nothing is padded, and nobody has to force it.
- **Memory that comes block by block** (`lmb`) pays for itself in a kernel zone: the guest of 2 GiB has room for the
  first block's memmap, the first block for the second's. Only memory that comes at once, or goes to
  ZONE_MOVABLE, needs the range.
- **The size of memory blocks decides how long it takes.** Onlining walks the zone from its start for each block, in pageblocks:
  {usable("x86-64")} on x86-64 with 4,096 blocks, {usable("x86-64-2g")} with 256. arm64 cannot choose: {usable("arm64-4k")} with 4 KiB. With
  pageblocks of 32 MiB and 512 MiB the walk is short: {usable("arm64-16k")} and {usable("arm64-64k")}.
- **Gigantic pages** need memory without heads: blocks of up to 1 GiB with memmap in the range leave none, of 2 GiB every second
  one. Those of arm64 with 64 KiB pages have 16 GiB; there is nothing that takes them away.
"""


def draw(study):
    names = kernels(study)
    made, axes = figure(2, height=4.2)
    for shift, placement in zip((0.2, -0.2), PLACEMENTS):
        found = [at(study, "server", k, placement) for k in names]
        places = [shift - i for i in range(len(names))]
        faint = [0.35 if how == "refused" else 1 for how, _ in found]
        for ax, values in zip(axes[0], ([from_boot(r) / GIB for _, r in found], [float(r.time_to_usable) / 1e9 for _, r in found])):
            for y, value, alpha in zip(places, values, faint):
                if not math.isnan(value):
                    ax.barh(y, value, 0.38, alpha=alpha, **bar(placement))
    for ax in axes[0]:
        ax.set_yticks([-i for i in range(len(names))], names if ax is axes[0][0] else [], fontsize=7)
        ax.set_xscale("log")
    axes[0][0].set_title("512 GiB on a server")
    axes[0][0].set_xlabel("taken from boot memory, GiB")
    axes[0][1].set_title("until it is usable")
    axes[0][1].set_xlabel("until usable, s, prices of one processor (faint: refused)")
    from matplotlib.patches import Patch
    axes[0][1].legend(handles=[Patch(label=p, **bar(p)) for p in PLACEMENTS[:2]], fontsize=7, loc="center right",
                      bbox_to_anchor=(1, 0.62))
    return made
