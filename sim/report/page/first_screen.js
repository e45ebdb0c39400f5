// The question, the answer, and the table of placements: what is read before anything is looked at.

function firstScreen(doc) {
  const page = document.getElementById("page");
  const [first, ...more] = doc.answer && doc.answer.length ? doc.answer : ["The files hold no figures that answer the question."];
  document.getElementById("contents").append(make("a", { href: "#answer" }, "Answer"));
  page.append(make("section.first", { id: "answer", "aria-label": "Question and answer" },
    make("p.kicker", "mhpsim ", make("span", doc.kind || "report"), " \u00b7 ", make("strong", doc.title || "")),
    make("h1", doc.question || doc.title || "Report"),
    make("p.answer", first),
    more.length ? make("ul.answers", more.map((line) => make("li", line))) : null,
    doc.placements ? placementCards(doc) : null,
    doc.metrics && doc.placements ? metricTable(doc) : null));
}

function placementCards(doc) {
  return make("ul.placements", doc.placements.map((p, i) => make("li", swatch(i), make("strong", p.name),
    p.name === doc.baseline ? make("span.tag", "baseline") : null,
    p.outcome && p.outcome !== "ok" ? make("span.tag.bad", "\u2715 " + p.outcome) : make("span.tag.good", "\u2713 ok"),
    p.reason ? make("span.note", p.reason) : null,
    p.note ? make("span.note", p.note) : null,
    make("span.note", plural(p.replicates || 1, "replicate") + ", seed " + p.seed))));
}

// Figures by placement, with interval and difference. Headline figures first; the others are folded away.
const kFirstFigures = ["time_to_add", "time_to_online", "time_to_usable", "time_to_remove", "memmap_pages_boot", "memmap_pages_range", "usable_bytes", "free_pages_min",
  "gigantic_pages_possible", "workload_latency_mean", "workload_latency_p99"];

function metricTable(doc) {
  const asked = doc.metrics.filter((m) => kFirstFigures.includes(m.name) || m.headline || m.name === doc.headline);
  const differ = asked.filter((m) => m.headline || !m.diff || Object.values(m.diff).some((d) => !d || d.abs !== 0));
  const shown = [...(differ.length >= 3 ? differ : asked)].sort((a, b) => Number(Boolean(b.headline)) - Number(Boolean(a.headline))).slice(0, 8);
  const others = doc.metrics.filter((m) => !shown.includes(m));
  const zero = doc.metrics_zero && doc.metrics_zero.length
    ? make("p.note", plural(doc.metrics_zero.length, "figure is", "figures are") + " 0 for every placement: ",
      doc.metrics_zero.map(words).join(", ") + ".") : null;
  return make("div", figureTable(doc, shown, "Headline figures"),
    others.length ? fold("All figures (" + plural(others.length, "more", "more") + ")", figureTable(doc, others, "All figures"), zero) : zero,
    make("p.note", intervalNote(doc)));
}

function intervalNote(doc) {
  const several = doc.placements.some((p) => p.replicates > 1);
  return several
    ? "Intervals hold the mean in 95 of 100 cases. A difference is real when the interval of the paired differences does not hold 0."
    : "One run of each: the simulation repeats to the byte, but says nothing of other random draws. --replicates gives intervals.";
}

function figureTable(doc, metrics, caption) {
  const names = doc.placements.map((p) => p.name);
  const others = names.filter((n) => n !== doc.baseline && metrics.some((m) => m.diff && n in m.diff));
  const largest = (name) => Math.max(1e-9, ...metrics.map((m) => Math.min(1, Math.abs(diffOf(m, name)?.rel ?? 0))));
  const columns = [{ head: "Figure" },
    ...names.map((n, i) => ({ head: make("span", swatch(i), n), right: true })),
    ...others.map((n) => ({ head: others.length > 1 ? "Difference of " + n : "Difference" }))];
  const rows = metrics.map((m) => [
    make("span", { title: prose(m.definition) }, words(m.name), make("span.phase", m.phase),
      m.definition && caption === "Headline figures" ? make("span.what", prose(m.definition)) : null),
    ...names.map((n) => valueCell(m, m.values && m.values[n])),
    ...others.map((n) => diffCell(m, diffOf(m, n), largest(n)))]);
  return table(columns, rows, { label: caption, cards: true });
}

function diffOf(metric, name) {
  return metric.diff ? metric.diff[name] : null;
}

function valueCell(metric, value) {
  if (!value) return make("span.absent", "not reached");
  const lo = value.lo ?? null;
  return make("span", make("span.value", amount(value.value, metric.unit)),
    lo !== null && value.hi !== value.lo ? make("span.interval", interval(lo, value.hi, metric.unit)) : null);
}

// The difference in its unit and in per cent, with a bar to the left (less) or right (more) and a word whether it is real.
function diffCell(metric, diff, largest) {
  if (!diff) return make("span.absent", kDash);
  if (diff.abs === 0) return make("span.same", "the same");
  const better = metric.better === "none" || !metric.better ? null : (diff.abs < 0) === (metric.better === "lower");
  const kind = diff.significant === false ? "unsure" : better === null ? "neither" : better ? "better" : "worse";
  const word = { unsure: "within chance", neither: "differs", better: "\u25b2 better", worse: "\u25bc worse" }[kind];
  const share = Math.min(1, Math.abs(diff.rel ?? 1)) / Math.max(largest, 1e-9);
  const bar = make("span.diffbar." + kind, { "aria-hidden": "true" }, make("span"));
  bar.firstChild.style[diff.abs < 0 ? "right" : "left"] = "50%";
  bar.firstChild.style.width = Math.max(2, Math.min(50, share * 50)) + "%";
  const bounds = diff.lo !== null && diff.lo !== undefined && diff.lo !== diff.hi ? " (" + interval(diff.lo, diff.hi, metric.unit) + ")" : "";
  return make("span.diff", make("span.value", signed(diff.abs, metric.unit),
    diff.rel !== null && diff.rel !== undefined ? " (" + signedPercent(diff.rel) + ")" : ""), bar,
    make("span.interval", make("span.word." + kind, word), diff.significant === true ? ", significant" + bounds : diff.significant === false ? bounds : ", one run of each"));
}
