// What moved over the run: counters, pressure, waits, bandwidth. Chosen one by one.

function seriesSection(doc) {
  const runs = (doc.runs || []).filter((r) => r.series && r.series.curves && r.series.curves.length);
  if (!runs.length) {
    if (doc.runs) absent("series", "Over time", "The files hold no time series: nothing that is sampled moved, or an earlier program recorded them.");
    return;
  }
  const key = (curve) => curve.name + "\n" + (curve.of ?? "");
  const keys = [...new Set(runs.flatMap((r) => r.series.curves.map(key)))];
  const state = { key: keys[0] };
  const curveOf = (run) => run.series.curves.find((c) => key(c) === state.key);
  const about = make("p.note");
  const picture = chart("Time series", (width, c) => seriesSpec(doc, runs, curveOf, width, c));
  const show = (value) => {
    state.key = value;
    const curve = runs.map(curveOf).find(Boolean);
    about.textContent = [prose(curve.definition), curve.kind === "counter" ? "Sum since the start." : curve.kind === "rate" ? "Mean of each interval; the band reaches from the least to the most within it." : ""]
      .filter(Boolean).join(". ").replace("..", ".");
  };
  show(state.key);
  section("series", "Over time", make("p.controls", chooser("Curve", keys.map((k) => ({ value: k, text: words(k.split("\n")[0]) + (k.endsWith("\n") ? "" : " \u00b7 " + k.split("\n")[1]) })), state.key, (value) => {
    show(value);
    redraw(picture);
  }), placementLegend(doc)), about, picture);
}

function seriesSpec(doc, runs, curveOf, width, c) {
  const rows = [];
  let unit = "", name = "";
  for (const run of runs) {
    const curve = curveOf(run);
    if (!curve) continue;
    ({ unit, name } = curve);
    const of = placementIndex(doc, run.placement);
    run.series.time.forEach((time, i) => {
      const last = curve.last[i];
      if (last !== null && last !== undefined) rows.push({ of, time, last, min: curve.min ? curve.min[i] : last, max: curve.max ? curve.max[i] : last });
    });
  }
  if (!rows.length) return null;
  const end = Math.max(...rows.map((r) => r.time));
  const low = Math.min(0, ...rows.map((r) => r.min)), high = Math.max(...rows.map((r) => r.max)) || 1;
  return {
    height: 220,
    data: [{ name: "rows", values: rows }],
    scales: [{ name: "x", domain: [0, end || 1], range: [0, { signal: "width" }] }, { name: "y", domain: [low, high], range: "height" },
      { name: "stroke", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [quantityAxis("bottom", "x", [0, end || 1], "ns", "time since the start", Math.max(3, width / 110), { grid: false }),
      quantityAxis("left", "y", [low, high], unit, words(name), 5)],
    marks: [{ type: "group", from: { facet: { name: "points", data: "rows", groupby: "of" } }, marks: [
      { type: "area", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "time" }, y: { scale: "y", field: "min" }, y2: { scale: "y", field: "max" },
        fill: { scale: "stroke", field: "of" }, fillOpacity: { value: 0.2 }, interpolate: { value: "step-before" } } } },
      { type: "line", name: "series", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "time" }, y: { scale: "y", field: "last" }, stroke: { scale: "stroke", field: "of" },
        interpolate: { value: "step-before" }, strokeWidth: { value: 1.8 }, strokeDash: { signal: `${JSON.stringify(c.dashes)}[datum.of % 4]` } } } }] }],
  };
}
