// Draws Vega specifications: as SVG, as wide as the page has room, again when room or colours change.

const charts = [];
const kLabelRoom = 66;  // pixels to the right of bars, for their values

// What expressions in specifications may call besides Vega's own functions.
function setUpCharts() {
  vega.expressionFunction("amount", amount);
  vega.expressionFunction("tick", tickText);
  vega.expressionFunction("percent", percent);
}

// A chart: what(width, colours) gives the specification, or null when there is nothing to draw. `alternative`, an element,
// says in words or a table what the picture shows.
function chart(label, what, alternative) {
  const host = make("div.chart");
  const figure = make("figure", host, alternative ? make("figcaption", alternative) : null);
  const entry = { host, figure, label, what, view: null, width: 0 };
  charts.push(entry);
  watcher.observe(host);
  return figure;
}

function draw(entry) {
  const width = Math.floor(entry.host.clientWidth);
  if (width <= 0) return;
  entry.width = width;
  if (entry.view) entry.view.finalize();
  entry.view = null;
  const colours = palette();
  const spec = entry.what(width, colours);
  if (!spec) {
    entry.host.replaceChildren();
    return;
  }
  const full = Object.assign({ $schema: "https://vega.github.io/schema/vega/v5.json", description: entry.label,
    width, padding: 2, autosize: { type: "fit-x", contains: "padding" }, background: null }, spec);
  const runtime = vega.parse(full, config(colours), { ast: true });
  entry.view = new vega.View(runtime, { expr: vega.expressionInterpreter, renderer: "svg", hover: false, logLevel: vega.Warn });
  entry.view.tooltip(showTip).initialize(entry.host).run();
}

function redrawCharts() {
  for (const entry of charts) if (entry.host.isConnected) draw(entry);
}

// Draws the chart of an element that chart() gave again, after its choice changed.
function redraw(figure) {
  const entry = charts.find((c) => c.figure === figure);
  if (entry) draw(entry);
}

const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const entry = charts.find((c) => c.host === target);
    if (entry && Math.floor(target.clientWidth) !== entry.width) draw(entry);
  }
});

function config(c) {
  const font = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
  return {
    axis: { domainColor: c.line, tickColor: c.line, gridColor: c.line, gridOpacity: 0.6, labelColor: c.soft, titleColor: c.soft,
      labelFont: font, titleFont: font, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal", labelLimit: 220,
      labelPadding: 4, tickSize: 4, labelOverlap: "greedy", labelSeparation: 6 },
    legend: { labelColor: c.soft, titleColor: c.soft, labelFont: font, titleFont: font, titleFontWeight: "normal" },
    title: { color: c.ink, font, fontSize: 12, fontWeight: 600, anchor: "start", subtitleColor: c.soft, subtitleFont: font },
    text: { fill: c.ink, font, fontSize: 11 },
  };
}

// A horizontal axis of a quantity, with round values and their unit.
function quantityAxis(orient, scale, [low, high], unit, title, count, extra) {
  const values = ticks(low, high, count, unit);
  const largest = Math.max(Math.abs(low), Math.abs(high));
  return Object.assign({ orient, scale, values, title: title ? axisTitle(title, unit) : undefined, grid: true,
    encode: { labels: { update: { text: { signal: `tick(datum.value, ${JSON.stringify(unit || "")}, ${largest})` } } } } }, extra);
}

function showTip(handler, event, item, value) {
  const tip = document.getElementById("tip");
  if (value === null || value === undefined || value === "") {
    tip.hidden = true;
    return;
  }
  tip.replaceChildren(...String(value).split("\n").map((line, i) => make(i ? "div" : "strong", line)));
  tip.hidden = false;
  const room = { x: innerWidth - tip.offsetWidth - 8, y: innerHeight - tip.offsetHeight - 8 };
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, room.x)) + "px";
  tip.style.top = Math.max(4, Math.min(event.clientY + 14, room.y)) + "px";
}
