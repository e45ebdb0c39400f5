// Puts the page together from the document in it.

function start() {
  const doc = JSON.parse(document.getElementById("report-data").textContent);
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
