#!/usr/bin/env python3
"""Steps on a fake guest, emulators that fail, and the files that are read and written."""

import io
import json
import os
import tarfile
import tempfile
import unittest

import architecture
import capture_file
import fetch
import image
import operations
from errors import Missing, RecordingFailed, WrongInput
from guest import Guest


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

    def package(self, folder, files):
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w:xz") as archive:
            for name, content in (("./usr/share/doc/x", b"text"), *files.items()):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        path = os.path.join(folder, "x.deb")
        with open(path, "wb") as file:
            file.write(b"!<arch>\n")
            for name, content in (("debian-binary", b"2.0\n"), ("control.tar.xz", b"odd"), ("data.tar.xz", data.getvalue())):
                file.write(f"{name:16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content)
                file.write(b"\n" * (len(content) % 2))
        return path

    def test_image_is_taken_out_of_both_kinds_of_package(self):
        content = b"\0" * 0x202 + b"HdrS"
        for member in ("./boot/vmlinuz-6.12-amd64", "./usr/lib/modules/7.3.4-amd64/vmlinuz"):
            with tempfile.TemporaryDirectory() as folder:
                kernel = image.kernel(self.package(folder, {member: content}), folder)
                with open(kernel.path, "rb") as file:
                    self.assertEqual(file.read(), content)
                self.assertEqual((kernel.architecture, kernel.config), (architecture.X86_64, ""))

    def test_configuration_comes_from_the_package_or_from_beside_the_image(self):
        files = {"./boot/config-6.12-powerpc64le": b"CONFIG_PPC_PSERIES=y\n",
                 "./boot/vmlinux-6.12-powerpc64le": b"\x7fELF\x02\x01" + b"\0" * 12 + b"\x15\0"}
        with tempfile.TemporaryDirectory() as folder:
            kernel = image.kernel(self.package(folder, files), folder)
            self.assertEqual((kernel.architecture, kernel.config), (architecture.PPC64, "CONFIG_PPC_PSERIES=y\n"))
            for name, content in files.items():
                with open(os.path.join(folder, os.path.basename(name)), "wb") as file:
                    file.write(content)
            beside = image.kernel(os.path.join(folder, "vmlinux-6.12-powerpc64le"), folder)
            self.assertEqual(beside.config, kernel.config)

    def test_package_without_an_image_is_refused(self):
        for content in ({"./boot/config-6.12": b"text"}, {"./boot/vmlinuz-6.12": b"no image"}):
            with tempfile.TemporaryDirectory() as folder, self.assertRaises(WrongInput):
                image.kernel(self.package(folder, content), folder)

    def test_firmware_may_lie_in_a_package(self):
        with tempfile.TemporaryDirectory() as folder:
            package = self.package(folder, {"./usr/share/qemu-efi-aarch64/QEMU_EFI.fd": b"firmware"})
            unpacked = image.firmware(package, folder)
            with open(unpacked, "rb") as file:
                self.assertEqual(file.read(), b"firmware")
            self.assertEqual(image.firmware(unpacked, folder), unpacked)
            with self.assertRaises(WrongInput):
                image.firmware(self.package(folder, {"./boot/x": b""}), folder)

    def test_newest_package(self):
        names = ["linux-image-6.12.9+deb12-amd64", "linux-image-6.12.43+deb12-amd64", "linux-image-6.12.43+deb12-amd64-unsigned",
                 "linux-image-6.12.44+deb12-cloud-amd64", "linux-image-6.12.44+deb12-rt-amd64", "linux-image-6.1.0-50-amd64",
                 "linux-image-7.3.4+deb13-amd64", "linux-binary-7.3.4+deb13-amd64"]
        self.assertEqual(fetch.newest(names, "6.12"), "linux-image-6.12.43+deb12-amd64-unsigned")
        self.assertEqual(fetch.newest(names, "6.1"), "linux-image-6.1.0-50-amd64")
        self.assertEqual(fetch.newest(names, "7.3"), "linux-binary-7.3.4+deb13-amd64")
        self.assertIsNone(fetch.newest(names, "6.13"))

    def test_newest_package_of_a_flavour(self):
        names = ["linux-image-6.12.118+deb13-arm64-unsigned", "linux-image-6.12.74+deb13+1-cloud-arm64-unsigned",
                 "linux-image-6.12.115+deb13.1-cloud-arm64", "linux-image-6.12.118+deb13-rt-arm64", "linux-image-6.1.0-50-powerpc64le",
                 "linux-image-6.12.95+deb12-powerpc64le-64k", "linux-image-6.12.107+deb13-powerpc64le"]
        flavours = lambda kind, size: kind.flavours[size]
        newest = lambda series, kind, size: fetch.newest(names, series, flavours(kind, size))
        self.assertEqual(newest("6.12", architecture.ARM64, 4096), "linux-image-6.12.115+deb13.1-cloud-arm64")
        self.assertEqual(newest("6.12", architecture.PPC64, 4096), "linux-image-6.12.107+deb13-powerpc64le")
        self.assertEqual(newest("6.12", architecture.PPC64, 65536), "linux-image-6.12.95+deb12-powerpc64le-64k")
        self.assertEqual(newest("6.1", architecture.PPC64, 65536), "linux-image-6.1.0-50-powerpc64le")
        self.assertIsNone(newest("6.1", architecture.ARM64, 4096))

    def test_pages_that_no_debian_kernel_has_are_named(self):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(Missing) as caught:
            fetch.Archive(architecture.ARM64, folder).kernel("6.12", 16384)
        self.assertIn("16384", str(caught.exception))

    def test_what_is_at_hand_is_not_fetched(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("linux-image-6.12.107+deb13-powerpc64le_6.12.107-1_ppc64el.deb", "qemu-efi-aarch64_2025.02-8_all.deb"):
                with open(os.path.join(folder, name), "w"):
                    pass
            archive = fetch.Archive(architecture.PPC64, folder)
            self.assertEqual(os.path.basename(archive.kernel("6.12")), "linux-image-6.12.107+deb13-powerpc64le_6.12.107-1_ppc64el.deb")
            self.assertEqual(os.path.basename(archive.package("qemu-efi-aarch64")), "qemu-efi-aarch64_2025.02-8_all.deb")


if __name__ == "__main__":
    unittest.main()
