// The hot-add in time: phases of each placement side by side, and the operations of which they are made.

const kPhaseWords = { add: "add", online: "online", offline: "offline", remove: "remove", online_again: "online again" };

function timelineSection(doc) {
  const runs = (doc.runs || []).filter((r) => r.operations && r.operations.length);
  if (!runs.length) {
    if (doc.runs) absent("timeline", "Timeline", "The files hold no operation of hot-plug, so there is nothing to put on a time axis.");
    return;
  }
  const state = { from: "first" };
  const first = firstNotification(runs);
  const start = () => (state.from === "zero" ? 0 : first);
  const end = Math.max(...runs.flatMap((r) => r.operations.map((o) => o.finished)));
  const phases = runs.flatMap(phasesOf);
  const pictures = [chart("Phases of the hot-add, by placement: when each began and ended", (width, c) => phaseSpec(doc, phases, start(), end, width, c),
    fold("As a table", phaseTable(phases)))];
  for (const run of runs) {
    pictures.push(make("h3", swatch(placementIndex(doc, run.placement)), run.placement,
      make("span.note", " " + plural(run.operations_all || run.operations.length, "operation"))));
    pictures.push(chart("Operations of " + run.placement + " by kind and node", (width, c) => operationSpec(doc, run, start(), end, width, c)));
  }
  section("timeline", "Timeline",
    make("p.lead", "When memory was added and went online. A bar is one operation, or neighbours of one kind taken together; what failed is marked \u2715."),
    first > 0 ? make("p.controls", startChooser((value) => {
      state.from = value;
      for (const picture of pictures) if (picture.tagName === "FIGURE") redraw(picture);
    })) : null, ...pictures);
}

// When the kernel first heard of new memory; what was before is the device's and the firmware's time.
function firstNotification(runs) {
  const times = runs.flatMap((r) => (r.operations || []).map((o) => o.submitted ?? o.started));
  return times.length ? Math.min(...times) : 0;
}

function startChooser(pick) {
  return chooser("Time from", [{ value: "first", text: "the first notification" }, { value: "zero", text: "the insertion of the device" }], "first", pick);
}

function placementIndex(doc, name) {
  return Math.max(0, (doc.placements || []).findIndex((p) => p.name === name));
}

function phasesOf(run) {
  const byKind = new Map();
  for (const o of run.operations) {
    const phase = byKind.get(o.kind) || { placement: run.placement, kind: o.kind, started: Infinity, finished: 0, busy: 0, count: 0, failed: 0 };
    phase.started = Math.min(phase.started, o.started);
    phase.finished = Math.max(phase.finished, o.finished);
    phase.busy += o.busy ?? o.finished - o.started;
    phase.count += o.count || 1;
    if (o.result && o.result !== "ok") phase.failed += o.count || 1;
    byKind.set(o.kind, phase);
  }
  return [...byKind.values()];
}

function phaseTable(phases) {
  return table([{ head: "Placement" }, { head: "Phase" }, { head: "Operations", right: true }, { head: "Failed", right: true },
    { head: "Begins", right: true }, { head: "Ends", right: true }, { head: "Lasts", right: true }, { head: "At work (sum)", right: true }],
  phases.map((p) => [p.placement, kPhaseWords[p.kind] || p.kind, plain(p.count), plain(p.failed), amount(p.started, "ns"), amount(p.finished, "ns"),
    amount(p.finished - p.started, "ns"), amount(p.busy, "ns")]), { label: "Phases" });
}

// The margin left of a chart's rows, for their names.
function nameRoom(names, width) {
  return Math.min(Math.round(width * 0.38), 14 + 6.6 * Math.max(...names.map((n) => String(n).length), 4));
}

function phaseSpec(doc, phases, start, end, width, c) {
  const kinds = [...new Set(phases.map((p) => p.kind))];
  const rows = kinds.flatMap((k) => phases.filter((p) => p.kind === k).map((p) => ({
    lane: k + "\n" + p.placement, kind: kPhaseWords[k] || k, x: p.started, x2: p.finished, of: placementIndex(doc, p.placement),
    text: amount(p.finished - p.started, "ns") + (p.failed ? "  \u2715 " + plain(p.failed) + " failed" : ""),
    // Beside the bar where there is room, else within it.
    inside: (p.finished - start) / (end - start || 1) > 0.78,
    tip: `${p.placement}: ${kPhaseWords[k] || k}\n${amount(p.started, "ns")} to ${amount(p.finished, "ns")}\n${plural(p.count, "operation")}` })));
  const room = nameRoom(kinds.map((k) => kPhaseWords[k] || k), width);
  return {
    height: rows.length * 24 + (kinds.length - 1) * 8,
    data: [{ name: "rows", values: rows }, { name: "heads", values: kinds.map((k) => {
      const own = rows.filter((r) => r.lane.startsWith(k + "\n"));
      return { kind: own[0].kind, lane: own[0].lane };
    }) }],
    scales: [{ name: "x", type: "linear", zero: false, domain: [start, end], range: [room, { signal: "width" }] },
      { name: "y", type: "band", domain: rows.map((r) => r.lane), range: "height", padding: 0.18 },
      { name: "fill", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [timeAxis(start, end, width)],
    marks: [
      { type: "rect", name: "phases", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" }, x2: { scale: "x", field: "x2" },
        y: { scale: "y", field: "lane" }, height: { scale: "y", band: 1 }, fill: { scale: "fill", field: "of" }, cornerRadius: { value: 2 },
        tooltip: { field: "tip" } } } },
      { type: "rect", name: "phases-least", from: { data: "rows" }, interactive: false, encode: { update: { x: { scale: "x", field: "x" },
        width: { value: 2 }, y: { scale: "y", field: "lane" }, height: { scale: "y", band: 1 }, fill: { scale: "fill", field: "of" } } } },
      { type: "text", name: "phase-times", interactive: false, from: { data: "rows" }, encode: { update: {
        x: { scale: "x", field: "x2", offset: { signal: "datum.inside ? -6 : 6" } }, align: { signal: "datum.inside ? 'right' : 'left'" },
        y: { scale: "y", field: "lane", band: 0.5 }, baseline: { value: "middle" }, text: { field: "text" }, fontWeight: { value: 600 },
        fill: { signal: `datum.inside ? '${c.ground}' : '${c.ink}'` } } } },
      { type: "text", name: "phase-names", interactive: false, from: { data: "heads" }, encode: { update: { x: { value: 0 },
        y: { scale: "y", field: "lane", band: 0.5 }, baseline: { value: "middle" }, text: { field: "kind" }, fill: { value: c.soft } } } }],
  };
}

function timeAxis(start, end, width) {
  const values = ticks(0, end - start, Math.max(3, width / 110), "ns").map((t) => t + start);
  return { orient: "bottom", scale: "x", values, grid: true, title: start > 0 ? "time since the first notification" : "time since the insertion of the device",
    encode: { labels: { update: { text: { signal: `tick(datum.value - ${start}, 'ns', ${end - start})` } } } } };
}

function operationSpec(doc, run, start, end, width, c) {
  const of = placementIndex(doc, run.placement);
  const lane = (o) => (kPhaseWords[o.kind] || o.kind) + (o.node >= 0 ? " \u00b7 node " + o.node : "");
  const rows = run.operations.map((o) => ({ lane: lane(o), x: o.started, x2: o.finished, bad: Boolean(o.result && o.result !== "ok"),
    tip: operationTip(o) }));
  const lanes = [...new Set(rows.map((r) => r.lane))];
  const room = nameRoom(lanes, width);
  return {
    height: lanes.length * 22,
    data: [{ name: "rows", values: rows }, { name: "failed", values: rows.filter((r) => r.bad) }],
    scales: [{ name: "x", type: "linear", zero: false, domain: [start, end], range: [room, { signal: "width" }] },
      { name: "y", type: "band", domain: lanes, range: "height", padding: 0.2 }],
    axes: [timeAxis(start, end, width),
      { orient: "left", scale: "y", domain: false, ticks: false, labelAlign: "left", labelPadding: 0 }],
    marks: [
      { type: "rect", name: "operations", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" },
        x2: { signal: "max(scale('x', datum.x2), scale('x', datum.x) + 1)" }, y: { scale: "y", field: "lane" }, height: { scale: "y", band: 1 },
        fill: { signal: `datum.bad ? '${c.bad}' : '${c.placements[of % 4]}'` }, fillOpacity: { value: 0.82 }, stroke: { value: c.ground },
        strokeWidth: { signal: "scale('x', datum.x2) - scale('x', datum.x) > 4 ? 1 : 0" }, tooltip: { field: "tip" } } } },
      { type: "text", name: "operations-failed", from: { data: "failed" }, encode: { update: { x: { scale: "x", field: "x2", offset: 4 },
        y: { scale: "y", field: "lane", band: 0.5 }, baseline: { value: "middle" }, text: { value: "\u2715" }, fill: { value: c.bad },
        fontWeight: { value: 700 }, tooltip: { field: "tip" } } } }],
  };
}

function operationTip(o) {
  const blocks = o.block === undefined || o.block < 0 ? "" : o.last_block > o.block ? `, memory blocks ${o.block} to ${o.last_block}` : `, memory block ${o.block}`;
  const lines = [`${o.count > 1 ? plain(o.count) + " \u00d7 " : ""}${kPhaseWords[o.kind] || o.kind}, node ${o.node}${blocks}: ${o.result || "ok"}`,
    `${amount(o.started, "ns")} to ${amount(o.finished, "ns")}`];
  if (o.count > 1) lines.push("at work " + amount(o.busy, "ns") + (o.longest ? ", the longest " + amount(o.longest[1] - o.longest[0], "ns") : ""));
  if (o.reason) lines.push(o.reason);
  return lines.join("\n");
}
