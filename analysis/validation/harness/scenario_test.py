#!/usr/bin/env python3
"""Scenarios: read, written, drawn at random, made QEMU's options."""

import copy
import glob
import os
import tempfile
import tomllib
import unittest

import architecture
import machine
import random_scenario
import scenario as scenarios
from errors import WrongInput

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

    def test_architecture_is_read_and_written(self):
        given = parse('arch = "ppc64"\npage_size = "64KiB"\n' + SMALL)
        self.assertEqual((given.arch, given.page_size), ("ppc64", 65536))
        self.assertEqual(parse(scenarios.to_toml(given)), given)
        self.assertEqual((parse(SMALL).arch, parse(SMALL).page_size), ("", 0))

    def test_examples_of_every_architecture_are_read(self):
        found = {scenarios.load(path).arch for path in glob.glob(os.path.join(FOLDER, "examples", "*.toml"))}
        self.assertEqual(found, {"", "arm64", "ppc64"})

    def test_defaults(self):
        plain = parse(SMALL)
        self.assertEqual((plain.memory, plain.cpus, plain.nodes, plain.kaslr), (2 * GIB, 2, [], False))

    def test_what_is_wrong_is_named(self):
        wrong = {
            'steps = [["snap", "boot"]]': "name",
            SMALL + 'arch = "amd64"': "x86-64, arm64, ppc64",
            SMALL + 'page_size = "48KiB"': "page_size",
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

    def test_machine_of_another_architecture(self):
        options = machine.options(parse(SMALL), "tcg", architecture.PPC64)
        value = lambda name: options[options.index(name) + 1]
        self.assertTrue(value("-machine").startswith("pseries,") and value("-machine").endswith(",memory-backend=b0"))
        self.assertEqual((value("-cpu"), value("-m")), ("power9", f"2048M,slots=32,maxmem={256 << 10}M"))
        given = parse(SMALL + '[machine]\ncpu = "cortex-a57"\nslots = 3\nmax_memory = "8GiB"')
        options = machine.options(given, "tcg", architecture.ARM64)
        self.assertEqual((value("-cpu"), value("-m")), ("cortex-a57", "2048M,slots=3,maxmem=8192M"))
        self.assertEqual(value("-machine"), "virt,gic-version=3,memory-backend=b0")

    def test_command_line_of_another_architecture_names_console_and_port(self):
        given = parse(SMALL + 'parameters = "a=1"\n')
        self.assertEqual(machine.command_line(given, "tcg", architecture.ARM64),
                         "console=ttyAMA0 CMDPORT=/dev/ttyS0 nokaslr panic=-1 init_on_alloc=0 a=1")
        self.assertEqual(machine.command_line(given, "tcg"),
                         "console=ttyS0,115200 nokaslr panic=-1 init_on_alloc=0 no_timer_check a=1")

    def test_flavours(self):
        self.assertEqual([kind.flavour(size) for kind, size in ((architecture.ARM64, 4096), (architecture.ARM64, 16384),
                                                                (architecture.PPC64, 65536))],
                         ["arm64", "arm64_16k", "ppc64_64k"])

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


if __name__ == "__main__":
    unittest.main()
