// The physical address map: who pays for what, from the whole machine down to one section. Mouse, touch or keys.

function mapSection(doc) {
  const runs = (doc.runs || []).filter((r) => r.map && r.map.runs && r.map.runs.length);
  if (!runs.length) {
    if (doc.runs) absent("map", "Physical address map", "The files do not tell where memory and its memmap lie.");
    return;
  }
  for (const run of runs) run.map.page_bytes = run.map.page_bytes || doc.page_bytes || 4096;
  const state = { run: runs[0], path: [], pick: 0 };
  const crumbs = make("nav.crumbs", { "aria-label": "Place in the address map" });
  const story = make("p.story", { "aria-live": "polite" });
  const below = make("div");
  const host = { parts: [], columns: 1 };
  const picture = chart("Physical address map", (width, c) => mapSpec(doc, state, host, width, c));
  picture.firstChild.setAttribute("tabindex", "0");
  picture.firstChild.setAttribute("role", "application");
  picture.firstChild.setAttribute("aria-label", "Physical address map. Arrow keys choose a part, Enter goes into it, Escape goes back.");
  picture.firstChild.id = "map-picture";

  const current = () => state.path.at(-1);
  const show = () => {
    host.parts = current() ? mapParts(current().run, state.run.map, current()) : wholeMap(state.run.map);
    if (!host.parts.length) host.parts = [current()];
    state.pick = Math.min(state.pick, host.parts.length - 1);
    crumbs.replaceChildren(...[{ title: "whole machine" }, ...state.path].flatMap((part, i) => [i ? "\u203a" : "",
      make("button", { type: "button", "aria-current": i === state.path.length ? "location" : null, click: () => up(i) }, part.title)]));
    below.replaceChildren(...host.parts.length < 2 ? [] : [fold("The " + plural(host.parts.length, "part") + " of this level as a table", mapTable(state.run, host.parts, into))]);
    tell();
    redraw(picture);
  };
  const tell = () => { story.textContent = mapStory(state.run, host.parts[state.pick], doc); };
  const into = (part) => {
    if (part === current() || part.level === "section" && current() && current().level === "section") return;
    state.path.push(part);
    state.pick = 0;
    show();
  };
  const up = (to) => {
    state.path.length = Math.max(0, to);
    state.pick = 0;
    show();
  };
  picture.firstChild.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: host.columns, ArrowUp: -host.columns, Home: -1e9, End: 1e9 }[event.key];
    if (step) state.pick = Math.max(0, Math.min(host.parts.length - 1, state.pick + step));
    else if (event.key === "Enter" || event.key === " ") into(host.parts[state.pick]);
    else if (event.key === "Escape" || event.key === "Backspace") up(state.path.length - 1);
    else return;
    event.preventDefault();
    tell();
    redraw(picture);
  });
  picture.firstChild.addEventListener("click", (event) => {
    const index = clickedPart(event);
    if (index === null) return;
    state.pick = index;
    into(host.parts[index]);
  });
  section("map", "Physical address map",
    make("p.lead", "Where memory lies, and who pays for its memmap. Click a part, or choose it with the arrow keys and go in with Enter: stretch, block, section."),
    make("p.controls", runs.length > 1 ? chooser("Placement", runs.map((r, i) => ({ value: String(i), text: r.placement })), "0", (value) => {
      state.run = runs[Number(value)];
      const depth = state.path.map((p) => p.start);
      state.path = samePath(state.run.map, depth);
      show();
    }) : null, mapKeys(runs)),
    crumbs, picture, story, below, payTable(runs, doc));
  show();
}

// The same place in another placement's map, as far down as it has one.
function samePath(map, starts) {
  const path = [];
  for (const start of starts) {
    const parts = path.length ? mapParts(path.at(-1).run, map, path.at(-1)) : wholeMap(map);
    const part = parts.find((p) => p.start <= start && start < p.start + p.pages);
    if (!part) break;
    path.push(part);
  }
  return path;
}

function clickedPart(event) {
  const item = event.target.__data__;
  const datum = item && item.datum;
  return datum && Number.isInteger(datum.index) ? datum.index : null;
}

function ownerColours(c) {
  return { boot: c.boot, boot_memory: c.placements[0], own_head: c.placements[1], other_block: c.placements[2], reservation: c.placements[3], device: c.neutral, unknown: c.line };
}

function mapKeys(runs) {
  const owners = [...new Set(runs.flatMap((r) => r.map.runs.map(ownerOf)))];
  const name = { boot: "boot", boot_memory: "placement-0", own_head: "placement-1", other_block: "placement-2", reservation: "placement-3", device: "neutral", unknown: "line" };
  const key = (owner) => {
    const mark = make("span.key", { "aria-hidden": "true" });
    mark.style.background = `var(--${name[owner] || "line"})`;
    return make("span", mark, owner === "boot" ? "memory since boot" : "memmap paid by " + (kOwnerWords[owner] || words(owner)));
  };
  const head = make("span.key", { "aria-hidden": "true" });
  head.style.background = "var(--ink)";
  return make("span.keys", owners.map(key), make("span", head, "memmap (struct pages)"));
}

// Who pays for the memmap of what was added, by placement.
function payTable(runs, doc) {
  const rows = [];
  for (const run of runs) {
    const sums = new Map();
    for (const r of run.map.runs.filter((x) => x.kind !== "boot")) {
      const who = [ownerOf(r), r.memmap_node, r.memmap_zone, r.node].join("\n");
      const sum = sums.get(who) || { r, pages: 0, memmap: 0, head: 0 };
      sum.pages += r.pages;
      sum.memmap += r.memmap_pages || 0;
      sum.head += r.head_pages || 0;
      sums.set(who, sum);
    }
    const bytes = (pages) => amount(pages * (run.map.page_bytes || doc.page_bytes || 4096), "byte");
    for (const { r, pages, memmap, head } of sums.values()) {
      rows.push([run.placement, "node " + r.node, bytes(pages), bytes(memmap), kOwnerWords[ownerOf(r)] || words(ownerOf(r)),
        (r.memmap_node >= 0 ? "node " + r.memmap_node : "not known") + (r.memmap_zone ? ", " + r.memmap_zone : ""), head ? bytes(head) : kDash]);
    }
  }
  return rows.length ? table([{ head: "Placement" }, { head: "Memory added to" }, { head: "Size", right: true }, { head: "Its memmap", right: true }, { head: "Paid by" }, { head: "Lies on" },
    { head: "In block heads", right: true }], rows, { label: "Who pays for the memmap", cards: true, caption: "Who pays for the memmap" }) : null;
}

function mapTable(run, parts, into) {
  const bytes = (pages) => amount(pages * run.map.page_bytes, "byte");
  const shown = parts.slice(0, 200);
  return table([{ head: "Part" }, { head: "From" }, { head: "Size", right: true }, { head: "Memmap", right: true }, { head: "Paid by" }, { head: "Head", right: true }],
    shown.map((p) => [p.level === "section" && parts.length === 1 ? p.title : make("button", { type: "button", click: () => into(p) }, p.title), address(p.start, run.map.page_bytes), bytes(p.pages),
      p.memmap ? bytes(p.memmap) : kDash, ownerOf(p.run) === "boot" ? "since boot" : kOwnerWords[ownerOf(p.run)] || words(ownerOf(p.run)), p.head ? bytes(p.head) : kDash]),
    { label: "Parts of the map", caption: parts.length > shown.length ? `The first ${shown.length} of ${parts.length}` : undefined });
}

function mapStory(run, part, doc) {
  if (!part) return "";
  const size = run.map.page_bytes || doc.page_bytes || 4096;
  const bytes = (pages) => amount(pages * size, "byte");
  const r = part.run;
  const parts = [`${part.title}: ${bytes(part.pages)} from ${address(part.start, size)} to ${address(part.start + part.pages, size)}` +
    (r.zone ? `, zone ${r.zone}` : "") + (r.state ? `, ${r.state}` : "") + "."];
  if (part.memmap) {
    parts.push(`Its memmap takes ${plural(part.memmap, "page")} (${bytes(part.memmap)})` +
      (r.memmap_node >= 0 ? ` on node ${r.memmap_node}` : "") + (r.memmap_zone ? ` in zone ${r.memmap_zone}` : "") +
      (ownerOf(r) === "boot" ? ", since boot." : `, paid by ${kOwnerWords[ownerOf(r)] || words(ownerOf(r))}.`));
  }
  if (part.head) parts.push(`Of the ${part.level === "section" ? "section" : "stretch"} itself ${plural(part.head, "page")} (${bytes(part.head)}, ${percent(part.head / part.pages, 2)}) hold struct pages and can never be given away.`);
  else if (part.level === "section" && r.head_pages) parts.push("It lies behind the head: all of its pages can be used.");
  if (r.online_at) parts.push(r.online_at[0] === r.online_at[1] ? `Online at ${amount(r.online_at[0], "ns")}.` : `Blocks went online from ${amount(r.online_at[0], "ns")} to ${amount(r.online_at[1], "ns")}.`);
  if (r.mixed) parts.push("Blocks differ inside: this is the story of most of them.");
  return parts.join(" ");
}

function mapSpec(doc, state, host, width, c) {
  if (!host.parts.length) return null;
  return state.path.length ? gridSpec(state, host, width, c) : wholeSpec(state, host, width, c);
}

function mapTip(run, part) {
  return part.title + "\n" + mapStory(run, part, {}).split(": ").slice(1).join(": ").replaceAll(". ", ".\n");
}

function wholeSpec(state, host, width, c) {
  host.columns = 1;
  const owners = ownerColours(c);
  const map = state.run.map;
  const placed = mapLayout(host.parts, width - 4);
  const bars = placed.map(({ part, x, w }) => ({ index: host.parts.indexOf(part), x, w, fill: owners[ownerOf(part.run)], picked: host.parts.indexOf(part) === state.pick,
    text: w > 60 ? amount(part.pages * map.page_bytes, "byte") : "", node: w > 60 && part.run.node >= 0 ? "node " + part.run.node : "", tip: mapTip(state.run, part), ink: luminanceOf(owners[ownerOf(part.run)]) > 0.3 ? "#15181d" : "#ffffff" }));
  // Memmap in the heads of blocks: as much of the stretch as they take. That in boot memory: at the end of the boot memory that pays, as much as it is.
  const heads = placed.filter(({ part }) => part.head > 0).map(({ part, x, w }) => ({ x, w: Math.max(3, w * part.head / part.pages) }));
  for (const { part, x, w } of placed) {
    if (part.run.kind !== "boot") continue;
    const paid = map.runs.filter((r) => r.kind !== "boot" && ownerOf(r) === "boot_memory" && r.memmap_node === part.run.node).reduce((sum, r) => sum + (r.memmap_pages || 0), 0);
    const ofNode = host.parts.filter((p) => p.run.kind === "boot" && p.run.node === part.run.node);
    const largest = ofNode.reduce((a, b) => (b.pages > a.pages ? b : a), ofNode[0]);
    if (paid && part === largest) {
      const share = Math.min(1, paid / part.pages);
      heads.push({ x: x + w - Math.max(3, w * share), w: Math.max(3, w * share) });
    }
  }
  const labels = placed.filter(({ hole, w }, i) => (i === 0 || hole || w > 90)).map(({ part, x }) => ({ x, text: address(part.start, map.page_bytes) }));
  const kept = labels.filter((l, i) => i === 0 || l.x - labels[i - 1].x > 84);
  return {
    height: 92,
    data: [{ name: "bars", values: bars }, { name: "heads", values: heads }, { name: "labels", values: kept }],
    marks: [
      { type: "rect", name: "map", from: { data: "bars" }, encode: { update: { x: { field: "x" }, width: { signal: "datum.w - 1" }, y: { value: 6 }, height: { value: 54 }, fill: { field: "fill" },
        stroke: { signal: `datum.picked ? '${c.ink}' : '${c.ground}'` }, strokeWidth: { signal: "datum.picked ? 3 : 1" }, cursor: { value: "pointer" }, tooltip: { field: "tip" } } } },
      { type: "rect", name: "map-memmap", interactive: false, from: { data: "heads" }, encode: { update: { x: { field: "x" }, width: { field: "w" }, y: { value: 46 }, height: { value: 14 }, fill: { value: c.ink } } } },
      ...["text", "node"].map((field, i) => ({ type: "text", name: "map-" + field, interactive: false, from: { data: "bars" }, encode: { update: { x: { signal: "datum.x + 7" }, y: { value: i ? 38 : 22 }, baseline: { value: "middle" }, text: { field },
        fill: { field: "ink" }, fontWeight: { value: i ? 400 : 700 }, limit: { signal: "datum.w - 10" } } } })),
      { type: "text", name: "map-addresses", interactive: false, from: { data: "labels" }, encode: { update: { x: { field: "x" }, y: { value: 74 }, baseline: { value: "middle" }, text: { field: "text" }, fill: { value: c.soft }, fontSize: { value: 10 } } } }],
  };
}

function luminanceOf(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16) / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

// Blocks or sections as cells, line by line; the part of each that holds struct pages is dark.
function gridSpec(state, host, width, c) {
  const owners = ownerColours(c);
  const n = host.parts.length;
  const columns = Math.max(1, Math.min(n, 2 ** Math.floor(Math.log2(Math.max(1, width / (n > 128 ? 17 : n > 32 ? 30 : 46))))));
  host.columns = columns;
  const wide = width / columns;
  const high = n === 1 ? 60 : n > 128 ? 18 : n > 32 ? 30 : 46;
  const cells = host.parts.map((part, index) => ({ index, x: (index % columns) * wide, y: Math.floor(index / columns) * high, w: wide - 2, h: high - 2, fill: owners[ownerOf(part.run)],
    head: part.head ? Math.max(2, (wide - 2) * Math.min(1, part.head / part.pages)) : 0, picked: index === state.pick, tip: mapTip(state.run, part),
    text: wide > 40 && high > 24 ? part.title.replace(/^(memory block|section|blocks) /, "") : "", ink: luminanceOf(owners[ownerOf(part.run)]) > 0.3 ? "#15181d" : "#ffffff" }));
  return {
    height: Math.ceil(n / columns) * high + 4,
    data: [{ name: "cells", values: cells }, { name: "heads", values: cells.filter((x) => x.head > 0) }],
    marks: [
      { type: "rect", name: "map", from: { data: "cells" }, encode: { update: { x: { field: "x" }, y: { signal: "datum.y + 2" }, width: { field: "w" }, height: { field: "h" }, fill: { field: "fill" },
        stroke: { signal: `datum.picked ? '${c.ink}' : '${c.ground}'` }, strokeWidth: { signal: "datum.picked ? 3 : 0.5" }, cursor: { value: "pointer" }, tooltip: { field: "tip" } } } },
      { type: "rect", name: "map-memmap", interactive: false, from: { data: "heads" }, encode: { update: { x: { field: "x" }, y: { signal: "datum.y + 2 + datum.h * 0.6" }, width: { field: "head" }, height: { signal: "datum.h * 0.4" }, fill: { value: c.ink } } } },
      { type: "text", name: "map-names", interactive: false, from: { data: "cells" }, encode: { update: { x: { signal: "datum.x + 5" }, y: { signal: "datum.y + 13" }, baseline: { value: "middle" }, text: { field: "text" }, fontSize: { value: 10 },
        fill: { field: "ink" }, limit: { signal: "datum.w - 8" } } } }],
  };
}
