"""What record.py and differ.py have in common: options, and a session with QEMU, kernel and initramfs at hand."""

import argparse
import concurrent.futures
import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading

import accelerator
import capture_file
import fetch
import image
import random_scenario
import recorder
import scenario as scenarios
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
    guest.add_argument("--qemu", default="qemu-system-x86_64", help="the emulator (default: %(default)s)")
    guest.add_argument("--cc", default="gcc", help="the compiler of the guest's init (default: %(default)s)")
    guest.add_argument("--boot-seconds", type=float, default=240, metavar="S",
                       help="a guest that is not up by then is started again, twice (default: %(default)g)")
    draw = parser.add_argument_group("random scenarios")
    draw.add_argument("--random", type=int, metavar="N", help="N random scenarios instead of a file")
    draw.add_argument("--seed", default="1", help="of the random scenarios (default: %(default)s)")
    draw.add_argument("--from", type=int, default=0, dest="first", metavar="K",
                      help="begin with number K of the seed (default: 0)")
    parser.add_argument("--jobs", type=int, default=1, metavar="J", help="so many guests at a time (default: 1)")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


class Session:
    """A kernel image, an initramfs and an accelerator, for as many recordings as one likes."""

    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.stopped = threading.Event()
        self.say = (lambda text: None) if arguments.quiet else say
        if not shutil.which(arguments.qemu):
            raise Missing(f"no {arguments.qemu} here; on Debian: apt-get install qemu-system-x86 (./dev setup harness)")
        self.image = image.kernel(kernel_file(arguments, self.say), folder)
        self.initramfs = image.build_initramfs(os.path.join(folder, "initramfs"), arguments.cc)
        self.accelerator = accelerator.choose(arguments.kvm, self.image, self.initramfs, arguments.qemu, self.say)

    def record(self, scenario, path):
        """Records to `path`."""
        def progress(text):
            if self.stopped.is_set():
                raise Interrupted("interrupted")
            self.say(f"  {scenario.name}: {text}")

        progress("boots")
        capture = recorder.record(scenario, self.image, self.initramfs, self.accelerator, self.arguments.qemu,
                                  self.arguments.boot_seconds, progress)
        capture_file.write(path, capture_file.text(capture))
        return capture


@contextlib.contextmanager
def session(arguments):
    with tempfile.TemporaryDirectory(prefix="mhpsim-harness-") as folder:
        yield Session(arguments, folder)


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


def kernel_file(arguments, say_to):
    if bool(arguments.kernel) == bool(arguments.fetch):
        raise WrongInput("name a kernel: either --kernel FILE or --fetch SERIES")
    if arguments.kernel:
        return arguments.kernel
    folder = os.path.join(CACHE, "kernels")
    os.makedirs(folder, exist_ok=True)
    return fetch.fetch(arguments.fetch, folder, arguments.mirror, arguments.suites.split(","), say_to)


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
