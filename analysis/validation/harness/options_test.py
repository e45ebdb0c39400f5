#!/usr/bin/env python3
"""What is missing or does not fit is said before anything boots."""

import argparse
import os
import tempfile
import unittest
from unittest import mock

import accelerator
import architecture
import firmware
import image
import options
import recorder
from errors import Missing, WrongInput
from scenario import Node, Scenario

STEPS = [["snap", "boot"]]


def arguments(*words):
    parser = argparse.ArgumentParser()
    options.add_to(parser)
    return parser.parse_args(words)


class Sessions(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.kernel = os.path.join(self.folder.name, "vmlinux")
        with open(self.kernel, "wb") as file:
            file.write(b"\x7fELF\x02\x01" + b"\0" * 12 + b"\x15\0")

    def failure(self, kind, scenario, *words):
        with self.assertRaises(kind) as caught:
            options.Session(arguments("-q", "--kernel", self.kernel, *words), self.folder.name, [scenario])
        return str(caught.exception)

    def test_scenario_of_another_architecture(self):
        said = self.failure(WrongInput, Scenario("x", STEPS, arch="arm64"))
        self.assertIn("is of arm64, and the kernel is of ppc64", said)

    def test_missing_programs_are_named_with_their_packages(self):
        scenario = Scenario("x", STEPS)
        with mock.patch("shutil.which", lambda name: None):
            self.assertIn("qemu-system-ppc (./dev setup harness-ppc64)", self.failure(Missing, scenario))
        with mock.patch("shutil.which", lambda name: name if name.startswith("qemu") else None):
            self.assertIn("gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross", self.failure(Missing, scenario))

    def test_random_scenarios_are_of_x86(self):
        self.assertIn("x86-64", self.failure(WrongInput, Scenario("x", STEPS), "--random", "1"))

    def test_stand_in_is_for_arm64(self):
        said = self.failure(WrongInput, Scenario("x", STEPS), "--stand-in", self.kernel)
        self.assertIn("arm64", said)

    def test_fetched_is_what_the_scenarios_are_of(self):
        packages = lambda *scenarios: options.Packages(arguments("--fetch", "6.12"), scenarios, options.say)
        with self.assertRaises(WrongInput) as caught:
            packages(Scenario("x", STEPS), Scenario("y", STEPS, arch="arm64"))
        self.assertIn("arm64, x86-64", str(caught.exception))
        with mock.patch("fetch.Archive") as archive:
            packages(Scenario("x", STEPS, arch="ppc64", page_size=65536)).kernel()
        self.assertIs(archive.call_args.args[0], architecture.PPC64)
        archive.return_value.kernel.assert_called_once_with("6.12", 65536)

    def test_missing_firmware_is_named(self):
        with mock.patch("os.path.exists", lambda path: False), self.assertRaises(Missing) as caught:
            options.Packages(arguments("--kernel", self.kernel), [], options.say).firmware(architecture.ARM64)
        self.assertIn("qemu-efi-aarch64", str(caught.exception))

    def test_other_architectures_are_emulated(self):
        setup = recorder.Setup(image.Kernel(self.kernel, architecture.PPC64), "", "")
        with mock.patch("recorder.record") as record:
            self.assertEqual(accelerator.choose("auto", setup, lambda text: None), "tcg")
            with self.assertRaises(Missing):
                accelerator.choose("on", setup, lambda text: None)
        record.assert_not_called()


class Firmware(unittest.TestCase):
    CONSOLE = ("[    0.000000] NUMA: no nodes coverage for 64MB of 2112MB RAM\n"
               "[    0.000000] NUMA: Faking a node at [mem 0x4000000-0xbfffffff]\n")

    def test_nodes_that_the_firmware_has_the_kernel_drop(self):
        two = Scenario("x", STEPS, nodes=[Node(1 << 30, 1), Node(1 << 30, 1)])
        with self.assertRaises(Missing) as caught:
            firmware.check(self.CONSOLE, two, self.fail)
        self.assertIn("--firmware", str(caught.exception))
        said = []
        firmware.check(self.CONSOLE, Scenario("x", STEPS), said.append)
        self.assertIn("memory block 0", said[0])
        firmware.check("[ 0.0] ACPI: SRAT: Node 0 PXM 0", two, self.fail)

    def test_newer_firmware_tells_its_version(self):
        self.assertEqual(firmware.version("UEFI firmware (version 2025.02-8+deb13u1 built at 12:00:00 on Nov  8 2025)\n"),
                         "2025.02-8+deb13u1")
        self.assertEqual(firmware.version(self.CONSOLE), "")


if __name__ == "__main__":
    unittest.main()
