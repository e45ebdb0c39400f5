#!/usr/bin/env python3
"""Records what a real kernel does when memory is hot-added, as a capture that `mhpsim verify captures` replays."""

import argparse
import os
import sys

import capture_file
import options
import scenario as scenarios
from errors import HarnessError, WrongInput
from operations import OPERATIONS

EXAMPLES = """\
examples:
  record.py examples/one-dimm.toml --kernel linux-image-6.12.117+deb13-amd64-unsigned_6.12.117-1_amd64.deb
  record.py examples/one-dimm.toml --fetch 6.12 -o one-dimm.json && mhpsim verify captures one-dimm.json
  record.py --random 20 --seed 7 --fetch 6.1 --jobs 2 -o recordings

"""


def arguments():
    steps = "\n".join(f"  {name:13} {operation.usage():32} {operation.help}" for name, operation in OPERATIONS.items())
    parser = argparse.ArgumentParser(description=__doc__, epilog=f"{EXAMPLES}steps of a scenario:\n{steps}\n\n"
                                     + options.EXIT_CODES)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO.toml")
    parser.add_argument("-o", "--output", metavar="PATH", help="the capture's file, or with --random or several scenarios "
                        "the folder (default: NAME.json here)")
    parser.add_argument("--more", action="store_true", help="add the run to the recording of the same scenario that is "
                        "there, as one of its `repeats`: what chance decides shows")
    parser.add_argument("--reduced", action="store_true", help="keep of the console only trouble")
    parser.add_argument("--series", help="of the kernel, where --random cannot take it from --fetch")
    options.add_to(parser)
    return parser.parse_args()


def main():
    given = arguments()
    todo = options.wanted(given)
    several = len(todo) != 1 or given.random is not None
    folder = given.output if several else None
    if folder:
        os.makedirs(folder, exist_ok=True)
    if len({scenario.name for scenario in todo}) != len(todo):
        raise WrongInput("two scenarios have the same name: their recordings would have the same file")

    def one(scenario):
        path = os.path.join(folder or ".", scenario.name + ".json") if several or not given.output else given.output
        def finish(capture):
            kept = capture_file.reduced(capture) if given.reduced else capture
            return capture_file.with_repeat(path, kept) if given.more else kept

        if given.random is not None:
            with open(path.removesuffix(".json") + ".toml", "w") as file:
                file.write(scenarios.to_toml(scenario))
        try:
            capture = session.record(scenario, path, finish)
        except HarnessError as error:
            options.say(f"{scenario.name}: {error}")
            return error.code
        print(f"{path}: kernel {capture['kernel']}, {capture['outcome']}, {capture['total_wall_s']:.0f} s", flush=True)
        return 0

    with options.session(given, todo) as session:
        return max(options.each(one, todo, given.jobs, session), default=0)


if __name__ == "__main__":
    sys.exit(options.run(main))
