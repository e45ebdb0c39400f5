// The answer of `mhpsim plan`: what was asked, what was tried, where it holds.

function planSection(doc) {
  const plan = doc.plan;
  if (!plan) return;
  const answers = plan.answers || [];
  const key = plan.key || {};
  const at = (a) => Object.entries(a.at || {}).map(([name, value]) => `${words(name)} ${typeof value === "number" ? plain(value) : value}`).join(", ");
  const value = (v) => (v === null || v === undefined ? kDash : typeof v === "object" ? Object.entries(v).map(([n, x]) => `${words(n)} ${x}`).join(", ") : amount(v, key.unit));
  const rows = answers.map((a) => [at(a) || "all", a.status || "", value(a.value ?? a.cheapest), value(a.fails), (a.binding || []).join("; ") || kDash, a.sentence || ""]);
  section("plan", "What was asked, and what was tried",
    make("p.lead", `Wanted: ${words(plan.find || "an answer")}${key.key ? " of " + key.key : ""}${plan.objectives && plan.objectives.length ? ", with " + plan.objectives.join(", ") : ""}. ${plan.runs !== undefined ? plural(plan.runs, "run") + " of at most " + plain(plan.budget ?? plan.runs) + "." : ""}`),
    table([{ head: "For" }, { head: "Status" }, { head: "Answer", right: true }, { head: "Fails at", right: true }, { head: "What binds" }, { head: "In words" }], rows, { label: "Answers" }),
    key.key && answers.some((a) => (a.points || []).some((p) => typeof p.value === "number"))
      ? chart(`Values of ${key.key} that were tried, and whether they hold`, (width, c) => planSpec(answers, at, key, width, c), fold("As a table", planTable(answers, at, key))) : null);
}

function planTable(answers, at, key) {
  return table([{ head: "For" }, { head: key.key, right: true }, { head: "Verdict" }, { head: "Replicates", right: true }],
    answers.flatMap((a) => (a.points || []).map((p) => [at(a) || "all", amount(p.value, key.unit), words(p.verdict || ""), plain(p.replicates ?? 1)])), { label: "What was tried" });
}

function planSpec(answers, at, key, width, c) {
  const holds = (p) => /hold|first/.test(p.verdict || "") && !/not/.test(p.verdict || "");
  const rows = answers.flatMap((a, i) => (a.points || []).filter((p) => typeof p.value === "number").map((p) => ({ lane: String(i), x: p.value, holds: holds(p), verdict: p.verdict || "",
    tip: `${(at(a) || "all")}\n${amount(p.value, key.unit)}: ${words(p.verdict || "")}` })));
  const names = answers.map((a, i) => ({ lane: String(i), text: at(a) }));
  const best = answers.map((a, i) => ({ lane: String(i), x: a.value })).filter((a) => typeof a.x === "number");
  const low = Math.min(key.from ?? Infinity, ...rows.map((r) => r.x)), high = Math.max(key.to ?? -Infinity, ...rows.map((r) => r.x));
  return {
    height: answers.length * 40,
    data: [{ name: "rows", values: rows }, { name: "names", values: names }, { name: "best", values: best }],
    scales: [{ name: "x", domain: [low, high], range: [12, { signal: "width - 12" }], zero: false }, { name: "y", type: "band", domain: names.map((n) => n.lane), range: "height" }],
    axes: [quantityAxis("bottom", "x", [low, high], key.unit, key.key, Math.max(3, width / 120))],
    marks: [
      { type: "text", name: "plan-names", interactive: false, from: { data: "names" }, encode: { update: { x: { value: 0 }, y: { scale: "y", field: "lane", offset: 10 }, text: { field: "text" }, limit: { signal: "width" } } } },
      { type: "rule", name: "plan-best", from: { data: "best" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "lane", offset: 14 }, y2: { scale: "y", field: "lane", offset: 38 }, stroke: { value: c.ink }, strokeWidth: { value: 2 } } } },
      { type: "symbol", name: "plan-points", from: { data: "rows" }, encode: { update: { x: { scale: "x", field: "x" }, y: { scale: "y", field: "lane", offset: 26 }, size: { value: 90 }, shape: { signal: "datum.holds ? 'circle' : 'cross'" },
        angle: { signal: "datum.holds ? 0 : 45" }, fill: { signal: `datum.holds ? '${c.better}' : '${c.bad}'` }, tooltip: { field: "tip" } } } }],
  };
}
