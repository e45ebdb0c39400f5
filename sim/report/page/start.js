// Puts the page together from the document in it.

// The document with all of its texts made harmless to read; files that are to be saved stay as they are.
function readDocument(text) {
  return JSON.parse(text, (key, value) => {
    if (typeof value === "string") return key === "text" ? value : clean(value);
    if (value && typeof value === "object" && !Array.isArray(value)) return Object.fromEntries(Object.entries(value).map(([k, v]) => [clean(k), v]));
    return value;
  });
}

function start() {
  const doc = readDocument(document.getElementById("report-data").textContent);
  document.title = (doc.title ? doc.title + " \u2014 " : "") + "mhpsim report";
  setUpCharts();
  setUpTheme();
  firstScreen(doc);
  for (const part of [reasonsSection, timelineSection, memorySection, mapSection, topologySection, latencySection, seriesSection,
    studySection, planSection, partsSection, assumptionsSection, madeSection]) part(doc);
  showTheme();
  setUpPrint();
}

// Printed, everything is open and drawn in the colours of paper.
function setUpPrint() {
  const closed = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      closed.push(details);
    }
    redrawCharts();
  });
  addEventListener("afterprint", () => {
    for (const details of closed.splice(0)) details.open = false;
    redrawCharts();
  });
}

document.addEventListener("DOMContentLoaded", start);
