#!/usr/bin/env python3
"""Holds docs/adding.md, and the walks of docs/architecture.md, to the sources.

  adding_test.py SOURCE_FOLDER

What is compared:
- what a link or a path in backticks names is there; NAME, VERSION, KERNEL and FILE stand for any name;
- every name in backticks, and every type, function and header of the C++ examples, occurs in the sources;
- a link [`name`](file) names something that stands in that file: so the walks are where they say they are;
- every folder of plug-ins, every folder of data and the folder of the metrics has a row of the first table;
- a plug-in defines the function that its file's name asks for;
- each member of KernelProfile is a parameter of the same name, in the same order, and has a row with the one file that
  asks for it; no other file, and no other line of that one, names it (those of NO_RULES are asked nowhere);
- each member of Architecture is a parameter of the same name;
- one thing, one file: the name of a plug-in, of a metric or of a data file stands in strings of its own C++ source, and
  of those in ELSEWHERE, each for its reason; one that is not needed any more is an error. Help with a command line and
  remedies ("for example", "as in") may show any name. Names with a '_' or '.' are found inside longer strings too.

What is not compared: prose, numbers, and whether a section tells all that is to do; names of HOMONYMS, which are words
of other things too; figures of workloads; data files whose name is one plain word, unless their ending stands with it;
names in tests, benchmarks, Python, CMake and documentation. A thing that is known elsewhere by a member or an
enumerator instead of its name is not found, nor is a name that two kinds have looked for in the files of either. Of
HOMONYMOUS_RULES only what is asked of something called a profile is found.
"""

import collections
import pathlib
import re
import sys

PAGES = ("docs/adding.md", "docs/architecture.md")
SOURCES = ("sim", "workloads", "analysis", "benchmarks", "examples", "cmake", "configs", "dev", "CMakeLists.txt")
SUFFIXES = {".cpp", ".hpp", ".cmake", ".toml", ".py", ".sh", ".txt", ""}
PLACEHOLDER = re.compile(r"NAME|VERSION|KERNEL|FILE")

DATA = ("configs/architectures", "configs/kernels", "configs/devices", "configs/machines", "configs/machines/parts", "configs/costs",
        "configs/scenarios", "configs/studies", "configs/questions", "analysis/validation/published/targets",
        "analysis/validation/captures/recordings", "analysis/validation/growth/counts")
NOT_ADDED = {"configs/cluster", "configs/snapshots", "configs/traces"}
METRICS = "sim/run/result/metric"
RECORD = "sim/kernel/profile.hpp"
ARCHITECTURE = "sim/kernel/arch/architecture.hpp"

# Words that also name other things: groups and axes of result files, keys of recordings, subcommands of another kind.
HOMONYMS = {"check", "compare", "dimm", "explain", "list", "machine", "plan", "report", "run", "snapshot", "trace", "virtio_mem", "work"}

# Rules whose names are also those of other things: a node's order of nodes, a boot parameter of a recording, versions of
# formats, a figure of /proc/zoneinfo. They are found where a profile is called so.
HOMONYMOUS_RULES = {"evidence", "fallback", "lru_gen", "memmap_on_memory_force", "pcp_high", "taken_for", "version"}

# Members of a profile that say what it is: the mechanism asks for none of them.
NO_RULES = {"evidence", "taken_for", "version"}

# Where one is asked all the same.
ASKED = {"version": {"sim/config/mem_policy.cpp": "what user space may ask of a kernel, which is then refused"}}

# Help that shows a command line, and remedies, may name anything.
EXAMPLE = re.compile(r"mhpsim |\bfor example |\bas in ")

PARAMETER = "what a kernel with this parameter is asked for"
CHOICES = "the two that a kernel lets each block choose"
ITSELF = "compares itself with it"
SHOWN = "an example of the library's use"
TOLD = "sentences that a report begins with"
EXAMPLE_OF_USE = "examples/consumer/guest_growth.cpp"
GUEST = "analysis/validation/pressure/plan.cpp"
ELSEWHERE = {
    "lmb": {"analysis/validation/captures/hotplug_replay.cpp": "the driver of recordings of POWER"},
    "acpi_dimm": {"sim/config/hotplug_params.hpp": "default of a scenario",
                  "sim/kernel/hotplug/add_request.hpp": "default of a request"},
    "boot_memory": {"sim/kernel/config.hpp": "default of a scenario",
                    "sim/cli/command/compare.cpp": "default of --placements",
                    "sim/run/recording/recording.hpp": "an owner of memmap",
                    "sim/report/inputs.cpp": "the column that comes first where nothing says which",
                    EXAMPLE_OF_USE: SHOWN,
                    "sim/run/result/content/memmap.cpp": "what a block has whose placement was not followed",
                    "sim/kernel/placement/common/per_block_map.cpp": CHOICES,
                    GUEST: "what a recorded kernel's parameter is",
                    "sim/kernel/placement/common/memmap_parameter.cpp": PARAMETER},
    "memmap_pages_boot": {"sim/report/sentences.cpp": TOLD, EXAMPLE_OF_USE: SHOWN},
    "free_pages_min": {"sim/report/sentences.cpp": TOLD},
    "time_to_usable": {EXAMPLE_OF_USE: SHOWN},
    "small-guest": {EXAMPLE_OF_USE: SHOWN},
    "small-guest.toml": {"sim/report/run_files.hpp": "what tests make files of"},
    "hotplugged_range": {EXAMPLE_OF_USE: SHOWN,
                         GUEST: "what a recorded kernel's parameter is",
                         "sim/cli/command/compare.cpp": "default of --placements",
                         "sim/kernel/placement/hotplugged_range_force.cpp": ITSELF,
                         "sim/kernel/placement/by_zone.cpp": ITSELF,
                         "sim/kernel/placement/late_altmap.cpp": ITSELF,
                         "sim/kernel/placement/common/per_block_map.cpp": CHOICES,
                         "sim/kernel/placement/common/memmap_parameter.cpp": PARAMETER},
    "hotplugged_range_force": {"sim/kernel/placement/common/memmap_parameter.cpp": PARAMETER},
    "debate.toml": {"sim/cli/command/debate.cpp": "default of SCENARIO"},
    "per_block": {"sim/kernel/config.cpp": "parameters that it alone reads"},
    "per_device": {"sim/kernel/placement/by_zone.cpp": ITSELF},
    "boot_reservation": {"sim/kernel/config.cpp": "a parameter that it alone reads"},
    "earlier_blocks": {"sim/kernel/placement/moved_at_remove.cpp": ITSELF},
    "early_kernel_zone": {"sim/kernel/placement/early_kernel_zone_lookup.cpp": ITSELF,
                          "sim/kernel/placement/subsection_map.cpp": ITSELF},
    "oom_kill": {"analysis/validation/pressure/counters.cpp": "a counter of recordings",
                 "analysis/validation/captures/replay.cpp": "an outcome of the report",
                 "analysis/validation/captures/corruption.cpp": "a field of recordings",
                 "analysis/validation/captures/snapshot_check.cpp": "a field of recordings",
                 "analysis/validation/captures/system_check.cpp": "a field of recordings"},
    **{name: {"analysis/validation/pressure/counters.cpp": "a counter of recordings"}
       for name in ("pgsteal_kswapd", "pgsteal_direct", "pgscan_kswapd", "pgscan_direct", "pswpout", "pswpin", "pgmigrate_success",
                    "compact_stall", "compact_success", "allocstall", "workingset_refault_file", "workingset_refault_anon")},
    "virtual-dimm.toml": {GUEST: "the device that QEMU adds"},
    "hugetlb_pool": {GUEST: "what writes to nr_hugepages become"},
    "contents.toml": {"analysis/validation/captures/known_misses.hpp": "the one list beside recordings"},
    "known-misses.toml": {"analysis/validation/captures/known_misses.hpp": "the one list beside recordings",
                          "analysis/validation/pressure/known_misses.hpp": "the other"},
    "psi_longest": {"sim/study/question/question.cpp": "remedy"},
    "page_table_pages": {"workloads/common/figures.hpp": "a figure of workloads"},
    "slab_pages": {"workloads/common/figures.hpp": "a figure of workloads",
                   "analysis/validation/captures/allocation_check.cpp": "a quantity of the report",
                   "analysis/validation/captures/capture_form.cpp": "a field of recordings",
                   "analysis/validation/captures/corruption.cpp": "a field of recordings"},
    "xeon.toml": {"sim/cli/host_view.hpp": "default of --base"},
    "quickstart.toml": {"sim/cli/command/calibrate.cpp": "default of --scenario"},
    "linux-6.12.toml": {"sim/config/sections.cpp": "remedy"},
    "cascade-lake": {"sim/config/machine_file.cpp": "default of a processor that is not known"},
    "own-machine.toml": {"sim/cli/common.cpp": "default of SCENARIO with --machine",
                         "sim/cli/command/verify/zoneinfo.cpp": "default of --scenario"},
    "x86-64": {"sim/kernel/arch/architecture.hpp": "default of a scenario",
               "sim/observed/kernel_table.cpp": "what uname calls otherwise",
               "sim/observed/unsaid.cpp": "what a run takes in its place",
               "analysis/validation/captures/capture.cpp": "what uname calls otherwise, and recordings that do not say"},
}
# Series over time have the kernel's names, as metrics have.
for series in ("allocstall", "compact_stall", "compact_success", "oom_kill", "pgmigrate_success",
             "pgpromote_success", "pgscan_direct", "pgscan_kswapd", "pgsteal_direct", "pgsteal_kswapd",
             "psi_full", "psi_some", "pswpin", "pswpout", "slabs_scanned", "thp_fault_alloc",
             "thp_fault_fallback", "workingset_refault_anon", "workingset_refault_file"):
    ELSEWHERE.setdefault(series, {}).update({"sim/run/recording/sources.cpp": "the same over time",
                                              "sim/run/result/check/run_promises.cpp": "what is promised of it"})


def without_comments(text: str) -> str:
    token = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'', re.DOTALL)
    return token.sub(lambda m: m[0] if m[0][0] in "\"'" else re.sub(r"[^\n]", " ", m[0]), text)


class Sources:
    """The project's files, what words they have, and what strings its C++ has outside of tests."""

    def __init__(self, root: pathlib.Path):
        self.root = root
        self.paths = set()  # of files and folders
        self.words = set()
        self.code = {}      # C++ that is no test: path, text without comments
        # Strings of it, adjacent ones joined, and the words of longer ones: (path, line) of each.
        self.strings = collections.defaultdict(list)
        self.inside = collections.defaultdict(list)
        for top in SOURCES:
            files = [root / top] if (root / top).is_file() else sorted((root / top).rglob("*"))
            for path in files:
                self.paths.add(str(path.relative_to(root)))
                if path.is_file() and path.suffix in SUFFIXES and path.name != pathlib.Path(__file__).name:
                    self.add(path)

    def add(self, path: pathlib.Path):
        text = path.read_text(errors="replace")
        self.words.update(re.findall(r"\w+", text))
        name = str(path.relative_to(self.root))
        test = name.endswith(("_test.cpp", "_oracle.hpp", "/test_machine.hpp")) or "/tests/" in name or name.startswith("benchmarks/")
        if path.suffix not in {".cpp", ".hpp"} or test:
            return
        code = self.code[name] = without_comments(text)
        literal = r'"(?:[^"\\\n]|\\.)*"'
        code = re.sub(r"#include[^\n]*", "", code)
        for m in re.finditer(rf"{literal}(?:\s*{literal})*", code):
            whole = "".join(part[1:-1] for part in re.findall(literal, m[0]))
            place = (name, code.count("\n", 0, m.start()) + 1)
            self.strings[whole].append(place)
            if not EXAMPLE.search(whole):
                words = re.findall(r"[\w\-]+", whole) + re.findall(r"[\w\-.]+", whole)
                for word in {w.strip(".") for w in words} - {whole}:
                    self.inside[word].append(place)

    def knows(self, name: str) -> bool:
        if not PLACEHOLDER.search(name):
            return name in self.words
        pattern = re.compile(PLACEHOLDER.sub(r"\\w+", name))
        return name in {"NAME", "VERSION", "KERNEL", "FILE"} or any(pattern.fullmatch(w) for w in self.words)

    def has(self, path: str) -> bool:
        """Whether there is such a path; its beginning may be left out."""
        pattern = re.compile(r"(?:.*/)?" + PLACEHOLDER.sub(r"[^/]+", re.escape(path.rstrip("/"))))
        return any(pattern.fullmatch(p) for p in self.paths)


def headings(page: str):
    for title in re.findall(r"^#+ (.*)$", page, re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def check_links(sources: Sources, name: str, text: str):
    """What a link names is there: the file, the heading in it, and what the link's words call by its name."""
    for label, target in re.findall(r"\[((?:`[^`]*`|[^\]`])*)\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        path = (sources.root / name).parent / file if file else sources.root / name
        if target.startswith("http"):
            continue
        if not path.exists():
            yield f"{name}: the link {target} leads nowhere"
        elif anchor and anchor not in headings(path.read_text()):
            yield f"{name}: {file or 'the page'} has no heading #{anchor}"
        elif named := re.fullmatch(r"`(?:\w+::)*(\w+)`", label):
            if not re.search(rf"\b{named[1]}\b", without_comments(path.read_text()) if path.is_file() else ""):
                yield f"{name}: {file} has no {named[1]}"


def check_names(sources: Sources, name: str, text: str):
    """What stands in backticks is there, whole examples included."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"`([^`]+)`", prose):
        for word in span.split():
            if re.fullmatch(r"[\w.\-]+(/[\w.\-]*)+", word) and not word.startswith(("build/", "./")):
                if not sources.has(word):
                    yield f"{name}: there is no {word}"
            elif re.fullmatch(r"[\w\-]+\.(cpp|hpp|txt|toml|py|md)", word):
                if not sources.has(word):
                    yield f"{name}: there is no file {word}"
            else:
                for part in re.findall(r"[A-Za-z_]\w*", word):
                    if not sources.knows(part):
                        yield f"{name}: nothing is called {part}"
    for language, code in fences:
        if language != "cpp":
            continue
        for header in re.findall(r'#include "([^"]+)"', code):
            if not sources.has(header):
                yield f"{name}: there is no {header}"
        bare = re.sub(r'"[^"\n]*"', '""', without_comments(code))
        for part in set(re.findall(r"\b[A-Z][a-z]\w*\b|\b[a-z]\w*(?=\()", bare)):
            if not re.fullmatch(r"Name(Params)?|name_params", part) and not sources.knows(part):
                yield f"{name}: nothing is called {part}"


def plugins(sources: Sources):
    """(kind, folder, files) of every folder of plug-ins, as cmake/MhpTargets.cmake finds them."""
    for lists in sorted(p for p in sources.paths if p.endswith("CMakeLists.txt")):
        text = (sources.root / lists).read_text()
        for kind, folder in re.findall(r"mhp_plugins\(\s*\w+\s+(\w+)\s+(\S+)", text):
            files = []
            for path in [*(sources.root / folder).glob("*.cpp"), *(sources.root / folder).glob("*/*.cpp")]:
                own = path.parent in {sources.root / folder, sources.root / folder / path.stem}
                if own and not path.stem.endswith("_test") and path.stem != "registry":
                    files.append(str(path.relative_to(sources.root)))
            yield kind, folder, sorted(files)


def check_rows(sources: Sources, page: str):
    """Every kind of thing has a row of the first table."""
    table = page[:page.index("\n## ")]
    rows = [line for line in table.splitlines() if line.startswith("| ")]
    folders = {folder for _, folder, _ in plugins(sources)} | set(DATA) | {METRICS}
    folders |= {f"configs/{path.name}" for path in (sources.root / "configs").iterdir()} - NOT_ADDED
    for folder in sorted(folders):
        if not any(f"`{folder}`" in row for row in rows):
            yield f"no row of the table names {folder}"
    for path in (RECORD, "sim/kernel/primitives.hpp"):
        if not any(f"`{path}`" in row for row in rows):
            yield f"no row of the table names {path}"


def asks_for(rule: str, code: str):
    """Lines that name a rule: as a member of a profile or, where its name is no other word's, in any way."""
    code = re.sub(r"#include[^\n]*", "", code)
    words = r"profile(?:_|\(\))?(?:\.|->)" if rule in HOMONYMOUS_RULES else r"\b"
    return [code.count("\n", 0, m.start()) + 1 for m in re.finditer(rf"{words}{rule}\b", code)]


def check_rules(sources: Sources, page: str):
    """A kernel rule has one record, and one place in the mechanism, which the table names."""
    header = sources.code[RECORD]
    struct = re.search(r"struct KernelProfile \{(.*?)^\};", header, re.MULTILINE | re.DOTALL)[1]
    rules = re.findall(r"(\w+)(?: = [^;]+|\{[^;]*\})?;", struct)
    params = re.findall(r'\.add\(\s*"(\w+)",\s*&P::(\w+)', header)
    if params != [(rule, rule) for rule in rules]:
        odd = sorted(set(params) ^ {(rule, rule) for rule in rules}) or "their order"
        yield f"{RECORD}: members and parameters of a profile differ: {odd}"
    table = page[page.index("| rule |"):page.index("## A device\n")]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    for rule in sorted(set(rows) - set(rules)):
        yield f"the rule {rule} has a row and no record"
    for rule in (rule for rule in rules if rule not in rows):
        yield f"the rule {rule} has no row"
    for rule in rules:
        places = [(path, line) for path, code in sorted(sources.code.items())
                  if path != RECORD and path not in ASKED.get(rule, {}) for line in asks_for(rule, code)]
        wanted = 0 if rule in NO_RULES else 1
        said = re.findall(r"`([^`]+)`", rows.get(rule, ""))
        if len(places) != wanted:
            where = ", ".join(f"{path}:{line}" for path, line in places) or "no file"
            yield f"the rule {rule} is asked in {where}: not in {'any' if wanted == 0 else 'one place'}"
        elif rule in rows and said != [path for path, _ in places]:
            yield f"the rule {rule} is asked in {places[0][0] if places else 'no file'}, which is not what its row says"


def check_architecture(sources: Sources, _page: str):
    """A rule of architectures can be read from their files."""
    header = sources.code[ARCHITECTURE]
    struct = re.search(r"struct Architecture \{(.*?)^\};", header, re.MULTILINE | re.DOTALL)[1]
    members = re.findall(r"^  [\w:]+ (\w+)(?: = [^;]+|\{[^;(]*\})?;", struct, re.MULTILINE)
    params = re.findall(r'\.add\(\s*"(\w+)",\s*&A::(\w+)', header)
    for odd in sorted(set(params) ^ {(m, m) for m in members}):
        yield f"{ARCHITECTURE}: members and parameters differ in {odd[0]}"
    if len(members) < 20:
        yield f"only {len(members)} members can be read from {ARCHITECTURE}"


def things(sources: Sources):
    """(name, its homes) of all that is known by a name, which two kinds may share; else (problem, None)."""
    homes = collections.defaultdict(set)
    for kind, _, files in plugins(sources):
        for path in files:
            if path not in sources.code:  # a test's
                continue
            function = re.search(rf"void register_{kind}_{pathlib.Path(path).stem}\(.*?^\}}", sources.code[path],
                                 re.MULTILINE | re.DOTALL)
            if not function:
                yield f"{path} does not define register_{kind}_{pathlib.Path(path).stem}", None
                continue
            added = re.search(r'\.add\(\s*(?:\{\s*(?:\.name = )?|model<[^>]*>\()\s*"([^"]+)"', function[0])
            if not added:
                yield f"{path}: what it registers has no name that this test can read", None
                continue
            homes[added[1]].add(path)
    tables = 0
    for path in sorted(p for p in sources.code if p.startswith(METRICS + "/") and p != f"{METRICS}/record.cpp"):
        code = sources.code[path]
        names = re.findall(r'(?:\{\s*|\bmetric\(\s*)"(\w+)",\s*(?:Unit::|k[A-Z])', code)
        constants = dict(re.findall(r'const char\* (k\w+) = "(\w+)";', code))
        names += {constants[c] for c in re.findall(r"\{\s*(k\w+),\s*Unit::", code)}
        tables += len(names)
        for name in names:
            homes[name].add(path)
        for name in {n for n in names if code.count(f'"{n}"') > 1}:
            yield f"{path} writes {name} more than once", None
    if tables < 40:
        yield f"only {tables} metrics can be read from {METRICS}", None
    for folder in DATA:
        for path in filter(pathlib.Path.is_file, (sources.root / folder).iterdir()):
            for name in [path.name, *([path.stem] if "-" in path.stem else [])]:
                homes[name].add(str(path.relative_to(sources.root)))
    yield from homes.items()


def check_homes(sources: Sources):
    """No string names a thing away from its home."""
    needed = collections.defaultdict(set)
    for name, homes in things(sources):
        if homes is None:
            yield name
            continue
        if name in HOMONYMS:
            continue
        inside = sources.inside[name] if re.search(r"[_.]", name) else []
        for path, line in sources.strings[name] + inside:
            if path in homes:
                continue
            if path in ELSEWHERE.get(name, {}):
                needed[name].add(path)
            else:
                yield f"{path}:{line} names {name}, which is at home in {', '.join(sorted(homes))}"
    for name, paths in ELSEWHERE.items():
        for path in sorted(set(paths) - needed[name]):
            yield f"{path} does not name {name}: take it out of ELSEWHERE"


def main() -> int:
    sources = Sources(pathlib.Path(sys.argv[1]).resolve())
    adding = (sources.root / PAGES[0]).read_text()
    problems = []
    for name in PAGES:
        problems += check_links(sources, name, (sources.root / name).read_text())
    problems += check_names(sources, PAGES[0], adding)
    for check in (check_rows, check_rules, check_architecture):
        problems += (f"{PAGES[0]}: {problem}" for problem in check(sources, adding))
    problems += check_homes(sources)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
