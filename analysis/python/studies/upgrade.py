"""What the next kernel buys."""

import math

from .common import PLACEMENTS, bar, duration, figure, size, table

KEEP_RUNS = False
CASES = ("server", "small_guest", "dimm_leaves", "huge_pages", "failed_add")


def outcome(study, case, kernel, placement):
    at = dict(profile=kernel, memmap_placement=placement)
    point = CASES.index(case)
    return str(study.runs.outcome.sel(at).isel(point=point).values), study.results.sel(at).isel(point=point)


def number(words, value):
    return "-" if math.isnan(value) else words(value)


def usable(how, r):
    return {"enomem": "no memory", "refused": "boot memory: "}.get(how, "") + \
        ("" if how == "enomem" else number(duration, float(r.time_to_usable)))


def removed(how, r):
    gone = float(r.removed_bytes)
    return f"{size(gone)} in {duration(float(r.time_to_remove))}" if gone > 0 else "it stays"


def saved(how, r):
    return number(size, float(r.hugetlb_vmemmap_saved))


def left(how, r):
    return f"{size(float(r.overhead_total))}, {size(float(r.mem_total_delta))} more"


FIGURES = {"server": ("usable after, {}", usable), "small_guest": ("usable after, {}", usable), "dimm_leaves": ("removed, {}", removed),
           "huge_pages": ("vmemmap saved, {}", saved), "failed_add": ("overhead and gain, {}", left)}


def rows(study, case):
    """Kernels that follow each other with the same figures share a row."""
    out = []
    for kernel in study.results.profile.values:
        cells = [FIGURES[case][1](*outcome(study, case, kernel, p)) for p in PLACEMENTS]
        if out and out[-1][1:] == cells:
            out[-1][0][1] = str(kernel)
        else:
            out.append([[str(kernel), None], *cells])
    return [[first if last is None else f"{first} to {last}", *cells] for (first, last), *cells in out]


def one(study, case):
    return table(("kernel", *(FIGURES[case][0].format(p) for p in PLACEMENTS)), rows(study, case))


def page(study):
    walk = [float(outcome(study, "server", k, "boot_memory")[1].time_to_usable) for k in ("7.3", "7.4")]
    return f"""
# What does the next kernel buy?

Kernels from 5.13 to what is queued for 7.4, as the profiles in [configs/kernels](../../configs/kernels) have them
(`mhpsim list kernels` says what each rests on): what changes for those who add memory?

## Method

Five machines get memory under every profile and both placements: a server with two sockets gets
512 GiB; a guest of 2 GiB gets 15 GiB; an eight-socket server gets 16 GiB on a node that had none, and gives them back a second
later; the server fills a tenth of each node with huge pages, whose vmemmap the kernel frees where it can
(`hugetlb_free_vmemmap`); and a guest of 256 MiB gets 64 GiB, for which it has no memmap. All goes online in a kernel zone.

## Answer

![times](upgrade.svg)

**A server gets 512 GiB.** "boot memory": the placement cannot be followed.

{one(study, "server")}

**A guest of 2 GiB gets 15 GiB.**

{one(study, "small_guest")}

**A DIMM on a node of its own should leave again.**

{one(study, "dimm_leaves")}

**A tenth of each node becomes huge pages of 2 MiB.** What their vmemmap is smaller by half a minute later.

{one(study, "huge_pages")}

**64 GiB come to a guest of 256 MiB.** What hot-plug holds at the end, and by how much MemTotal has grown.

{one(study, "failed_add")}

- **6.8 puts the memmap into the range** for additions of more than one memory block. Before, whoever asks for it gets boot memory,
  and a guest that boot memory is too small for gets nothing.
- **6.14 has the node's threads live on their node**: where its first memory is online in a kernel zone, their stacks pin the first
  block, and the DIMM stays. Give a node its first memory in ZONE_MOVABLE if it has to leave again.
- **The vmemmap of huge pages** is freed from 5.14 on. From 5.14 to 5.17 whoever asks for that gets no memmap in the range. From
  6.2 to 6.6 the kernel waits for readers page by page, so that a pool grows slowly.
- **7.4 stops the walk** over the zone, if what is queued goes in: {duration(walk[0])} become {duration(walk[1])} on the server. It also
  takes back what a failed addition had got.
"""


def draw(study):
    kernels = [str(k) for k in study.results.profile.values]
    made, axes = figure(2, height=4.2)
    for ax, case in zip(axes[0], ("server", "dimm_leaves")):
        for shift, placement in zip((0.2, -0.2), PLACEMENTS):
            metric = "time_to_usable" if case == "server" else "removed_bytes"
            values = [float(outcome(study, case, k, placement)[1][metric]) / (1e9 if case == "server" else 2**30) for k in kernels]
            ax.barh([shift - i for i in range(len(kernels))], values, 0.38, label=placement, **bar(placement))
        ax.set_yticks([-i for i in range(len(kernels))], kernels if ax is axes[0][0] else [], fontsize=7)
    axes[0][0].set_title("512 GiB on a server")
    axes[0][0].set_xlabel("until usable, s")
    axes[0][1].set_title("a DIMM on a node of its own")
    axes[0][1].set_xlabel("removed of 16 GiB, GiB")
    axes[0][1].legend(fontsize=7)
    return made
