"""Makes a scenario smaller while what is wrong with it stays wrong."""

import copy

import scenario as scenarios
from errors import WrongInput
from scenario import Scenario

MIN_MEMORY = 512 << 20
BLOCK = 128 << 20


class Budget:
    """How often the question may be asked: each asking is a recording."""

    def __init__(self, attempts):
        self.left = attempts

    def spend(self):
        self.left -= 1
        return self.left >= 0


def smallest(scenario: Scenario, stays, budget: Budget):
    """`stays(candidate)`: whether the candidate still shows what the scenario shows. The smallest found in `budget`."""
    tried = set()

    def accepted(candidate):
        key = scenarios.to_toml(candidate)
        if key in tried or not valid(candidate):
            return False
        tried.add(key)
        return budget.spend() and stays(candidate)

    best, before = scenario, None
    while before is not best and budget.left > 0:
        before = best
        for candidates in (without_steps, without_machine, with_less):
            best = _greedy(best, candidates, accepted)
    return best


def _greedy(best, candidates, accepted):
    """Takes the first candidate that is accepted, and begins again from there, until none is."""
    found = True
    while found:
        found = False
        for candidate in candidates(best):
            if accepted(candidate):
                best, found = candidate, True
                break
    return best


def valid(candidate):
    try:
        scenarios.steps(copy.deepcopy(candidate.steps))
    except WrongInput:
        return False
    return True


def groups(steps):
    """Steps that go together: a DIMM's addition with all that is done to it, the ends of a trace. Without the last step,
    where what is wrong shows."""
    result = []
    for i, step in enumerate(steps[:-1]):
        if step == ["snap", "boot"]:
            continue
        if step[0] == "trace_pages":
            if step[1] == 1 and ["trace_pages", 0] in steps[i:]:
                result.append({i, i + steps[i:].index(["trace_pages", 0])})
            continue
        group = {i}
        if step[0] == "add":
            group |= {j for j in range(i, len(steps)) if steps[j][0] in ("online", "del") and steps[j][1] == step[1]}
        result.append(group)
    return result


def without_steps(scenario):
    """Without all that only looks; then without halves, quarters, down to single groups."""
    looks = {i for i, step in enumerate(scenario.steps[:-1])
             if step[0] in ("snap", "trace_pages") and step != ["snap", "boot"]}
    if len(looks) > 1:
        yield _without(scenario, looks)
    all_groups = groups(scenario.steps)
    size = max(len(all_groups) // 2, min(len(all_groups), 1))
    while size >= 1:
        for start in range(len(all_groups) - size, -1, -size):
            yield _without(scenario, set().union(*all_groups[start:start + size]))
        size //= 2


def _without(scenario, gone):
    return scenario.with_steps([step for i, step in enumerate(scenario.steps) if i not in gone])


def without_machine(scenario):
    """A node less, a parameter less, a CPU less, the address layout not random."""
    if len(scenario.nodes) > 1:
        last = len(scenario.nodes) - 1
        other = copy.deepcopy(scenario)
        other.nodes.pop()
        other.distances = [row for row in other.distances if last not in row[:2]]
        for step in other.steps:
            if step[0] == "add" and len(step) > 3 and step[3] == last:
                step[3] = last - 1
        if other.all_cpus() and other.boot_memory() >= MIN_MEMORY:
            yield other
    words = scenario.parameters.split()
    for i in range(len(words)):
        other = copy.deepcopy(scenario)
        other.parameters = " ".join(words[:i] + words[i + 1:])
        yield other
    if scenario.cpus > 1 and not scenario.nodes:
        other = copy.deepcopy(scenario)
        other.cpus = 1
        yield other
    if scenario.kaslr:
        other = copy.deepcopy(scenario)
        other.kaslr = False
        yield other


def with_less(scenario):
    """Smaller DIMMs, less boot memory, smaller allocations."""
    for i, step in enumerate(scenario.steps):
        smaller = _half(step)
        if smaller:
            other = copy.deepcopy(scenario)
            other.steps[i] = smaller
            if step[0] == "add":
                _fit(other.steps, step[1], smaller[2] // BLOCK)
            yield other
    for node in range(len(scenario.nodes)):
        if scenario.nodes[node].memory > MIN_MEMORY:
            other = copy.deepcopy(scenario)
            other.nodes[node].memory = max(MIN_MEMORY, scenario.nodes[node].memory // 2 // BLOCK * BLOCK)
            yield other
    if not scenario.nodes and scenario.memory > MIN_MEMORY:
        other = copy.deepcopy(scenario)
        other.memory = max(MIN_MEMORY, scenario.memory // 2 // BLOCK * BLOCK)
        yield other


def _half(step):
    if step[0] == "add" and step[2] >= 2 * BLOCK:
        return [*step[:2], step[2] // 2 // BLOCK * BLOCK, *step[3:]]
    if step[0] == "alloc" and step[1] > 4:
        return ["alloc", step[1] // 2, *step[2:]]
    if step[0] == "w" and step[1].endswith("nr_hugepages") and int(step[2]) > 1:
        return [*step[:2], str(int(step[2]) // 2)]
    return None


def _fit(steps, dimm, blocks):
    """Writes to blocks of the DIMM stay within it."""
    for step in steps:
        if step[0] == "online" and step[1] == dimm:
            step[3:] = [max(-blocks, min(at, blocks - 1)) for at in step[3:]]
