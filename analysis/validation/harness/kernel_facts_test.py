#!/usr/bin/env python3
"""Images told apart, and what is known of a kernel before it boots."""

import gzip
import os
import struct
import tempfile
import unittest

import architecture
import image
import kernel_facts
from errors import WrongInput

ARM64_IMAGE = b"MZ" + b"\0" * 0x36 + b"ARM\x64" + b"\0" * 64


def zboot(payload, pe_machine=0xaa64):
    """An image for EFI that unpacks `payload`."""
    head = bytearray(0x80)
    head[:2], head[4:8] = b"MZ", b"zimg"
    struct.pack_into("<II", head, 8, len(head), len(payload))
    struct.pack_into("<I", head, 0x3c, 0x40)
    struct.pack_into("<4sH", head, 0x40, b"PE\0\0", pe_machine)
    return bytes(head) + payload


def btf(*structs, padding=0):
    """A type table with an integer, these structs of (name, bytes) with a member each, and `padding` integers more."""
    strings, types = b"\0", b""
    integer = struct.pack("<IIII", 0, 1 << 24, 4, 32)
    types += integer
    for name, size in structs:
        types += struct.pack("<III", len(strings), 4 << 24 | 1, size) + struct.pack("<III", 0, 1, 0)
        strings += name + b"\0"
    types += integer * padding
    return struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings


class Images(unittest.TestCase):
    def recognised(self, content):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return image.recognise(file.name)

    def test_each_architecture_is_told_by_its_image(self):
        elf = lambda kind, order=b"\x01": b"\x7fELF\x02" + order + b"\0" * 12 + struct.pack("<H", kind)
        self.assertIs(self.recognised(b"\0" * 0x202 + b"HdrS"), architecture.X86_64)
        for content in (ARM64_IMAGE, gzip.compress(ARM64_IMAGE), zboot(b"x")):
            self.assertIs(self.recognised(content), architecture.ARM64)
        self.assertIs(self.recognised(elf(21)), architecture.PPC64)
        for content in (b"", b"\x7fELF\x02\x01", elf(62), elf(21, b"\x02"), zboot(b"x", 0x8664), b"\x1f\x8bx", b"text" * 200):
            self.assertIsNone(self.recognised(content))


class Facts(unittest.TestCase):
    def size(self, content):
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            return kernel_facts.struct_bytes(file.name, b"page")

    def test_struct_page_by_the_type_table(self):
        table = btf((b"pages", 8), (b"page", 56), (b"folio", 256), padding=70000)
        program = btf((b"page", 4))  # a table of a program within the kernel
        for content in (table, b"x" * 99 + program + table + b"y", gzip.compress(table), zboot(gzip.compress(table))):
            self.assertEqual(self.size(content), 56)
        for content in (b"x", program, btf((b"pages", 8), padding=70000), zboot(b"not gzip")):
            self.assertIsNone(self.size(content))

    def test_of_the_configuration_what_page_counts_hang_on(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "vmlinuz")
            with open(path, "wb") as file:
                file.write(ARM64_IMAGE)
            text = "CONFIG_ARM64_16K_PAGES=y\nCONFIG_SOUND=m\n# CONFIG_DEBUG_VM is not set\nCONFIG_ARCH_FORCE_MAX_ORDER=11\n"
            self.assertEqual(kernel_facts.facts(image.Kernel(path, architecture.ARM64, text)),
                             {"config": {"ARM64_16K_PAGES": "y", "ARCH_FORCE_MAX_ORDER": "11"}})
            self.assertEqual(kernel_facts.facts(image.Kernel(path, architecture.ARM64)), {})

    def test_kernel_that_ignores_dimms_is_refused(self):
        has = "CONFIG_MEMORY_HOTPLUG=y\nCONFIG_ACPI_HOTPLUG_MEMORY=y\n"
        kernel_facts.check(image.Kernel("x", architecture.ARM64, has))
        kernel_facts.check(image.Kernel("x", architecture.ARM64))  # nobody knows
        for text in (has.replace("CONFIG_ACPI", "# CONFIG_ACPI"), has.replace("MEMORY=y", "MEMORY=m")):
            with self.assertRaises(WrongInput) as caught:
                kernel_facts.check(image.Kernel("x", architecture.ARM64, text))
            self.assertIn("CONFIG_ACPI_HOTPLUG_MEMORY", str(caught.exception))
            self.assertIn("cloud-arm64", str(caught.exception))
            kernel_facts.check(image.Kernel("x", architecture.ARM64, text), stand_in=True)
        with self.assertRaises(WrongInput):
            kernel_facts.check(image.Kernel("x", architecture.ARM64, "CONFIG_ACPI_HOTPLUG_MEMORY=y\n"), stand_in=True)


if __name__ == "__main__":
    unittest.main()
