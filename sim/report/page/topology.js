// The machine: nodes, links between them, and what went over each.

function topologySection(doc) {
  const runs = (doc.runs || []).filter((r) => r.topology && r.topology.nodes && r.topology.nodes.length);
  if (!runs.length) {
    if (doc.runs) absent("topology", "Topology and traffic", "The files do not hold the machine's topology.");
    return;
  }
  const noTraffic = runs.every((r) => !r.traffic || !r.traffic.length);
  section("topology", "Topology and traffic",
    make("p.lead", noTraffic ? "Nodes and links of the machine. How much went over them is not in the files."
      : "How busy each memory controller and link was, over the whole run, and how much of it the kernel moved for the hot-add."),
    make("div.grid.two", runs.map((run) => make("div.cell", make("h3", swatch(placementIndex(doc, run.placement)), run.placement),
      chart("Topology of the machine, with the traffic of " + run.placement, (width, c) => topologySpec(doc, run, width, c))))),
    noTraffic ? null : fold("As a table", trafficTable(runs)));
}

function trafficTable(runs) {
  return table([{ head: "Placement" }, { head: "Resource" }, { head: "Moved", right: true }, { head: "by the kernel", right: true }, { head: "Capacity", right: true },
    { head: "Busy", right: true }, { head: "of the run", right: true }],
  runs.flatMap((run) => (run.traffic || []).map((t) => [run.placement, t.kind === "link" ? `link ${t.from} \u2192 ${t.to}` : `controller of node ${t.from}`,
    amount(t.bytes, "byte"), amount(t.kernel_bytes || 0, "byte"), amount(t.capacity, "byte/s"), amount(t.busy, "ns"), percent(t.busy / (run.end || 1))])), { label: "Traffic" });
}

// Nodes in a row when there are two or fewer, else on an ellipse; a link is as thick as it was busy.
function topologySpec(doc, run, width, c) {
  const nodes = run.topology.nodes;
  const many = nodes.length > 6;
  const box = { w: Math.min(many ? 92 : 150, (width - 30) / Math.min(nodes.length, 2) - (nodes.length > 1 ? 34 : 0)), h: many ? 46 : 74 };
  const height = nodes.length <= 2 ? 130 : many ? 420 : 310;
  const places = nodes.map((n, i) => {
    if (nodes.length === 1) return { x: width / 2, y: height / 2 };
    if (nodes.length === 2) return { x: i ? width - box.w / 2 - 2 : box.w / 2 + 2, y: height / 2 };
    const angle = (i / nodes.length) * 2 * Math.PI - Math.PI / 2 - (nodes.length % 2 ? 0 : Math.PI / nodes.length);
    return { x: width / 2 + Math.cos(angle) * (width / 2 - box.w / 2 - 2), y: height / 2 + Math.sin(angle) * (height / 2 - box.h / 2 - 2) };
  });
  const at = new Map(nodes.map((n, i) => [n.node, places[i]]));
  const busy = (t) => Math.min(1, t.busy / (run.end || 1));
  const traffic = run.traffic || [];
  const boxes = nodes.map((n, i) => {
    const t = traffic.find((x) => x.kind === "controller" && x.from === n.node);
    const lines = [`node ${n.node}` + (n.cpus ? ` \u00b7 ${plural(n.cpus, "CPU")}` : " \u00b7 no CPU"), amount(n.boot_bytes, "byte") + (n.added_bytes ? " + " + amount(n.added_bytes, "byte") : ""),
      t ? "busy " + percent(busy(t)) : ""];
    return { x: places[i].x, y: places[i].y, one: lines[0], two: lines[1], three: lines[2], busy: t ? busy(t) : 0,
      kernel: t && t.bytes ? busy(t) * (t.kernel_bytes || 0) / t.bytes : 0,
      tip: [`Node ${n.node}`, `${amount(n.boot_bytes, "byte")} at boot, ${amount(n.added_bytes || 0, "byte")} added`, n.latency ? `latency ${amount(n.latency, "ns")}` : "",
        n.bandwidth ? `bandwidth ${amount(n.bandwidth, "byte/s")}` : "", t ? `moved ${amount(t.bytes, "byte")}, of it ${amount(t.kernel_bytes || 0, "byte")} by the kernel` : ""].filter(Boolean).join("\n") };
  });
  const links = (run.topology.links || []).filter((l) => at.has(l.from) && at.has(l.to)).map((l) => {
    const both = traffic.filter((x) => x.kind === "link" && ((x.from === l.from && x.to === l.to) || (x.from === l.to && x.to === l.from)));
    const most = both.length ? Math.max(...both.map(busy)) : 0;
    const a = at.get(l.from), b = at.get(l.to);
    return { x: a.x, y: a.y, x2: b.x, y2: b.y, busy: most, text: both.length ? "busy " + percent(most) : "", below: amount(l.latency, "ns"),
      tip: [`Link ${l.from} ${kDash} ${l.to}`, `latency ${amount(l.latency, "ns")}, bandwidth ${amount(l.bandwidth, "byte/s")}`,
        ...both.map((t) => `${t.from} \u2192 ${t.to}: ${amount(t.bytes, "byte")}, of it ${amount(t.kernel_bytes || 0, "byte")} by the kernel, busy ${percent(busy(t))}`)].join("\n") };
  });
  const fill = c.placements[placementIndex(doc, run.placement) % 4];
  const line = (name, field, dy, extra) => ({ type: "text", name, interactive: false, from: { data: "boxes" }, encode: { update: Object.assign({ x: { field: "x" }, y: { field: "y", offset: dy },
    align: { value: "center" }, baseline: { value: "middle" }, text: { field }, limit: { value: box.w - 8 }, fontSize: { value: many ? 9 : 11 } }, extra) } });
  return {
    height,
    data: [{ name: "boxes", values: boxes }, { name: "links", values: links }],
    marks: [
      { type: "rule", name: "link-lines", from: { data: "links" }, encode: { update: { x: { field: "x" }, y: { field: "y" }, x2: { field: "x2" }, y2: { field: "y2" },
        stroke: { signal: `datum.busy > 0 ? '${fill}' : '${c.soft}'` }, strokeOpacity: { value: 0.75 }, strokeWidth: { signal: "1.5 + 12 * datum.busy" }, tooltip: { field: "tip" } } } },
      { type: "rect", name: "nodes", from: { data: "boxes" }, encode: { update: { xc: { field: "x" }, yc: { field: "y" }, width: { value: box.w }, height: { value: box.h },
        fill: { value: c.panel }, stroke: { value: c.soft }, cornerRadius: { value: 5 }, tooltip: { field: "tip" } } } },
      { type: "rect", name: "controllers", interactive: false, from: { data: "boxes" }, encode: { update: { x: { signal: `datum.x - ${box.w / 2 - 6}` }, width: { signal: `datum.busy * ${box.w - 12}` },
        y: { field: "y", offset: box.h / 2 - 10 }, height: { value: 6 }, fill: { value: fill }, fillOpacity: { value: 0.45 } } } },
      { type: "rect", name: "controllers-kernel", interactive: false, from: { data: "boxes" }, encode: { update: { x: { signal: `datum.x - ${box.w / 2 - 6}` }, width: { signal: `datum.kernel * ${box.w - 12}` },
        y: { field: "y", offset: box.h / 2 - 10 }, height: { value: 6 }, fill: { value: fill } } } },
      line("node-names", "one", many ? -14 : -24, { fontWeight: { value: 700 } }), line("node-sizes", "two", many ? -2 : -7), line("node-busy", "three", many ? 9 : 10, { fill: { value: c.soft } }),
      ...(many ? [] : [["link-busy", "text", -9], ["link-latency", "below", 12]].map(([name, field, dy]) => ({ type: "text", name, interactive: false, from: { data: "links" }, encode: { update: {
        x: { signal: "(datum.x + datum.x2) / 2" }, y: { signal: `(datum.y + datum.y2) / 2 + ${dy}` }, align: { value: "center" }, baseline: { value: "middle" }, text: { field },
        fill: { value: c.soft }, fontSize: { value: 10 } } } })))],
  };
}
