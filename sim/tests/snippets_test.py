#!/usr/bin/env python3
"""The Python snippets of docs/results.md run as they stand, against a file that the program writes.

Arguments: the mhpsim program, the source folder. A snippet follows a line `<!-- snippet FILE -->`; another in the page is a
failure."""
import os
import re
import subprocess
import sys
import tempfile

from sweeps import GUEST, ROOT, check, expect, finish, run

PAGE = os.path.join(ROOT, "docs/results.md")
SNIPPET = re.compile(r"(?:^<!-- snippet (\S+) -->\n)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A load, and memory that goes online, so that no group is empty.
SETTINGS = ["hotplug.0.size=2GiB", "workload.kind=steady", "settle=20ms"]


def main():
    found = SNIPPET.findall(open(PAGE, encoding="utf-8").read())
    check(len(found) >= 4, f"{len(found)} snippets")
    with tempfile.TemporaryDirectory() as folder:
        expect(0, "run", GUEST, *[w for s in SETTINGS for w in ("--set", s)], "-o", os.path.join(folder, "run.h5"))
        for file, text in found:
            title = text.strip().splitlines()[-1]
            if not check(file, f"a snippet that names no file: {title}"):
                continue
            done = subprocess.run([sys.executable, "-I", "-W", "error::FutureWarning", "-c", text], cwd=folder, capture_output=True,
                                  text=True, check=False)
            check(done.returncode == 0, f"snippet '{title}': {done.stderr}")
            check("print(" not in text or done.stdout.strip(), f"snippet '{title}' prints nothing")
        # The seal's snippet finds damage.
        seal = next(text for _, text in found if "zlib" in text)
        path = os.path.join(folder, "run.h5")
        data = bytearray(open(path, "rb").read())
        data[4000] ^= 1
        open(path, "wb").write(data)
        done = subprocess.run([sys.executable, "-I", "-c", seal], cwd=folder, capture_output=True, text=True, check=False)
        check(done.stdout.strip() == "False", f"damage is found: {done.stdout}{done.stderr}")
        check(run("check", path).returncode == 4, "by the program, too")
    finish()


main()
