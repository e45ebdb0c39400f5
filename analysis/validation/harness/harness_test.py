#!/usr/bin/env python3
"""Tests of the harness that need neither QEMU nor a kernel.

  harness_test.py [unittest arguments]"""

import copy
import io
import json
import os
import tarfile
import tempfile
import tomllib
import unittest

import capture_file
import fetch
import image
import kernel_files
import machine
import operations
import page_allocations
import random_scenario
import replay
import scenario as scenarios
import sequences
import shrink
from errors import RecordingFailed, WrongInput
from guest import Guest

FOLDER = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(FOLDER, "examples", "one-dimm.toml")
GIB, MIB = 1 << 30, 1 << 20


def parse(text):
    return scenarios.parse(tomllib.loads(text))


SMALL = 'name = "x"\nsteps = [["snap", "boot"]]\n'


class Scenarios(unittest.TestCase):
    def test_example_is_read(self):
        example = scenarios.load(EXAMPLE)
        self.assertEqual([(node.memory, node.cpus) for node in example.nodes], [(GIB, 1), (0, 0)])
        self.assertEqual(example.steps[2], ["add", "d0", 512 * MIB, 1])
        self.assertEqual(example.boot_memory(), GIB)

    def test_sequence_needs_no_boot_snapshot(self):
        sequence = scenarios.load(os.path.join(FOLDER, "examples", "sequence.toml"))
        self.assertNotIn(["snap", "boot"], sequence.steps)

    def test_written_and_read_again_is_the_same(self):
        for number in range(60):
            drawn = random_scenario.scenario("5", number, "6.12")
            self.assertEqual(parse(scenarios.to_toml(drawn)), drawn)

    def test_defaults(self):
        plain = parse(SMALL)
        self.assertEqual((plain.memory, plain.cpus, plain.nodes, plain.kaslr), (2 * GIB, 2, [], False))

    def test_what_is_wrong_is_named(self):
        wrong = {
            'steps = [["snap", "boot"]]': "name",
            SMALL + "[machine]\nmemroy = 1": "memroy",
            SMALL + '[machine]\nmemory = "1GB"': "machine.memory",
            SMALL + '[machine]\ncpus = "1"': "machine.cpus",
            SMALL + "[machine]\ncpus = true": "machine.cpus",
            SMALL + '[machine]\nmemory = "1GiB"\n[[node]]\nmemory = "1GiB"\ncpus = 1': "each node says its own",
            SMALL + "[[node]]\ncpus = 1": "64MiB",
            SMALL + '[[node]]\nmemory = "1GiB"': "CPU",
            SMALL + '[machine]\ndistances = [[0, 1, 20]]': "machine.distances",
            'name = "x"\nsteps = []': "steps",
            'name = "a/b"\nsteps = [["snap", "boot"]]': "name",
            'name = "x"\nsteps = [["snap", "begin"]]': "boot",
            'name = "x"\nsteps = [["snap", "boot"], ["plug", "d0"]]': "steps[1]",
            'name = "x"\nsteps = [["snap", "boot"], ["add", "d0"]]': "needs DIMM SIZE",
            'name = "x"\nsteps = [["snap", "boot"], ["add", "d0", "1GiB", "1"]]': "NODE",
            'name = "x"\nsteps = [["snap", "boot"], ["online", "d0", "online"]]': "no DIMM d0",
            'name = "x"\nsteps = [["snap", "boot"], ["add", "d0", 1024], ["add", "d0", 1024]]': "already",
            'name = "x"\nsteps = [["snap", "boot"], ["add", "d0", 1024], ["online", "d0", "on"]]': "HOW",
            'name = "x"\nsteps = [["snap", "boot"], ["w", "/proc/x", "1\\n2"]]': "VALUE",
        }
        for text, named in wrong.items():
            with self.subTest(text), self.assertRaises(WrongInput) as caught:
                parse(text)
            self.assertIn(named, str(caught.exception))

    def test_file_that_is_no_toml_is_named(self):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write("name = ")
            file.flush()
            with self.assertRaises(WrongInput) as caught:
                scenarios.load(file.name)
        self.assertIn(file.name, str(caught.exception))


class Machines(unittest.TestCase):
    def test_nodes_get_consecutive_cpus_and_memory_of_their_own(self):
        given = parse(SMALL + '[machine]\ndistances = [[0, 1, 17]]\n[[node]]\nmemory = "1GiB"\ncpus = 2\n[[node]]\ncpus = 1')
        options = machine.options(given, "tcg")
        self.assertEqual([options[i + 1] for i, word in enumerate(options) if word == "-numa"],
                         ["node,nodeid=0,cpus=0-1,memdev=b0", "node,nodeid=1,cpus=2", "dist,src=0,dst=1,val=17"])
        self.assertEqual(options[options.index("-smp") + 1], "3")
        self.assertEqual(options[options.index("-object") + 1], "memory-backend-ram,id=b0,size=1024M,reserve=off")

    def test_one_node_has_its_memory_from_a_backend_that_reserves_nothing(self):
        options = machine.options(parse(SMALL), "kvm")
        self.assertEqual(options[options.index("-machine") + 1], "q35,memory-backend=b0")
        self.assertNotIn("-numa", options)
        self.assertEqual(options[options.index("-accel") + 1], "kvm")

    def test_command_line(self):
        given = parse(SMALL + 'parameters = "a=1 b"\n')
        self.assertEqual(machine.command_line(given, "kvm"), "console=ttyS0,115200 nokaslr panic=-1 init_on_alloc=0 a=1 b")
        given.kaslr = True
        self.assertNotIn("nokaslr", machine.command_line(given, "tcg"))

    def test_series(self):
        self.assertEqual(machine.series("Linux version 6.12.117+deb13-amd64 (x) #1"), "6.12")
        self.assertEqual(machine.series("FreeBSD"), "")


class RandomScenarios(unittest.TestCase):
    def test_same_seed_same_scenario(self):
        for number in range(20):
            self.assertEqual(random_scenario.scenario("1", number, "6.1"), random_scenario.scenario("1", number, "6.1"))
        self.assertNotEqual(random_scenario.scenario("1", 0, "6.1").steps, random_scenario.scenario("2", 0, "6.1").steps)

    def test_drawn_as_ever(self):
        """A seed stands for the same scenarios in every version: recordings are told by it."""
        drawn = random_scenario.scenario("1", 3, "6.12")
        self.assertEqual(drawn.name, "random-612-seed1-0003")
        self.assertEqual([(node.memory, node.cpus) for node in drawn.nodes], [(1536 * MIB, 1), (384 * MIB, 0), (0, 0)])
        self.assertEqual(drawn.parameters, "memory_hotplug.memmap_on_memory=1 memhp_default_state=offline "
                                           "transparent_hugepage=never")
        self.assertEqual(drawn.steps[:7], [["snap", "boot"], ["add", "d0", 1664 * MIB, 2], ["snap", "add2"],
                                           ["add", "d1", 2176 * MIB, 2], ["snap", "add4"], ["trace_pages", 1],
                                           ["online", "d1", "offline", 8, 5]])

    def test_every_scenario_is_valid_and_boots(self):
        for number in range(300):
            drawn = random_scenario.scenario("9", number, "7.3")
            self.assertEqual(scenarios.steps(copy.deepcopy(drawn.steps)), drawn.steps)
            self.assertGreaterEqual(drawn.all_cpus(), 1)
            self.assertGreaterEqual(drawn.boot_memory(), 384 * MIB)
            # QEMU tells the guest nothing of a node without memory and CPU but of the last.
            if len(drawn.nodes) > 1 and drawn.nodes == sorted(drawn.nodes, key=lambda n: (-n.cpus, n.memory == 0)):
                self.assertTrue(all(node.memory or node.cpus for node in drawn.nodes[:-1]))

    def test_every_kind_of_step_is_drawn(self):
        drawn = {step[0] for number in range(100) for step in random_scenario.scenario("3", number, "6.12").steps}
        self.assertEqual(drawn, {"snap", "add", "online", "del", "alloc", "freeall", "w", "trace_pages"})
        files = {step[1].rsplit("/", 1)[1] for number in range(200)
                 for step in random_scenario.scenario("3", number, "6.12").steps if step[0] == "w"}
        self.assertLessEqual({"nr_hugepages", "auto_online_blocks", "min_free_kbytes", "enabled"}, files)

    def test_force_only_where_the_kernel_has_it(self):
        words = lambda kernel: {random_scenario.scenario("4", n, kernel).parameters.split()[0] for n in range(100)}
        self.assertNotIn("memory_hotplug.memmap_on_memory=force", words("6.1"))
        self.assertIn("memory_hotplug.memmap_on_memory=force", words("6.12"))

    def test_kernel_numbers_nodes_with_cpus_first(self):
        steps = random_scenario._Steps(None, scenarios.Scenario("x", [], nodes=[
            scenarios.Node(GIB, 0), scenarios.Node(GIB, 1), scenarios.Node(GIB, 0)]))
        self.assertEqual([steps.kernel_node(n) for n in range(3)], [1, 0, 2])


class Shrinking(unittest.TestCase):
    """A fake of the runner: what is wrong with a scenario is known without a recording."""

    def big(self):
        return parse('name = "x"\nparameters = "a b c"\nsteps = [["snap", "boot"], ["add", "d0", "1GiB", 0], '
                     '["trace_pages", 1], ["add", "d1", "4GiB", 1], ["trace_pages", 0], ["snap", "added"], '
                     '["online", "d1", "online", 5, 30], ["alloc", 64, 0], ["online", "d0", "online_movable"], '
                     '["snap", "last"]]\n[machine]\ndistances = [[0, 1, 20], [0, 2, 30], [1, 2, 20]]\n'
                     '[[node]]\nmemory = "2GiB"\ncpus = 1\n[[node]]\nmemory = "1GiB"\n[[node]]')

    def test_only_what_matters_stays(self):
        def stays(candidate):
            return any(step[:2] == ["online", "d1"] for step in candidate.steps) and "b" in candidate.parameters.split()

        small = shrink.smallest(self.big(), stays, shrink.Budget(1000))
        self.assertEqual(small.steps, [["snap", "boot"], ["add", "d1", 128 * MIB, 0], ["online", "d1", "online", 0, 0],
                                       ["snap", "last"]])
        self.assertEqual(small.parameters, "b")
        self.assertEqual([node.memory for node in small.nodes], [512 * MIB])
        self.assertTrue(stays(small))

    def test_size_that_matters_stays(self):
        def stays(candidate):
            return sum(step[2] for step in candidate.steps if step[0] == "add") >= 3 * GIB

        small = shrink.smallest(self.big(), stays, shrink.Budget(1000))
        self.assertEqual([step[0] for step in small.steps], ["snap", "add", "snap"])
        self.assertEqual(small.steps[1][2], 4 * GIB)

    def test_budget_is_kept(self):
        asked = []
        shrink.smallest(self.big(), lambda candidate: asked.append(1) or True, shrink.Budget(7))
        self.assertEqual(len(asked), 7)

    def test_nothing_smaller_gives_the_scenario_itself(self):
        self.assertEqual(shrink.smallest(self.big(), lambda candidate: False, shrink.Budget(1000)), self.big())

    def test_every_candidate_is_valid(self):
        def stays(candidate):
            self.assertEqual(scenarios.steps(copy.deepcopy(candidate.steps)), candidate.steps)
            return len(candidate.steps) > 4

        for number in range(10):
            shrink.smallest(random_scenario.scenario("6", number, "6.12"), stays, shrink.Budget(200))


ZONEINFO = """Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 3
      nr_zero 0
  pages free     2816
        boost    7
        min      61
        low      76
        high     91
        spanned  4095
        present  3998
        managed  3840
        cma      0
        protection: (0, 1935, 1935)
      nr_free_pages 2816
      numa_foreign 0
  pagesets
    cpu: 0
              count:    5
              high:     4
              batch:    1
    cpu: 1
              count:    6
              high:     4
              batch:    1
  node_unreclaimable:  0
  start_pfn:           1
Node 1, zone   Normal
  pages free     0
        min      0
"""


class KernelFiles(unittest.TestCase):
    def test_zoneinfo(self):
        zones, nodes = kernel_files.zoneinfo(ZONEINFO)
        self.assertEqual(zones[0], {"node": 0, "zone": "DMA", "pcp": 11, "stat": {"nr_free_pages": 2816}, "free": 2816,
                                    "boost": 7, "min": 61, "low": 76, "high": 91, "spanned": 4095, "present": 3998,
                                    "managed": 3840, "cma": 0, "protection": [0, 1935, 1935], "pcp_high": 4,
                                    "pcp_batch": 1, "node_unreclaimable": 0, "start_pfn": 1})
        self.assertEqual((zones[1]["node"], zones[1]["free"], zones[1]["pcp"]), (1, 0, 0))
        self.assertEqual(nodes, {"0": {"nr_inactive_anon": 3}})

    def test_lists(self):
        self.assertEqual(kernel_files.buddyinfo("Node 1, zone  Movable   1 0  31\n"),
                         [{"node": 1, "zone": "Movable", "nr_free": [1, 0, 31]}])
        text = ("Page block order: 9\nFree pages count per migrate type at order 0 1\n"
                "Node    0, zone  Normal, type    Unmovable  >100000 1\n\n"
                "Number of blocks type     Unmovable      Movable  CMA\nNode 0, zone   Normal   2   1022   0\n")
        self.assertEqual(kernel_files.pagetypeinfo(text), {"pageblock_order": 9, "blocks": [
            {"node": 0, "zone": "Normal", "Unmovable": 2, "Movable": 1022, "CMA": 0}]})
        self.assertEqual(kernel_files.iomem("00001000-0009fbff : System RAM\n  01000000-01ffffff : Kernel code\n"
                                            "100000000-11fffffff : System RAM (x)\n"),
                         [{"start": "00001000", "end": "0009fbff", "what": "System RAM"},
                          {"start": "100000000", "end": "11fffffff", "what": "System RAM (x)"}])

    def test_snapshot_has_what_the_reader_needs(self):
        files = {"/proc/zoneinfo": ZONEINFO, "/proc/meminfo": "MemTotal:  100 kB\nActive(anon): 3 kB\nHugePages_Total: 2\n",
                 "/proc/vmstat": "nr_free_pages 0\npgfault 5\nnr_anon 3\nnr_nothing 0\n",
                 "/proc/sys/vm/min_free_kbytes": "4096\n", "/proc/sys/vm/lowmem_reserve_ratio": "256\t32\n",
                 "/sys/devices/system/node/node1/meminfo": "Node 1 MemTotal:  50 kB\nNode 1 MemFree: 0 kB\n",
                 "/sys/devices/system/node/node1/distance": "20 10\n",
                 "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages": "7\n",
                 "/sys/module/memory_hotplug/parameters/online_policy": "contig-zones\n"}
        taken = kernel_files.snapshot(files, ["@B 0-7 online|none|node0", "@R mono_ns=12"])
        self.assertEqual(taken["meminfo_kB"], {"MemTotal": 100, "HugePages_Total": 2})
        self.assertEqual(taken["vmstat"], {"nr_free_pages": 0, "nr_anon": 3})
        self.assertEqual((taken["min_free_kbytes"], taken["lowmem_reserve_ratio"]), (4096, [256, 32]))
        self.assertEqual(taken["nodes"], {"1": {"meminfo_kB": {"MemTotal": 50}, "distance": [20, 10],
                                                "hugepages-2048kB": 7}})
        self.assertEqual((taken["memory_blocks"], taken["mono_ns"]), (["0-7 online|none|node0"], 12))
        self.assertEqual(taken["memory_hotplug_params"], {"online_policy": "contig-zones"})

    def test_page_allocations(self):
        text = ("{ order:          9, common_stacktrace:\n         __alloc_pages+0x1/0x2\n"
                "         vmemmap_alloc_block+0x3/0x4\n         add_memory_resource+0x5/0x6\n} hitcount:          4\n"
                "{ order:          0, stacktrace:\n         new_slab+0x1/0x2\n         add_memory_resource+0x1/0x2\n"
                "} hitcount:  3\n{ order: 1, stacktrace:\n  do_fork+0x1/0x2\n} hitcount: 2\n")
        found = page_allocations.summary(page_allocations.histogram(text))
        self.assertEqual(found["hotplug"], [{"order": 9, "count": 4, "by": "vmemmap_alloc_block < add_memory_resource"}])
        self.assertEqual((found["slab_pages"], found["hotplug_pages"]), (3, 2051))
        self.assertEqual((found["noise_pages"], found["noise_allocs"]), (4, 2))


    def test_snapshot_of_a_sequence_leaves_node_0_and_empty_zones_out(self):
        zoneinfo = ZONEINFO + ("Node 1, zone  Movable\n  pages free     7\n        min      32\n        high     96\n        present  32768\n"
                               "    cpu: 0\n       count:    113\n       high:     1177\n       batch:    7\n"
                               "       high_min: 28\n       high_max: 4096\n  start_pfn:           1048576\n")
        types = ("Node    1, zone  Movable, type      Movable  >100000 3\nNode    1, zone  Movable, type    Unmovable 0 0\n"
                 "Node    0, zone      DMA, type      Movable  1 1\n")
        taken = sequences.snapshot({"/proc/zoneinfo": zoneinfo, "/proc/pagetypeinfo": types,
                                    "/proc/buddyinfo": "Node 0, zone DMA 1\nNode 1, zone Movable 4\n",
                                    "/sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages": "3\n"})
        self.assertEqual(taken, {
            "zones": [{"node": 1, "zone": "Movable", "free": 7, "min": 32, "high": 96, "present": 32768, "start_pfn": 1048576, "pcp": 113,
                       "cpus": [{"cpu": 0, "count": 113, "high": 1177, "batch": 7, "high_min": 28, "high_max": 4096}]}],
            "buddy": [{"node": 1, "zone": "Movable", "nr_free": [4]}],
            "pagetype": {"blocks": [], "free": [{"node": 1, "zone": "Movable", "type": "Movable",
                                                 "nr_free": [">100000", 3]}]},
            "huge2M": {"node1.free_hugepages": 3}})


class FakeGuest:
    """Gives the same answer to every command and remembers the commands."""

    def __init__(self, answer):
        self.asked, self.answer = [], answer

    def command(self, line, seconds=0):
        self.asked.append(line)
        return {}, self.answer


class FakeRecorder:
    def __init__(self, blocks=None, answer=("@R ok=1 failed=2 first_errno=16", "@X nothing")):
        self.guest, self.blocks = FakeGuest(answer), blocks

    def blocks_of(self, dimm):
        return self.blocks


class Operations(unittest.TestCase):
    def test_blocks_are_counted_from_the_dimms_ends(self):
        cases = {("d0", "online"): "setblk 32 39 online", ("d0", "online", 3): "setblk 35 39 online",
                 ("d0", "offline", -1, 0): "setblk 39 32 offline", ("d0", "online", 2, 4): "setblk 34 36 online"}
        for words, command in cases.items():
            fake = FakeRecorder((32, 39))
            result = operations.online(fake, list(words))
            self.assertEqual(fake.guest.asked, [command])
            self.assertEqual(result["result"], {"ok": 1, "failed": 2, "first_errno": 16, "errors": ["nothing"]})


    def test_steps_of_a_sequence(self):
        fake = FakeRecorder(answer=["@R rc=0 touched=3", "@P 7:2:1 12", "@T A0m1c0 7:2:1"])
        touched = operations.OPERATIONS["rtouch"].run(fake, [0, 5, 3])
        self.assertEqual(touched, {"result": {"rc": 0, "touched": 3}, "pfns": "7:2:1 12", "trace": ["A0m1c0 7:2:1"]})
        operations.OPERATIONS["tron"].run(fake, [])
        operations.OPERATIONS["rmap"].run(fake, [2, 100])
        self.assertEqual(fake.guest.asked, ["rtouch 0 5 3 1 fwd", "tron 0x100000", "rmap 2 100 1 4"])

    def test_a_drain_takes_the_last_block(self):
        fake = FakeRecorder((32, 39))
        self.assertEqual(operations.drain(fake, ["d0"]), {"result": {"ok": 2, "first_errno": 16}})
        self.assertEqual(fake.guest.asked, ["setblk 39 39 online_movable", "setblk 39 39 offline"])


class Emulators(unittest.TestCase):
    """Emulators that fail, each a script in QEMU's place: the error says what they said."""

    def failure(self, script):
        with tempfile.TemporaryDirectory() as folder:
            qemu = os.path.join(folder, "emulator")
            with open(qemu, "w") as file:
                file.write("#!/usr/bin/env python3\nimport os, socket, sys\n" + script)
            os.chmod(qemu, 0o755)
            with self.assertRaises(RecordingFailed) as caught:
                Guest(qemu, [], [], folder)
            return str(caught.exception)

    def test_one_that_ends_at_once(self):
        self.assertIn("no such machine", self.failure("sys.exit('no such machine')"))

    def test_one_that_hangs_up_on_the_monitor(self):
        script = ("ends = []\n"
                  "for word in ('port', 'qmp'):\n"
                  "    end = socket.socket(socket.AF_UNIX)\n"
                  "    end.bind(os.path.join(os.path.dirname(sys.argv[0]), word))\n"
                  "    end.listen()\n"
                  "    ends.append(end)\n"
                  "for end in reversed(ends):\n"
                  "    end.accept()[0].close()\n"
                  "sys.exit('no MSR')")
        self.assertIn("no MSR", self.failure(script))


class Files(unittest.TestCase):
    def test_capture_is_json_and_replaces_the_file_at_once(self):
        capture = {"name": "x", "boot_dmesg": ["a", "b"], "steps": [
            {"op": ["snap", "boot"], "snapshot": {"zones": [{"node": 0}, {"node": 1}], "buddy": [], "vmstat": {"a": 1}},
             "console": ["one", "two"]}, {"op": ["freeall"], "result": {}}]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x.json")
            capture_file.write(path, "old")
            capture_file.write(path, capture_file.text(capture))
            with open(path) as file:
                self.assertEqual(json.load(file), capture)
            self.assertEqual(os.listdir(folder), ["x.json"])

    def test_archive_is_what_cpio_reads(self):
        content = image.archive({"init": b"program"})
        self.assertEqual(content[:6], b"070701")
        at, found = 0, {}
        while at < len(content):
            fields = [int(content[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
            name = content[at + 110:at + 110 + fields[11] - 1].decode()
            body = (at + 110 + fields[11] + 3) // 4 * 4
            found[name] = (fields[1], content[body:body + fields[6]])
            at = (body + fields[6] + 3) // 4 * 4
        self.assertEqual(list(found), ["dev", "proc", "sys", "dev/console", "init", "TRAILER!!!"])
        self.assertEqual(found["init"], (0o100755, b"program"))

    def package(self, folder, member):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:xz") as archive:
            for name in ("./usr/share/doc/x", member):
                info = tarfile.TarInfo(name)
                info.size = 4
                archive.addfile(info, io.BytesIO(b"data"))
        path = os.path.join(folder, "x.deb")
        with open(path, "wb") as file:
            file.write(b"!<arch>\n")
            for name, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", data.getvalue())):
                file.write(f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content)
                file.write(b"\n" * (len(content) % 2))
        return path

    def test_image_is_taken_out_of_both_kinds_of_package(self):
        for member in ("./boot/vmlinuz-6.12-amd64", "./usr/lib/modules/7.3.4-amd64/vmlinuz"):
            with tempfile.TemporaryDirectory() as folder:
                with open(image.kernel(self.package(folder, member), folder), "rb") as file:
                    self.assertEqual(file.read(), b"data")

    def test_package_without_an_image_is_refused(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(WrongInput):
            image.kernel(self.package(folder, "./boot/config-6.12"), folder)

    def test_newest_package(self):
        names = ["linux-image-6.12.9+deb12-amd64", "linux-image-6.12.43+deb12-amd64", "linux-image-6.12.43+deb12-amd64-unsigned",
                 "linux-image-6.12.44+deb12-cloud-amd64", "linux-image-6.12.44+deb12-rt-amd64", "linux-image-6.1.0-50-amd64",
                 "linux-image-7.3.4+deb13-amd64", "linux-binary-7.3.4+deb13-amd64"]
        self.assertEqual(fetch.newest(names, "6.12"), "linux-image-6.12.43+deb12-amd64-unsigned")
        self.assertEqual(fetch.newest(names, "6.1"), "linux-image-6.1.0-50-amd64")
        self.assertEqual(fetch.newest(names, "7.3"), "linux-binary-7.3.4+deb13-amd64")
        self.assertIsNone(fetch.newest(names, "6.13"))


class Verdicts(unittest.TestCase):
    def report(self, **more):
        return {"checks": 5, "mismatches": [], "unmodelled": [{"quantity": "iomem", "count": 2}], "chance_outcomes": [],
                **more}

    def test_states(self):
        miss = [{"step": 7, "label": "b", "quantity": "x", "expected": "1", "got": "2"},
                {"step": 3, "label": "a", "quantity": "zone/12/Normal/min", "expected": "1", "got": "2"}]
        self.assertEqual(replay.verdict(self.report()).state, replay.EXACT)
        missed = replay.verdict(self.report(mismatches=miss))
        self.assertEqual((missed.state, missed.first.step, missed.first.kind()), (replay.MISSED, 3, "zone/N/Normal/min"))
        unknown = replay.verdict(self.report(unmodelled=[{"quantity": "operation w", "count": 1}]))
        self.assertEqual((unknown.state, unknown.reason), (replay.PARTLY, "operation w"))
        self.assertEqual(replay.verdict(self.report(checks=0)).state, replay.PARTLY)
        partly = {"verdict": "partly", "reason": "a", "gaps": ["a", "b"]}
        self.assertEqual(replay.verdict(self.report(not_exact=[partly])).reason, "a; b")
        broken = replay.verdict(self.report(checks=0, not_exact=[{"verdict": "broken", "reason": "no zones"}]))
        self.assertEqual((broken.state, broken.first.got), (replay.MISSED, "no zones"))
        self.assertEqual(replay.verdict(self.report(not_exact=[])).state, replay.EXACT)
        chance = {"quantity": "op/result", "expected": "a", "got": "b"}
        self.assertEqual(replay.verdict(self.report(chance_outcomes=[chance])).state, replay.PARTLY)


if __name__ == "__main__":
    unittest.main()
