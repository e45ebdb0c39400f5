// Why two placements differ: a waterfall whose steps add up to the difference, to the nanosecond.

const kMostSteps = 12;
const kStepWords = { count: "other amount of work", price: "other price", latency: "other latency of memory", contention: "waiting at memory", wait: "waiting" };

function reasonsSection(doc) {
  const reasons = (doc.reasons || []).filter((r) => r.steps && r.difference !== 0);
  if (!reasons.length) {
    if (doc.runs && doc.runs.length > 1) absent("reasons", "Why they differ", "No time differs between the placements, or the files hold no ledger to explain it with.");
    return;
  }
  const state = { which: Math.max(0, reasons.findIndex((r) => r.metric === doc.headline)) };
  const body = make("div");
  const show = () => body.replaceChildren(...reasonParts(doc, reasons[state.which]));
  const picks = reasons.length > 1 ? make("p.controls", chooser("Figure", reasons.map((r, i) => ({ value: String(i),
    text: timeName(r.metric) + ": " + r.from.placement + " \u2192 " + r.to.placement })), String(state.which), (value) => {
    state.which = Number(value);
    show();
  })) : null;
  section("reasons", "Why they differ", picks, body);
  show();
}

// The largest steps, the rest as one, and where each begins and ends.
function stepsOf(reason) {
  const together = new Map();
  for (const s of reason.steps) {
    const label = words(s.name) + (s.phase ? " \u00b7 " + s.phase : "");
    const row = together.get(label) || { label, time: 0, steps: [] };
    row.time += s.time;
    row.steps.push(s);
    together.set(label, row);
  }
  const sorted = [...together.values()].filter((r) => r.time !== 0).sort((a, b) => Math.abs(b.time) - Math.abs(a.time));
  const visible = sorted.filter((r) => Math.abs(r.time) >= 0.002 * Math.abs(sorted[0].time)).slice(0, kMostSteps);
  const rest = sorted.slice(visible.length);
  const rows = rest.length === 1 ? sorted : [...visible];
  if (rest.length > 1) rows.push({ label: plural(rest.length, "smaller step"), time: rest.reduce((sum, r) => sum + r.time, 0), steps: rest.flatMap((r) => r.steps) });
  let at = reason.from.value;
  for (const row of rows) {
    row.begin = at;
    at += row.time;
    row.end = at;
  }
  return { rows, sum: at };
}

function reasonParts(doc, reason) {
  const { rows, sum } = stepsOf(reason);
  const closes = sum === reason.to.value;
  const label = `Waterfall from ${reason.from.placement}, ${amount(reason.from.value, "ns")}, to ${reason.to.placement}, ${amount(reason.to.value, "ns")}`;
  return [
    make("p.lead", `${timeName(reason.metric)}: from ${amount(reason.from.value, "ns")} with ${reason.from.placement} to ${amount(reason.to.value, "ns")} with ${reason.to.placement}. `,
      make("strong", closes ? `The steps add up to ${signed(reason.difference, "ns")}, to the nanosecond.`
        : `The steps leave ${signed(reason.to.value - sum, "ns")} of ${signed(reason.difference, "ns")} open.`)),
    chart(label, (width, c) => waterfallSpec(doc, reason, rows, width, c), fold("As a table", stepTable(reason)))];
}

function stepTable(reason) {
  const rows = reason.steps.map((s) => [words(s.name), s.phase, kStepWords[s.kind] || s.kind, signed(s.time, "ns"),
    s.units_from === undefined ? "" : plain(s.units_from) + " \u2192 " + plain(s.units_to),
    s.each_from_ps || s.each_to_ps ? amount(s.each_from_ps, "ps") + " \u2192 " + amount(s.each_to_ps, "ps") : ""]);
  const sum = reason.steps.reduce((total, s) => total + s.time, 0);
  rows.push(["sum", "", "", signed(sum, "ns") + " (" + plain(sum) + " ns)", "", ""]);
  return table([{ head: "Work" }, { head: "Phase" }, { head: "Why" }, { head: "Time", right: true }, { head: "Units", right: true },
    { head: "Each", right: true }], rows, { label: "Steps of the difference" });
}

function stepTip(row) {
  const byKind = new Map();
  for (const s of row.steps) byKind.set(s.kind, (byKind.get(s.kind) || 0) + s.time);
  const lines = [row.label, signed(row.time, "ns"), ...[...byKind].map(([kind, time]) => `${kStepWords[kind] || kind}: ${signed(time, "ns")}`)];
  const counted = row.steps.find((s) => s.units_from !== undefined && s.units_from !== s.units_to);
  if (counted && byKind.size < 4 && !/smaller/.test(row.label)) lines.push(plain(counted.units_from) + " \u2192 " + plain(counted.units_to) + " units");
  return lines.join("\n");
}

function waterfallSpec(doc, reason, rows, width, c) {
  const from = placementIndex(doc, reason.from.placement), to = placementIndex(doc, reason.to.placement);
  const values = [reason.from.value, reason.to.value, ...rows.flatMap((r) => [r.begin, r.end])];
  let low = Math.min(...values), high = Math.max(...values);
  // Totals are bars from zero as long as the difference can then be seen; else the axis is cut, and says so.
  const cut = high - low < 0.15 * high;
  if (cut) [low, high] = [low - (high - low) * 0.15, high];
  else low = 0;
  const all = [{ lane: "from", label: reason.from.placement, begin: low, end: reason.from.value, kind: "total", of: from, text: amount(reason.from.value, "ns") },
    ...rows.map((r, i) => ({ lane: String(i), label: r.label, begin: r.begin, end: r.end, kind: r.time > 0 ? "more" : "less", of: 0,
      text: signed(r.time, "ns"), tip: stepTip(r) })),
    { lane: "to", label: reason.to.placement, begin: low, end: reason.to.value, kind: "total", of: to, text: amount(reason.to.value, "ns") }];
  for (const row of all) row.tip = row.tip || row.label + "\n" + row.text;
  const links = all.slice(0, -1).map((row, i) => ({ lane: row.lane, next: all[i + 1].lane, at: row.end }));
  const room = width < 500 ? Math.round(width * 0.4) : Math.min(260, nameRoom(all.map((r) => r.label), width));
  high += (high - low) * kLabelRoom / Math.max(kLabelRoom, width - room - kLabelRoom);
  return {
    height: all.length * 25,
    data: [{ name: "steps", values: all }, { name: "links", values: links }],
    scales: [{ name: "x", domain: [low, high], range: [room, { signal: "width" }], zero: false },
      { name: "y", type: "band", domain: all.map((r) => r.lane), range: "height", padding: 0.24 },
      { name: "placement", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [quantityAxis("bottom", "x", [low, high], "ns", timeName(reason.metric) + (cut ? " (axis does not begin at 0)" : ""), Math.max(3, width / 130))],
    marks: [
      { type: "rule", name: "waterfall-links", from: { data: "links" }, interactive: false, encode: { update: { x: { scale: "x", field: "at" },
        y: { scale: "y", field: "lane" }, y2: { scale: "y", field: "next", band: 1 }, stroke: { value: c.soft }, strokeWidth: { value: 1 }, strokeDash: { value: [2, 2] } } } },
      { type: "rect", name: "waterfall", from: { data: "steps" }, encode: { update: {
        x: { signal: "min(scale('x', datum.begin), scale('x', datum.end))" }, x2: { signal: "max(max(scale('x', datum.begin), scale('x', datum.end)), min(scale('x', datum.begin), scale('x', datum.end)) + 2)" },
        y: { scale: "y", field: "lane" }, height: { scale: "y", band: 1 }, cornerRadius: { value: 2 },
        fill: { signal: `datum.kind === 'total' ? scale('placement', datum.of) : datum.kind === 'more' ? '${c.worse}' : '${c.better}'` },
        fillOpacity: { signal: "datum.kind === 'less' ? 0.55 : 1" }, stroke: { signal: `datum.kind === 'less' ? '${c.better}' : null` }, tooltip: { field: "tip" } } } },
      { type: "text", name: "waterfall-times", interactive: false, from: { data: "steps" }, encode: { update: {
        x: { signal: "max(scale('x', datum.begin), scale('x', datum.end)) + 6" }, y: { scale: "y", field: "lane", band: 0.5 }, baseline: { value: "middle" },
        text: { field: "text" }, fontWeight: { signal: "datum.kind === 'total' ? 700 : 500" } } } },
      { type: "text", name: "waterfall-names", interactive: false, from: { data: "steps" }, encode: { update: { x: { value: 0 },
        y: { scale: "y", field: "lane", band: 0.5 }, baseline: { value: "middle" }, text: { field: "label" }, limit: { value: room - 10 },
        fontWeight: { signal: "datum.kind === 'total' ? 700 : 400" } } } }],
  };
}
