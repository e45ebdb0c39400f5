#!/usr/bin/env python3
"""Making scenarios smaller, on a fake of the runner, and the model's verdicts."""

import copy
import tomllib
import unittest

import random_scenario
import replay
import scenario as scenarios
import shrink

GIB, MIB = 1 << 30, 1 << 20


def parse(text):
    return scenarios.parse(tomllib.loads(text))


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
