// What the headline figure rests on: measured, fitted, chosen or assumed constants, with their sources.

const kBasisOrder = ["measured", "published", "derived", "choice", "fitted", "assumed"];

function assumptionsSection(doc) {
  const resting = doc.resting || [], assumptions = doc.assumptions || [];
  if (!resting.length && !assumptions.length) {
    if (doc.runs) absent("assumptions", "What rests on assumptions", "The files do not tell on which constants their times rest.");
    return;
  }
  const chosen = resting.filter((r) => r.metric === (doc.headline || resting[0].metric));
  const shares = (doc.placements || []).map((p) => p.name).filter((n) => assumptions.some((a) => a.share && n in a.share));
  section("assumptions", "What rests on assumptions",
    make("p.lead", "Each constant of time has a basis. What is assumed or fitted could be otherwise: ", make("code", "mhpsim compare --uncertainty"), " tells what that does to the answer."),
    chosen.length ? chart("Share of " + words(chosen[0].metric) + " by the basis of its constants", (width, c) => restingSpec(chosen, width, c),
      fold("As a table", restingTable(chosen))) : null,
    assumptions.length ? make("h3", "Constants, by what " + words(doc.headline || "the headline figure") + " rests on them") : null,
    assumptions.length ? table([{ head: "Constant" }, { head: "Value", right: true }, { head: "Range" }, { head: "Basis" },
      ...shares.map((n) => ({ head: make("span", swatch(placementIndex(doc, n)), n), right: true })), { head: "Source" }],
    assumptions.map((a) => [make("code", a.name), constantText(a.value, a.unit), a.low !== undefined && a.low !== null ? constantText(a.low, a.unit) + " \u2026 " + constantText(a.high, a.unit) : kDash,
      a.basis, ...shares.map((n) => a.share && a.share[n] !== undefined ? a.share[n] < 0.001 ? "< 0.1\u00a0%" : percent(a.share[n]) : kDash),
      make("span.note", a.source || "", a.data && a.data.length ? " [" + a.data.join(", ") + "]" : "")]), { label: "Constants", cards: true })
      : make("p.note", "No assumed or fitted constant has a share in it."));
}

// Constants are recorded as text; whole numbers of a known unit are made readable.
function constantText(value, unit) {
  const number = Number(value);
  return value !== "" && Number.isFinite(number) ? amount(number, unit === "" ? "1" : unit) : String(value) + (unit && unit !== "1" ? " " + unit : "");
}

function restingTable(resting) {
  return table([{ head: "Placement" }, { head: "Basis" }, { head: "Time", right: true }, { head: "Share", right: true }],
    resting.flatMap((r) => {
      const sum = Object.values(r.by_basis).reduce((a, b) => a + b, 0);
      return Object.entries(r.by_basis).map(([basis, time]) => [r.placement, basis, amount(time, "ns"), percent(time / (sum || 1))]);
    }), { label: "Basis" });
}

function restingSpec(resting, width, c) {
  const found = [...new Set(resting.flatMap((r) => Object.keys(r.by_basis)))];
  const order = [...kBasisOrder.filter((b) => found.includes(b)), ...found.filter((b) => !kBasisOrder.includes(b))];
  const rows = [];
  for (const r of resting) {
    const sum = order.reduce((total, b) => total + (r.by_basis[b] || 0), 0) || 1;
    let at = 0;
    for (const basis of order) {
      const share = (r.by_basis[basis] || 0) / sum;
      if (share > 0) rows.push({ placement: r.placement, basis, x: at, x2: at + share, text: basis + " " + percent(share, 0),
        tip: `${r.placement}: ${basis}\n${percent(share)}, ${amount(r.by_basis[basis], "ns")}` });
      at += share;
    }
  }
  // From firm to soft: light to dark, the same in grey.
  const greys = c.dark ? ["#39414d", "#4c5663", "#667281", "#8592a3", "#a9b6c6", "#d3dce8"] : ["#e3e7ec", "#c9d0d9", "#aab4c0", "#8491a1", "#5d6b7c", "#36424f"];
  const fills = order.map((b) => greys[Math.max(0, kBasisOrder.indexOf(b) < 0 ? 2 : kBasisOrder.indexOf(b))]);
  const names = resting.map((r) => r.placement);
  const room = nameRoom(names, width);
  return {
    height: resting.length * 30,
    data: [{ name: "rows", values: rows }],
    scales: [{ name: "x", domain: [0, 1], range: [room, { signal: "width - 2" }] }, { name: "y", type: "band", domain: names, range: "height", padding: 0.18 },
      { name: "fill", type: "ordinal", domain: order, range: fills }],
    axes: [{ orient: "left", scale: "y", domain: false, ticks: false, labelAlign: "left", labelPadding: 0 },
      { orient: "bottom", scale: "x", values: [0, 0.25, 0.5, 0.75, 1], encode: { labels: { update: { text: { signal: "percent(datum.value, 0)" } } } }, title: "share of the time" }],
    marks: [
      { type: "rect", name: "basis", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" }, x2: { scale: "x", field: "x2" }, y: { scale: "y", field: "placement" },
        height: { scale: "y", band: 1 }, fill: { scale: "fill", field: "basis" }, stroke: { value: c.ground }, tooltip: { field: "tip" } } } },
      { type: "text", name: "basis-names", interactive: false, from: { data: "rows" }, encode: { update: { x: { signal: "(scale('x', datum.x) + scale('x', datum.x2)) / 2" },
        y: { scale: "y", field: "placement", band: 0.5 }, baseline: { value: "middle" }, align: { value: "center" },
        text: { signal: "scale('x', datum.x2) - scale('x', datum.x) > 7 * length(datum.text) ? datum.text : scale('x', datum.x2) - scale('x', datum.x) > 7 * length(datum.basis) ? datum.basis : ''" },
        fill: { signal: `luminance(scale('fill', datum.basis)) > 0.3 ? '#15181d' : '#ffffff'` } } } }],
  };
}
