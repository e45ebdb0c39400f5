#!/usr/bin/env python3
"""Steps on a fake guest, emulators that fail, and the files that are read and written."""

import io
import json
import os
import tarfile
import tempfile
import unittest

import capture_file
import fetch
import image
import operations
from errors import RecordingFailed, WrongInput
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


if __name__ == "__main__":
    unittest.main()
