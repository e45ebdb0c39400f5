"""QEMU's options for a scenario's machine, and the kernel's command line."""

import re

from architecture import X86_64
from scenario import Scenario

# Memory is reserved nowhere: the host gives what the guest writes, of a DIMM mostly the memmap.
BACKEND = "memory-backend-ram,id={},size={}M,reserve=off"
# init_on_alloc=0: huge pages are not written when they are allocated. nokaslr: the same layout in every run.
ALWAYS = "panic=-1 init_on_alloc=0"
# What the init reads from its environment.
PORT = "CMDPORT="


def options(scenario: Scenario, accelerator: str, architecture=X86_64):
    machine, backends, numa = architecture.machine, [], []
    if scenario.nodes:
        first_cpu = 0
        for number, node in enumerate(scenario.nodes):
            text = f"node,nodeid={number}"
            if node.cpus:
                last = first_cpu + node.cpus - 1
                text += f",cpus={first_cpu}" + (f"-{last}" if node.cpus > 1 else "")
                first_cpu = last + 1
            if node.memory:
                backends.append(BACKEND.format(f"b{number}", node.memory >> 20))
                text += f",memdev=b{number}"
            numa.append(text)
        numa += [f"dist,src={a},dst={b},val={value}" for a, b, value in scenario.distances]
    else:
        backends.append(BACKEND.format("b0", scenario.memory >> 20))
        machine += ",memory-backend=b0"
    slots, max_memory = scenario.slots or architecture.slots, scenario.max_memory or architecture.max_memory
    result = ["-machine", machine, "-cpu", scenario.cpu or architecture.cpu, "-accel", accelerator,
              "-smp", str(scenario.all_cpus()),
              "-m", f"{scenario.boot_memory() >> 20}M,slots={slots},maxmem={max_memory >> 20}M"]
    for backend in backends:
        result += ["-object", backend]
    for text in numa:
        result += ["-numa", text]
    for device in scenario.virtio_mem:
        node = f",node={device.node}" if scenario.nodes else ""
        result += ["-object", BACKEND.format("m" + device.name, device.size >> 20), "-device",
                   f"virtio-mem-pci,id={device.name},memdev=m{device.name},block-size={device.block >> 20}M,"
                   f"requested-size=0{node}"]
    return result


def command_line(scenario: Scenario, accelerator: str, architecture=X86_64):
    words = ["console=" + architecture.console, architecture.port and PORT + architecture.port,
             "" if scenario.kaslr else "nokaslr", ALWAYS, architecture.emulated if accelerator == "tcg" else "",
             scenario.parameters]
    return " ".join(word for word in words if word)


def series(kernel_version: str):
    """6.12 of "Linux version 6.12.117+deb13-amd64 (...": what a capture calls its kernel."""
    match = re.search(r"Linux version (\d+\.\d+)", kernel_version)
    return match[1] if match else ""
