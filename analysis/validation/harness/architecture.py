"""The architectures whose kernels can be recorded: how QEMU runs each, and where Debian keeps what it takes."""

import dataclasses

GIB = 1 << 30


@dataclasses.dataclass(frozen=True)
class Architecture:
    name: str  # as captures and scenarios have it
    debian: str  # Debian's name of it
    emulator: str
    emulator_package: str
    compiler: str  # of the guest's init
    compiler_packages: str
    setup: str  # the scope of ./dev setup that installs these packages
    machine: str
    cpu: str
    slots: int
    max_memory: int  # bytes
    console: str  # the kernel's name of its console
    port: str  # the init's name of the port for commands; empty: what it takes by default
    serial: tuple  # QEMU's options that give the guest the chardevs `console` and `port`
    flavours: dict  # size of a page -> flavours of Debian's kernels that have it, the best first
    needs: tuple  # what the kernel's configuration must have
    emulated: str = ""  # parameters of the kernel under emulation
    firmware: str = ""  # where Debian has the firmware that the kernel needs to boot
    firmware_package: str = ""
    dlpar: bool = False  # memory is added by the hypervisor's calls, without ACPI

    def flavour(self, page_size):
        """What captures call a kernel with such pages, such as arm64_16k."""
        return self.name if page_size == 4096 else f"{self.name}_{page_size >> 10}k"


X86_64 = Architecture(
    name="x86-64", debian="amd64", emulator="qemu-system-x86_64", emulator_package="qemu-system-x86",
    compiler="gcc", compiler_packages="gcc libc6-dev", setup="harness", machine="q35", cpu="max,la57=off",
    slots=64, max_memory=512 * GIB, console="ttyS0,115200", port="",
    serial=("-serial", "chardev:console", "-serial", "chardev:port"), flavours={4096: ("amd64",)},
    needs=("MEMORY_HOTPLUG", "ACPI_HOTPLUG_MEMORY"),
    # On a busy host the timer's self-test may fail and the guest panic.
    emulated="no_timer_check")

# Of Debian's flavours only the cloud one has CONFIG_ACPI_HOTPLUG_MEMORY. The older interrupt controllers of the machine
# stop at 8 CPUs.
ARM64 = Architecture(
    name="arm64", debian="arm64", emulator="qemu-system-aarch64", emulator_package="qemu-system-arm",
    compiler="aarch64-linux-gnu-gcc", compiler_packages="gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    setup="harness-arm64", machine="virt,gic-version=3", cpu="neoverse-n1", slots=64, max_memory=256 * GIB,
    console="ttyAMA0", port="/dev/ttyS0", serial=("-serial", "chardev:console", "-device", "pci-serial,chardev=port"),
    flavours={4096: ("cloud-arm64",)}, needs=("MEMORY_HOTPLUG", "ACPI_HOTPLUG_MEMORY"),
    firmware="/usr/share/qemu-efi-aarch64/QEMU_EFI.fd", firmware_package="qemu-efi-aarch64")

# Mitigations that the emulator does not have are named as absent, or it does not start. Before 6.12 Debian's only flavour
# had pages of 64 KiB. QEMU takes 32 slots at most.
PPC64 = Architecture(
    name="ppc64", debian="ppc64el", emulator="qemu-system-ppc64", emulator_package="qemu-system-ppc",
    compiler="powerpc64le-linux-gnu-gcc", compiler_packages="gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross",
    setup="harness-ppc64", machine="pseries,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken,cap-ccf-assist=off",
    cpu="power9", slots=32, max_memory=256 * GIB, console="hvc0", port="/dev/hvc1",
    serial=("-device", "spapr-vty,chardev=console,reg=0x30000000", "-device", "spapr-vty,chardev=port,reg=0x30001000"),
    flavours={4096: ("powerpc64le",), 65536: ("powerpc64le-64k", "powerpc64le")},
    needs=("MEMORY_HOTPLUG", "PPC_PSERIES"), dlpar=True)

ALL = {architecture.name: architecture for architecture in (X86_64, ARM64, PPC64)}
