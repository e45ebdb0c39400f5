#!/usr/bin/env python3
"""Pages that show what the program prints: a test compares them, --write renews them.

  pages_test.py MHPSIM SOURCE_FOLDER [--write]

What stands between a line `<!-- mhpsim ARGUMENTS -->` and a line `<!-- end -->` of README.md or of a page in docs is what
the program prints with those arguments; in a fence if it stands in one there.
"""

import difflib
import pathlib
import re
import subprocess
import sys

BLOCK = re.compile(r"^<!-- mhpsim (?P<arguments>[^\n]*) -->\n(?P<fence>```\w*\n)?(?P<text>.*?)^(?:```\n)?<!-- end -->$",
                   re.MULTILINE | re.DOTALL)


def renewed(page: str, program: str, folder: pathlib.Path) -> str:
    def block(match: re.Match) -> str:
        run = subprocess.run([program, *match["arguments"].split()], cwd=folder, capture_output=True, text=True, check=True)
        fence = match["fence"]
        text = f"{fence}{run.stdout}```\n" if fence else "\n" + run.stdout.strip("\n") + "\n\n"
        return f"<!-- mhpsim {match['arguments']} -->\n{text}<!-- end -->"

    return BLOCK.sub(block, page)


def main() -> int:
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(sys.argv[2])
    stale = 0
    for path in [folder / "README.md", *sorted((folder / "docs").rglob("*.md"))]:
        old = path.read_text()
        new = renewed(old, program, folder)
        if new == old:
            continue
        if "--write" in sys.argv[3:]:
            path.write_text(new)
            continue
        stale += 1
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(path), "the program"))
    if stale:
        print(f"{stale} pages differ from the program: {sys.argv[0]} MHPSIM SOURCE_FOLDER --write renews them")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
