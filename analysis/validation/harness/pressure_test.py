#!/usr/bin/env python3
"""Memory under pressure, without QEMU: scenarios, steps on a fake guest, the kernel's files, disks, repeated runs."""

import glob
import io
import json
import lzma
import os
import tarfile
import tempfile
import tomllib
import unittest
from unittest import mock

import architecture
import capture_file
import disks
import image
import operations
import options
import pressure
import reclaim_trace
import scenario as scenarios
from errors import Missing, WrongInput

FOLDER = os.path.dirname(os.path.abspath(__file__))
RECORDED = os.path.join(FOLDER, os.pardir, "pressure", "scenarios")
MIB = 1 << 20

ZONEINFO = """Node 0, zone    DMA32
  per-node stats
      nr_active_file 0
      nr_inactive_file 700
  pages free     90
        min      61
        present  3998
        managed  3840
      nr_free_pages 90
      numa_foreign 0
  pagesets
    cpu: 0
              count:    5
              high:     14
              batch:    3
  start_pfn:           1
Node 0, zone  Movable
  pages free     0
        present  0
"""
FILES = {
    "/proc/zoneinfo": ZONEINFO,
    "/proc/buddyinfo": "Node 0, zone    DMA32      2      3\nNode 0, zone  Movable      0      0\n",
    "/proc/pagetypeinfo": "Page block order: 9\nFree pages count per migrate type at order       0      1\n"
                          "Node    0, zone    DMA32, type    Unmovable      0      0\n"
                          "Node    0, zone    DMA32, type      Movable      2 >100000\n\n"
                          "Number of blocks type     Unmovable      Movable\nNode 0, zone    DMA32            1            6\n"
                          "Node 0, zone  Movable            0            0\n",
    "/proc/meminfo": "MemFree:  360 kB\nActive(file):  0 kB\nInactive(file):  2800 kB\n",
    "/proc/vmstat": "nr_free_pages 90\npgsteal_kswapd 12\noom_kill 0\n",
    "/proc/pressure/memory": "some avg10=0.00 total=3\nfull avg10=0.00 total=1\n",
    "/proc/swaps": "Filename Type Size Used Priority\n/dev/vdb partition 65532 128 -2\n",
}


def parse(steps, machine=""):
    rows = "".join(json.dumps(step) + "," for step in [["qsnap", "boot"], *steps])
    return scenarios.parse(tomllib.loads(f'name = "x"\nsteps = [{rows}]\n{machine}'))


class FakeGuest:
    def __init__(self, lines=("@R rc=0 ns=7",), files=None):
        self.asked, self.lines, self.files = [], list(lines), files or {}

    def command(self, line, seconds=0):
        self.asked.append(line)
        return self.files, self.lines


def do(step, guest, swap=0):
    return operations.OPERATIONS[step[0]].run(mock.Mock(guest=guest, scenario=mock.Mock(swap=swap)), list(step[1:]))


class Scenarios(unittest.TestCase):
    def test_steps_and_swap_are_read_and_written(self):
        given = parse([["setup"], ["file", "/d/f", 0, 100, "w"], ["hold", 50]], '[machine]\nswap = "64MiB"')
        self.assertEqual((given.swap, given.has_disk()), (64 * MIB, True))
        self.assertEqual(scenarios.parse(tomllib.loads(scenarios.to_toml(given))), given)
        self.assertFalse(parse([["hold", 50]]).has_disk())

    def test_what_is_wrong_is_named(self):
        for steps, machine, named in (
                ([["file", "/d/f", 0, 1]], "", "/d/f is there only after"), ([["resid", "/d/g", 0, 1], ["setup"]], "", "/d/g"),
                ([["setup"], ["setup"]], "", "already"), ([["hold", "9"]], "", "MIB"), ([["hold", 9, "5"]], "", "4, T, L"),
                ([["setup"], ["file", "/d/f", 0, 1, "x"]], "", "r, w, m"), ([["hold", 9]], '[machine]\nswap = "1GiB"', "swap"),
                ([["setup"]], "[machine]\nswap = 4096", "swap"), ([["unmov", 9]], "", "KEEP")):
            with self.subTest(steps), self.assertRaises(WrongInput) as caught:
                parse(steps, machine)
            self.assertIn(named, str(caught.exception))

    def test_those_that_were_recorded_are_still_read(self):
        paths = glob.glob(os.path.join(RECORDED, "*.toml"))
        self.assertGreater(len(paths), 9)
        for path in paths:
            read = scenarios.load(path)
            self.assertEqual(read.name + ".toml", os.path.basename(path))
            self.assertEqual(scenarios.parse(tomllib.loads(scenarios.to_toml(read))), read)

    def test_recordings_have_the_steps_of_their_scenarios(self):
        paths = glob.glob(os.path.join(RECORDED, os.pardir, "recordings", "t-*.json"))
        self.assertGreater(len(paths), 9)
        for path in paths:
            with open(path) as file:
                recording = json.load(file)
            read = scenarios.load(os.path.join(RECORDED, recording["name"] + ".toml"))
            for run in (recording, *recording["repeats"]):
                self.assertEqual([self.written(step, read.swap) for step in read.steps], [step["op"] for step in run["steps"]])

    @staticmethod
    def written(step, swap):
        """The `op` of a step in a recording."""
        with mock.patch.object(pressure, "snapshot", lambda files, lines: {}):
            guest = FakeGuest()
            done = do(step, guest, swap) if step[0] in ("setup", "file", "resid", "hold", "reader", "unmov") else {}
        return done.get("op", step)


class Steps(unittest.TestCase):
    def test_commands_are_recorded_as_the_guest_gets_them(self):
        for step, line in ((["file", "/d/f", 0, 480], "file /d/f 0 480 r"), (["hold", 300], "hold 300 4 1 0"),
                           (["hold", 300, "L"], "hold 300 L 1 0"), (["reader", "/d/f", 0, 9], "reader /d/f 0 9 128 500"),
                           (["unmov", 600, 32], "unmov 600 32"), (["resid", "/d/g", 5, 7], "resid /d/g 5 7")):
            guest = FakeGuest()
            self.assertEqual(do(step, guest), {"op": ["cmd", line], "result": {"rc": 0, "ns": 7}})
            self.assertEqual(guest.asked, [line])

    def test_setup_swaps_where_the_machine_has_a_disk_for_it(self):
        for swap, number in ((0, 0), (MIB, 1)):
            guest = FakeGuest(["@R mount=0", "@R swapon=-22"])
            self.assertEqual(do(["setup"], guest, swap), {"op": ["setup", number], "result": {"mount": 0, "swapon": -22}})
            self.assertEqual(guest.asked, [f"setup {number}"])

    def test_classic_lru(self):
        guest = FakeGuest()
        do(["lru_gen", 0], guest)
        do(["lru_gen", 1], guest)
        self.assertEqual(guest.asked, [f"w /sys/kernel/mm/lru_gen/enabled {word}" for word in "ny"])

    def test_processes(self):
        lines = ["@K 0 kind=a alive=1 done=40", "@R kids=1"]
        self.assertEqual(do(["kids"], FakeGuest(lines)), {"kids": ["0 kind=a alive=1 done=40"]})

    def test_offlining_is_watched_up_to_the_block_that_hangs(self):
        class Guest(FakeGuest):
            """Block 35 is offline at the second look, 34 is refused, 33 hangs."""

            def command(self, line, seconds=0):
                self.asked.append(line)
                started = [asked for asked in self.asked if asked.startswith("bgput")]
                looks = len(self.asked) - self.asked.index(started[-1])
                if line.startswith("bgput"):
                    return {}, [f"@R kid={len(started)} pid={100 + len(started)}"]
                if line == "kids":
                    done = {1: int(looks > 5), 2: -16, 3: 0}[len(started)]
                    return {}, ["@K 0 kind=a done=1", f"@K {len(started)} kind=w alive=1 done={done}"]
                if line.endswith("/stack"):
                    return {line[4:]: "[<0>] reclaim_throttle+0x1/0x2\n"}, []
                return ({"/proc/vmstat": "nr_free_pages 7\nnr_dirty 3\npgscan_direct 0\n"} if line.startswith("cat") else {}), []

        guest = Guest()
        fake = mock.Mock(guest=guest, blocks_of=lambda dimm: (32, 35))
        watched = operations.OPERATIONS["offline_watch"].run(fake, ["d0"])
        self.assertEqual(watched["result"], {"ok": 1, "unfinished": 1})
        self.assertEqual([look["block"] for look in watched["watch"]], [35, 35, 34] + [33] * pressure.LOOKS)
        self.assertEqual(watched["watch"][0], {"block": 35, "kid": "1 kind=w alive=1 done=0", "vmstat": {"nr_free_pages": 7},
                                               "stack": ["reclaim_throttle+0x1/0x2"]})
        self.assertIn("bgput /sys/devices/system/memory/memory34/state offline", guest.asked)

    def test_snapshot_keeps_what_is_not_zero(self):
        taken = do(["qsnap", "x"], FakeGuest(["@R mono_ns=5", "@K 0 kind=r"], FILES))["qsnapshot"]
        self.assertEqual([(zone["zone"], zone["free"], zone["pcp"]) for zone in taken["zones"]], [("DMA32", 90, 5)])
        self.assertEqual(taken["zones"][0]["stat"], {"nr_free_pages": 90})
        self.assertEqual(taken["node_stat"], {"0": {"nr_inactive_file": 700}})
        self.assertEqual(taken["buddy"], [{"node": 0, "zone": "DMA32", "nr_free": [2, 3]}])
        self.assertEqual(taken["pagetype"], {
            "blocks": [{"node": 0, "zone": "DMA32", "Unmovable": 1, "Movable": 6}],
            "free": [{"node": 0, "zone": "DMA32", "type": "Movable", "nr_free": [2, ">100000"]}]})
        self.assertEqual(taken["meminfo_kB"], {"MemFree": 360, "Inactive(file)": 2800})
        self.assertEqual(taken["vmstat"], {"nr_free_pages": 90, "pgsteal_kswapd": 12})
        self.assertEqual((taken["swap_used_kB"], taken["mono_ns"], taken["kids"]), (128, 5, ["0 kind=r"]))


class Trace(unittest.TestCase):
    TEXT = """# event histogram
{ common_pid: kworker/u8:0     [         12], priority:         12 } hitcount:          2  nr_scanned:        128
{ common_pid: kswapd0          [         44], priority:          6 } hitcount:        465  nr_scanned:      29760  nr_reclaimed:      29700

Totals:
    Hits: 467
"""

    def test_histogram(self):
        self.assertEqual(reclaim_trace.histogram(self.TEXT), [
            ["kswapd0, priority=6", 465, {"nr_scanned": 29760, "nr_reclaimed": 29700}],
            ["kworker/u8:0, priority=12", 2, {"nr_scanned": 128}]])
        self.assertEqual(reclaim_trace.histogram("{ order:          9 } hitcount:         30\n"), [["order=9", 30]])

    def test_every_trigger_that_is_set_is_taken_back(self):
        guest = FakeGuest()
        self.assertEqual(reclaim_trace.begin(guest), {"result": {"rejected": []}})
        begun = [line.split(" ", 2)[1:] for line in guest.asked if "/trigger" in line]
        guest.asked.clear()
        reclaim_trace.end(guest)
        ended = [line.split(" ", 2)[1:] for line in guest.asked if "/trigger" in line]
        self.assertEqual(len(begun), 1 + len(reclaim_trace.WATCHED))
        for path, trigger in begun:
            self.assertIn([path, "!" + trigger], ended)

    def test_events_that_the_kernel_lacks_are_named(self):
        refused = reclaim_trace.begin(FakeGuest(["@R rc=-2 ns=0"]))["result"]["rejected"]
        self.assertEqual(refused, list(reclaim_trace.WATCHED))


class Disks(unittest.TestCase):
    def test_sparse_files_and_their_drives(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(disks, "_run") as run:
            disks.make(folder, 64 * MIB)
            for name, size in ((disks.DISK, disks.DISK_BYTES), (disks.SWAP, 64 * MIB)):
                found = os.stat(os.path.join(folder, name))
                self.assertEqual((found.st_size, found.st_blocks), (size, 0))
            self.assertEqual([call.args[0] for call in run.call_args_list], ["mkfs.ext4", "mkswap"])
            self.assertEqual(len(disks.options(folder, 0)), 4)
            self.assertIn(f"file={folder}/swap.img", disks.options(folder, MIB)[4:][1])
            self.assertIn("file=swap.img,", disks.options("", MIB)[4:][1])

    def test_missing_programs_are_named_with_their_package(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch("shutil.which", return_value=None):
            with self.assertRaises(Missing) as caught:
                disks.make(folder, 0)
        self.assertIn("e2fsprogs", str(caught.exception))


class Modules(unittest.TestCase):
    def package(self, folder, files):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:xz") as archive:
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        path = os.path.join(folder, "x.deb")
        with open(path, "wb") as file:
            file.write(b"!<arch>\n" + f"{'data.tar.xz':16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data.getvalue()):<10}`\n".encode()
                       + data.getvalue())
        return path

    def test_modules_come_in_the_order_in_which_they_are_loaded(self):
        tree = "./usr/lib/modules/6.12.1-amd64/kernel"
        files = {f"{tree}/fs/ext4/ext4.ko.xz": lzma.compress(b"ext4"), f"{tree}/drivers/block/virtio_blk.ko": b"block",
                 f"{tree}/fs/ext4/notext4.ko": b"other"}
        with tempfile.TemporaryDirectory() as folder:
            found = image.modules(self.package(folder, files), folder, image.DISK_MODULES)
            content = {}
            for name, path in found.items():
                with open(path, "rb") as file:
                    content[name] = file.read()
        self.assertEqual(content, {"virtio_blk.ko": b"block", "ext4.ko": b"ext4", "modules": b"virtio_blk ext4\n"})

    def test_kernel_with_all_of_them_built_in(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(image.modules(self.package(folder, {"./boot/vmlinuz-1": b"x"}), folder, image.DISK_MODULES), {})
            with open(os.path.join(folder, "vmlinuz-0.0-none"), "wb") as file:
                file.write(b"x" * 512)
            self.assertEqual(image.modules(file.name, folder, image.DISK_MODULES), {})


class Sessions(unittest.TestCase):
    def test_only_guests_with_a_disk_have_its_modules(self):
        """The initramfs takes memory: figures of other guests must not hang on what else is recorded."""
        kernel = image.Kernel("vmlinuz", architecture.X86_64, source="x.deb")
        built = {}

        def build(target, compiler, packages, more):
            built[target] = more
            return target

        given = mock.Mock(kernel="x.deb", fetch=None, qemu=None, cc=None, stand_in=None, random=None, quiet=True, boot_seconds=1)
        plain, full = parse([]), parse([["setup"]])
        with mock.patch("shutil.which", lambda name: name), mock.patch.object(image, "kernel", return_value=kernel), \
                mock.patch.object(image, "build_initramfs", build), \
                mock.patch.object(image, "modules", return_value={"ext4.ko": "/x"}), \
                mock.patch.object(options.accelerator, "choose", return_value="tcg"), \
                mock.patch.object(capture_file, "write"), \
                mock.patch.object(options.recorder, "record", return_value={"steps": []}) as record:
            session = options.Session(given, "folder", [plain, full])
            session.record(plain, "a")
            session.record(full, "b")
        used = [call.args[1].initramfs for call in record.call_args_list]
        self.assertEqual([built[name] for name in used], [{}, {"ext4.ko": "/x"}])


class Repeats(unittest.TestCase):
    def capture(self, **more):
        return {"name": "x", "kernel_version": "6.12", "cmdline": "a", "boot_dmesg": ["long"], "outcome": "completed",
                "steps": [{"op": ["sleep", 1], "console": ["long"]}]} | more

    def test_runs_are_added_without_their_console(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            for _ in range(3):
                capture_file.write(path, capture_file.text(capture_file.with_repeat(path, self.capture())))
            with open(path) as file:
                recording = json.load(file)
        self.assertEqual(recording["boot_dmesg"], ["long"])
        self.assertEqual(recording["repeats"], [{"outcome": "completed", "steps": [{"op": ["sleep", 1]}]}] * 2)
        self.assertEqual(capture_file.reduced(self.capture()), {
            "name": "x", "kernel_version": "6.12", "cmdline": "a", "outcome": "completed", "steps": [{"op": ["sleep", 1]}]})

    def test_another_recording_is_not_joined(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            capture_file.write(path, capture_file.text(self.capture()))
            for more in ({"name": "y"}, {"kernel_version": "6.1"}, {"cmdline": "b"}):
                with self.assertRaises(WrongInput):
                    capture_file.with_repeat(path, self.capture(**more))
            capture_file.write(path, "[]")
            with self.assertRaises(WrongInput):
                capture_file.with_repeat(path, self.capture())


if __name__ == "__main__":
    unittest.main()
