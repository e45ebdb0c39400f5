"""A fleet of 1,000 hosts that grow over a day."""

import numpy

from .common import GIB, PAGE, PLACEMENTS, figure, line, size, table

KEEP_RUNS = False
MEMORY = {"xeon-e5-2699-v3": 128 * GIB, "xeon-8167m": 384 * GIB, "two-socket-server": 512 * GIB, "two-socket-ddr5": 1536 * GIB}


def page(study):
    r = study.results
    hosts = r.sizes["point"] * r.sizes["sample"]

    def total(metric, placement):
        return float(r[metric].sel(memmap_placement=placement).sum())

    def low(placement, quantile):
        share = r.free_pages_min.sel(memmap_placement=placement) * PAGE / numpy.array(
            [MEMORY[str(m)] for m in r.machine.values])[:, None]
        return float(share.quantile(quantile)) * 100
    bought = total("mem_total_delta", "boot_memory")
    rows = [("MemTotal grown by", *(size(total("mem_total_delta", p)) for p in PLACEMENTS)),
            ("of it usable (less what the memmap took elsewhere)", *(size(total("usable_bytes", p)) for p in PLACEMENTS)),
            ("memmap in boot memory", *(size(total("memmap_pages_boot", p) * PAGE) for p in PLACEMENTS)),
            ("1 GiB pages possible in it", *(f"{total('gigantic_pages_possible', p):,.0f}" for p in PLACEMENTS)),
            ("guests started", *(f"{total('workload_guests_started', p):,.0f}" for p in PLACEMENTS)),
            ("guests turned away", *(f"{total('workload_guests_rejected', p):,.0f}" for p in PLACEMENTS)),
            ("least free memory, median host, % of memory", *(f"{low(p, 0.5):.1f}" for p in PLACEMENTS)),
            ("least free memory, worst host of 100, %", *(f"{low(p, 0.01):.2f}" for p in PLACEMENTS)),
            ("hosts with an operation that failed",
             *(int((study.runs.outcome.sel(memmap_placement=p) != "ok").sum()) for p in PLACEMENTS))]
    kinds = []
    for m in MEMORY:
        at = r.isel(point=[str(x) for x in r.machine.values].index(m)).sel(memmap_placement="boot_memory")
        grown = at.mem_total_delta / MEMORY[m] * 100
        kinds.append((size(MEMORY[m]), f"{100 * float((grown > 0).mean()):.0f} %", f"{float(grown.mean()):.0f} %",
                      f"{float(grown.quantile(0.95)):.0f} %", f"{float(at.workload_guests_rejected.mean()):.1f}"))
    paired = r.workload_guests_rejected.sel(memmap_placement="hotplugged_range") - r.workload_guests_rejected.sel(
        memmap_placement="boot_memory")
    more, fewer = int((paired > 0).sum()), int((paired < 0).sum())
    pages = [total("gigantic_pages_possible", p) for p in PLACEMENTS]
    lost = 100 * (1 - pages[1] / pages[0])
    return f"""
# A fleet of 1,000 hosts grows over a day

One host is an anecdote. What does a fleet have of the memory that it buys under each placement, how near do its hosts come to their
end, and how many guests are turned away?

## Method

{hosts:,} hosts, 250 of each of four kinds, from 128 GiB to 1.5 TiB, for 24 h each
([fleet-host.toml](../../configs/scenarios/fleet-host.toml)). Guests of 4 to 128 GiB arrive as a Poisson stream that would fill an empty
host in a day; they live for 12 to 96 h on average, and have 30 to 80 % of the host at the start: a Latin hypercube, with a seed for
each host. Whenever less than a sixteenth of a host is free, a board of an eighth of its memory comes, onlined by the kernel, eight at
most. A run is a host, so that the fleet's answer is a distribution over runs; both placements see the same {hosts:,} hosts.

## Answer

![fleet](fleet-day.svg)

{table(("fleet", *PLACEMENTS), rows)}

- **The fleet grows by {size(bought)}** of MemTotal in the day with the memmap in boot memory, of which {size(total("usable_bytes", "boot_memory"))}
  are a gain; with the memmap in the range MemTotal is the gain.
- **Who counts MemTotal promises the memmap twice.** Guests are placed by the memory of a node, and with the memmap in boot memory a board
  counts in full. So {more} of {hosts:,} hosts turn more guests away with the memmap in the range ({fewer} fewer), take in less, and buy fewer
  boards for it: that, not the memmap itself, is why the sums differ by more than 1/64.
- **Boards come while memory is short**, and that is when the memmap in boot memory has to be found: a board of an eighth needs 1/512 of
  the host, out of a sixteenth that is free, and always found it.
- **What differs is what the memory is good for**: {lost:.0f} % of the 1 GiB pages are lost with the memmap in the range.

Growth by kind of host (memmap in boot memory):

{table(("memory at boot", "hosts that grew", "mean growth", "growth, 95th percentile", "guests turned away a host"), kinds)}
"""


def draw(study):
    made, axes = figure(2)
    r = study.results
    names = [str(m) for m in r.machine.values]
    for m, grey, dash in zip(MEMORY, ("#222222", "#555555", "#777777", "#999999"), ("-", "--", ":", "-.")):
        grown = numpy.sort((r.mem_total_delta.isel(point=names.index(m)).sel(memmap_placement="boot_memory") / MEMORY[m] * 100).values)
        axes[0][0].step(grown, numpy.arange(1, grown.size + 1) / grown.size * 100, where="post", color=grey, ls=dash, label=size(MEMORY[m]))
    axes[0][0].set_title("growth in a day (boot_memory)")
    axes[0][0].set_xlabel("% of memory at boot")
    axes[0][0].set_ylabel("% of hosts, at most")
    memory = numpy.array([MEMORY[n] for n in names])[:, None]
    for placement in PLACEMENTS:
        low = numpy.sort((r.free_pages_min.sel(memmap_placement=placement) * PAGE / memory * 100).values.ravel())
        axes[0][1].step(low, numpy.arange(1, low.size + 1) / low.size * 100, where="post", label=placement,
                        **line(placement, points=False))
    axes[0][1].set_title("least free memory of the day, all hosts")
    axes[0][1].set_xlabel("% of memory at boot")
    axes[0][1].set_ylabel("% of hosts, at most")
    axes[0][1].set_xlim(left=0)
    for ax in axes[0]:
        ax.legend(fontsize=7)
    return made
