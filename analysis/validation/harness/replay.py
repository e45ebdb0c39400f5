"""What the model makes of a recording: `mhpsim verify captures FILE --json`, in short."""

import dataclasses
import json
import re
import subprocess

from errors import HarnessError, Missing

EXACT, PARTLY, MISSED = "exact", "partly", "missed"


@dataclasses.dataclass
class Difference:
    """The first quantity that the model has otherwise than the kernel."""

    step: int
    label: str
    quantity: str
    expected: str
    got: str

    def kind(self):
        """The quantity without its numbers: what two recordings must share to miss by the same mechanism."""
        return re.sub(r"\d+", "N", self.quantity)

    def __str__(self):
        return f"step {self.step} ({self.label}): {self.quantity} is {self.expected}, the model has {self.got}"


@dataclasses.dataclass
class Verdict:
    state: str
    checks: int = 0
    misses: int = 0
    first: Difference | None = None
    reason: str = ""  # why it is only partly verified


class ProgramFailed(HarnessError):
    code = 1


def judge(program, path):
    """Replays one capture."""
    try:
        run = subprocess.run([program, "verify", "captures", path, "--json"], capture_output=True, text=True,
                             stdin=subprocess.DEVNULL)
    except OSError as error:
        raise Missing(f"{program}: {error.strerror}; build it with ./dev build, or name it with --mhpsim") from error
    if run.returncode < 0:
        return Verdict(MISSED, first=Difference(0, "", "program/crash", "a verdict", f"signal {-run.returncode}"))
    try:
        found = verdict(json.loads(run.stdout))
    except (ValueError, KeyError) as error:
        raise ProgramFailed(f"mhpsim verify captures {path}: {run.stderr.strip() or error}") from error
    if run.returncode and (found.state == EXACT or not found.checks and not found.first):
        raise ProgramFailed(f"mhpsim verify captures {path}: {run.stderr.strip()}")
    return found


def verdict(report):
    """From the report of one capture."""
    misses = report.get("mismatches", [])
    if misses:
        first = min(misses, key=lambda miss: miss["step"])
        difference = Difference(first["step"], first["label"], first["quantity"], first["expected"], first["got"])
        return Verdict(MISSED, report["checks"], len(misses), difference)
    if not report["checks"] and not report.get("not_exact"):
        return Verdict(PARTLY, reason="nothing was compared")
    for row in report.get("not_exact", []):
        if row["verdict"] == "broken":
            return Verdict(MISSED, first=Difference(0, "", "capture/form", "as the format says", row["reason"]))
        if row["verdict"] == PARTLY:
            return Verdict(PARTLY, report["checks"], reason="; ".join(row.get("gaps") or [row["reason"]]))
    if "not_exact" in report:
        return Verdict(EXACT, report["checks"])
    early = [entry["quantity"] for entry in report.get("unmodelled", []) if entry["quantity"].startswith("operation ")]
    early += [f"chance: {entry['quantity']} is {entry['expected']}, the model has {entry['got']}"
              for entry in report.get("chance_outcomes", []) if entry["expected"] != entry["got"]]
    if early:
        return Verdict(PARTLY, report["checks"], reason="; ".join(early))
    return Verdict(EXACT, report["checks"])
