// How to make it again: commands, inputs, configuration.

function madeSection(doc) {
  const made = doc.made || {};
  const commands = (made.commands || []).join("\n");
  section("made", "Make it again",
    commands ? make("div", make("p.lead", (made.configs || []).length ? "Save the configuration below under its name, then:" : "With the files named:"),
      make("pre", { tabindex: 0, "aria-label": "Commands" }, commands), copyButton("Copy the commands", () => commands)) : make("p.absent", "The files do not tell by which commands they were made."),
    made.inputs && made.inputs.length ? table([{ head: "File" }, { head: "Run" }, { head: "Checksum (CRC-32)" }],
      made.inputs.map((f) => [f.file, f.run_id || kDash, f.crc32 || kDash]), { label: "Files read" }) : null,
    doc.placements ? table([{ head: "Placement" }, { head: "Run" }, { head: "Fingerprint" }, { head: "Scenario" }],
      doc.placements.map((p) => [p.name, p.run_id || kDash, make("code", p.fingerprint || kDash), p.scenario || kDash]), { label: "Runs" }) : null,
    (made.notes || []).length ? make("ul.note", made.notes.map((n) => make("li", n))) : null);
  if (made.configs && made.configs.length) {
    section("config", "Configuration", ...made.configs.map((c) => fold(c.file, make("p.controls", copyButton("Copy", () => c.text), saveButton(c)),
      make("pre.config", { tabindex: 0, "aria-label": c.file }, c.text))));
  }
  document.getElementById("page").append(make("footer",
    `Made by mhpsim ${made.program || "(unknown version)"}, model ${made.model || "unknown"}, from the files named above. The page asks the network for nothing; its charts are drawn by Vega.`));
}

function copyButton(text, what) {
  const button = make("button", { type: "button" }, text);
  button.addEventListener("click", async () => {
    let done = true;
    try { await navigator.clipboard.writeText(what()); } catch { done = copySelected(what()); }
    button.textContent = done ? "Copied" : "Cannot copy here: mark the text and copy it";
    setTimeout(() => { button.textContent = text; }, 2000);
  });
  return button;
}

// For pages that may not use the clipboard: selects the text in a field and copies that.
function copySelected(text) {
  const area = make("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function saveButton(config) {
  return make("button", { type: "button", click: () => {
    const link = make("a", { download: config.file });
    link.href = URL.createObjectURL(new Blob([config.text], { type: "application/toml" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } }, "Save");
}
