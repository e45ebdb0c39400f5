#!/usr/bin/env python3
"""Writes the page of published measurements, docs/published.md, from what mhpsim predicts.

    mhpsim verify published --json | analysis/python/published_page.py            writes the page and its curves
    mhpsim verify published --json | analysis/python/published_page.py --check    exit code 1 if the page is old

The curves need matplotlib (Debian: python3-matplotlib); --check does not.
"""

import json
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"

HEAD = """# Published measurements

What `mhpsim verify published` prints, as a page: measurements of real machines that others have published, simulated.
The targets are data ([analysis/validation/published/targets](../analysis/validation/published/targets)); the experiments that simulate
them are in [analysis/validation/published/experiments](../analysis/validation/published/experiments). A target marked *must* makes the
command fail if it is missed. A miss that need not pass says which mechanism is missing. This page is generated
([analysis/python/published_page.py](../analysis/python/published_page.py)); a test compares it with the program.

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


def case_row(case):
    published = ", ".join(quantity(p, case["time"]) for p in case["published"])
    deviation = ""
    if case["published"] and case["predicted"] is not None:
        mean = sum(case["published"]) / len(case["published"])
        deviation = f"{100 * (case['predicted'] / mean - 1):+.1f} %"
    predicted = case["outcome"] if case["predicted"] is None else quantity(case["predicted"], case["time"])
    return f"| {case['name']} | {published} | {predicted} | {deviation} |"


def section(target):
    lines = [f"## {target['id']}: {word(target)}" + (" (must)" if target["must"] else ""), ""]
    lines += [target["quantity"][0].upper() + target["quantity"][1:] + ".", ""]
    for key in ("source", "published", "criterion", "fitted", "note"):
        if target[key]:
            lines.append(f"- {key}: {target[key]}")
    lines += ["", "| case | published | predicted | deviation |", "|---|---|---|---|"]
    lines += [case_row(c) for c in target["cases"]]
    lines.append("")
    lines += [f"- {'+' if c['pass'] else '-'} {c['text']}" for c in target["checks"]]
    return "\n".join(lines) + "\n\n"


def page(targets):
    rows = ["| target | verdict | quantity | published | criterion |", "|---|---|---|---|---|"]
    for t in targets:
        rows.append(f"| [{t['id']}](#{re.sub(r'[^a-z0-9 -]', '', (t['id'] + ': ' + word(t)).lower()).replace(' ', '-')}"
                    f"{'-must' if t['must'] else ''}) | {word(t)} | {t['quantity']} | {t['published']} | {t['criterion']} |")
    curves = "![simulated against published](published-curves.svg)\n\n"
    return HEAD + "\n".join(rows) + "\n\n" + curves + "".join(section(t) for t in targets).rstrip("\n") + "\n"


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


def main():
    targets = json.load(sys.stdin)["targets"]
    text = page(targets)
    if sys.argv[1:] == ["--check"]:
        if (DOCS / "published.md").read_text() == text:
            return 0
        print("docs/published.md is not what the program predicts: run analysis/python/published_page.py")
        return 1
    (DOCS / "published.md").write_text(text)
    draw(targets, DOCS / "published-curves.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
