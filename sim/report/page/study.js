// A study: heat maps over two of its axes, lines over one, points over a sample; break-even lines on top.

function studySection(doc) {
  const study = doc.study;
  if (!study) return;
  if (!study.metrics || !study.metrics.length || !study.dims.length) {
    absent("study", "The study", "No figure of the study differs between its points.");
    return;
  }
  const model = studyModel(study);
  const named = study.metrics.find((m) => m.headline) || study.metrics.find((m) => m.name === doc.headline) || study.metrics[0];
  const state = { metric: study.metrics.indexOf(named), mode: "value", x: 0, y: 0, fixed: model.sizes.map(() => 0), axis: null };
  const big = [...model.free].sort((a, b) => model.sizes[b] - model.sizes[a]);
  const ordered = [...big].sort((a, b) => Number(model.axesOf(b).some((x) => x.numeric)) - Number(model.axesOf(a).some((x) => x.numeric)));
  [state.x, state.y] = ordered;
  const kind = model.free.some((d) => model.sampled[d]) ? "points" : model.free.length >= 2 ? "heat" : "lines";
  if (kind === "points") {
    state.x = model.free.find((d) => model.sampled[d]);
    state.axis = model.axesOf(state.x).find((a) => a.numeric) || model.axesOf(state.x)[0];
  }
  const body = make("div"), controls = make("p.controls");
  const show = () => {
    controls.replaceChildren(...studyControls(doc, model, state, kind, show).filter(Boolean));
    body.replaceChildren(...({ heat: heatMaps, lines: studyLines, points: studyPoints })[kind](doc, model, state));
  };
  section("study", kind === "heat" ? "The study: heat maps and break-even" : "The study", make("p.lead", studyLead(study)), controls, body,
    study.constant && study.constant.length ? fold(plural(study.constant.length, "figure is the same", "figures are the same") + " at every point",
      table([{ head: "Figure" }, { head: "Value", right: true }], study.constant.map((m) => [words(m.name), amount(m.value, m.unit)]), { label: "Constant figures" })) : null,
    study.left_out && study.left_out.length ? make("p.note", "Left out to keep the file small: " + study.left_out.map(words).join(", ") + ".") : null);
  show();
}

function studyLead(study) {
  const axes = study.axes.map((a) => `${words(a.name)} (${plain(study.dims[a.dim].size)})`).join(" \u00d7 ");
  const points = study.dims.reduce((n, d) => n * d.size, 1);
  const missing = study.runs && study.runs.missing ? `, ${plural(study.runs.missing, "run")} not simulated` : "";
  return `${plural(points, "point")}: ${axes}; ${plural(study.replicates || 1, "replicate")} each${missing}.`;
}

function studyControls(doc, model, state, kind, show) {
  const study = doc.study;
  const set = (name, number = true) => (value) => {
    state[name] = number ? Number(value) : value;
    show();
  };
  const controls = [chooser("Figure", study.metrics.map((m, i) => ({ value: String(i), text: words(m.name) + (study.metrics.filter((o) => o.name === m.name).length > 1 ? " (" + m.phase + ")" : "") })), String(state.metric), set("metric"))];
  controls[0].querySelector("select").dataset.metric = "";
  const compare = comparison(study, state);
  if (kind === "heat") {
    if (compare) controls.push(chooser("Show", [{ value: "value", text: "values" }, { value: "diff", text: "difference to " + levelText(model.baseAxis, study.baseline.level) }], state.mode, set("mode", false)));
    const dims = (other) => model.free.filter((d) => d !== other).map((d) => ({ value: String(d), text: words(study.dims[d].name) }));
    if (model.free.length > 2) controls.push(chooser("Across", dims(state.y), String(state.x), set("x")), chooser("Up", dims(state.x), String(state.y), set("y")));
  }
  if (kind === "points") {
    const axes = model.axesOf(state.x).filter((a) => a.numeric);
    controls.push(chooser("Against", axes.map((a) => ({ value: a.name, text: words(a.name) })), state.axis.name, (value) => {
      state.axis = axes.find((a) => a.name === value);
      show();
    }));
  }
  for (const d of model.free.filter((f) => f !== state.x && (kind !== "heat" || f !== state.y))) {
    const axis = model.axesOf(d)[0];
    controls.push(chooser(words(axis.name), axis.values.map((_, i) => ({ value: String(i), text: levelText(axis, i) })), String(state.fixed[d]), (value) => {
      state.fixed[d] = Number(value);
      show();
    }));
  }
  return controls;
}

function comparison(study, state) {
  return study.baseline && study.compare ? study.compare.find((x) => x.metric === study.metrics[state.metric].name) : null;
}

function levels(model) {
  return model.baseAxis ? model.baseAxis.values.map((_, i) => i) : [0];
}

function pointAt(model, state, changes) {
  const at = state.fixed.map((v, d) => (model.free.includes(d) ? v : 0));
  for (const [dim, i] of changes) if (dim >= 0) at[dim] = i;
  return model.index(at);
}

// Break-even crossings along x (or y) at the chosen values of all other dimensions.
function crossingsOf(study, model, state, level) {
  const metric = study.metrics[state.metric].name;
  return (study.break_even || []).filter((b) => b.metric === metric && b.level === level).flatMap((b) => b.crossings.map((x) => Object.assign({ dim: study.axes[b.axis].dim, axis: study.axes[b.axis] }, x)))
    .filter((x) => x.at.every((i, d) => i === null || d === state.x || d === state.y || i === state.fixed[d] || !model.free.includes(d)));
}

function heatMaps(doc, model, state) {
  const study = doc.study;
  const metric = study.metrics[state.metric];
  const compare = comparison(study, state);
  const diff = state.mode === "diff" && compare;
  const shown = levels(model).filter((l) => !diff || l !== study.baseline.level);
  const x = model.axesOf(state.x)[0], y = model.axesOf(state.y)[0];
  const cells = shown.map((level) => {
    const rows = [];
    for (let i = 0; i < model.sizes[state.x]; ++i) {
      for (let j = 0; j < model.sizes[state.y]; ++j) {
        const p = pointAt(model, state, [[state.x, i], [state.y, j], [model.baseDim, level]]);
        rows.push(heatCell(study, metric, diff, p, levelText(x, i), levelText(y, j), words(x.name), words(y.name)));
      }
    }
    return rows;
  });
  const reached = cells.flat().filter((r) => r.value !== null).map((r) => r.value);
  const range = reached.length ? [Math.min(...reached), Math.max(...reached)] : [0, 1];
  const pictures = shown.map((level, k) => {
    const crossings = crossingsOf(study, model, state, level);
    const title = model.baseAxis ? levelText(model.baseAxis, level) : "";
    return make("div.cell", make("h3", model.baseAxis ? swatch(level) : null, diff ? title + " less " + levelText(model.baseAxis, study.baseline.level) : title),
      chart(`Heat map of ${words(metric.name)}, ${title}, over ${words(x.name)} and ${words(y.name)}`,
        (width, c) => heatSpec(cells[k], { x, y, dimX: state.x, dimY: state.y }, range, metric.unit, diff, crossings, width, c),
        fold("As a table", heatTable(cells[k], x, y, metric, diff))));
  });
  return [metricNote(metric, "\u2715: not reached." + (diff ? " Pale: within chance." : "")), make("div.grid.two", pictures), breakEvenTable(study, model, state)].filter(Boolean);
}

function metricNote(metric, more) {
  const parts = [prose(metric.definition), metric.better === "lower" ? "Less is better" : metric.better === "higher" ? "More is better" : ""];
  return make("p.note", parts.filter(Boolean).map((t) => t[0].toUpperCase() + t.slice(1).replace(/\.$/, "") + ". ").join(""), more);
}

function heatCell(study, metric, diff, p, xText, yText, xName, yName) {
  const value = (diff ? diff.diff : metric.mean)[p];
  const lo = diff ? diff.lo : metric.lo, hi = diff ? diff.hi : metric.hi;
  const outcome = study.outcome ? study.outcome[p] : "ok";
  const unsure = Boolean(diff && diff.significant && diff.significant[p] === 0);
  const bounds = lo && lo[p] !== null && hi[p] !== null && lo[p] !== hi[p] ? "\n" + interval(lo[p], hi[p], metric.unit) : "";
  const text = value === null || value === undefined ? missedText(outcome) : (diff ? signed(value, metric.unit) : amount(value, metric.unit));
  return { x: xText, y: yText, value: value ?? null, unsure, text, outcome, tip: `${text}${unsure ? " (within chance)" : ""}` + bounds + `\n${xName} ${xText}` + `\n${yName} ${yText}` };
}

function missedText(outcome) {
  return outcome === "none" ? "not simulated" : "not reached" + (outcome !== "ok" ? ": " + outcome : "");
}

function heatTable(cells, x, y, metric, diff) {
  const columns = [{ head: words(y.name) + " \\ " + words(x.name) }, ...x.values.map((_, i) => ({ head: levelText(x, i), right: true }))];
  const rows = y.values.map((_, j) => [levelText(y, j), ...x.values.map((__, i) => cells[i * y.values.length + j].text + (diff && cells[i * y.values.length + j].unsure ? " (chance)" : ""))]);
  return table(columns, rows, { label: words(metric.name) });
}

function heatSpec(cells, { x, y, dimX, dimY }, [low, high], unit, diff, crossings, width, c) {
  const xs = x.values.map((_, i) => levelText(x, i)), ys = y.values.map((_, i) => levelText(y, i));
  const most = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const room = nameRoom(ys, width) + 4;
  const wide = (width - room) / xs.length;
  const every = Math.max(1, Math.ceil(58 / wide));
  const high1 = Math.max(14, Math.min(34, 420 / ys.length));
  // Less is blue and more is orange, about a middle of the ground's own colour; values go by lightness alone.
  const colours = diff ? [c.placements[0], c.dark ? "#2b3038" : "#f1f1f0", c.placements[1]] : c.dark ? ["#27364f", "#3f78a8", "#8fd0c8", "#f4f3c0"] : ["#f2f5d0", "#8ecbb5", "#37789e", "#1d2c5e"];
  const onX = (v, axis) => fractional(axis.values, v);
  const points = crossings.map((k) => k.dim === dimX ? { px: (onX(k.x, k.axis) + 0.5) * wide + room, j: k.at[dimY] } : k.dim === dimY ? { i: k.at[dimX], py: onX(k.x, k.axis) } : null).filter(Boolean)
    .map((p, n) => ({ px: p.px ?? room + (p.i + 0.5) * wide, py: p.j !== undefined && p.j !== null ? (ys.length - 1 - p.j + 0.5) * high1 : (ys.length - 1 - p.py + 0.5) * high1, along: crossings[n].dim === dimX ? "x" : "y",
      tip: `Break-even at ${amount(crossings[n].x, crossings[n].axis.unit)} of ${words(crossings[n].axis.name)}\nbelow: ${crossings[n].before} is better\nabove: ${crossings[n].after}` }));
  const inCells = wide > 52 && high1 >= 18;
  return {
    height: ys.length * high1,
    data: [{ name: "cells", values: cells }, { name: "reached", values: cells.filter((r) => r.value !== null) }, { name: "missed", values: cells.filter((r) => r.value === null && r.outcome !== "none") },
      { name: "even", values: points.filter((p) => Number.isFinite(p.px) && Number.isFinite(p.py)).sort((a, b) => a.py - b.py) }],
    scales: [{ name: "x", type: "band", domain: xs, range: [room, { signal: "width" }] }, { name: "y", type: "band", domain: [...ys].reverse(), range: [0, ys.length * high1] },
      { name: "fill", type: "linear", domain: diff ? [-most, 0, most] : colours.map((_, i) => low + (high - low || 1) * i / (colours.length - 1)), range: colours, zero: false, interpolate: "rgb", clamp: true }],
    axes: [{ orient: "bottom", scale: "x", values: xs.filter((_, i) => i % every === 0), title: words(x.name), domain: false },
      { orient: "left", scale: "y", domain: false, ticks: false, labelAlign: "left", labelPadding: 0, title: words(y.name), titleAngle: 0, titleAlign: "left", titleX: 0, titleY: -12 }],
    marks: [
      { type: "rect", name: "heat", from: { data: "reached" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, width: { scale: "x", band: 1, offset: -1 }, height: { scale: "y", band: 1, offset: -1 },
        fill: { scale: "fill", field: "value" }, fillOpacity: { signal: "datum.unsure ? 0.35 : 1" }, tooltip: { field: "tip" } } } },
      { type: "rect", name: "heat-missed", from: { data: "missed" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "y" }, width: { scale: "x", band: 1, offset: -1 }, height: { scale: "y", band: 1, offset: -1 },
        fill: { value: c.panel }, stroke: { value: c.line }, tooltip: { field: "tip" } } } },
      { type: "text", name: "heat-missed-marks", interactive: false, from: { data: "missed" }, encode: { update: { x: { scale: "x", field: "x", band: 0.5 }, y: { scale: "y", field: "y", band: 0.5 }, align: { value: "center" }, baseline: { value: "middle" },
        text: { value: "\u2715" }, fill: { value: c.bad }, fontSize: { value: 10 } } } },
      ...(inCells ? [{ type: "text", name: "heat-values", interactive: false, from: { data: "reached" }, encode: { update: { x: { scale: "x", field: "x", band: 0.5 }, y: { scale: "y", field: "y", band: 0.5 }, align: { value: "center" }, baseline: { value: "middle" },
        text: { field: "text" }, fontSize: { value: 9 }, limit: { value: wide - 4 }, fill: { signal: `datum.unsure ? '${c.ink}' : luminance(scale('fill', datum.value)) > 0.3 ? '#15181d' : '#ffffff'` } } } }] : []),
      { type: "line", name: "break-even-line", interactive: false, from: { data: "even" }, encode: { update: { x: { field: "px" }, y: { field: "py" }, stroke: { value: c.ink }, strokeWidth: { value: 1.5 }, strokeDash: { value: [5, 3] } } } },
      { type: "symbol", name: "break-even", from: { data: "even" }, encode: { update: { x: { field: "px" }, y: { field: "py" }, size: { value: 60 }, fill: { value: c.ground }, stroke: { value: c.ink }, strokeWidth: { value: 2 }, tooltip: { field: "tip" } } } }],
    legends: [{ fill: "fill", type: "gradient", orient: "bottom", direction: "horizontal", gradientLength: Math.min(260, width - 40), gradientThickness: 10, values: diff ? [-most, 0, most] : [low, high],
      encode: { labels: { update: { text: { signal: diff ? `datum.value === 0 ? 'the same' : amount(datum.value, '${unit}')` : `amount(datum.value, '${unit}')` } } } } }],
  };
}

// Where a value lies between the levels of an axis, in steps.
function fractional(values, v) {
  for (let i = 0; i + 1 < values.length; ++i) {
    const [a, b] = [values[i], values[i + 1]];
    if ((v >= a && v <= b) || (v <= a && v >= b)) return i + (b === a ? 0 : (v - a) / (b - a));
  }
  return NaN;
}

function breakEvenTable(study, model, state) {
  const all = levels(model).flatMap((level) => crossingsOf(study, model, state, level));
  if (!all.length) return study.break_even && study.baseline ? make("p.note", "No break-even of this figure lies within the axes shown: one placement is the better all along.") : null;
  const where = (x) => x.at.map((i, d) => (i === null || d === x.dim || d === model.baseDim ? null : `${words(model.axesOf(d)[0].name)} ${levelText(model.axesOf(d)[0], i)}`)).filter(Boolean).join(", ");
  return table([{ head: "Break-even along" }, { head: "at", right: true }, { head: "between", right: true }, { head: "Better below" }, { head: "Better above" }, { head: "Where" }],
    all.map((x) => [words(x.axis.name), amount(x.x, x.axis.unit), interval(x.low, x.high, x.axis.unit), x.before, x.after, where(x) || kDash]), { label: "Break-even", caption: "Break-even: where the better placement changes" });
}

function studyRows(doc, model, state, xOf) {
  const study = doc.study, metric = study.metrics[state.metric];
  const rows = [];
  for (const level of levels(model)) {
    for (let i = 0; i < (model.sizes[state.x] ?? 1); ++i) {
      const p = pointAt(model, state, [[state.x, i], [model.baseDim, level]]);
      const value = metric.mean[p];
      const name = model.baseAxis ? levelText(model.baseAxis, level) : "";
      rows.push({ of: level, name, i, x: xOf(i), value: value ?? null, lo: metric.lo && metric.lo[p] !== null ? metric.lo[p] : value ?? null, hi: metric.hi && metric.hi[p] !== null ? metric.hi[p] : value ?? null,
        outcome: study.outcome ? study.outcome[p] : "ok",
        text: value === null || value === undefined ? missedText(study.outcome ? study.outcome[p] : "ok") : amount(value, metric.unit) });
    }
  }
  return rows;
}

function studyLegend(model) {
  return model.baseAxis ? make("p.controls", make("span.legend", levels(model).map((l) => make("span", swatch(l), levelText(model.baseAxis, l))))) : null;
}

function studyLines(doc, model, state) {
  const study = doc.study, metric = study.metrics[state.metric];
  const axis = model.free.length ? model.axesOf(state.x)[0] : null;
  const rows = studyRows(doc, model, state, (i) => (axis ? axis.numeric ? axis.values[i] : String(axis.values[i]) : ""));
  for (const r of rows) r.tip = `${r.name}\n${axis ? words(axis.name) + " " + levelText(axis, r.i) : ""}\n${r.text}`;
  const crossings = levels(model).flatMap((level) => crossingsOf(study, model, state, level)).map((x) => ({ x: x.x, text: amount(x.x, x.axis.unit), tip: `Break-even at ${amount(x.x, x.axis.unit)}` }));
  return [studyLegend(model), metricNote(metric, ""),
    chart(words(metric.name) + (axis ? " by " + words(axis.name) : ""), (width, c) => lineSpec(rows, axis, metric, crossings, width, c),
      fold("As a table", table([{ head: axis ? words(axis.name) : "Point" }, ...levels(model).map((l) => ({ head: model.baseAxis ? levelText(model.baseAxis, l) : words(metric.name), right: true }))],
        (axis ? axis.values : [0]).map((_, i) => [axis ? levelText(axis, i) : "", ...levels(model).map((l) => rows.find((r) => r.of === l && r.i === i).text)]), { label: words(metric.name) }))),
    breakEvenTable(study, model, state)].filter(Boolean);
}

function lineSpec(rows, axis, metric, crossings, width, c) {
  const reached = rows.filter((r) => r.value !== null);
  if (!reached.length) return null;
  const numeric = axis && axis.numeric;
  const xs = numeric ? axis.values : [];
  const log = numeric && Math.min(...xs) > 0 && Math.max(...xs) / Math.min(...xs) >= 32;
  const high = Math.max(0, ...reached.map((r) => r.hi)), low = Math.min(0, ...reached.map((r) => r.lo));
  const every = Math.max(1, Math.ceil(xs.length / (width / 80)));
  return {
    height: 280,
    data: [{ name: "rows", values: reached }, { name: "missed", values: rows.filter((r) => r.value === null && r.outcome !== "none") }, { name: "even", values: numeric ? crossings : [] }],
    scales: [numeric ? { name: "x", type: log ? "log" : "linear", domain: [Math.min(...xs), Math.max(...xs)], range: [14, { signal: "width - 14" }], zero: false }
      : { name: "x", type: "point", domain: axis ? axis.values.map((v) => String(v)) : [""], range: [0, { signal: "width" }], padding: 0.5 },
      { name: "y", domain: [low, high || 1], range: "height", nice: false }, { name: "stroke", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [Object.assign({ orient: "bottom", scale: "x", title: axis ? words(axis.name) : undefined, grid: Boolean(numeric) }, numeric ? { values: xs.filter((_, i) => i % every === 0),
      encode: { labels: { update: { text: { signal: `amount(datum.value, '${axis.unit}')` } } } } } : {}), quantityAxis("left", "y", [low, high || 1], metric.unit, words(metric.name), 5)],
    marks: [
      { type: "group", from: { facet: { name: "points", data: "rows", groupby: "of" } }, marks: [
        { type: "area", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "lo" }, y2: { scale: "y", field: "hi" }, fill: { scale: "stroke", field: "of" }, fillOpacity: { value: 0.18 } } } },
        { type: "line", name: "study-line", interactive: false, from: { data: "points" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "value" }, stroke: { scale: "stroke", field: "of" }, strokeWidth: { value: 2.2 },
          strokeDash: { signal: `${JSON.stringify(c.dashes)}[datum.of % 4]` } } } }] },
      { type: "symbol", name: "study-points", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "value" }, size: { value: 48 }, fill: { scale: "stroke", field: "of" },
        shape: { signal: "['circle','diamond','square','triangle-up'][datum.of % 4]" }, tooltip: { field: "tip" } } } },
      { type: "text", name: "study-missed", from: { data: "missed" }, encode: { update: { x: { scale: "x", field: "x" }, y: { signal: "height - 8 - 12 * datum.of" }, align: { value: "center" }, text: { value: "\u2715" }, fill: { scale: "stroke", field: "of" }, fontWeight: { value: 700 }, tooltip: { field: "tip" } } } },
      { type: "rule", name: "break-even", from: { data: "even" }, encode: { update: { x: { scale: "x", field: "x" }, y: { value: 0 }, y2: { signal: "height" }, stroke: { value: c.ink }, strokeDash: { value: [5, 3] }, tooltip: { field: "tip" } } } },
      { type: "text", name: "break-even-names", interactive: false, from: { data: "even" }, encode: { update: { x: { scale: "x", field: "x", offset: 4 }, y: { value: 10 }, text: { signal: "'break-even ' + datum.text" }, fontSize: { value: 10 } } } }],
  };
}

function studyPoints(doc, model, state) {
  const study = doc.study, metric = study.metrics[state.metric], axis = state.axis;
  const rows = studyRows(doc, model, state, (i) => axis.values[i]);
  for (const r of rows) r.tip = r.name + "\n" + r.text + "\n" + model.axesOf(state.x).map((a) => (words(a.name) + " " + levelText(a, r.i))).join("\n");
  const reached = rows.filter((r) => r.value !== null);
  const missed = rows.length - reached.length;
  return [studyLegend(model), metricNote(metric, missed ? `${plural(missed, "point does", "points do")} not reach it, or were not simulated.` : ""),
    chart(`${words(metric.name)} by ${words(axis.name)}`, (width, c) => pointSpec(reached, axis, metric, width, c))].filter(Boolean);
}

function pointSpec(rows, axis, metric, width, c) {
  if (!rows.length) return null;
  const xs = rows.map((r) => r.x);
  const lowX = Math.min(...xs), highX = Math.max(...xs);
  const log = lowX > 0 && highX / lowX >= 32;
  const high = Math.max(0, ...rows.map((r) => r.value)), low = Math.min(0, ...rows.map((r) => r.value));
  return {
    height: 320,
    data: [{ name: "rows", values: rows }],
    scales: [{ name: "x", type: log ? "log" : "linear", domain: [lowX, highX], range: [8, { signal: "width - 8" }], zero: false }, { name: "y", domain: [low, high || 1], range: "height" },
      { name: "stroke", type: "ordinal", domain: [0, 1, 2, 3], range: c.placements }],
    axes: [log ? { orient: "bottom", scale: "x", values: axis.unit === "byte" ? powersBetween(lowX, highX) : logTicks(lowX, highX), grid: true, title: words(axis.name), encode: { labels: { update: { text: { signal: `amount(datum.value, '${axis.unit}')` } } } } }
      : quantityAxis("bottom", "x", [lowX, highX], axis.unit, words(axis.name), Math.max(3, width / 110)), quantityAxis("left", "y", [low, high || 1], metric.unit, words(metric.name), 5)],
    marks: [{ type: "symbol", name: "study-points", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "value" }, size: { value: 26 }, fill: { scale: "stroke", field: "of" }, fillOpacity: { value: 0.65 },
      shape: { signal: "['circle','diamond','square','triangle-up'][datum.of % 4]" }, tooltip: { field: "tip" } } } }],
  };
}
