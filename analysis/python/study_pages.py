#!/usr/bin/env python3
"""Sweeps the studies that ship and writes their pages and figures, docs/studies/NAME.md and NAME.svg.

    analysis/python/study_pages.py                       all studies that have a page
    analysis/python/study_pages.py huge-pages unplug     some of them
    analysis/python/study_pages.py --check [NAME ...]    writes nothing; exit code 1 if a page is old
    analysis/python/study_pages.py -o DIR                goes on with, and keeps, the sweeps in DIR

A page is made by the module of its name in analysis/python/studies. Needs python3-xarray, python3-netcdf4 and, for the
figures, python3-matplotlib (Debian); --check does without figures.
"""

import argparse
import importlib
import os
import pathlib
import re
import sys
import tempfile
import textwrap

from studies import common

DOCS = common.ROOT / "docs" / "studies"
NAMES = ("boot-memory-headroom", "time-to-usable", "huge-pages", "cxl-memmap", "fleet-day", "unplug", "upgrade",
         "architectures", "full-cache", "busy-unplug", "movable-ratio")

TAIL = """
## Do it again

```sh
mhpsim sweep configs/studies/{name}.toml -o results/{name}{keep}
mhpsim collect results/{name}
```

{runs:,} runs; that takes {cost}. The study file says what varies: [{name}.toml](../../configs/studies/{name}.toml). This
page and its figure are generated from it by [analysis/python/study_pages.py](../../analysis/python/study_pages.py).
"""


def wrapped(text):
    """Paragraphs and list items in lines of up to 120 characters; tables, headings, figures and code as they are."""
    out = []
    for block in text.split("\n\n"):
        if block.lstrip("\n").startswith(("|", "#", "!", "```")):
            out.append(block)
            continue
        items = re.split(r"\n(?=- )", block)
        out.append("\n".join(textwrap.fill(" ".join(item.split()), 120, break_long_words=False, break_on_hyphens=False,
                                           subsequent_indent="  " if item.startswith("- ") else "") for item in items))
    return "\n\n".join(out)


def page(name, module, study):
    keep = " --keep-runs '*'" if module.KEEP_RUNS else ""
    tail = TAIL.format(name=name, keep=keep, runs=study.runs.run_id.size, cost=study.cost)
    return wrapped((module.page(study).strip("\n") + "\n" + tail).rstrip("\n")) + "\n"


def make(name, options, folder):
    module = importlib.import_module("studies." + name.replace("-", "_"))
    cost = common.sweep(options.mhpsim, name, folder, options.jobs, module.KEEP_RUNS)
    path = DOCS / f"{name}.md"
    there = path.read_text(encoding="utf-8") if path.exists() else ""
    study = common.Study(folder, common.cost_of_page(there) if options.check or cost is None else cost)
    if not options.check:
        path.write_text(page(name, module, study), encoding="utf-8")
        common.save(module.draw(study), DOCS / f"{name}.svg")
        return True
    if page(name, module, study) == there:
        return True
    print(f"docs/studies/{name}.md is not what the program finds: run analysis/python/study_pages.py {name}")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="studies; all by default")
    parser.add_argument("--check", action="store_true", help="compare the pages and write nothing")
    parser.add_argument("--mhpsim", default=str(common.ROOT / "build/release/sim/cli/mhpsim"), help="the program")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count(), help="threads of a sweep")
    parser.add_argument("-o", "--output", type=pathlib.Path, help="folder of the sweeps; a temporary one by default")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"no study {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    good = True
    for name in options.names or NAMES:
        with tempfile.TemporaryDirectory() as scratch:
            good = make(name, options, (options.output or pathlib.Path(scratch)) / name) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
