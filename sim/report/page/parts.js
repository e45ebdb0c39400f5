// Of what a time is made, by placement: work on the processor, waiting for memory, waiting for others.

const kMostParts = 14;

function partsSection(doc) {
  const parts = doc.parts || [];
  if (!parts.length) {
    if (doc.runs) absent("parts", "What the time is made of", "The files hold no ledger of time, or the run did not reach its headline figure.");
    return;
  }
  const metrics = [...new Set(parts.map((p) => p.metric))];
  const state = { metric: metrics.includes(doc.headline) ? doc.headline : metrics[0] };
  const body = make("div");
  const show = () => {
    const chosen = parts.filter((p) => p.metric === state.metric);
    body.replaceChildren(chart("Parts of " + timeName(state.metric) + " by placement", (width, c) => partsSpec(doc, chosen, width, c),
      fold("As a table", partsTable(chosen))));
  };
  section("parts", "What the time is made of",
    make("p.lead", "Every nanosecond of a time belongs to one piece of work or waiting. Full colour: at work. Pale: stalled on memory or behind others."),
    make("p.controls", placementLegend(doc), metrics.length > 1 ? chooser("Figure", metrics.map((m) => ({ value: m, text: timeName(m) })), state.metric, (value) => {
      state.metric = value;
      show();
    }) : null), body);
  show();
}

function partsTable(parts) {
  return table([{ head: "Work" }, { head: "Phase" }, { head: "Placement" }, { head: "Units", right: true }, { head: "Time", right: true }, { head: "At work", right: true },
    { head: "Stalled on memory", right: true }, { head: "Behind others", right: true }, { head: "Rests on" }],
  parts.flatMap((p) => [...p.rows.map((r) => [words(r.name), r.phase, p.placement, r.units === undefined ? "" : plain(r.units), amount(r.time, "ns"), amount(r.own || 0, "ns"),
    amount(r.stall || 0, "ns"), amount(r.contention || 0, "ns"), r.basis || ""]),
  ["sum", "", p.placement, "", amount(p.rows.reduce((sum, r) => sum + r.time, 0), "ns"), "", "", "", ""]]), { label: "Parts of the time" });
}

function partsSpec(doc, parts, width, c) {
  const key = (r) => words(r.name) + (r.phase ? " \u00b7 " + r.phase : "");
  const largest = new Map();
  for (const p of parts) {
    const own = new Map();
    for (const r of p.rows) own.set(key(r), (own.get(key(r)) || 0) + r.time);
    for (const [name, time] of own) largest.set(name, Math.max(largest.get(name) || 0, time));
  }
  const names = [...largest.keys()].sort((a, b) => largest.get(b) - largest.get(a));
  const visible = names.filter((n) => largest.get(n) >= 0.004 * largest.get(names[0])).slice(0, kMostParts);
  const kept = names.length - visible.length === 1 ? names : visible;
  const restName = plural(names.length - kept.length, "smaller part");
  const rows = [];
  for (const p of parts) {
    const of = placementIndex(doc, p.placement);
    const sums = new Map();
    for (const r of p.rows) {
      const name = kept.includes(key(r)) ? key(r) : restName;
      const sum = sums.get(name) || { time: 0, own: 0 };
      sum.time += r.time;
      sum.own += r.own ?? r.time;
      sums.set(name, sum);
    }
    for (const name of [...kept, ...(names.length > kept.length ? [restName] : [])]) {
      const sum = sums.get(name) || { time: 0, own: 0 };
      rows.push({ name: name, of, lane: name + "\n" + of, own: sum.own, time: sum.time, text: amount(sum.time, "ns"),
        tip: `${name}, ${p.placement}\n${amount(sum.time, "ns")}, ${percent(sum.time / (p.value || 1))} of ${amount(p.value, "ns")}\nat work ${amount(sum.own, "ns")}` });
    }
  }
  rows.sort((a, b) => [...kept, restName].findIndex((n) => n === a.name) - [...kept, restName].findIndex((n) => n === b.name) || a.of - b.of);
  const heads = rows.filter((r, i) => i === 0 || rows[i - 1].name !== r.name);
  const room = width < 500 ? Math.round(width * 0.4) : Math.min(260, nameRoom(heads.map((h) => h.name), width));
  const high = Math.max(...rows.map((r) => r.time)) * (1 + kLabelRoom / Math.max(kLabelRoom, width - room - kLabelRoom));
  return {
    height: rows.length * 15 + heads.length * 6,
    data: [{ name: "rows", values: rows }, { name: "heads", values: heads }],
    scales: [{ name: "x", domain: [0, high], range: [room, { signal: "width" }] },
      { name: "group", type: "band", domain: heads.map((h) => h.name), range: "height", padding: 0.18 },
      { name: "fill", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [quantityAxis("bottom", "x", [0, high], "ns", "time", Math.max(3, width / 130))],
    signals: [{ name: "order", value: parts.map((p) => placementIndex(doc, p.placement)).sort() }, { name: "thick", update: `bandwidth('group') / ${parts.length}` }],
    marks: [
      ...["time", "own"].map((field) => ({ type: "rect", name: "parts-" + field, from: { data: "rows" }, encode: { update: { x: { scale: "x", value: 0 },
        x2: { signal: `max(scale('x', datum.${field}), scale('x', 0) + (datum.${field} > 0 ? 1 : 0))` }, y: { signal: `scale('group', datum.name) + thick * ${parts.length > 1 ? "indexof(order, datum.of)" : 0}` }, height: { signal: "thick - 1" },
        fill: { scale: "fill", field: "of" }, fillOpacity: { value: field === "time" ? 0.35 : 1 }, tooltip: { field: "tip" } } } })),
      { type: "text", name: "parts-times", interactive: false, from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "time", offset: 5 },
        y: { signal: `scale('group', datum.name) + thick * (${parts.length > 1 ? "indexof(order, datum.of)" : 0} + 0.5)` }, baseline: { value: "middle" }, text: { field: "text" }, fontSize: { value: 10 } } } },
      { type: "text", name: "parts-names", interactive: false, from: { data: "heads" }, encode: { update: { x: { value: 0 }, y: { scale: "group", field: "name", band: 0.5 },
        baseline: { value: "middle" }, text: { field: "name" }, limit: { value: room - 10 } } } }],
  };
}
