// Numbers as people read them. The document holds integers of base units (ns, bytes, pages); here alone they become text.

const kTimes = [[1, "ns"], [1e3, "us"], [1e6, "ms"], [1e9, "s"], [60e9, "min"], [3600e9, "h"]];
const kSizes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].map((unit, i) => [1024 ** i, unit]);
const kRates = kSizes.map(([scale, unit]) => [scale, unit + "/s"]);
const kDash = "\u2013";
const kMinus = "\u2212";

// A number with four significant digits at most, thousands apart, without an exponent.
function plain(value) {
  const size = Math.abs(value);
  const text = Number.isInteger(value) || size >= 1000 ? Math.round(value).toLocaleString("en-US")
    : size >= 100 ? value.toFixed(1) : size >= 10 ? value.toFixed(2) : size >= 1 ? value.toFixed(3)
    : value === 0 ? "0" : Number(value.toPrecision(3)).toString();
  const short = text.includes(".") && !text.includes("e") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  return short.replace(/^-/, kMinus);
}

// The scale of a unit that suits a value: [divisor, name].
function scaleFor(value, unit) {
  const size = Math.abs(value);
  const pick = (scales) => scales.filter(([scale]) => size >= scale).pop() || scales[0];
  if (unit === "ps") return pick([[1, "ps"], ...kTimes.map(([scale, name]) => [scale * 1000, name])]);
  if (unit === "ns") return size >= 180e9 ? pick(kTimes) : pick(kTimes.slice(0, 4));
  if (unit === "byte") return pick(kSizes);
  if (unit === "byte/s") return pick(kRates);
  if (unit === "page") return [1, "pages"];
  if (unit === "1" || unit === "" || unit === undefined) return [1, ""];
  if (unit === "1e-6") return [1, "ppm"];
  if (unit === "1e-3") return [1, "\u2030"];
  return [1, unit];
}

// A value in its unit: 24.44 s, 32 GiB, 8,388,608 pages.
function amount(value, unit) {
  if (value === null || value === undefined || Number.isNaN(value)) return "not reached";
  const [scale, name] = scaleFor(value, unit);
  const number = scale === 1 && unit !== "ns" && Number.isInteger(value) ? plain(value) : plain(value / scale);
  return name ? number + "\u00a0" + name : number;
}

function signed(value, unit) {
  if (value === 0) return "=";
  return (value > 0 ? "+" : "") + amount(value, unit);
}

function percent(share, digits = 1) {
  return plain(Number((share * 100).toFixed(digits))) + "\u00a0%";
}

function signedPercent(share) {
  if (Math.abs(share) > 10) return "\u00d7\u00a0" + plain(share + 1);
  return (share > 0 ? "+" : "") + percent(share);
}

// Both ends of an interval in one unit.
function interval(lo, hi, unit) {
  const [scale, name] = scaleFor(Math.max(Math.abs(lo), Math.abs(hi)), unit);
  return plain(lo / scale) + "\u2009\u2026\u2009" + plain(hi / scale) + (name ? "\u00a0" + name : "");
}

function address(pfn, pageBytes) {
  return "0x" + (BigInt(Math.round(pfn)) * BigInt(pageBytes || 1)).toString(16);
}

// Round numbers between two values of a unit, about `count` of them: binary steps for bytes, decimal ones for the rest.
function ticks(low, high, count, unit) {
  if (!(high > low)) return [low];
  const binary = unit === "byte" || unit === "byte/s";
  const [scale] = scaleFor(Math.max(Math.abs(low), Math.abs(high)), unit);
  const rough = (high - low) / scale / count;
  let step;
  if (binary && rough < 1) {
    step = 2 ** Math.ceil(Math.log2(rough));
  } else if ((unit === "ns") && (scale === 60e9 || scale === 3600e9)) {
    step = [1 / 12, 1 / 6, 1 / 4, 1 / 2, 1, 2, 5, 10, 15, 20, 30, 60].find((s) => s >= rough) || Math.ceil(rough / 60) * 60;
  } else {
    const power = 10 ** Math.floor(Math.log10(rough));
    step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
    if (unit === "page" || unit === "1") step = Math.max(step, 1);
  }
  step *= scale;
  const all = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; ++i) all.push(i * step);
  return all;
}

// The text of an axis' tick; all ticks of an axis share the unit of its largest value.
function tickText(value, unit, largest) {
  if (value === 0) return "0";
  const [scale, name] = scaleFor(largest === undefined ? value : largest, unit);
  if (name === "" || name === "pages") {
    const size = Math.abs(largest === undefined ? value : largest);
    const [by, mark] = size >= 2e9 ? [1e9, "G"] : size >= 2e6 ? [1e6, "M"] : size >= 2e4 ? [1e3, "k"] : [1, ""];
    return plain(value / by) + mark;
  }
  return plain(Number((value / scale).toPrecision(6))) + "\u00a0" + name;
}

function axisTitle(text, unit) {
  return unit === "page" ? text + " (pages)" : text;
}

// memmap_pages_boot -> memmap pages boot
function words(name) {
  return String(name).replaceAll("_", " ");
}

// A definition as the program keeps it, without the marks of Markdown.
function prose(text) {
  return String(text ?? "").replace(/\s*\(\[[^\]]*\]\([^)]*\)\)/g, "").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
}

// The name of a time; that of the whole run is not a metric's.
function timeName(name) {
  return name === "run" ? "the whole run" : words(name);
}

function plural(count, one, many) {
  return plain(count) + " " + (count === 1 ? one : many || one + "s");
}
