// Free memory of each zone against its watermarks.

const kMostZones = 12;

function memorySection(doc) {
  const runs = (doc.runs || []).filter((r) => r.memory && r.memory.length);
  if (!runs.length) {
    if (doc.runs) absent("memory", "Free memory", "The files hold no samples of zones: they were recorded without them.");
    return;
  }
  const key = (m) => m.node + " " + m.zone;
  const peak = new Map();
  for (const run of runs) for (const m of run.memory) peak.set(key(m), Math.max(peak.get(key(m)) || 0, ...m.free));
  // The zones that hold most come first, then by node.
  const moves = (k) => runs.some((r) => r.memory.some((m) => key(m) === k && Math.max(...m.free) - Math.min(...m.free) > 0.01 * Math.max(...m.free)));
  const populated = [...peak.keys()].filter((k) => peak.get(k) > 0);
  const zones = populated.filter(moves).length ? populated.filter(moves) : populated;
  const still = populated.filter((k) => !zones.includes(k));
  const kept = new Set([...zones].sort((a, b) => peak.get(b) - peak.get(a)).slice(0, kMostZones));
  const state = { log: false, from: "first" };
  const first = firstNotification(runs);
  const pictures = zones.filter((z) => kept.has(z)).map((zone) => {
    const some = runs.flatMap((r) => r.memory).find((m) => key(m) === zone);
    const title = "Node " + some.node + ", zone " + some.zone;
    const lines = runs.map((r) => ({ of: placementIndex(doc, r.placement), name: r.placement, m: r.memory.find((m) => key(m) === zone) })).filter((l) => l.m);
    return make("div.cell", make("h3", title), chart("Free memory and watermarks of " + title,
      (width, c) => memorySpec(lines, doc.page_bytes || 4096, state.log, state.from === "zero" ? 0 : first, width, c)));
  });
  section("memory", "Free memory and watermarks",
    make("p.lead", "Free memory of each zone, and below it the watermarks min, low and high at which the kernel begins to act."),
    make("p.controls", placementLegend(doc), chooser("Scale", [{ value: "linear", text: "linear" }, { value: "log", text: "logarithmic (watermarks apart)" }],
      "linear", (value) => {
        state.log = value === "log";
        for (const picture of pictures) redraw(picture.querySelector("figure"));
      }), first > 0 ? startChooser((value) => {
        state.from = value;
        for (const picture of pictures) redraw(picture.querySelector("figure"));
      }) : null),
    make("div.grid", pictures),
    zones.length > kMostZones ? make("p.note", plain(zones.length - kMostZones) + " smaller zones are left out.") : null,
    still.length ? make("p.note", "Not drawn, since they hardly change: " + still.map((k) => "node " + k.replace(" ", " zone ")).join(", ") + ".") : null,
    fold("As a table", memoryTable(runs, doc.page_bytes || 4096)));
}

function placementLegend(doc) {
  return make("span.legend", (doc.placements || []).map((p, i) => make("span", swatch(i), p.name)));
}

function memoryTable(runs, pageBytes) {
  return table([{ head: "Placement" }, { head: "Zone" }, { head: "Free at first", right: true }, { head: "Least free", right: true },
    { head: "at", right: true }, { head: "Free at the end", right: true }, { head: "High watermark at the end", right: true }],
  runs.flatMap((run) => run.memory.filter((m) => m.free.length).map((m) => {
    const least = m.free.indexOf(Math.min(...m.free));
    return [run.placement, "node " + m.node + " " + m.zone, ...[m.free[0], m.free[least]].map((v) => amount(v * pageBytes, "byte")),
      amount(m.time[least], "ns"), amount(m.free.at(-1) * pageBytes, "byte"), amount(m.high.at(-1) * pageBytes, "byte")];
  })), { label: "Free memory" });
}

function memorySpec(lines, pageBytes, log, start, width, c) {
  const names = ["free", "high", "low", "min"];
  const rows = [], marks = [];
  let end = 0, top = 0;
  for (const { of, m } of lines) {
    for (const name of names) {
      m.time.forEach((time, i) => {
        if (time < start && (m.time[i + 1] ?? time) < start) return;
        const bytes = m[name][i] * pageBytes;
        end = Math.max(end, time);
        top = Math.max(top, bytes);
        rows.push({ line: of + name, of, name, time: Math.max(time, start), bytes });
      });
    }
  }
  for (const name of names.slice(1)) {
    const m = lines[0].m;
    marks.push({ name, time: end, bytes: m[name].at(-1) * pageBytes });
  }
  const low = log ? Math.max(pageBytes, Math.min(...rows.filter((r) => r.bytes > 0).map((r) => r.bytes), top)) : 0;
  const values = log ? powersBetween(low, top) : ticks(0, top, 4, "byte");
  const least = lines.map(({ of, name, m }) => {
    const at = m.free.indexOf(Math.min(...m.free));
    return { of, time: Math.max(start, m.time[at]), bytes: Math.max(low, m.free[at] * pageBytes), tip: name + "\nleast free: " + amount(m.free[at] * pageBytes, "byte") + " at " + amount(m.time[at], "ns") };
  });
  return {
    height: 150,
    data: [{ name: "rows", values: rows.map((r) => Object.assign(r, { bytes: Math.max(low, r.bytes) })) }, { name: "least", values: least },
      { name: "marks", values: log ? marks.map((m) => Object.assign(m, { bytes: Math.max(low, m.bytes) })) : [] }],
    scales: [{ name: "x", zero: false, domain: [start, end || 1], range: [0, { signal: "width" }] },
      { name: "y", type: log ? "log" : "linear", domain: log ? [low, Math.max(top, low * 2)] : [0, top * 1.06 || 1], range: "height", nice: false },
      { name: "stroke", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [Object.assign(timeAxis(start, end || 1, width), { grid: false }),
      { orient: "left", scale: "y", values, grid: true, encode: { labels: { update: { text: { signal: log ? "tick(datum.value, 'byte')" : `tick(datum.value, 'byte', ${top})` } } } } }],
    marks: [{ type: "group", name: "zone-lines", from: { facet: { name: "points", data: "rows", groupby: ["line", "of", "name"] } }, marks: [
      { type: "line", name: "zone-line", from: { data: "points" }, encode: { update: { x: { scale: "x", field: "time" }, y: { scale: "y", field: "bytes" },
        stroke: { scale: "stroke", field: "of" }, interpolate: { value: "step-after" },
        strokeWidth: { signal: "datum.name === 'free' ? 2 : 0.8" }, strokeOpacity: { signal: "datum.name === 'free' ? 1 : 0.7" },
        strokeDash: { signal: `datum.name !== 'free' ? [1, 2] : ${JSON.stringify(c.dashes)}[datum.of % 4]` } } } }] },
    { type: "symbol", name: "least-free", from: { data: "least" }, encode: { update: { x: { scale: "x", field: "time" }, y: { scale: "y", field: "bytes" },
      fill: { value: c.ground }, stroke: { scale: "stroke", field: "of" }, strokeWidth: { value: 2 }, size: { value: 42 }, tooltip: { field: "tip" } } } },
    { type: "text", name: "watermark-names", from: { data: "marks" }, encode: { update: { x: { scale: "x", field: "time", offset: -2 },
      y: { scale: "y", field: "bytes", offset: -2 }, align: { value: "right" }, text: { field: "name" }, fontSize: { value: 9 }, fill: { value: c.soft } } } }],
  };
}

// At most six powers of two that cover a range, as marks of a logarithmic axis of bytes.
function powersBetween(low, high) {
  const from = Math.ceil(Math.log2(Math.max(1, low))), to = Math.floor(Math.log2(Math.max(2, high)));
  const step = Math.max(1, Math.ceil((to - from) / 5));
  const all = [];
  for (let i = from; i <= to; i += step) all.push(2 ** i);
  return all;
}
