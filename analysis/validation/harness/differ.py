#!/usr/bin/env python3
"""Records scenarios, replays each on the model, prints the first difference, and makes the scenario smaller while that
difference stays."""

import argparse
import collections
import glob
import json
import os
import sys

import capture_file
import options
import replay
import scenario as scenarios
import shrink
from errors import HarnessError, Interrupted, WrongInput

EXAMPLES = """\
examples:
  differ.py --random 50 --seed 3 --fetch 6.12 -o found --mhpsim build/release/sim/cli/mhpsim
  differ.py my.toml --kernel vmlinuz -o found          # one scenario
  differ.py --again -o found                           # what was recorded before, with the program as it is now

In FOLDER: NAME.toml and NAME.json of each scenario; NAME.smallest.toml and .json of those that differ; summary.json. A
scenario that is recorded there already is not recorded again.

"""
PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../build/release/sim/cli/mhpsim")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, epilog=EXAMPLES + options.EXIT_CODES)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO.toml")
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True)
    parser.add_argument("--mhpsim", default=os.path.normpath(PROGRAM), metavar="PROGRAM", help="default: %(default)s")
    parser.add_argument("--series", help="of the kernel, where --random cannot take it from --fetch")
    parser.add_argument("--again", action="store_true", help="only replay what FOLDER has; needs no QEMU and no kernel")
    parser.add_argument("--no-shrink", action="store_true", help="leave the scenarios as they are")
    parser.add_argument("--budget", type=int, default=40, metavar="N",
                        help="recordings for making one scenario smaller (default: %(default)s)")
    options.add_to(parser)
    return parser.parse_args()


class Comparison:
    def __init__(self, given, session):
        self.given, self.session = given, session

    def path(self, name, ending):
        return os.path.join(self.given.output, name + ending)

    def judge(self, scenario):
        """Records (once) and replays."""
        path = self.path(scenario.name, ".json")
        if not os.path.exists(path):
            capture_file.write(self.path(scenario.name, ".toml"), scenarios.to_toml(scenario))
            self.session.record(scenario, path)
        return replay.judge(self.given.mhpsim, path)

    def smaller(self, scenario, first):
        """The smallest scenario found whose first difference is of the same kind, recorded as NAME.smallest."""
        scratch = self.path(scenario.name, ".candidate.json")

        def stays(candidate):
            try:
                self.session.record(candidate, scratch)
            except Interrupted:
                raise
            except HarnessError:
                return False
            verdict = replay.judge(self.given.mhpsim, scratch)
            same = verdict.first is not None and verdict.first.kind() == first.kind()
            if same:
                os.replace(scratch, self.path(scenario.name, ".smallest.json"))
                capture_file.write(self.path(scenario.name, ".smallest.toml"), scenarios.to_toml(candidate))
                self.session.say(f"{scenario.name}: {len(candidate.steps)} steps show it too")
            return same

        try:
            # What comes after the first difference does not matter.
            until = scenario.with_steps(scenario.steps[:first.step + 1])
            budget = shrink.Budget(self.given.budget)
            start = until if until.steps != scenario.steps and budget.spend() and stays(until) else scenario
            return shrink.smallest(start, stays, budget)
        finally:
            if os.path.exists(scratch):
                os.unlink(scratch)

    def one(self, scenario):
        try:
            verdict = self.judge(scenario)
        except HarnessError as error:
            options.say(f"{scenario.name}: {error}")
            return {"name": scenario.name, "kernel": scenario.kernel, "state": "failed", "why": str(error).split("\n")[0]}
        row = {"name": scenario.name, "kernel": scenario.kernel, "state": verdict.state, "checks": verdict.checks,
               "misses": verdict.misses}
        if verdict.first:
            row |= {"kind": verdict.first.kind(), "first": str(verdict.first)}
        if verdict.reason:
            row["why"] = verdict.reason
        print(f"{scenario.name}: {verdict.state} {row.get('first', row.get('why', ''))}", flush=True)
        if verdict.first and self.session and not self.given.no_shrink:
            small = self.smaller(scenario, verdict.first)
            row["smallest_steps"] = small.steps
            print(f"{scenario.name}: smallest case: {json.dumps(small.steps)}", flush=True)
        return row


def summary(rows):
    """How many of each state by kernel, and what the misses were."""
    states = collections.Counter((row["kernel"], row["state"]) for row in rows)
    kinds = collections.Counter((row["kernel"], row["kind"]) for row in rows if "kind" in row)
    lines = []
    for kernel in sorted({row["kernel"] for row in rows}):
        counts = ", ".join(f"{states[kernel, state]} {state}" for state in
                           (replay.EXACT, replay.PARTLY, replay.MISSED, "failed") if states[kernel, state])
        lines.append(f"{kernel or '?'}: {counts}")
        lines += [f"  {count:4} x {kind}" for (of, kind), count in kinds.most_common() if of == kernel]
    return "\n".join(lines)


def main():
    given = arguments()
    os.makedirs(given.output, exist_ok=True)
    if given.again:
        paths = sorted(glob.glob(os.path.join(glob.escape(given.output), "*.toml")))
        todo = [scenarios.load(path) for path in paths
                if not path.endswith(".smallest.toml") and os.path.exists(path.removesuffix(".toml") + ".json")]
        if not todo:
            raise WrongInput(f"{given.output}: nothing is recorded there")
        rows = _all(given, None, todo)
    else:
        todo = options.wanted(given)
        with options.session(given, todo) as session:
            rows = _all(given, session, todo)
    capture_file.write(os.path.join(given.output, "summary.json"), json.dumps(rows, indent=1) + "\n")
    print(summary(rows))
    if any(row["state"] == "failed" for row in rows):
        return 4
    return 1 if any(row["state"] == replay.MISSED for row in rows) else 0


def _all(given, session, todo):
    comparison = Comparison(given, session)
    return options.each(comparison.one, todo, given.jobs, session)


if __name__ == "__main__":
    sys.exit(options.run(main))
