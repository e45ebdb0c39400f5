"""Tests of virtio-mem scenarios without QEMU."""

import unittest
from unittest import mock

import machine
import scenario as scenarios
import virtio_mem
from errors import RecordingFailed, WrongInput

STEPS = [["virtio_mem"], ["snap", "boot"], ["resize", "v0", "300MiB"], ["snap", "plugged"]]


def table(**device):
    return {"name": "x", "steps": STEPS, "virtio_mem": [{"name": "v0", "size": "4GiB", **device}]}


class Scenarios(unittest.TestCase):
    def test_a_device_becomes_options_of_the_machine(self):
        options = machine.options(scenarios.parse(table(block="4MiB")), "tcg")
        self.assertIn("virtio-mem-pci,id=v0,memdev=mv0,block-size=4M,requested-size=0", options)
        self.assertIn("memory-backend-ram,id=mv0,size=4096M,reserve=off", options)

    def test_it_is_read_as_it_was_written(self):
        scenario = scenarios.parse(table(block="256MiB"))
        import tomllib
        self.assertEqual(scenarios.parse(tomllib.loads(scenarios.to_toml(scenario))), scenario)

    def test_what_is_wrong_is_said(self):
        for device, what in (({"block": "3MiB"}, "power of two"), ({"size": "5MiB"}, "multiple"), ({"name": ""}, "needs a name")):
            with self.assertRaisesRegex(WrongInput, what):
                scenarios.parse(table(**device))
        with self.assertRaisesRegex(WrongInput, "no \\[\\[virtio_mem\\]\\] v1"):
            scenarios.parse(table() | {"steps": [["snap", "boot"], ["resize", "v1", "1GiB"]]})


class FakeGuest:
    """A device whose size moves by a step a look."""

    def __init__(self, sizes):
        self.sizes = list(sizes)
        self.requested = None

    def qmp(self, name, **arguments):
        if name == "qom-set":
            self.requested = arguments["value"]
            return {}
        size = self.sizes.pop(0) if len(self.sizes) > 1 else self.sizes[0]
        return {"return": [{"type": "virtio-mem", "data": {"id": "v0", "size": size, "requested-size": self.requested}}]}

    def command(self, line, seconds=0):
        return {}, []


class Requests(unittest.TestCase):
    def recorder(self, sizes):
        return mock.Mock(guest=FakeGuest(sizes))

    def test_one_waits_until_the_size_rests(self):
        with mock.patch.object(virtio_mem, "DONE_SECONDS", 0.01), mock.patch.object(virtio_mem, "LOOK_SECONDS", 0.001):
            done = virtio_mem.resize(self.recorder([0, 0, 1, 2, 3]), "v0", 3)
        self.assertEqual(done, {"requested": 3, "before": 0, "size": 3})

    def test_one_that_never_rests_is_no_recording(self):
        with mock.patch.object(virtio_mem, "REST_SECONDS", 9), mock.patch.object(virtio_mem, "LOOK_SECONDS", 0.001), \
                self.assertRaisesRegex(RecordingFailed, "has not come to rest"):
            virtio_mem.resize(self.recorder(range(1, 10000)), "v0", 20000, 0.02)


if __name__ == "__main__":
    unittest.main()
