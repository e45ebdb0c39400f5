#!/usr/bin/env python3
"""Memory that a module adds in the place of the ACPI memory driver, on a fake guest."""

import unittest
from unittest import mock

import architecture
import operations
import stand_in
from errors import RecordingFailed

GIB = 1 << 30


class FakeGuest:
    def __init__(self, answers):
        self.asked, self._answers = [], dict(answers)

    def console(self):
        return ""

    def qmp(self, name, **arguments):
        devices = [{"data": {"id": "d0", "addr": 3 * GIB, "size": GIB, "node": 1, "slot": 0}}]
        return {"return": devices} if name == "query-memory-devices" else {}

    def wait_event(self, wanted, seconds):
        event = {"event": "ACPI_DEVICE_OST", "data": {"info": {"device": "d0", "source": 1, "status": 0}}}
        return event if wanted(event) else None

    def command(self, line, seconds=0):
        self.asked.append(line)
        return {}, [self._answers.get(line.split()[2] if line.startswith("w ") else line, "@R rc=0 ns=7")]


def recorder(answers=()):
    return mock.Mock(guest=FakeGuest(answers), dimms={}, taken=set(), stand_in=True, architecture=architecture.ARM64,
                     scenario=mock.Mock(nodes=[1, 1]))


class StandIn(unittest.TestCase):
    def test_a_dimm_is_added_to_its_node_and_removed(self):
        fake = recorder()
        self.assertEqual(operations.add(fake, ["d0", GIB, 1])["result"], {"rc": 0, "ns": 7})
        self.assertEqual(operations.delete(fake, ["d0"]), {"result": {"rc": 0, "ns": 7}})
        self.assertEqual([line for line in fake.guest.asked if line.startswith("w ")],
                         ["w /sys/kernel/debug/mhp_shim add c0000000 40000000 1",
                          "w /sys/kernel/debug/mhp_shim remove c0000000 40000000"])

    def test_a_dimm_that_was_refused_is_not_removed(self):
        fake = recorder({"add": "@R rc=-12 ns=7"})
        self.assertEqual(operations.add(fake, ["d0", GIB, 1])["result"]["rc"], -12)
        self.assertEqual(operations.delete(fake, ["d0"]), {"skipped": "not added"})

    def test_a_module_of_another_kernel(self):
        stand_in.load(FakeGuest({}), operations.answer)
        with self.assertRaises(RecordingFailed) as caught:
            stand_in.load(FakeGuest({"insmod /mhp_shim.ko": "@R rc=-8"}), operations.answer)
        self.assertIn("errno 8", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
