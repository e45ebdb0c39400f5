"""Records a scenario: boots the guest, does the steps, keeps what came of each."""

import dataclasses
import os
import re
import tempfile
import time

import disks
import firmware
import image
import kernel_facts
import machine
import stand_in
from architecture import X86_64
from errors import HarnessError, RecordingFailed, WrongInput
from guest import Guest
from operations import OPERATIONS, answer

HUGE_PAGE_SIZE = "/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
BLOCK_SIZE = "/sys/devices/system/memory/block_size_bytes"
CHATTER = re.compile(r"random: |clocksource|tsc: |input: |sched_clock")
ABOUT_MEMORY = re.compile(r"e820: |NUMA|node|Zone|zone|Memory:|memory block|Built|Policy|SRAT|hugepage|HugeTLB|deferred|"
                          r"vmemmap|hot-?add|memory_hotplug|BRK|ECAM|Freeing|\[mem ")
TROUBLE = re.compile(r"Kernel panic|Out of memory|invoked oom-killer|vmemmap alloc failure|add_memory failed|"
                     r"acpi_memory_enable|pseries-hotplug-mem: .*[Ff]ailed|WARNING: |BUG:|allocation failure|Killed process")
MAX_BOOT_LINES, MAX_STEP_LINES, MAX_TROUBLE_LINES = 220, 120, 40
BOOT_ATTEMPTS = 3


@dataclasses.dataclass(frozen=True)
class Setup:
    """What a guest is booted with."""

    kernel: image.Kernel
    initramfs: str
    emulator: str
    accelerator: str = "tcg"  # or kvm
    firmware: str = ""  # empty: QEMU's own
    stand_in: bool = False  # whether the initramfs has the module that stands in for the ACPI memory driver


class Recorder:
    """What the operations need: the guest, the scenario, who adds its memory, and where its DIMMs are."""

    def __init__(self, guest, scenario, setup):
        self.guest, self.scenario = guest, scenario
        self.architecture, self.stand_in = setup.kernel.architecture, setup.stand_in
        self.dimms = {}
        self.taken = set()  # those that the stand-in has added
        self._block_size = None

    def blocks_of(self, dimm):
        if dimm not in self.dimms:
            raise RecordingFailed(f"DIMM {dimm} is not there: QEMU or the kernel has refused it")
        if self._block_size is None:
            files, _ = self.guest.command("cat " + BLOCK_SIZE)
            self._block_size = int(files[BLOCK_SIZE], 16)
        place = self.dimms[dimm]
        return (place["addr"] // self._block_size, (place["addr"] + place["size"]) // self._block_size - 1)

    def step(self, words):
        begin = time.monotonic()
        record = {"op": list(words)}
        record.update(OPERATIONS[words[0]].run(self, list(words[1:])))
        record["wall_s"] = round(time.monotonic() - begin, 2)
        self.keep_console(record)
        return record

    def keep_console(self, record):
        lines = [line for line in self.guest.new_console_lines() if not CHATTER.search(line)]
        if len(lines) > MAX_STEP_LINES:
            lines = lines[:MAX_STEP_LINES] + [f"... {len(lines) - MAX_STEP_LINES} more lines"]
        if lines:
            record["console"] = lines


def record(scenario, setup, boot_seconds=240, say=lambda text: None, attempts=BOOT_ATTEMPTS):
    """The capture; RecordingFailed if the guest did not come up or stopped answering for another reason than a panic."""
    begin = time.monotonic()
    architecture = setup.kernel.architecture
    bios = ["-bios", setup.firmware] if setup.firmware else []
    with tempfile.TemporaryDirectory(prefix="mhpsim-harness-") as folder:
        if scenario.has_disk():
            disks.make(folder, scenario.swap)
        for attempt in range(1, attempts + 1):
            guest = None
            try:
                options = machine.options(scenario, setup.accelerator, architecture)
                drives = disks.options(folder, scenario.swap) if scenario.has_disk() else []
                command_line = machine.command_line(scenario, setup.accelerator, architecture)
                boot = [*bios, "-kernel", setup.kernel.path, "-initrd", setup.initramfs, "-append", command_line]
                guest = Guest(setup.emulator, [*options, *drives], boot, folder, architecture.serial)
                guest.wait_until_ready(boot_seconds)
                break
            except RecordingFailed as error:
                if guest:
                    guest.close()
                if attempt == attempts:
                    raise
                why = str(error).split(";")[0]
                say(f"boot {attempt} failed ({why}); once more")
        try:
            options = [*options, *(disks.options("", scenario.swap) if drives else [])]
            if setup.firmware:
                firmware.check(guest.console(), scenario, say)
                options = [*options, "-bios", os.path.basename(setup.firmware)]
            capture = _boot_record(scenario, guest, options, command_line, setup)
            capture["boot_wall_s"] = round(time.monotonic() - begin, 1)
            _steps(scenario, Recorder(guest, scenario, setup), capture, say)
        finally:
            guest.close()
        capture["total_wall_s"] = round(time.monotonic() - begin, 1)
        return capture


def _boot_record(scenario, guest, options, command_line, setup):
    files, _ = guest.command("cat /proc/version")
    version = files.get("/proc/version", "").strip()
    boot = [line for line in guest.new_console_lines() if ABOUT_MEMORY.search(line) and not CHATTER.search(line)]
    return {"name": scenario.name, **_architecture_record(scenario, guest, setup), "what": scenario.what,
            "kernel": scenario.kernel or machine.series(version), "kernel_version": version,
            "accelerator": setup.accelerator, "qemu_args": options, "cmdline": command_line,
            "boot_dmesg": boot[:MAX_BOOT_LINES]}


def _architecture_record(scenario, guest, setup):
    """What the head of a capture has more, of another architecture than x86-64."""
    architecture = setup.kernel.architecture
    if architecture is X86_64:
        return {}
    page_size = answer(guest.command("info")[1])["page_size"]
    if scenario.page_size not in (0, page_size):
        raise WrongInput(f"the scenario is of a kernel with pages of {scenario.page_size} bytes, this one's have {page_size}")
    facts = kernel_facts.facts(setup.kernel)
    huge = guest.command("cat " + HUGE_PAGE_SIZE)[0].get(HUGE_PAGE_SIZE, "").strip()
    if huge:
        facts["thp_bytes"] = int(huge)
    if setup.firmware:
        facts["firmware"] = firmware.version(guest.console())
    if setup.stand_in:
        stand_in.load(guest, answer)
        facts["stand_in"] = stand_in.MODULE
    return {"arch": architecture.name, "flavour": architecture.flavour(page_size), "page_size": page_size, "facts": facts}


def _steps(scenario, recorder, capture, say):
    guest = recorder.guest
    capture["steps"] = []
    panic = None
    for number, words in enumerate(scenario.steps):
        say(f"step {number + 1} of {len(scenario.steps)}: {' '.join(str(word) for word in words)}")
        try:
            capture["steps"].append(recorder.step(words))
        except HarnessError as error:
            if "Kernel panic" not in guest.console():
                raise RecordingFailed(f"step {number + 1}, {' '.join(map(str, words))}: {error}") from error
            panic = {"op": list(words)}
            recorder.keep_console(panic)
            capture["steps"].append(panic)
            break
    trouble = [line for line in guest.console().split("\n") if TROUBLE.search(line)]
    if trouble:
        capture["trouble_tail"] = trouble[:MAX_TROUBLE_LINES]
    capture["outcome"] = "guest kernel panic" if panic else "completed"
