"""What a hot-add does to a guest that lives on its page cache."""

from .common import GIB, PAGE, PLACEMENTS, duration, figure, line, size, table

KEEP_RUNS = False
LRU = (("on", "generations"), ("off", "classic"))
MEMORY = 2 * GIB


def at(study, **where):
    return study.results.sel(where), study.runs.sel(where)


def rows(study, files):
    for kernel in study.results.profile.values:
        for lru, words in LRU:
            for added in study.results.size.values:
                where = dict(profile=kernel, lru_gen=lru, files=files, size=added)
                r, runs = at(study, **where)
                boot, far = (r.sel(memmap_placement=p) for p in PLACEMENTS)
                lost = float(boot.workload_pages_reclaimed - far.workload_pages_reclaimed) * PAGE
                again = float(boot.workingset_refault_file - far.workingset_refault_file) * PAGE
                yield (f"{kernel.removeprefix('linux-')}, {words}", f"{int(added) // MEMORY} x",
                       str(runs.outcome.sel(memmap_placement="boot_memory").values), size(lost), size(again),
                       share(boot), duration(float(boot.psi_longest)), duration(float(far.psi_longest)),
                       duration(float(boot.workload_latency_p99)), duration(float(far.workload_latency_p99)))


def share(r):
    all_of_it = float(r.pgsteal_kswapd + r.pgsteal_direct)
    return f"{100 * float(r.pgsteal_direct) / all_of_it:.0f} %" if all_of_it else ""


def lost(study, lru):
    r = study.results.sel(files=study.results.files.values[1], profile="linux-6.12", size=32 * GIB, lru_gen=lru)
    boot, far = (r.sel(memmap_placement=p) for p in PLACEMENTS)
    return size(float(boot.workload_pages_reclaimed - far.workload_pages_reclaimed) * PAGE)


HEAD = ("kernel, LRU", "added", "outcome in boot_memory", "cache lost", "of it read again", "reclaimed by tasks themselves",
        "longest stall, boot_memory", "hotplugged_range", "read, p99, boot_memory", "hotplugged_range")


def page(study):
    half, full = study.results.files.values
    return f"""
# What does an add do to a full page cache?

A server's memory is full: what no process uses holds files. A memmap in boot memory has to come out of that. Who loses how much,
and what do those see who read meanwhile?

## Method

A guest of 2 GiB with four threads that read files all the time ([busy-cache.toml](../../configs/scenarios/busy-cache.toml)): of
1 GiB, which fit, and of 8 GiB, of which a tenth is hot. It gets 4 to 64 times its memory, under both placements; with
Linux 6.1, 6.12 and 7.3; with multi-generational LRU and with the classic lists (`kernel.lru_gen`). Reading goes on for a second
after the add. What the readers have beyond those of the same run with the memmap in the range is what the add has cost them.

## Answer

![cache lost](full-cache.svg)

Files of 8 GiB, so that memory is full before the add:

{table(HEAD, rows(study, full))}

Files of 1 GiB, half of the memory:

{table(HEAD, rows(study, half))}

- **More goes than the memmap.** At 16 times, for 512 MiB of memmap, the readers of 6.12 lose {lost(study, "on")} of cache with generations
  and {lost(study, "off")} with the classic lists: blocks of 2 MiB have to be made, what is dropped for them is read again and drops something
  else, and with the classic lists a task goes on until compaction could work.
- **Half a memory free is room for little**: adds up to 16 times take what is free; more of them take the cache all the same.
- **At 64 times the add fails, and the cache is gone besides**: the memmap is as large as the memory. It stays so: what a failed add
  has taken is not given back by any of these kernels.
- **With the memmap in the range nothing is reclaimed for it.** The stalls that are left are those of readers among themselves. Linux 6.1
  has no such thing for a DIMM of several blocks (`memmap_on_memory` is for one block there): both columns are the same run.
- What goes on a real kernel in the same states, and how near the model comes, is told by `mhpsim verify pressure`
  ([README](../../analysis/validation/pressure/README.md)); what it misses, such as how much kswapd takes beyond what is asked,
  is named there.
"""


def draw(study):
    made, axes = figure(2)
    full = study.results.files.values[1]
    for ax, (lru, words) in zip(axes[0], LRU):
        r = study.results.sel(files=full, lru_gen=lru, profile="linux-6.12")
        times = [int(s) // MEMORY for s in r.size.values]
        for placement in PLACEMENTS:
            ax.plot(times, r.workload_cached_pages.sel(memmap_placement=placement).values * PAGE / GIB, **line(placement),
                    label=placement)
        ax.set_title(f"6.12, {words}")
        ax.set_xlabel("added, times the memory")
        ax.set_ylabel("page cache at the end, GiB")
        ax.set_xticks(times)
    axes[0][0].legend(fontsize=7)
    return made
