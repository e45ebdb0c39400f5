"""Huge and gigantic pages against block size and placement."""

from .common import GIB, PLACEMENTS, figure, line, size, table

KEEP_RUNS = False


def page(study):
    r = study.results
    kernel = r.sel(boot_memory="clean", zone="online_kernel", gigantic_pages_from_movable="false")
    rows = [(size(int(b)), *(int(kernel.gigantic_pages_possible.sel(memory_block_size=b, memmap_placement=p))
                             for p in PLACEMENTS)) for b in kernel.memory_block_size.values]
    movable = r.sel(boot_memory="clean", zone="online_movable", memory_block_size=2 * GIB)
    zones = [(f"{'7.1: may' if word == 'true' else 'up to 6.19: may not'}",
              *(int(movable.gigantic_pages_possible.sel(gigantic_pages_from_movable=word, memmap_placement=p))
                for p in PLACEMENTS)) for word in ("false", "true")]
    two = r.sel(zone="online_kernel", gigantic_pages_from_movable="false", memory_block_size=2 * GIB)
    huge = [(word, *(f"{int(two.huge_pages_free.sel(boot_memory=word, memmap_placement=p)):,}" for p in PLACEMENTS),
             f"{int(two.memmap_base_pages.sel(boot_memory=word, memmap_placement='boot_memory')):,}")
            for word in ("clean", "fragmented")]
    return f"""
# How many huge pages can be had of added memory?

A memmap in the head of a memory block cannot be moved. What does that cost a machine that is there for huge pages, and does
the size of the memory blocks help?

## Method

A server of 16 GiB gets 64 GiB ([huge-pages.toml](../../configs/scenarios/huge-pages.toml)) in memory blocks of 128 MiB to
64 GiB, under both placements, in a kernel zone and in ZONE_MOVABLE, on a kernel that takes 1 GiB pages from ZONE_MOVABLE
(7.1, `vm.movable_gigantic_pages`) and on one that does not; with boot memory clean, and fragmented by somebody who leaves one
unmovable page in each of its pageblocks before the memory comes. `gigantic_pages_possible` counts aligned ranges of 1 GiB of
the added memory that could become a page; `huge_pages_free` free blocks of 2 MiB of the whole machine.

## Answer

![1 GiB pages](huge-pages.svg)

Pages of 1 GiB possible in the 64 GiB, online in a kernel zone:

{table(("memory block", *PLACEMENTS), rows)}

- **With the memmap in boot memory there is one for each GiB added**, whatever the block size.
- **With the memmap in the range each block costs one**, the one that its head lies in: all of them up to blocks of 1 GiB,
  half with the usual 2 GiB, `1 / (block / GiB)` of them above. A host for guests in 1 GiB pages should not have the memmap in
  the range, or have large blocks.
- **ZONE_MOVABLE gives none** before 7.1 whatever the placement; from then on as many as a kernel zone:

{table(("1 GiB pages from ZONE_MOVABLE, blocks of 2 GiB", *PLACEMENTS), zones)}

- **Pages of 2 MiB are a draw on a clean machine**: the memmap fills 1/64 of what is added, here or there. **On a fragmented
  one boot memory wins them**: no 2 MiB block is free, the kernel takes the memmap in base pages out of the remains, and the
  added memory stays whole. The price is a memmap that is mapped by 4 KiB pages for good:

{table(("boot memory", "2 MiB pages free, boot_memory", "2 MiB pages free, hotplugged_range", "memmap in base pages"), huge)}
"""


def draw(study):
    made, axes = figure(2)
    for ax, zone in zip(axes[0], ("online_kernel", "online_movable")):
        for placement in PLACEMENTS:
            for word, weight in (("false", 0.8), ("true", 2.2)):
                if zone == "online_kernel" and word == "true":
                    continue
                pages = study.results.gigantic_pages_possible.sel(
                    boot_memory="clean", zone=zone, gigantic_pages_from_movable=word, memmap_placement=placement)
                name = placement if zone == "online_kernel" else f"{placement}, {'7.1' if word == 'true' else 'to 6.19'}"
                ax.plot(pages.memory_block_size / GIB, pages, **line(placement), lw=1.4 if zone == "online_kernel" else weight, label=name)
        ax.set_xscale("log", base=2)
        ax.set_title("kernel zone" if zone == "online_kernel" else "ZONE_MOVABLE")
        ax.set_xlabel("memory block, GiB")
        ax.legend(fontsize=7)
    axes[0][0].set_ylabel("1 GiB pages possible in 64 GiB")
    return made
