"""How figures look: placements have a colour, a dash, a marker and a hatch each, so that they are told apart in grey, too."""

PLACEMENTS = ("boot_memory", "hotplugged_range")
COLOURS = {"boot_memory": "#c44e52", "hotplugged_range": "#4c72b0"}
DASHES = {"boot_memory": "-", "hotplugged_range": "--"}
MARKERS = {"boot_memory": "o", "hotplugged_range": "s"}
HATCHES = {"boot_memory": "", "hotplugged_range": "//"}
OTHERS = (("#55a868", "-.", "^", ".."), ("#8172b3", ":", "D", "xx"), ("#937860", "-", "v", "\\\\"), ("#64b5cd", "--", "P", "++"))


def _of(table, column, placement, position):
    return table.get(placement) or OTHERS[position % len(OTHERS)][column]


def colour(placement, position=0):
    """Of a placement without one of its own, by its position among those drawn."""
    return _of(COLOURS, 0, placement, position)


def line(placement, position=0, points=True):
    """Arguments of `plot`."""
    made = {"color": colour(placement, position), "linestyle": _of(DASHES, 1, placement, position)}
    return {**made, "marker": _of(MARKERS, 2, placement, position), "ms": 3} if points else made


def bar(placement, position=0):
    """Arguments of `bar` and `barh`: white lines across the second colour."""
    hatch = HATCHES[placement] if placement in HATCHES else OTHERS[position % len(OTHERS)][3]
    return {"color": colour(placement, position), "hatch": hatch, "edgecolor": "white", "linewidth": 0}


def figure(columns=1, rows=1, height=3.4, width=3.7):
    """A figure and its axes, [row][column], set up so that the same data gives the same bytes of SVG."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "mhpsim", "svg.fonttype": "none", "font.size": 9, "axes.grid": True,
                                "grid.alpha": 0.3, "hatch.linewidth": 0.8})
    from matplotlib import pyplot
    return pyplot.subplots(rows, columns, figsize=(width * columns, height * rows), squeeze=False)


def save(made, path):
    """Writes a figure without a date."""
    made.tight_layout()
    made.savefig(path, metadata={"Date": None})
