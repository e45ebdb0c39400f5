#!/usr/bin/env python3
"""Writes the list of quantities that are outside their band anew, from what the program says.

    mhpsim verify pressure --json | python3 known_misses.py recordings/known-misses.toml

Reasons that the list has stay with their quantity; what is inside by now goes; what is new gets the reason "not
explained", for somebody to look at. Exits with 1 if there is anything new.
"""
import json
import os
import sys
import tomllib

HEAD = """# Quantities that the model has outside their band, each with what it lacks. `mhpsim verify pressure` fails if one is
# outside that is not named here, and if one is named that is inside. Written by known_misses.py; reasons are by hand.
"""
NEW = "not explained"


def known_reasons(path):
    if not os.path.exists(path):
        return {}
    with open(path, "rb") as file:
        listed = tomllib.load(file).get("miss", [])
    return {(miss["capture"], quantity): miss["reason"] for miss in listed for quantity in miss["quantities"]}


def text(outside, reasons):
    """One table for each recording and reason, in the order of the program."""
    tables = {}
    for capture, quantity in outside:
        tables.setdefault((capture, reasons.get((capture, quantity), NEW)), []).append(quantity)
    out = [HEAD]
    for (capture, reason), quantities in tables.items():
        names = ",\n  ".join(json.dumps(quantity) for quantity in quantities)
        out.append(f"[[miss]]\ncapture = {json.dumps(capture)}\nquantities = [\n  {names},\n]\nreason = {json.dumps(reason)}\n")
    return "\n".join(out)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    told = json.load(sys.stdin)
    reasons = known_reasons(sys.argv[1])
    outside = [(q["capture"], q["quantity"]) for q in told["quantities"] if not q["inside"]]
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(text(outside, reasons))
    new = [miss for miss in outside if reasons.get(miss, NEW) == NEW]
    for capture, quantity in new:
        print(f"{capture}: {quantity}: {NEW}", file=sys.stderr)
    sys.exit(1 if new else 0)


if __name__ == "__main__":
    main()
