#!/usr/bin/env python3
"""Adding and removing memory of a ppc64 guest, on a fake guest that says on its console what a kernel has said."""

import unittest
from unittest import mock

import architecture
import dlpar
import operations

GIB = 1 << 30
ADDED = "[ 9.8] pseries-hotplug-mem: Memory at {:x} (drc index 8000000{}) was hot-added\n"


class FakeGuest:
    """`says`: what comes on the console at each look; `events`: what QEMU tells at each; `blocks`: how many blocks there
    are at each."""

    def __init__(self, says, events=(), blocks=(8,), refusal=None):
        self._text, self._says, self._events, self._blocks = "boot\n", list(says), list(events), list(blocks)
        self.events, self.asked, self._refusal = [], [], refusal

    def console(self):
        text = self._text
        plugged = any(asked[0] in ("device_add", "device_del") for asked in self.asked)
        if plugged and self._says:
            text = self._text = text + self._says.pop(0)
        return text

    def running(self):
        return bool(self._says)

    def qmp(self, name, **arguments):
        self.asked.append((name, arguments.get("id")))
        if name == "query-memory-devices":
            return {"return": [{"data": {"id": "d0", "addr": 2 * GIB, "size": GIB, "node": 0, "slot": 0}}]}
        return {"error": {"desc": self._refusal}} if self._refusal and name == "device_del" else {}

    def wait_event(self, wanted, seconds):
        event = self._events.pop(0) if self._events else None
        return event if event and wanted(event) else None

    def command(self, line, seconds=0):
        self.asked.append(line)
        return {}, [f"@R blocks={self._blocks.pop(0)}"] if line == "blocks" else []


class FakeRecorder:
    def __init__(self, guest):
        self.guest, self.dimms, self.architecture, self.stand_in = guest, {}, architecture.PPC64, False
        self.scenario = mock.Mock(nodes=[])


@mock.patch("time.sleep", lambda seconds: None)
class Dlpar(unittest.TestCase):
    def add(self, guest):
        recorder = FakeRecorder(guest)
        return operations.add(recorder, ["d0", GIB]), recorder

    def test_an_add_is_over_when_every_block_is_there(self):
        lines = [ADDED.format(2 * GIB + i * dlpar.LMB, i) for i in range(4)]
        guest = FakeGuest([lines[0], "".join(lines[1:3]), lines[3], "never read"])
        result, recorder = self.add(guest)
        self.assertEqual(result, {"done": "added", "dimm": {"addr": 2 * GIB, "size": GIB, "node": 0, "slot": 0}})
        self.assertEqual(recorder.dimms["d0"]["addr"], 2 * GIB)
        self.assertEqual(guest._says, ["never read"])

    def test_after_a_failure_the_blocks_are_waited_for_that_the_kernel_takes_away(self):
        guest = FakeGuest(["pseries-hotplug-mem: Memory indexed-count-add failed, removing any added LMBs\n", "x", "x"], blocks=(11, 9, 8, 8, 8))
        result, _ = self.add(guest)
        self.assertEqual(result["done"], "failed")
        self.assertEqual(guest.asked.count("blocks"), 4)

    def test_a_guest_that_ends_says_neither(self):
        result, _ = self.add(FakeGuest([ADDED.format(0, 1)]))
        self.assertNotIn("done", result)

    def test_what_was_said_before_does_not_count(self):
        lines = "".join(ADDED.format(i, i) for i in range(4))
        guest = FakeGuest(["more\n"])
        guest._text += lines
        result, _ = self.add(guest)
        self.assertNotIn("done", result)

    def test_a_removal(self):
        deleted = {"event": "DEVICE_DELETED", "data": {"device": "d0"}}
        other = {"event": "DEVICE_DELETED", "data": {"device": "d1"}}
        guest = FakeGuest(["a", "b", "c"], events=[other, deleted])
        self.assertEqual(operations.delete(FakeRecorder(guest), ["d0"]),
                         {"event": "DEVICE_DELETED", "data": {"device": "d0"}, "refused": False})
        self.assertIn(("object-del", "md0"), guest.asked)

    def test_a_refusal_shows_on_the_console(self):
        guest = FakeGuest(["a", "pseries-hotplug-mem: Memory indexed-count-remove failed, adding any removed LMBs\n", "c"])
        self.assertEqual(operations.delete(FakeRecorder(guest), ["d0"]), {"event": None, "data": None, "refused": True})
        self.assertNotIn(("object-del", "md0"), guest.asked)

    def test_a_dimm_that_is_not_there(self):
        guest = FakeGuest(["a"], refusal="no such device")
        self.assertEqual(operations.delete(FakeRecorder(guest), ["d0"]), {"device_del_error": {"desc": "no such device"}})


if __name__ == "__main__":
    unittest.main()
