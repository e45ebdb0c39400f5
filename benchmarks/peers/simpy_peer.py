"""The models on SimPy 2, as Debian has it: processes that are generators. Arguments: model, distribution, how many at once,
how many are measured."""
import json
import math
import os
import sys
import time

from SimPy.Simulation import Process, Simulation, hold

MEAN = 1e9
STEPS = 1024


def exponential(u):
    return -MEAN * math.log1p(-u)


def mix(u):
    if u < 0.9:
        return 1e-6 * exponential(min(u / 0.9, 0.9999))
    return 10 * exponential(min((u - 0.9) / 0.1, 0.9999))


def increments(distribution):
    """The same numbers as peers::Increments of common.hpp draws."""
    quantile = mix if distribution == "mix" else exponential
    table = [int(quantile(min(i / STEPS, 1 - 1 / 8192))) + 1 for i in range(STEPS + 1)]
    state = 12345
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) & (2**64 - 1)
        i = state >> 54
        yield table[i] + ((table[i + 1] - table[i]) * (state >> 30 & 0xffffff) >> 24)


def main():
    model, distribution, at_once, measured = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    if model != "process":
        return 3
    drawn = increments(distribution)
    warm, done, start = max(2 * at_once, measured // 4), 0, math.nan

    class Sleeper(Process):
        def life(self):
            nonlocal done, start
            while True:
                yield hold, self, next(drawn)
                done += 1
                if done == warm:
                    start = time.process_time()
                if done == warm + measured:
                    ns = (time.process_time() - start) * 1e9 / measured
                    print(json.dumps({"ns": ns, "end": self.sim.now(), "check": "0" * 16}), flush=True)
                    os._exit(0)

    simulation = Simulation()
    simulation.initialize()
    for i in range(at_once):
        sleeper = Sleeper(sim=simulation, name=str(i))
        simulation.activate(sleeper, sleeper.life())
    simulation.simulate(until=1e30)
    return 1


if __name__ == "__main__":
    sys.exit(main())
