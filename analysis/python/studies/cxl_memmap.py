"""Where a CXL expander's memmap should live."""

from .common import PAGE, PLACEMENTS, duration, figure, line, size, table

KEEP_RUNS = False
DEVICE = 113            # ns, the expander's own latency (configs/scenarios/cxl-reclaim.toml)
METRICS = (("psi_some", "somebody stalled (psi_some)", duration), ("psi_longest", "longest stall", duration),
           ("workload_stalls", "readers that had to reclaim", "{:.0f}".format),
           ("workload_latency_mean", "mean access", duration),
           ("workload_operations", "accesses", "{:,.0f}".format),
           ("time_to_online", "time to online", duration),
           ("free_pages_min", "least free memory", lambda v: size(v * PAGE)))


def means(study):
    return study.results.mean("replicate")


def page(study):
    mean = means(study)
    latencies = [int(v) for v in mean.latency.values]

    def rows(tenant):
        out = []
        for metric, words, show in METRICS:
            data = mean[metric].sel(tenant=tenant)
            if tenant == "idle" and metric.startswith(("psi", "workload")):
                continue
            out.append((words, show(float(data.sel(memmap_placement="boot_memory").isel(latency=1))),
                        *(show(float(data.sel(memmap_placement="hotplugged_range", latency=v))) for v in latencies)))
        return out
    head = ("", "near", *(f"far, {DEVICE + v} ns" for v in latencies))
    busy = mean.sel(tenant="reclaim_heavy", latency=142)
    psi = mean.psi_some.sel(tenant="reclaim_heavy")
    stalled = (psi.sel(memmap_placement="hotplugged_range") / psi.sel(memmap_placement="boot_memory")).values[1:]
    slower = busy.workload_latency_mean.sel(memmap_placement="hotplugged_range") / busy.workload_latency_mean.sel(
        memmap_placement="boot_memory")
    online = busy.time_to_online.sel(memmap_placement="hotplugged_range") / busy.time_to_online.sel(
        memmap_placement="boot_memory")
    near = float(busy.memmap_pages_boot.sel(memmap_placement="boot_memory")) * PAGE
    idle = mean.free_pages_min.sel(tenant="idle", latency=142) * PAGE
    gained = float(idle.sel(memmap_placement="hotplugged_range") - idle.sel(memmap_placement="boot_memory"))
    return f"""
# Where should a CXL expander's memmap live?

The kernel reads and writes a struct page whenever it allocates, ages, moves or frees the page. Those of an expander's memory may
lie near, in the server's own memory, or far, on the expander. What does each cost, and whom?

## Method

A server with 4 GiB of its own gets 16 GiB on an expander ([cxl-reclaim.toml](../../configs/scenarios/cxl-reclaim.toml)), online in
ZONE_MOVABLE through dax/kmem. One tenant reads files twice as large as all memory, so that kswapd is always at work; the other is
idle. 20 s, three replicates with the same draws on both sides, for a link of 27, 142 and 297 ns: 140 to 410 ns in all, the range of
real devices (J. Liu et al., arXiv:2409.14317).

## Answer

![near and far](cxl-memmap.svg)

The reclaim-heavy tenant (means; near does not depend on the link):

{table(head, rows("reclaim_heavy"))}

- **Who reclaims wants it near.** At 255 ns a far memmap has somebody stalled {stalled[0]:.2f} times as long, at 410 ns {stalled[1]:.2f}
  times: kswapd looks at the struct page of everything it ages and drops, each a miss over the link, and keeps up less well. How often
  a reader overtakes it is a matter of their rhythm and does not grow evenly with the latency. The tenant itself hardly notices:
  its mean access changes by {100 * (float(slower) - 1):+.2f} %, as storage takes longer than any struct page. Three replicates tell
  that it is stalled longer, not by how much.
- **Near costs {size(near)} of the server's 4 GiB**, for good. Who reclaims would have filled them with cache.

The idle tenant:

{table(head, rows("idle"))}

- **Who is idle wants it far**: {size(gained)} more of the server's own memory stay free, and nobody visits the struct pages. The price
  is paid once, while they are written: onlining takes {float(online):.2f} times as long, also because of the second walk over the zone.
- `usable_bytes` is equal: the memmap takes the same memory, but near memory is worth more.
"""


def draw(study):
    made, axes = figure(3)
    mean = means(study)
    for placement in PLACEMENTS:
        busy = mean.sel(tenant="reclaim_heavy", memmap_placement=placement)
        idle = mean.sel(tenant="idle", memmap_placement=placement)
        total = busy.latency + DEVICE
        name = "near (boot_memory)" if placement == "boot_memory" else "far (hotplugged_range)"
        shown = (busy.psi_some / 1e9, busy.workload_latency_mean / 1e6, idle.free_pages_min * PAGE / 2**30)
        for ax, data in zip(axes[0], shown):
            ax.plot(total, data, **line(placement), label=name)
    for ax, title, what in zip(axes[0], ("reclaim-heavy", "reclaim-heavy", "idle"),
                               ("somebody stalled, s", "mean access, ms", "least free own memory, GiB")):
        ax.set_title(title, fontsize=9)
        ax.set_ylabel(what)
        ax.set_xlabel("latency of the expander, ns")
        ax.set_ylim(0, 1.15 * ax.dataLim.ymax)
    axes[0][0].legend(fontsize=7)
    return made
