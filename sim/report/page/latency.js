// What the workloads' operations took.

function latencySection(doc) {
  const runs = (doc.runs || []).filter((r) => r.latency && r.latency.some((l) => l.count.some((n) => n > 0)));
  if (!runs.length) {
    if (doc.runs) absent("latency", "Latency of the workload", "No workload timed its operations, or the files hold no histogram of them.");
    return;
  }
  const workloads = [...new Set(runs.flatMap((r) => r.latency.map((l) => l.workload)))];
  const state = { tail: false };
  const pictures = workloads.map((workload) => {
    const lines = runs.map((r) => ({ of: placementIndex(doc, r.placement), name: r.placement, l: r.latency.find((l) => l.workload === workload) })).filter((l) => l.l);
    return make("div.cell", workloads.length > 1 ? make("h3", workload) : null, chart("Latency of the operations of " + workload,
      (width, c) => latencySpec(lines, state.tail, width, c), fold("As a table", latencyTable(lines))));
  });
  section("latency", "Latency of the workload",
    make("p.lead", "How long the workload's operations took while memory was added, as shares of all of them."),
    make("p.controls", placementLegend(doc), chooser("Show", [{ value: "share", text: "share in each bin" }, { value: "tail", text: "share that took longer (tail)" }], "share", (value) => {
      state.tail = value === "tail";
      for (const picture of pictures) redraw(picture.querySelector("figure"));
    })), ...pictures);
}

function latencyTable(lines) {
  const quantile = (l, q) => {
    const all = l.count.reduce((a, b) => a + b, 0);
    let seen = 0;
    for (let i = 0; i < l.count.length; ++i) {
      seen += l.count[i];
      if (seen >= q * all) return "\u2264 " + amount(l.hi[i], "ns");
    }
    return kDash;
  };
  return table([{ head: "Placement" }, { head: "Operations", right: true }, { head: "half within", right: true }, { head: "99 % within", right: true }, { head: "99.9 % within", right: true }, { head: "all within", right: true }],
    lines.map(({ name, l }) => [name, plain(l.count.reduce((a, b) => a + b, 0)), quantile(l, 0.5), quantile(l, 0.99), quantile(l, 0.999), quantile(l, 1)]), { label: "Latency" });
}

function latencySpec(lines, tail, width, c) {
  const rows = [];
  for (const { of, name, l } of lines) {
    const all = l.count.reduce((a, b) => a + b, 0) || 1;
    let seen = 0;
    l.count.forEach((count, i) => {
      seen += count;
      const lo = Math.max(1, l.lo[i]), hi = Math.max(lo + 1, l.hi[i]);
      rows.push({ of, lo, hi, share: count / all, tail: Math.max(1 - seen / all, 0), count,
        tip: `${name}\n${amount(lo, "ns")} to ${amount(hi, "ns")}: ${percent(count / all, 3)} (${plain(count)})\nlonger than that: ${percent(Math.max(0, 1 - seen / all), 4)}` });
    });
  }
  const used = rows.filter((r) => r.count > 0);
  const low = Math.min(...used.map((r) => r.lo)), high = Math.max(...used.map((r) => r.hi));
  const floor = 10 ** Math.floor(Math.log10(Math.min(0.1, ...used.map((r) => r.share))));
  const kept = rows.filter((r) => r.hi > low && r.lo < high);
  const top = Math.max(...kept.map((r) => r.share));
  const yValues = tail ? [1, 0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7].filter((v) => v >= floor) : ticks(0, top, 4, "share");
  return {
    height: 220,
    data: [{ name: "rows", values: kept.flatMap((r) => {
      const y = tail ? Math.max(r.tail, floor) : r.share;
      return [Object.assign({}, r, { x: r.lo, y }), Object.assign({}, r, { x: r.hi, y })];
    }) }, { name: "bins", values: kept.filter((r) => r.count > 0).map((r) => Object.assign({}, r, { x: Math.sqrt(r.lo * r.hi), y: tail ? Math.max(r.tail, floor) : r.share })) }],
    scales: [{ name: "x", type: "log", domain: [low, high], range: [0, { signal: "width - 8" }] },
      { name: "y", type: tail ? "log" : "linear", domain: tail ? [floor, 1] : [0, top * 1.06], range: "height" },
      { name: "stroke", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [{ orient: "bottom", scale: "x", values: logTicks(low, high), grid: true, title: "time of an operation", encode: { labels: { update: { text: { signal: "tick(datum.value, 'ns')" } } } } },
      { orient: "left", scale: "y", values: yValues, grid: true, title: tail ? "share that took longer" : "share of operations", encode: { labels: { update: { text: { signal: "percent(datum.value, 5)" } } } } }],
    marks: [{ type: "group", from: { facet: { name: "points", data: "rows", groupby: "of" } }, marks: [
      ...(tail ? [] : [{ type: "area", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, y2: { scale: "y", value: 0 },
        fill: { scale: "stroke", field: "of" }, fillOpacity: { value: 0.13 } } } }]),
      { type: "line", name: "latency", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, stroke: { scale: "stroke", field: "of" },
        strokeWidth: { value: 2 }, strokeDash: { signal: `${JSON.stringify(c.dashes)}[datum.of % 4]` } } } }] },
    { type: "symbol", name: "latency-bins", from: { data: "bins" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, size: { value: 30 }, fill: { scale: "stroke", field: "of" },
      shape: { signal: "['circle','diamond','square','triangle-up'][datum.of % 4]" }, tooltip: { field: "tip" } } } }],
  };
}

// 1, 2, 5, 10 ... between two values, thinned to powers of ten where they would be many.
function logTicks(low, high) {
  const all = [];
  const decades = Math.log10(high / low);
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); ++power) {
    for (const m of decades < 2.5 ? [1, 2, 5] : [1]) {
      const value = m * 10 ** power;
      if (value >= low * 0.999 && value <= high * 1.001) all.push(value);
    }
  }
  // A range within one step of those: round values between its ends.
  return all.length >= 2 ? all : ticks(low, high, 4, "ns");
}
