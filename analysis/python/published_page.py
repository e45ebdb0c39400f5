#!/usr/bin/env python3
"""Writes the page of published measurements, docs/published.md, from what mhpsim predicts.

    mhpsim verify published --json | analysis/python/published_page.py            writes the page and its curves
    mhpsim verify published --json | analysis/python/published_page.py --check    exit code 1 if the page is old

What was predicted with --samples 0 is checked but for what is said of intervals, which takes most of the time.

The curves need matplotlib (Debian: python3-matplotlib); --check does not.
"""

import collections
import json
import pathlib
import re
import sys
import textwrap

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"

HEAD = """# Published measurements

What `mhpsim verify published` prints, as a page: measurements of real machines that others have published, simulated.

"""

ABOUT = """A case is a

- **prediction** if none of its data set a constant that it rests on,
- **consistency** if some did, or if nobody says what set a constant,
- **arithmetic** if it is a price times a count, or the published law itself, and no test of the model. Its target says why.

Which constants a case rests on is found from the simulation: all numbers of machine, devices and kernel, and the prices of
the work that was done. Which data set them stands beside each number (`data`, in [configs](../configs)); the ids are those of
the tables below. Only predictions with a published number enter the headline, each case once. A prediction that no check is
about counts as outside its criterion. Deviations are from the mean of what was published. An interval holds 90 % of
{samples} simulations in which every constant that has a range is drawn from it
([command-line.md](command-line.md#--uncertainty)), and the predicted value; it is as honest as the ranges are. A simulation that does not get to
a value counts as above all others; where those are more than 5 %, there is no interval and the case counts as outside it. A
prediction that itself does not get to a value counts as outside everything, and as farther off than any other.

The targets are data ([analysis/validation/published/targets](../analysis/validation/published/targets)); the experiments that simulate
them are in [analysis/validation/published/experiments](../analysis/validation/published/experiments). A target marked *must* makes the
command fail if it is missed; arithmetic never is. A miss says which mechanism is missing. This page is
generated ([analysis/python/published_page.py](../analysis/python/published_page.py)); a test compares it with the program.

"""

LIMITS = """## What stands between these figures and smaller ones

{far}

Numbers that were published side by side say how near a prediction from data sheets can come:

| what was the same | published | apart by |
|---|---|---|
| machine, author, and a month between two kernels (V21, four nodes, 1 GiB pages by one thread) | 2679 ms, 4745 ms | 1.77 |
| the same, one thread a node; 2 MiB pages by one thread | 1582 and 2024 ms; 2624 and 3336 ms | 1.28, 1.27 |
| guest, and two release candidates of one kernel (V14) | 229 ms, 313 ms | 1.37 |
| kind of machine (16 sockets of Ivy Bridge-EX), loop, and month (V11, V24), a page | 22.2 to 23.6 ns, 15.2 ns | 1.5 |
| kernel, and nearly the same core (V26), a page | 37.6 ns, 88.9 ns | 2.4 |
| kernels of 4.14 to 4.20 on four more machines (V25, V27 and a server of eight nodes), a page | 41.1 to 53.2 ns | 1.3 |
| kernel (V33), two machines that nobody names, a page | 16.9 ns, 48.2 ns | 2.9 |
| list walked by one processor (K-CHELOHA, K-HOLT-LINK), an element | 93 to 602 ns | 6.5 |

One description stands for both sides of each line, or two that data sheets do not tell apart. Whatever it predicts, it is off
from one of them by (r - 1) / (r + 1) at least, where they are apart by r: 16 % at 1.37, 20 % at 1.5, 28 % at 1.77, 41 % at 2.4.
So the tail is what data sheets and loops leave open, not what a better constant would close:

- Of two kernels that initialise the same pages on the same machine, nobody has published what made one slower. V11 and V24
  are predicted by the same numbers: what brings one nearer takes the other farther off. So are the two machines of V26.
- One boot processor that clears the memmaps of other sockets takes 37 to 42 ns a line on servers of eight sockets (V07,
  V36), where latency by misses in flight gives 23; over a fabric it takes what latency gives (V07, 16 TiB). No latencies of
  such servers are published.
- One thread a node is slower a page than one thread for all on four and on eight nodes (V21: 17 against 10 ns, 47 against
  25 ns), though they share nothing that the kernel's source shows.
- V05 has whole boots, of which the passes over the memmap are a part nobody has told. V19's machine is unknown: 763 to
  916 ns for a page that is freed is more than ten times what its instructions take.

"""

LEAVE_ONE_OUT = """## Leave one out

Constants that several published data set by a formula: what each datum says alone, and what the others together would have
said in its place ([fits.toml](../analysis/validation/published/fits.toml)). The other fitted constants hang on one datum each, or
on as many as there are constants, and are left out: prices of the page allocator, `block_state_fixed`, misses in flight and
bandwidths of machines.

| constant | in force | datum | by it | by the others | deviation |
|---|---|---|---|---|---|
"""


SCANS = """What was chosen so that curves come out, fitted by simulation on each curve alone: the best value of some that are tried,
and how far off the curve is in the mean, with its own value and with that of the others.

| constant | in force | curve | by it | off | by the others | off |
|---|---|---|---|---|---|---|
"""


def quantity(value, is_time):
    """A value as text: times with a fitting unit, four digits."""
    if value is None:
        return ""
    if not is_time:
        return f"{value:.6g}"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if value >= size:
            return f"{value / size:.4g} {unit}"
    return f"{value:.4g} ns"


def word(target):
    return "pass" if target["pass"] else "FAIL" if target["must"] else "miss"


def percent(fraction, sign=""):
    return "" if fraction is None else f"{100 * fraction:{sign}.1f} %"


def interval(case):
    if case["interval"] is None:
        return ""
    low, high = (quantity(v, case["time"]) for v in case["interval"])
    return f"{low} .. {high}"


def case_row(case):
    published = ", ".join(quantity(p, case["time"]) for p in case["published"])
    predicted = case["outcome"] if case["predicted"] is None else quantity(case["predicted"], case["time"])
    return (f"| {case['name']} | {case['class']} | {published} | {predicted} | {percent(case['deviation'], '+')} |"
            f" {interval(case)} |")


def classes(target):
    count = collections.Counter(c["class"] for c in target["cases"])
    return ", ".join(f"{count[k]} {k}" for k in ("prediction", "consistency", "arithmetic") if count[k])


def set_by(target):
    """Constants that data of the target set, with those data."""
    found = {}
    for case in target["cases"]:
        for s in case["set_by"]:
            found.setdefault(s["constant"], set()).add(s["datum"] or "nobody says")
    return ", ".join(f"`{c}` ({', '.join(sorted(d))})" for c, d in found.items())


def section(target):
    lines = [f"## {target['id']}: {word(target)}" + (" (must)" if target["must"] else ""), ""]
    lines += [target["quantity"][0].upper() + target["quantity"][1:] + ".", ""]
    target = {**target, "set by its data": set_by(target)}
    for key in ("source", "published", "criterion", "fitted", "set by its data", "note"):
        if target[key]:
            lines.append(f"- {key}: {target[key]}")
    lines += ["", "| case | class | published | predicted | deviation | interval |", "|---|---|---|---|---|---|"]
    lines += [case_row(c) for c in target["cases"]]
    lines.append("")
    lines += [f"- {'+' if c['pass'] else '-'} {c['text']}" for c in target["checks"]]
    return "\n".join(lines) + "\n\n"


def deviation(case):
    """Absolute; of what did not get to a value more than any."""
    return float("inf") if case["deviation"] is None else abs(case["deviation"])


def covered(case):
    """The mean of what was published lies in the interval."""
    return case["interval"] and case["interval"][0] <= sum(case["published"]) / len(case["published"]) <= case["interval"][1]


def headline(h, targets):
    if h["predictions"] == 0:
        return "No case is a prediction.\n\n"
    of = [(t["id"], c) for t in targets for c in t["cases"] if c["class"] == "prediction" and c["published"]]
    worst = sorted(of, key=lambda x: -deviation(x[1]))[:3]
    ids = ", ".join(dict.fromkeys(i for i, _ in of))
    outside = collections.Counter(i for i, c in of if not covered(c))
    out = ", ".join(f"{n} of {i}" for i, n in outside.items()) or "none"
    far = ", ".join(f"{i} *{c['name']}* {percent(c['deviation'], '+') or c['outcome']}" for i, c in worst)
    stretch = "without bound" if h["stretch"] is None else f"{h['stretch']:.1f}"
    return (f"| predictions | {h['predictions']}, of {ids} |\n|---|---|\n"
            f"| absolute deviation, median | {percent(h['median_abs_deviation']) or 'without bound'} |\n"
            f"| absolute deviation, 90th percentile | {percent(h['p90_abs_deviation']) or 'without bound'} |\n"
            f"| inside their criterion | {percent(h['inside_criterion'])} |\n"
            f"| inside their 90 % interval | {percent(h['inside_interval'])} |\n"
            f"| outside it | {out} |\n"
            f"| half of an interval, of the prediction, median | {percent(h['median_half_width']) or 'without bound'} |\n"
            f"| times as wide as they are, on a logarithmic scale, intervals would have to be to hold 90 % | {stretch} |\n"
            f"| farthest off | {far} |\n\n")


def limits(targets):
    far = [(t["id"], c) for t in targets for c in t["cases"]
           if c["class"] == "prediction" and c["published"] and deviation(c) > 0.4]
    far.sort(key=lambda x: -deviation(x[1]))
    names = ", ".join(f"{i} *{c['name']}* {percent(c['deviation'], '+') or c['outcome']}" for i, c in far)
    text = ("The aim is a median of 15 % and a 90th percentile of 40 %, with 80 % or more of the cases inside their"
            f" interval and half of an interval below 40 %. Farther off than 40 % are {names or 'none'}.")
    return LIMITS.format(far=textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False))


def leave_one_out(fits):
    rows = []
    for fit in fits:
        for d in fit["data"]:
            rows.append(f"| {fit['constant']} | {quantity(fit['value'], True)} | {d['id']}: {d['what']} |"
                        f" {quantity(d['value'], True)} | {quantity(d['predicted'], True)} | {percent(d['deviation'], '+')} |")
    return LEAVE_ONE_OUT + "\n".join(rows) + "\n\n"


def scans(all_scans):
    rows = [f"| `{s['constant']}` | {s['value']} | {s['target']}, {d['id']} | {d['value']} | {percent(d['mean_abs_deviation'])} |"
            f" {d['by_others']} | {percent(d['mean_abs_deviation_by_others'])} |" for s in all_scans for d in s["data"]]
    return SCANS + "\n".join(rows) + "\n\n"


def page(verdict):
    targets = verdict["targets"]
    rows = ["| target | verdict | class of its cases | quantity | published | criterion |", "|---|---|---|---|---|---|"]
    for t in targets:
        rows.append(f"| [{t['id']}](#{re.sub(r'[^a-z0-9 -]', '', (t['id'] + ': ' + word(t)).lower()).replace(' ', '-')}"
                    f"{'-must' if t['must'] else ''}) | {word(t)} | {classes(t)} | {t['quantity']} | {t['published']} |"
                    f" {t['criterion']} |")
    curves = "![simulated against published](published-curves.svg)\n\n"
    return (HEAD + headline(verdict["headline"], targets) + ABOUT.format(samples=verdict["headline"]["samples"])
            + limits(targets) + "\n".join(rows) + "\n\n" + curves + leave_one_out(verdict["leave_one_out"])
            + scans(verdict["scans"])
            + "".join(section(t) for t in targets).rstrip("\n") + "\n")


def draw(targets, path):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "mhpsim"
    from matplotlib import pyplot
    figure, (threads, cores) = pyplot.subplots(1, 2, figsize=(11, 4.2))
    for axes, ids, title in ((threads, ("V06", "V06-SKX"), "memmap initialisation against threads"),
                             (cores, ("V17", "V18"), "page allocator against cores")):
        series = {}
        for target in targets:
            for case in target["cases"] if target["id"] in ids else []:
                found = re.fullmatch(r"(.*), (\d+) (?:threads|cores)", case["name"])
                if found and case["published"]:
                    name = f"{target['id']} {found[1]}"
                    series.setdefault(name, []).append((int(found[2]), case["published"][0], case["predicted"]))
        for name, points in series.items():
            n, published, predicted = zip(*sorted(points))
            line, = axes.loglog(n, predicted, label=name)
            axes.loglog(n, published, "o", color=line.get_color(), fillstyle="none")
        axes.set_title(title)
        axes.set_xlabel("threads" if axes is threads else "cores")
        axes.set_ylabel("ns")
        axes.grid(True, which="both", alpha=0.3)
        axes.legend(title="line: simulated, circle: published", fontsize="small", title_fontsize="small")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def without_intervals(text):
    """The page but for what simulations with drawn constants say."""
    text = re.sub(r"^(\| .* \| (?:prediction|consistency|arithmetic) \| .* \|)[^|]*\|$", r"\1", text, flags=re.MULTILINE)
    text = re.sub(r"^\| (?:inside their 90 % interval|outside it|half of an interval|times as wide).*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"^\d+ simulations in which", "simulations in which", text, flags=re.MULTILINE)


def main():
    verdict = json.load(sys.stdin)
    text = page(verdict)
    if sys.argv[1:] == ["--check"]:
        there = (DOCS / "published.md").read_text()
        if there == text:
            return 0
        if verdict["headline"]["samples"] == 0 and without_intervals(there) == without_intervals(text):
            return 0
        print("docs/published.md is not what the program predicts: run analysis/python/published_page.py")
        return 1
    (DOCS / "published.md").write_text(text)
    draw(verdict["targets"], DOCS / "published-curves.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
