"""The subset of the trace event format (JSON) that mhpsim writes and ui.perfetto.dev and chrome://tracing read, as a
checker. docs/timelines.md says it in words.

problems(text) lists what is wrong with a file, nothing if it is right."""
import json
from collections import defaultdict
from decimal import Decimal

METADATA = {"process_name": ("name", str), "process_labels": ("labels", str), "process_sort_index": ("sort_index", int),
            "thread_name": ("name", str), "thread_sort_index": ("sort_index", int)}
# Members of each phase: those that it must have, and those that it may have besides.
MEMBERS = {"M": ({"ph", "pid", "name", "args"}, {"tid"}),
           "X": ({"ph", "pid", "tid", "ts", "dur", "name", "cat", "args"}, set()),
           "B": ({"ph", "pid", "tid", "ts", "name", "cat"}, {"args"}),
           "E": ({"ph", "pid", "tid", "ts"}, {"name", "args"}),
           "i": ({"ph", "pid", "tid", "ts", "s", "name"}, {"args"}),
           "C": ({"ph", "pid", "ts", "name", "args"}, set())}


class NotAllowed(Exception):
    pass


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def number(value):
    return whole(value) or isinstance(value, Decimal)


def unique(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise NotAllowed(f"a member twice: {[name for name, _ in pairs]}")
    return members


def refuse_constant(word):
    raise NotAllowed(f"{word} is no number of JSON")


def parsed(text):
    return json.loads(text, parse_float=Decimal, parse_constant=refuse_constant, object_pairs_hook=unique)


def time(event, member):
    """Microseconds, not before 0, whole nanoseconds."""
    value = event[member]
    if not number(value) or value < 0 or Decimal(value) * 1000 % 1 != 0:
        raise NotAllowed(f"{member} is {value}")
    return Decimal(value)


class Checker:
    def __init__(self):
        self.metadata = {}
        self.begun = defaultdict(list)  # B without E, by thread
        self.last = {}  # ts of B and E, by thread
        self.complete = defaultdict(list)
        self.counters = {}
        self.used = set()
        self.seen = set()  # processes of events that are no metadata

    def event(self, e):
        if not isinstance(e, dict) or e.get("ph") not in MEMBERS:
            raise NotAllowed("no event of a phase of the subset")
        must, may = MEMBERS[e["ph"]]
        if not must <= set(e) <= must | may:
            raise NotAllowed(f"members of {e['ph']}: {sorted(e)}")
        if not whole(e["pid"]) or e["pid"] < 1 or ("tid" in e and (not whole(e["tid"]) or e["tid"] < 1)):
            raise NotAllowed("pid and tid are whole numbers")
        if "name" in e and (not isinstance(e["name"], str) or not e["name"]):
            raise NotAllowed("name is a text")
        if "args" in e and not isinstance(e["args"], dict):
            raise NotAllowed("args is an object")
        getattr(self, {"M": "on_metadata", "X": "on_complete", "B": "on_begin", "E": "on_end", "i": "on_instant", "C": "on_counter"}[e["ph"]])(e)
        if e["ph"] != "M":
            self.seen.add(e["pid"])
            self.used.add((e["pid"], e.get("tid")))

    def on_metadata(self, e):
        if e["name"] not in METADATA:
            raise NotAllowed(f"metadata {e['name']}")
        member, kind = METADATA[e["name"]]
        if set(e["args"]) != {member} or not isinstance(e["args"][member], kind) or isinstance(e["args"][member], bool):
            raise NotAllowed(f"{e['name']} has {e['args']}")
        if e["name"].startswith("thread") != ("tid" in e):
            raise NotAllowed(f"{e['name']} of a thread or of a process")
        if e["pid"] in self.seen:
            raise NotAllowed("metadata stands before the events of its process")
        key = (e["name"], e["pid"], e.get("tid"))
        if key in self.metadata:
            raise NotAllowed(f"{e['name']} twice")
        self.metadata[key] = e["args"][member]

    def on_complete(self, e):
        begin = time(e, "ts")
        self.complete[e["pid"], e["tid"]].append((begin, begin + time(e, "dur"), e["name"]))

    def on_begin(self, e):
        self.rising(e)
        self.begun[e["pid"], e["tid"]].append(e["name"])

    def on_end(self, e):
        self.rising(e)
        open_ones = self.begun[e["pid"], e["tid"]]
        if not open_ones:
            raise NotAllowed("E without B")
        name = open_ones.pop()
        if e.get("name", name) != name:
            raise NotAllowed("E of another name than its B")

    def rising(self, e):
        at = time(e, "ts")
        if at < self.last.get((e["pid"], e["tid"]), 0):
            raise NotAllowed("B and E of a thread are in the order of time")
        self.last[e["pid"], e["tid"]] = at

    def on_instant(self, e):
        time(e, "ts")
        if e["s"] not in ("t", "p", "g"):
            raise NotAllowed(f"scope {e['s']}")

    def on_counter(self, e):
        at = time(e, "ts")
        if not e["args"] or not all(number(v) for v in e["args"].values()):
            raise NotAllowed(f"a counter's values are numbers: {e['args']}")
        before, keys = self.counters.get((e["pid"], e["name"]), (at, set(e["args"])))
        if at < before or keys != set(e["args"]):
            raise NotAllowed(f"a counter goes on in time, with the same values: {e['name']}")
        self.counters[e["pid"], e["name"]] = (at, keys)

    def at_the_end(self):
        for thread, names in self.begun.items():
            if names:
                yield f"thread {thread}: B without E: {names}"
        for thread, spans in self.complete.items():
            yield from nesting(thread, spans)
        for pid, tid in sorted(self.used, key=str):
            if ("process_name", pid, None) not in self.metadata:
                yield f"process {pid} has no name"
            if tid is not None and ("thread_name", pid, tid) not in self.metadata:
                yield f"thread {tid} of process {pid} has no name"
        order = [(key, value) for key, value in self.metadata.items() if key[0].endswith("sort_index")]
        for name in ("process_sort_index", "thread_sort_index"):
            places = [(key[1:], value) for key, value in order if key[0] == name]
            for (a, i), (b, j) in zip(places, places[1:]):
                if (name[0] == "p" or a[0] == b[0]) and not i < j:
                    yield f"{name} does not rise from {a} to {b}"
        threads = [key[2] for key in self.metadata if key[0] == "thread_name"]
        if len(set(threads)) != len(threads):
            yield "threads of two processes have the same number"


def nesting(thread, spans):
    """Complete events of a thread lie beside each other or one in the other, and stand in that order."""
    if spans != sorted(spans, key=lambda s: (s[0], s[0] < s[1], -s[1])):
        yield f"thread {thread}: X not by begin, the longer first, moments before"
        return
    around = []
    for begin, end, name in spans:
        while around and around[-1][1] <= begin and (begin, end) != around[-1][:2]:
            around.pop()
        if around and end > around[-1][1]:
            yield f"thread {thread}: {name} at {begin} ends after {around[-1][2]}, in which it begins"
            return
        around.append((begin, end, name))


def problems(text):
    try:
        whole_file = parsed(text)
    except (ValueError, NotAllowed) as wrong:
        return [f"no JSON: {wrong}"]
    if not isinstance(whole_file, dict) or set(whole_file) != {"displayTimeUnit", "otherData", "traceEvents"}:
        return ["the members are displayTimeUnit, otherData and traceEvents"]
    out = []
    if whole_file["displayTimeUnit"] != "ns" or not isinstance(whole_file["otherData"], dict):
        out.append("displayTimeUnit is ns, otherData an object")
    if not isinstance(whole_file["traceEvents"], list) or not whole_file["traceEvents"]:
        return out + ["traceEvents is a list of events"]
    checker = Checker()
    for i, event in enumerate(whole_file["traceEvents"]):
        try:
            checker.event(event)
        except NotAllowed as wrong:
            out.append(f"event {i}: {wrong}: {event}")
    return out + list(checker.at_the_end())
