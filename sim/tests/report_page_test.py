#!/usr/bin/env python3
"""The page of a report in headless Chromium: it draws what the document holds, reacts to mouse and keys, fits a phone and paper, and
runs nothing that a name in the document says.

Arguments: the mhpsim program, the source folder, parts (functions of this file; all of them by default). Needs Debian's chromium, chromium-driver and libjs-vega; says so and is
skipped (exit code 77) without them.
"""
import collections
import pathlib
import subprocess
import sys
import tempfile
import time

import report_documents as documents
from browser import Browser, missing
from report_page import VEGA, assemble
from surroundings import neutral

MHPSIM, SOURCE = sys.argv[1], pathlib.Path(sys.argv[2])
PAGES = {"comparison": documents.comparison, "study": lambda: documents.study(6, 3), "lines": lambda: documents.study(6), "sample": lambda: documents.sample(40),
         "answer": documents.answer, "bare": documents.bare, "hostile": documents.hostile, "thousand": lambda: documents.study(25, 20)}
failures = []

MARKS = """const found = {};
for (const group of document.querySelectorAll('.chart g[class*="role-mark"]')) {
  const name = [...group.classList].slice(2).join(' ');
  if (name) found[name] = (found[name] || 0) + [...group.children].filter((c) => c.tagName !== 'g').length;
}
return found;"""
OVERFLOW = """const limit = document.documentElement.clientWidth;
return [document.documentElement.scrollWidth, limit, [...document.querySelectorAll('main *')].filter((e) => !e.closest('.scroll, pre, svg')
  && e.offsetParent && e.getBoundingClientRect().right > limit + 1).map((e) => e.tagName + '.' + e.className).slice(0, 5)];"""


def check(holds, what):
    if not holds:
        failures.append(what)
        print(f"FAILED: {what}", flush=True)


def same(found, wanted, what):
    check(found == wanted, f"{what}: found {found}, not {wanted}")


def until(page, script, wanted):
    """Waits for what is drawn after the next layout."""
    begun = time.monotonic()
    while page.run(script) != wanted and time.monotonic() < begun + 60:
        time.sleep(0.05)


def drawn(page):
    until(page, "return [...document.querySelectorAll('.chart')].every((c) => c.querySelector('svg') || !c.checkVisibility())", True)


def show(page, folder, name, document=None):
    """Opens the page of a document: a given one, or the one that documents has by this name, or a page that is there."""
    path = folder / f"{name}.html"
    if document is None and not path.exists():
        document = PAGES[name]()
    if document is not None:
        path.write_text(assemble(document), encoding="utf-8")
    page.open(path)
    drawn(page)
    same(page.console(), [], f"{name}: console")
    return path


def choose(page, selector, value):
    page.run("const s = document.querySelector(arguments[0]); s.value = arguments[1]; s.dispatchEvent(new Event('change'));", selector, value)
    drawn(page)


def marks_of_a_comparison(page, folder):
    document = documents.comparison()
    show(page, folder, "comparison", document)
    found = page.run(MARKS)
    runs = document["runs"]
    memory = sum(len(r["memory"]) for r in runs)
    same(found["operations"], sum(len(r["operations"]) for r in runs), "bars of operations")
    same(found["operations-failed"], 2, "failed operations that are marked")
    same(found["phases"], 4, "two phases of two placements")
    same(found["least-free"], memory, "least free memory of each zone and placement")
    same(found["zone-line"], 4 * memory, "lines of free memory and three watermarks")
    same(found["map"], 2, "stretches of the address map")
    same(found["nodes"], 6, "nodes of two topologies")
    same(found["link-lines"], 4, "links of two topologies")
    same(found["latency-bins"], 2 * 6, "bins of the latency histograms that are not empty")
    same(found["latency"], 2, "latency curves")
    same(found["series"], 2, "curves of a series")
    same(found["waterfall"], 2 + 2, "totals, and a bar for each work and phase")
    same(found["parts-time"], 6, "parts of the time")
    same(found["basis"], 6, "bases of two placements")
    # The waterfall closes: the page itself sums the steps, and says so only then.
    check("add up to +9" in page.run("return document.querySelector('#reasons .lead').textContent"), "the steps add up")
    text = page.run("return document.getElementById('answer').textContent")
    for words in ("Where should the memmap live?", "29.42\u00a0s", "+44\u00a0%", "significant", "within chance", "not reached", "the same"):
        check(words in text, f"the first screen says '{words}'")
    same(page.run("return [...document.querySelectorAll('section')].map((s) => s.id)"),
         ["answer", "reasons", "timeline", "memory", "map", "topology", "latency", "series", "parts", "assumptions", "made", "config"], "sections")
    broken = page.run("return [...document.querySelectorAll('.chart text')].map((t) => t.textContent).filter((t) => /NaN|undefined|Infinity|null|object/.test(t))")
    same(broken, [], "texts in charts")
    unnamed = page.run("return [...document.querySelectorAll('select, button, svg')].filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length")
    same(unnamed, 0, "controls and pictures without a name")


def interactions(page, folder):
    show(page, folder, "comparison")
    ground = "return getComputedStyle(document.body).backgroundColor"
    light, ink = page.run(ground), page.run("return document.querySelector('.chart text').getAttribute('fill')")
    page.click("#theme")
    check(page.run(ground) != light, "the button changes the ground")
    check(page.run("return document.querySelector('.chart text').getAttribute('fill')") != ink, "and the colours of charts")
    page.click("#theme")
    same(page.run(ground), light, "and back")
    # Into the address map by keys: stretch, block, section, and out again.
    crumbs = "return [...document.querySelectorAll('.crumbs button')].map((b) => b.textContent)"
    choose(page, "#map select", "1")
    page.run("document.getElementById('map-picture').focus()")
    page.press("Right", "Enter")
    same(page.run(crumbs), ["whole machine", "added memory of node 0, 4 blocks"], "Enter goes into a stretch")
    same(page.run(MARKS)["map"], 4, "its blocks")
    same(page.run(MARKS)["map-memmap"], 4, "each with its head")
    page.press("Right", "Enter")
    same(page.run(MARKS)["map"], 16, "sections of a block of 2 GiB")
    page.press("Enter")
    same(page.run(crumbs)[2:], ["memory block 33", "section 528"], "down to one section")
    story = page.run("return document.querySelector('.story').textContent")
    check("512 pages (2\u00a0MiB)" in story.replace("pages\u00a0", "pages ") and "8,192 pages (32\u00a0MiB, 25\u00a0%)" in story, f"a section's memmap and head: {story}")
    page.press("Escape", "Escape", "Escape", "Escape")
    same(page.run(crumbs), ["whole machine"], "Escape goes back to the whole")
    # By mouse, and another placement at the same place.
    page.click(".chart .map path:nth-child(2)")
    same(len(page.run(crumbs)), 2, "a click goes in")
    choose(page, "#map select", "0")
    same(page.run(MARKS).get("map-memmap", 0), 0, "blocks whose memmap lies in boot memory have no head")
    same(len(page.run(crumbs)), 2, "the place is kept")
    # Other curves, another scale, a tail.
    curve = "return [...document.querySelectorAll('#series .role-axis-title text')].map((t) => t.textContent).join()"
    before = page.run(curve)
    choose(page, "#series select", page.run("return document.querySelector('#series option:nth-child(2)').value"))
    check(page.run(curve) != before, "another curve is drawn")
    choose(page, "#memory select", "log")
    same(page.run(MARKS)["watermark-names"], 6, "watermarks are named on a logarithmic scale")
    choose(page, "#latency select", "tail")
    same(page.run(MARKS)["latency"], 2, "tails")
    same(page.console(), [], "console after all of that")
    # Everything that reacts is reached by Tab.
    reached = set()
    page.run("document.activeElement.blur(); window.scrollTo(0, 0)")
    wanted = page.run("let n = 0; for (const e of document.querySelectorAll('a[href], button, select, summary, [tabindex=\"0\"]')) if (e.checkVisibility() && e.id !== 'page') e.dataset.stop = n++; return n")
    for _ in range(wanted + 5):
        page.press("Tab")
        reached.add(page.run("return document.activeElement.dataset.stop ?? null"))
    same(len(reached - {None}), wanted, "stops of the Tab key")


def studies(page, folder):
    show(page, folder, "study")
    found = page.run(MARKS)
    same((found["heat"], found["heat-missed"]), (2 * 18 - 3, 3), "cells of two heat maps, reached and not")
    same(found["break-even"], 3, "break-even points")
    choose(page, "#study select[data-metric]", "1")
    found = page.run(MARKS)
    same((found["heat"], found.get("break-even", 0)), (36, 0), "another metric, without break-even")
    choose(page, "#study select[data-metric]", "0")
    choose(page, "#study .choice:nth-child(2) select", "diff")
    same(page.run(MARKS)["heat"], 15, "differences to the baseline, where both are reached")
    show(page, folder, "lines")
    found = page.run(MARKS)
    same((found["study-points"], found["study-line"], found["study-missed"]), (11, 2, 1), "points, lines and misses of a study of one axis")
    show(page, folder, "sample")
    same(page.run(MARKS)["study-points"], 79, "points of a sample")
    choose(page, "#study .choice:nth-child(2) select", "intensity")
    same(page.run(MARKS)["study-points"], 79, "against another axis")
    show(page, folder, "answer")
    same(page.run(MARKS)["plan-points"], 6, "values that a question tried")
    same(page.console(), [], "console of studies")


def many_points(page, folder):
    path = show(page, folder, "thousand")
    same(page.run(MARKS)["heat"], 980, "cells of a study of 1000 points that are reached")
    check(path.stat().st_size < 5 * 2**20, f"its page has less than 5 MiB: {path.stat().st_size}")


def what_is_missing(page, folder):
    show(page, folder, "bare")
    said = page.run("return [...document.querySelectorAll('section:has(> .absent)')].map((s) => s.id)")
    same(said, ["timeline", "memory", "map", "topology", "latency", "series", "parts", "assumptions", "made"], "sections that say why they are empty")
    same(page.run("return document.querySelectorAll('.chart').length"), 0, "charts of nothing")


def phone(page, folder):
    page.size(360, 780, mobile=True)
    for name in ("comparison", "study", "lines", "answer", "bare", "hostile"):
        show(page, folder, name)
        width, limit, beyond = page.run(OVERFLOW)
        check(width <= limit == 360 and not beyond, f"{name} fits a phone: {width} in {limit}, {beyond}")
    page.size(1200, 900)


def harm(page, folder):
    path = show(page, folder, "hostile")
    same(page.run("return [window.harm ?? null, document.querySelectorAll('img, iframe, script').length]"), [None, 3], "what a hostile document runs and adds")
    check(page.run("return document.querySelector('h1').textContent").startswith("</script><script>"), "names are shown as they are")
    same(page.run("return /[\u202e\u0007]/.test(document.getElementById('page').textContent + document.title)"), False, "characters that rewrite a line")
    choose(page, "#map select", "1")
    page.run("document.getElementById('map-picture').focus()")
    page.press("Enter", "Escape")
    page.run("for (const e of document.querySelectorAll('.chart path')) e.dispatchEvent(new MouseEvent('mousemove', {bubbles: true, clientX: 5, clientY: 5}))")
    same(page.run("return window.harm ?? null"), None, "nor after use")
    same(page.console(), [], "console of a hostile document")
    text = path.read_text(encoding="utf-8")
    check("eval'" not in text.split("Content-Security-Policy")[1][:300], "the policy allows no eval")
    # What would ask the network is refused by the policy itself.
    refused = page.run("""return new Promise((done) => { document.addEventListener('securitypolicyviolation', (e) => done(e.effectiveDirective));
      fetch('http://127.0.0.1:9/').catch(() => {}); setTimeout(() => done('nothing refused'), 20000); });""")
    same(refused, "connect-src", "a request of the page")
    page.console()


def paper(page, folder):
    page.colours("dark")
    show(page, folder, "comparison")
    page.run("""window.printed = null; addEventListener('beforeprint', () => { window.printed = {
      closed: document.querySelectorAll('details:not([open])').length, empty: [...document.querySelectorAll('.chart')].filter((c) => !c.querySelector('svg')).length,
      ink: document.querySelector('.chart text').getAttribute('fill')}; });""")
    pdf = folder / "comparison.pdf"
    page.paper(pdf)
    printed = page.run("return window.printed")
    same((printed["closed"], printed["empty"]), (0, 0), "folded or empty parts in print")
    check(pdf.read_bytes().startswith(b"%PDF") and pdf.stat().st_size > 20_000, "a PDF with content")
    page.cdp("Emulation.setEmulatedMedia", media="print", features=[])
    same(page.run("return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.getElementById('bar')).display, "
                  "getComputedStyle(document.querySelector('pre.config')).maxHeight]"), ["rgb(255, 255, 255)", "none", "none"], "ground, bar and folds of paper")
    page.cdp("Emulation.setEmulatedMedia", media="", features=[])
    check(page.run("return document.querySelectorAll('details:not([open])').length") > 0, "folded again afterwards")
    page.colours("light")


def what_the_program_makes(page, folder):
    """Reports of real runs, by the program itself."""
    scenario = SOURCE / "configs" / "scenarios" / "small-guest.toml"
    for command in (["compare", scenario, "--replicates", "2", "-o", folder / "results"], ["report", folder / "results", "-o", folder / "real.html"]):
        subprocess.run([MHPSIM, *command], check=True, stdout=subprocess.DEVNULL)
    show(page, folder, "real")
    found = collections.Counter(page.run(MARKS))
    for name in ("operations", "phases", "zone-line", "map", "waterfall", "parts-time", "basis", "nodes"):
        check(found[name] > 0, f"the program's report of small-guest draws {name}")
    check("enomem" in page.run("return document.getElementById('answer').innerText").lower(), "it says that the add failed")
    page.size(360, 780, mobile=True)
    width, limit, beyond = page.run(OVERFLOW)
    check(width <= limit and not beyond, f"it fits a phone: {width} in {limit}, {beyond}")
    page.size(1200, 900)


def main():
    neutral()
    absent = ", ".join(filter(None, [missing(), "" if VEGA.is_dir() else "libjs-vega"]))
    if absent:
        print(f"SKIPPED: the page of the report is not tested here, for want of {absent}: ./dev setup browser")
        return 77
    with tempfile.TemporaryDirectory() as name, Browser() as page:
        folder = pathlib.Path(name)
        page.colours("light")
        page.size(1200, 900)
        parts = (marks_of_a_comparison, interactions, studies, many_points, what_is_missing, phone, harm, paper, what_the_program_makes)
        for part in [p for p in parts if len(sys.argv) == 3 or p.__name__ in sys.argv[3:]]:
            begun = time.monotonic()
            part(page, folder)
            print(f"{part.__name__}: {time.monotonic() - begun:.1f} s", flush=True)
    print(f"{len(failures)} failed" if failures else "all hold")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
