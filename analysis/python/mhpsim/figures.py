"""The figures of a report, drawn by matplotlib: each function gives a figure, to be shown or saved."""

import numpy

from . import style
from .program import explain
from .words import GIB, amount, scale

PHASES = ("add", "online", "offline", "remove", "online_again")
PHASE_COLOURS = dict(zip(PHASES, ("#c44e52", "#4c72b0", "#8172b3", "#937860", "#55a868")))
PHASE_HATCHES = dict(zip(PHASES, ("", "//", "..", "xx", "\\\\")))


def hot_add(run):
    """When each device was added, and its blocks online: a row for each device, from notification on."""
    ops = run.hotplug
    devices = [int(d) for d in numpy.unique(ops.device.values)]
    made, axes = style.figure(width=7.4, height=0.9 + 0.35 * max(len(devices), 2))
    ax = axes[0][0]
    factor, unit = scale(ops.finished.values, "ns")
    for kind in PHASES:
        chosen = ops.where(ops.kind == kind, drop=True)
        if chosen.sizes["op"] == 0:
            continue
        for row, device in enumerate(devices):
            spans = chosen.where(chosen.device == device, drop=True)
            bars = [(s / factor, (f - s) / factor) for s, f in merged(spans.started.values, spans.finished.values)]
            ax.broken_barh(bars, (-row - 0.4, 0.8), facecolors=PHASE_COLOURS[kind], hatch=PHASE_HATCHES[kind],
                           edgecolor="white", linewidth=0)
        ax.broken_barh([], (0, 0.8), facecolors=PHASE_COLOURS[kind], hatch=PHASE_HATCHES[kind], edgecolor="white", label=kind)
    ax.set_yticks([-row for row in range(len(devices))], [f"device {d}" for d in devices])
    ax.set_xlabel(f"simulated time, {unit}")
    ax.set_title(f"{run.placement}: {run.outcome}")
    ax.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return made


def merged(begins, ends):
    """Spans as (begin, end), those that touch as one: thousands of blocks in a row are one bar."""
    spans = []
    for begin, end in sorted(zip(begins, ends)):
        if spans and begin - spans[-1][1] <= 0.001 * (end - spans[0][0]):
            spans[-1][1] = max(spans[-1][1], end)
        else:
            spans.append([begin, end])
    return spans


def memory(run):
    """Free memory and the watermarks of each node, summed over its zones, in GiB."""
    zones = run.zones
    made, axes = style.figure(columns=zones.sizes["node"], height=3.0)
    factor, unit = scale(zones.time.values, "ns")
    for ax, node in zip(axes[0], zones.node.values):
        of_node = zones.sel(node=node).sum("zone") * run.page / GIB
        ax.plot(zones.time / factor, of_node.nr_free_pages, color="#222222", label="free")
        for mark, dash in (("high", ":"), ("low", "--"), ("min", "-.")):
            ax.plot(zones.time / factor, of_node[mark], dash, color="#888888", lw=1, label=mark)
        ax.set_title(f"node {node}")
        ax.set_xlabel(f"simulated time, {unit}")
        ax.set_ylim(bottom=0)
    axes[0][0].set_ylabel("GiB")
    axes[0][0].legend(fontsize=7)
    return made


def waterfall(a, b, metric="time_to_usable", most=10):
    """Why two runs (or paths of their files) differ: mechanisms from the value of `a` to that of `b`, the largest first."""
    a, b = (getattr(r, "path", r) for r in (a, b))
    steps = explain(a, b, metric=metric)
    order = steps.reindex(steps.time.abs().sort_values(ascending=False).index)
    large = order[order.time.abs() > order.time.abs().max() / 500].head(most)
    shown = [(f"{r.kind}: {r['name']} ({r.phase})", r.time) for _, r in large.iterrows()]
    if len(order) > len(large):
        shown.append((f"{len(order) - len(large)} smaller ones", order.time[len(large):].sum()))
    made, axes = style.figure(width=7.4, height=0.8 + 0.28 * (len(shown) + 1))
    ax = axes[0][0]
    factor, unit = scale(numpy.cumsum([t for _, t in shown]), "ns")
    at = 0
    for row, (_, time) in enumerate(shown):
        ax.barh(-row, time / factor, 0.7, left=at / factor, color="#c44e52" if time > 0 else "#4c72b0",
                hatch="" if time > 0 else "//", edgecolor="white", linewidth=0)
        at += time
    ax.barh(-len(shown), at / factor, 0.7, color="#444444")
    ax.set_yticks([-row for row in range(len(shown) + 1)], [name for name, _ in shown] + ["difference"], fontsize=7)
    ax.set_xlabel(f"{metric}: longer (plain) or shorter (hatched), {unit}")
    return made


def lines(study, metric, x, placements=style.PLACEMENTS, **at):
    """A metric over one axis of a study, a line for each placement; `at` chooses values of the other axes."""
    made, axes = style.figure()
    ax = axes[0][0]
    data = study.select(**at)[metric]
    factor, unit = scale(data.values.ravel(), data.attrs.get("units", "1"))
    axis, axis_unit = scale(data[x].values, data[x].attrs.get("units", "1")) if data[x].dtype.kind in "if" else (None, "")
    for i, placement in enumerate(placements):
        of_placement = data.sel(memmap_placement=placement)
        if of_placement.dims != (x,):
            raise ValueError(f"choose a value of {', '.join(d for d in of_placement.dims if d != x)}")
        there = data[x].values / axis if axis else [str(v) for v in data[x].values]
        ax.plot(there, of_placement.values / factor, label=placement, **style.line(placement, i))
    ax.set_xlabel(f"{x}, {axis_unit}" if axis_unit else x)
    ax.set_ylabel(f"{metric}, {unit}" if unit else metric)
    ax.legend(fontsize=7)
    return made


def heat_map(study, metric, x, y, **at):
    """A metric over two axes of a study; `at` chooses values of the others. Each cell shows its figure."""
    made, axes = style.figure()
    ax = axes[0][0]
    data = study.select(**at)[metric]
    if set(data.dims) != {x, y}:
        raise ValueError(f"choose a value of {', '.join(d for d in data.dims if d not in (x, y))}")
    data = data.transpose(y, x)
    unit = data.attrs.get("units", "1")
    shown = ax.imshow(data.values, aspect="auto", origin="lower", cmap="cividis")
    middle = numpy.nanmean(data.values) if numpy.isfinite(data.values).any() else 0
    for row in range(data.sizes[y]):
        for column in range(data.sizes[x]):
            value = data.values[row, column]
            ax.text(column, row, amount(value, unit), ha="center", va="center", fontsize=6,
                    color="white" if value == value and value < middle else "black")
    for name, put in ((x, ax.set_xticks), (y, ax.set_yticks)):
        axis = data[name]
        put(range(axis.size), [amount(v, axis.attrs.get("units", "1")) if axis.dtype.kind in "if" else str(v) for v in axis.values],
            fontsize=7)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set_title(metric, fontsize=9)
    ax.grid(False)
    made.colorbar(shown, label=unit if unit != "1" else "")
    return made
