"""What is to be recorded: a machine, kernel parameters and steps. Read from TOML, written as TOML."""

import copy
import dataclasses
import json
import re
import tomllib

import architecture
import disks
import pressure
import units
from errors import WrongInput
from operations import FILE, OPERATIONS

LARGEST_PAGE = 64 * units.KIB


@dataclasses.dataclass
class Node:
    """A node as the emulator is told of it: without memory and CPUs it exists only once memory is added."""

    memory: int = 0
    cpus: int = 0


@dataclasses.dataclass
class VirtioMem:
    """A virtio-mem device; nothing of it is plugged until a step asks for it."""

    name: str
    size: int  # of its region: what can be asked for
    block: int = 2 << 20  # unit in which the device is plugged
    node: int = 0


@dataclasses.dataclass
class Scenario:
    name: str
    steps: list
    what: str = ""
    kernel: str = ""  # series of the profile; empty: that of the image
    arch: str = ""  # a name of architecture.ALL; empty: that of the image, x86-64 for one that is fetched
    page_size: int = 0  # bytes, for --fetch among kernels of one architecture; 0: that of the kernel
    parameters: str = ""  # of the kernel's command line
    kaslr: bool = False
    memory: int = 2 << 30  # at boot, if there are no nodes
    cpus: int = 2
    # empty: the architecture's
    max_memory: int = 0
    slots: int = 0
    cpu: str = ""
    swap: int = 0  # bytes of a disk for swap
    virtio_mem: list = dataclasses.field(default_factory=list)
    nodes: list = dataclasses.field(default_factory=list)
    distances: list = dataclasses.field(default_factory=list)  # [from, to, value]

    def with_steps(self, steps):
        other = copy.deepcopy(self)
        other.steps = copy.deepcopy(steps)
        return other

    def boot_memory(self):
        return sum(node.memory for node in self.nodes) if self.nodes else self.memory

    def all_cpus(self):
        return sum(node.cpus for node in self.nodes) if self.nodes else self.cpus

    def has_disk(self):
        return any(step[0] == "setup" for step in self.steps)


# key in the file -> (field, type)
TOP = {"name": ("name", str), "what": ("what", str), "kernel": ("kernel", str), "arch": ("arch", str),
       "parameters": ("parameters", str), "kaslr": ("kaslr", bool)}
MACHINE = {"cpus": ("cpus", int), "slots": ("slots", int), "cpu": ("cpu", str)}
MACHINE_SIZES = {"memory": "memory", "max_memory": "max_memory", "swap": "swap"}


def load(path):
    """Reads a scenario; WrongInput names the file and what is wrong in it."""
    try:
        with open(path, "rb") as file:
            return parse(tomllib.load(file))
    except OSError as error:
        raise WrongInput(f"{path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise WrongInput(f"{path}: {error}") from error
    except WrongInput as error:
        raise WrongInput(f"{path}: {error}") from error


def parse(table):
    known = {*TOP, "page_size", "steps", "machine", "node", "virtio_mem"}
    _only(table, known, "the scenario")
    fields = {field: _typed(table, key, kind, key) for key, (field, kind) in TOP.items() if key in table}
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", fields.get("name", "")):
        raise WrongInput("name: must be there, of letters, digits, '-', '_' and '.': it names the recording")
    if fields.get("arch", "x86-64") not in architecture.ALL:
        raise WrongInput(f"arch: {fields['arch']!r} is none of {', '.join(architecture.ALL)}")
    if "page_size" in table:
        fields["page_size"] = units.size(table["page_size"], "page_size")
        if not 4 * units.KIB <= fields["page_size"] <= LARGEST_PAGE or fields["page_size"] & fields["page_size"] - 1:
            raise WrongInput(f"page_size: {table['page_size']!r} is no size of pages, such as \"64KiB\"")
    machine = table.get("machine", {})
    _only(machine, {*MACHINE, *MACHINE_SIZES, "distances"}, "[machine]")
    fields |= {field: _typed(machine, key, kind, f"machine.{key}") for key, (field, kind) in MACHINE.items()
               if key in machine}
    fields |= {field: units.size(machine[key], f"machine.{key}") for key, field in MACHINE_SIZES.items()
               if key in machine}
    nodes = [_node(node, i) for i, node in enumerate(table.get("node", []))]
    if nodes and {"memory", "cpus"} & set(machine):
        raise WrongInput("machine.memory and machine.cpus: with [[node]] each node says its own")
    devices = [_virtio_mem(device, i) for i, device in enumerate(table.get("virtio_mem", []))]
    scenario = Scenario(steps=steps(table.get("steps", []), {device.name for device in devices}), nodes=nodes,
                        virtio_mem=devices,
                        distances=_distances(machine.get("distances", []), len(nodes)), **fields)
    if scenario.all_cpus() < 1 or scenario.boot_memory() < 64 << 20:
        raise WrongInput("the machine needs a CPU and at least 64MiB of memory to boot")
    if scenario.swap and not (scenario.has_disk() and scenario.swap >= disks.SMALLEST_SWAP):
        raise WrongInput('machine.swap: needs at least 1MiB, and a step ["setup"]')
    return scenario


def steps(rows, devices=frozenset()):
    """Checks the steps and gives them with sizes in bytes; `devices`: names of virtio-mem devices."""
    if not isinstance(rows, list) or not rows:
        raise WrongInput("steps: a list is needed, the first of them [\"snap\", \"boot\"] or what comes before it")
    dimms, done = set(devices), []
    for i, row in enumerate(rows):
        where = f"steps[{i}]"
        if not isinstance(row, list) or not row or row[0] not in OPERATIONS:
            raise WrongInput(f"{where}: {row!r} is no step; known are {', '.join(OPERATIONS)}")
        operation = OPERATIONS[row[0]]
        words = operation.check(row[1:], where)
        if row[0] == "add":
            if words[0] in dimms:
                raise WrongInput(f"{where}: there is a DIMM {words[0]} already")
            dimms.add(words[0])
        elif operation.words and operation.words[0].name == "DIMM" and words[0] not in dimms:
            raise WrongInput(f"{where}: no DIMM {words[0]} was added before")
        elif operation.words and operation.words[0].name == "DEVICE" and words[0] not in devices:
            raise WrongInput(f"{where}: there is no [[virtio_mem]] {words[0]}")
        elif row[0] == "del" and words[0] in devices:
            raise WrongInput(f"{where}: {words[0]} is a virtio-mem device: resize it to 0")
        elif row[0] == "del":
            dimms.discard(words[0])
        if operation.words[:1] == (FILE,) and ["setup"] not in done and words[0].startswith(pressure.FOLDER + "/"):
            raise WrongInput(f'{where}: {words[0]} is there only after a step ["setup"]')
        if row[0] == "setup" and ["setup"] in done:
            raise WrongInput(f"{where}: the disk is there already")
        done.append([row[0], *words])
    if not (["snap", "boot"] in done or ["qsnap", "boot"] in done or "bsnap" in {step[0] for step in done}):
        raise WrongInput('steps: a step ["snap", "boot"], or under pressure ["qsnap", "boot"], is needed (but in allocator '
                         "sequences, which have bsnap): the model starts from it")
    return done


def _only(table, known, where):
    for key in table:
        if key not in known:
            raise WrongInput(f"{where} has no key '{key}'; it has {', '.join(sorted(known))}")


def _typed(table, key, kind, what):
    if type(table[key]) is not kind:
        raise WrongInput(f"{what}: {table[key]!r} should be {'text' if kind is str else kind.__name__}")
    return table[key]


def _node(table, index):
    _only(table, {"memory", "cpus"}, "[[node]]")
    return Node(units.size(table.get("memory", 0), f"node[{index}].memory"),
                _typed(table, "cpus", int, f"node[{index}].cpus") if "cpus" in table else 0)


def _virtio_mem(table, index):
    where = f"virtio_mem[{index}]"
    _only(table, {"name", "size", "block", "node"}, "[[virtio_mem]]")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", str(table.get("name", ""))) or "size" not in table:
        raise WrongInput(f"{where}: needs a name and a size")
    device = VirtioMem(table["name"], units.size(table["size"], f"{where}.size"),
                       units.size(table.get("block", 2 << 20), f"{where}.block"),
                       _typed(table, "node", int, f"{where}.node") if "node" in table else 0)
    if device.block < 1 << 20 or device.block & device.block - 1 or device.size % device.block:
        raise WrongInput(f"{where}.block: a power of two from 1MiB on, of which the size is a multiple")
    return device


def _distances(rows, nodes):
    for row in rows:
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(word, int) for word in row)
                and row[0] != row[1] and 0 <= row[0] < nodes and 0 <= row[1] < nodes and 10 < row[2] < 255):
            raise WrongInput(f"machine.distances: {row!r} is not [from, to, distance of 11 to 254] of two nodes")
    return [list(row) for row in rows]


def to_toml(scenario):
    """The scenario as a file that `load` reads to the same."""
    lines = [f"name = {json.dumps(scenario.name)}"]
    for key in ("what", "kernel", "arch", "parameters"):
        if getattr(scenario, key):
            lines.append(f"{key} = {json.dumps(getattr(scenario, key))}")
    if scenario.page_size:
        lines.append(f'page_size = "{units.text(scenario.page_size)}"')
    if scenario.kaslr:
        lines.append("kaslr = true")
    lines += ["steps = [", *(f"  {json.dumps(_readable(step))}," for step in scenario.steps), "]", "", "[machine]"]
    if not scenario.nodes:
        lines += [f'memory = "{units.text(scenario.memory)}"', f"cpus = {scenario.cpus}"]
    if scenario.max_memory:
        lines.append(f'max_memory = "{units.text(scenario.max_memory)}"')
    if scenario.swap:
        lines.append(f'swap = "{units.text(scenario.swap)}"')
    if scenario.slots:
        lines.append(f"slots = {scenario.slots}")
    if scenario.cpu:
        lines.append(f"cpu = {json.dumps(scenario.cpu)}")
    if scenario.distances:
        lines.append(f"distances = {json.dumps(scenario.distances)}")
    for device in scenario.virtio_mem:
        lines += ["", "[[virtio_mem]]", f"name = {json.dumps(device.name)}", f'size = "{units.text(device.size)}"',
                  f'block = "{units.text(device.block)}"', f"node = {device.node}"]
    for node in scenario.nodes:
        lines += ["", "[[node]]"]
        if node.memory:
            lines.append(f'memory = "{units.text(node.memory)}"')
        if node.cpus:
            lines.append(f"cpus = {node.cpus}")
    return "\n".join(lines) + "\n"


def _readable(step):
    return [step[0], step[1], units.text(step[2]), *step[3:]] if step[0] in ("add", "resize") else step
