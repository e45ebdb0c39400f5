// Elements of the page. Whatever comes from the document is set as text, never as markup.

// make("p.note", {title: "..."}, child, "text", ...): an element with classes, attributes and children.
function make(what, ...rest) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const part of rest) {
    if (part === null || part === undefined) continue;
    if (part instanceof Node) node.append(part);
    else if (Array.isArray(part)) node.append(...part.filter((p) => p !== null && p !== undefined));
    else if (typeof part === "object") setAttributes(node, part);
    else node.append(clean(String(part)));
  }
  return node;
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, clean(String(value)));
  }
}

// Control characters and those that turn the direction of what follows become visible, so that a name cannot rewrite the line it
// stands in.
function clean(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

// A table; columns: [{head, right, title}], rows: [[cell, ...]], a cell is text or an element. The first column heads its row.
// With `cards` each row becomes a card on a narrow screen.
function table(columns, rows, options = {}) {
  const cell = (tag, value, column, extra) => make(tag + (column.right ? ".right" : ""), extra || null,
    value instanceof Node ? value : value === null || value === undefined ? "" : value);
  const head = make("thead", make("tr", columns.map((c) => cell("th", c.head, c, { scope: "col", title: c.title }))));
  const body = make("tbody", rows.map((row) => make("tr", row.map((value, i) =>
    cell(i === 0 ? "th" : "td", value, columns[i], i === 0 ? { scope: "row" } : { "data-head": options.cards ? headText(columns[i]) : null })))));
  const all = make(options.cards ? "table.cards" : "table", options.caption ? make("caption", options.caption) : null, head, body);
  return make("div.scroll", { tabindex: 0, role: "region", "aria-label": options.label || options.caption || "Table" }, all);
}

const kShortNames = { reasons: "Why", memory: "Free memory", map: "Address map", topology: "Topology", latency: "Latency", series: "Over time", study: "Study", plan: "Tried",
  parts: "Parts", assumptions: "Assumptions", made: "Again", config: "Configuration" };

function headText(column) {
  return column.head instanceof Node ? column.head.textContent : column.head;
}

// A section with its place in the list of contents.
function section(id, title, ...content) {
  const link = make("a", { href: "#" + id }, kShortNames[id] || title);
  document.getElementById("contents").append(link);
  const node = make("section", { id, "aria-labelledby": id + "-title" }, make("h2", { id: id + "-title" }, title), ...content);
  document.getElementById("page").append(node);
  return node;
}

function absent(id, title, why) {
  return section(id, title, make("p.absent", why));
}

// A labelled choice; pick(value) is called when another is chosen.
function chooser(label, options, value, pick) {
  const id = "choice-" + (chooser.count = (chooser.count || 0) + 1);
  const select = make("select", { id, change: () => pick(select.value) },
    options.map((o) => make("option", { value: o.value, selected: o.value === value }, o.text)));
  return make("span.choice", make("label", { for: id }, label), select);
}

// Folded away until it is wanted; opened for print.
function fold(summary, ...content) {
  return make("details", make("summary", summary), ...content);
}

function swatch(index) {
  return make("span.swatch.of" + (index % 4), { "aria-hidden": "true" });
}
