"""What record.py and differ.py have in common: options, and a session with QEMU, kernel and initramfs at hand."""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import shutil
import signal
import sys
import tempfile
import threading

import accelerator
import architecture
import capture_file
import fetch
import image
import kernel_facts
import random_scenario
import recorder
import scenario as scenarios
import stand_in
from errors import HarnessError, Interrupted, Missing, WrongInput

EXIT_CODES = """\
exit codes: 0 done, 1 the model differs (differ.py), 2 wrong scenario or command line, 3 something is missing here
(QEMU, a compiler, a kernel), 4 the guest failed or did not answer in time."""
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "mhpsim-harness")


def say(text):
    print(text, file=sys.stderr, flush=True)


def add_to(parser):
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    kernel = parser.add_argument_group("the kernel (one of the two)")
    kernel.add_argument("--kernel", metavar="FILE", help="a Debian package (.deb) with a kernel image, or a vmlinuz")
    kernel.add_argument("--fetch", metavar="SERIES", help="fetch the newest package of a series such as 6.12 with apt; "
                        "the machine's own configuration of apt is not changed")
    kernel.add_argument("--suites", default=",".join(fetch.SUITES), help="where --fetch looks (default: %(default)s)")
    kernel.add_argument("--mirror", metavar="URI", help="the archive for --fetch (default: that of this machine's apt)")
    guest = parser.add_argument_group("the guest")
    guest.add_argument("--kvm", choices=("auto", "on", "off"), default="auto",
                       help="auto: KVM where it boots this kernel, emulation else (default)")
    guest.add_argument("--qemu", help="the emulator (default: that of the kernel's architecture)")
    guest.add_argument("--cc", help="the compiler of the guest's init (default: that of the kernel's architecture)")
    guest.add_argument("--firmware", metavar="FILE", help="arm64: the firmware (QEMU_EFI.fd), or the Debian package with "
                       "it (default: with --fetch the newest package, else the one installed)")
    guest.add_argument("--boot-seconds", type=float, default=240, metavar="S",
                       help="a guest that is not up by then is started again, twice (default: %(default)g)")
    guest.add_argument("--stand-in", metavar="MODULE", help="arm64: a module (mhp_shim.ko) that adds memory in the place of "
                       "the ACPI memory driver that the kernel lacks")
    draw = parser.add_argument_group("random scenarios")
    draw.add_argument("--random", type=int, metavar="N", help="N random scenarios instead of a file")
    draw.add_argument("--seed", default="1", help="of the random scenarios (default: %(default)s)")
    draw.add_argument("--from", type=int, default=0, dest="first", metavar="K",
                      help="begin with number K of the seed (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="so many guests at a time (default: 1)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


class Session:
    """A kernel image, an initramfs and an accelerator, for as many recordings as one likes; `todo`: their scenarios."""

    def __init__(self, arguments, folder, todo):
        self.arguments = arguments
        self.stopped = threading.Event()
        self.say = (lambda text: None) if arguments.quiet else say
        packages = Packages(arguments, todo, self.say)
        kernel = image.kernel(packages.kernel(), folder)
        kind = kernel.architecture
        _suit(kernel, todo, arguments)
        emulator = _program(arguments.qemu, kind.emulator, kind.emulator_package, kind)
        compiler = _program(arguments.cc, kind.compiler, kind.compiler_packages, kind)
        firmware = image.firmware(packages.firmware(kind), folder) if kind.firmware else ""
        modules = {stand_in.MODULE: arguments.stand_in} if arguments.stand_in else {}
        build = lambda name, more: image.build_initramfs(os.path.join(folder, name), compiler, kind.compiler_packages, more)
        self.setup = recorder.Setup(kernel, build("initramfs", modules), emulator, firmware=firmware, stand_in=bool(modules))
        self.setup = dataclasses.replace(self.setup, accelerator=accelerator.choose(arguments.kvm, self.setup, self.say))
        self.special = {}  # only guests with a disk or virtio-mem have the modules for it
        for wanted in {_modules_of(scenario) for scenario in todo} - {()}:
            more = modules | image.modules(kernel.source, folder, wanted)
            self.special[wanted] = dataclasses.replace(self.setup, initramfs=build("initramfs-" + wanted[-1], more))

    def record(self, scenario, path, finish=lambda capture: capture):
        """Records to `path`; `finish`: makes of the capture what is written."""
        def progress(text):
            if self.stopped.is_set():
                raise Interrupted("interrupted")
            self.say(f"  {scenario.name}: {text}")

        progress("boots")
        setup = self.special.get(_modules_of(scenario), self.setup)
        capture = recorder.record(scenario, setup, self.arguments.boot_seconds, progress)
        capture_file.write(path, capture_file.text(finish(capture)))
        return capture


def _modules_of(scenario):
    found = [*(image.DISK_MODULES if scenario.has_disk() else ()),
             *(image.VIRTIO_MEM_MODULES if scenario.virtio_mem else ())]
    return tuple(dict.fromkeys(found))


@contextlib.contextmanager
def session(arguments, todo):
    with tempfile.TemporaryDirectory(prefix="mhpsim-harness-") as folder:
        yield Session(arguments, folder, todo)


def each(one, todo, jobs, session=None):
    """`one` of each, so many at a time; an interrupt ends what runs at its next step."""
    with concurrent.futures.ThreadPoolExecutor(max(1, jobs)) as pool:
        running = [pool.submit(one, item) for item in todo]
        try:
            return [future.result() for future in running]
        except KeyboardInterrupt:
            if session:
                session.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


class Packages:
    """The files of the command line, fetched if it says so."""

    def __init__(self, arguments, todo, say_to):
        if bool(arguments.kernel) == bool(arguments.fetch):
            raise WrongInput("name a kernel: either --kernel FILE or --fetch SERIES")
        self._arguments, self._todo, self._archive = arguments, todo, None
        if arguments.fetch:
            kind = architecture.ALL[_one({scenario.arch or architecture.X86_64.name for scenario in todo}, "arch")]
            folder = os.path.join(CACHE, "kernels" if kind is architecture.X86_64 else f"kernels-{kind.debian}")
            self._archive = fetch.Archive(kind, folder, arguments.mirror, arguments.suites.split(","), say_to)

    def kernel(self):
        if not self._archive:
            return self._arguments.kernel
        return self._archive.kernel(self._arguments.fetch, _one({scenario.page_size for scenario in self._todo}, "page_size"))

    def firmware(self, kind):
        if self._arguments.firmware:
            return self._arguments.firmware
        if self._archive:
            return self._archive.package(kind.firmware_package)
        if not os.path.exists(kind.firmware):
            raise Missing(f"no {kind.firmware} here; on Debian: apt-get install {kind.firmware_package} "
                          f"(./dev setup {kind.setup}), or name one with --firmware")
        return kind.firmware


def _one(values, key):
    if len(values) != 1:
        raise WrongInput(f"{key}: one kernel cannot be all of {', '.join(sorted(map(str, values)))}; record them one by one")
    return values.pop()


def _program(given, default, packages, kind):
    """The program, if it is here."""
    if not shutil.which(given or default):
        raise Missing(f"no {given or default} here; on Debian: apt-get install {packages} (./dev setup {kind.setup})")
    return given or default


def _suit(kernel, todo, arguments):
    """WrongInput if the scenarios cannot be recorded with this kernel."""
    kind = kernel.architecture
    for scenario in todo:
        if scenario.arch not in ("", kind.name):
            raise WrongInput(f"{scenario.name}: is of {scenario.arch}, and the kernel is of {kind.name}")
    if arguments.random is not None and kind is not architecture.X86_64:
        raise WrongInput(f"--random draws machines of x86-64, and the kernel is of {kind.name}")
    if arguments.stand_in:
        if kind is not architecture.ARM64:
            raise WrongInput(f"--stand-in is for arm64, and the kernel is of {kind.name}")
        if not os.path.exists(arguments.stand_in):
            raise WrongInput(f"{arguments.stand_in}: no such file")
    kernel_facts.check(kernel, bool(arguments.stand_in))


def wanted(arguments):
    """The scenarios of the command line."""
    if (arguments.random is None) == (not arguments.scenarios):
        raise WrongInput("give scenario files, or --random N")
    if arguments.random is None:
        return [scenarios.load(path) for path in arguments.scenarios]
    series = arguments.fetch or arguments.series
    if not series:
        raise WrongInput("--random with --kernel needs --series, for example --series 6.12")
    return [random_scenario.scenario(arguments.seed, number, series)
            for number in range(arguments.first, arguments.first + arguments.random)]


def run(main):
    """Runs a program's main and turns errors into one message and an exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # an end by a job system, too, leaves no guest behind
    try:
        return main()
    except HarnessError as error:
        say(f"error: {error}")
        return error.code
    except KeyboardInterrupt:
        return Interrupted.code
