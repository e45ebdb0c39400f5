// The physical address map as a tree: the whole, stretches of like blocks, groups of blocks, blocks, sections. Pure data.

const kOwnerWords = { boot_memory: "boot memory", own_head: "head of its own block", other_block: "another added block", reservation: "a reservation", device: "the device", unknown: "not known" };
const kMostCells = 512;

function ownerOf(run) {
  if (run.kind === "boot") return "boot";
  if (run.memmap_owner) return run.memmap_owner in kOwnerWords ? run.memmap_owner : "unknown";
  return (run.head_pages > 0 ? "own_head" : run.memmap_node >= 0 || run.memmap_zone ? "boot_memory" : "unknown");
}

// The parts of a level, or [] where it ends. A part: {title, start, pages, run, level, memmap, head}, pages of each.
function mapParts(run, map, part) {
  const each = Math.max(1, run.count || 1);
  const blockPages = run.pages / each;
  const at = (start, pages, level, title) => {
    const share = pages / run.pages;
    const headOf = Math.round((run.head_pages || 0) / each);
    // The head lies at the beginning of each block: a section has the part of it that falls into it.
    const head = level === "section" ? overlap(start, pages, blockStart(run, start, blockPages), headOf) : Math.round((run.head_pages || 0) * share);
    return { title, start, pages, run, level, head, memmap: Math.round((run.memmap_pages || 0) * share) };
  };
  if (part.level === "run" && each > 1) {
    const perGroup = each > kMostCells ? 2 ** Math.ceil(Math.log2(each / kMostCells)) : 1;
    if (perGroup > 1) return cut(run.start_pfn, each, perGroup, blockPages, (first, count, start) =>
      at(start, count * blockPages, "group", `blocks ${blockName(run, first)} to ${blockName(run, first + count - 1)}`));
    return cut(run.start_pfn, each, 1, blockPages, (first, count, start) => at(start, blockPages, "block", `memory block ${blockName(run, first)}`));
  }
  if (part.level === "group") {
    const skipped = Math.round((part.start - run.start_pfn) / blockPages);
    return cut(part.start, Math.round(part.pages / blockPages), 1, blockPages, (first, count, start) => at(start, blockPages, "block", `memory block ${blockName(run, skipped + first)}`));
  }
  if (part.level === "block" || (part.level === "run" && each === 1)) {
    const sectionPages = map.section_bytes ? map.section_bytes / map.page_bytes : map.section_pages || 32768;
    const sections = Math.max(1, Math.round(part.pages / sectionPages));
    if (sections > 1) {
      const per = sections > kMostCells ? Math.ceil(sections / kMostCells) : 1;
      return cut(part.start, sections, per, sectionPages, (first, count, start) => at(start, Math.min(count * sectionPages, part.start + part.pages - start), "section",
        count > 1 ? plural(count, "section") + " from " + Math.floor(start / sectionPages) : `section ${Math.floor(start / sectionPages)}`));
    }
    return [at(part.start, part.pages, "section", `section ${Math.floor(part.start / sectionPages)}`)];
  }
  return [];
}

function blockName(run, offset) {
  return run.block === undefined || run.block < 0 ? "+" + offset : run.block + offset;
}

function blockStart(run, pfn, blockPages) {
  return run.start_pfn + Math.floor((pfn - run.start_pfn) / blockPages) * blockPages;
}

function overlap(a, aPages, b, bPages) {
  return Math.max(0, Math.min(a + aPages, b + bPages) - Math.max(a, b));
}

function cut(start, all, per, pages, part) {
  const parts = [];
  for (let i = 0; i < all; i += per) parts.push(part(i, Math.min(per, all - i), start + i * pages));
  return parts;
}

function wholeMap(map) {
  return map.runs.map((run, i) => ({ title: runTitle(run), start: run.start_pfn, pages: run.pages, run, level: "run", head: run.head_pages || 0, memmap: run.memmap_pages || 0, index: i }));
}

function runTitle(run) {
  const what = { boot: "boot memory", hot_added: "added memory", device: "device memory" }[run.kind] || words(run.kind);
  return what + (run.node >= 0 ? " of node " + run.node : "") + (run.count > 1 ? ", " + plural(run.count, "block") : "");
}

// Where a whole's stretches are drawn: as wide as they are large, holes of the address space as narrow gaps, the smallest still visible.
function mapLayout(parts, width) {
  const gap = 10, least = 7;
  const sorted = [...parts].sort((a, b) => a.start - b.start);
  const holes = sorted.filter((p, i) => i > 0 && sorted[i - 1].start + sorted[i - 1].pages < p.start).length;
  const pages = sorted.reduce((sum, p) => sum + p.pages, 0) || 1;
  const room = Math.max(40, width - holes * gap - sorted.length * least);
  let x = 0;
  return sorted.map((part, i) => {
    const hole = i > 0 && sorted[i - 1].start + sorted[i - 1].pages < part.start;
    if (hole) x += gap;
    const w = least + room * part.pages / pages;
    const placed = { part, x, w, hole };
    x += w;
    return placed;
  });
}
