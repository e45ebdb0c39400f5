// Light and dark: the style sheet holds the colours, charts read them from there.

const kThemeKey = "mhpsim-report-theme";

function storedTheme() {
  try { return localStorage.getItem(kThemeKey); } catch { return null; }
}

function isDark() {
  const forced = document.documentElement.dataset.theme;
  return forced ? forced === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function showTheme() {
  const button = document.getElementById("theme");
  button.setAttribute("aria-pressed", String(isDark()));
  button.textContent = isDark() ? "Light" : "Dark";
  button.title = "Draw the page " + (isDark() ? "light" : "dark");
  redrawCharts();
}

function setUpTheme() {
  const stored = storedTheme();
  if (stored === "dark" || stored === "light") document.documentElement.dataset.theme = stored;
  document.getElementById("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try { localStorage.setItem(kThemeKey, theme); } catch { /* not remembered, then */ }
    showTheme();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
}

// What charts are drawn with now.
function palette() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue("--" + name).trim();
  return {
    ink: get("ink"), soft: get("soft"), line: get("line"), ground: get("ground"), panel: get("panel"),
    placements: [0, 1, 2, 3].map((i) => get("placement-" + i)),
    dashes: [[1, 0], [7, 3], [2, 2], [9, 3, 2, 3]],
    worse: get("worse"), better: get("better"), bad: get("bad"), neutral: get("neutral"), boot: get("boot"),
    dark: isDark(),
  };
}
