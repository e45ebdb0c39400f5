#!/usr/bin/env python3
"""What README.md and docs/ say to type: it works, and prints what they show. --write renews what it prints.

  docs_test.py MHPSIM SOURCE_FOLDER [--write]

- A fence with lines `$ COMMAND` is a session: what follows a command, up to the next one, is what it prints. A line `...` stands
  for any lines. The sessions of a page run one after the other in a folder of their own, in which configs and analysis lie.
- Every other command of mhpsim in a fence of `sh` has a subcommand that there is, only options that its --help names, and only
  files of configs/, analysis/, docs/ and examples/ that exist.
- Every link to a file, and to a heading of one, leads somewhere.
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import surroundings

FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]\n]*(?:\n[^\]\n]*)?\]\((?P<target>[^)\s]+)\)")
SHIPPED = ("configs/", "analysis/", "docs/", "examples/")
# Options that mhpsim itself takes, before a command or after it.
GENERAL = {"--help", "-h", "--version", "--plugin"}


def session(text, folder, environment):
    """The session with what its commands print now; what a line `...` stands for stays away."""
    out, lines = [], text.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.startswith("$ "):
            out.append(line)
            continue
        shown = []
        while lines and not lines[0].startswith("$ "):
            shown.append(lines.pop(0))
        run = subprocess.run(["bash", "-c", line[2:]], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        printed = run.stdout.splitlines()
        out += [line, *(shown if fits(shown, printed) else abridged(shown, printed))]
    return "\n".join(out) + "\n"


def fits(shown, printed):
    """Whether `printed` is what is shown, a line `...` standing for any lines."""
    pattern = "".join("(?:.*\n)*?" if line == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def abridged(shown, printed):
    """What is printed, with as many lines before a first `...`, and after a last one, as are shown."""
    if "..." not in shown:
        return printed
    before, after = shown.index("..."), shown[::-1].index("...")
    return [*printed[:before], "...", *(printed[-after:] if after else [])]


def commands(text):
    """The commands of mhpsim in a fence of the shell: their words after the program."""
    for line in text.replace("\\\n", " ").splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            continue
        if words[:2] == ["./dev", "run"]:
            if len(words) > 2:
                yield (["compare"] if words[2].startswith("-") else []) + words[2:]
            continue
        for i, word in enumerate(words):
            if pathlib.PurePath(word).name == "mhpsim" and not word.startswith("-"):
                rest = words[i + 1:]
                yield rest[:next((k for k, w in enumerate(rest) if w in ("|", ">", "&&", ";", "2>")), len(rest))]
                break


class Helps:
    """What the commands say of themselves, each asked once."""

    def __init__(self, program):
        self.program = program
        self.texts = {}

    def of(self, words):
        key = tuple(words)
        if key not in self.texts:
            run = subprocess.run([self.program, *words, "--help"], capture_output=True, text=True)
            self.texts[key] = run.stdout if run.returncode == 0 else None
        return self.texts[key]

    def command_of(self, words):
        """The longest beginning of `words` that names a command: `verify captures`, `list params`."""
        for n in (2, 1):
            head = words[:n]
            if len(head) == n and all(re.fullmatch(r"[a-z][a-z-]*", w) for w in head) and self.of(head) is not None:
                if n == 1 or self.of(head) != self.of(head[:1]):
                    return head
        return None


def wrong_in_command(words, helps, root):
    """What is wrong with a command, or nothing."""
    if not words or words[0] in GENERAL or words[0].startswith("--version"):
        return None
    if words[0] == "COMMAND":
        return None
    head = helps.command_of(words)
    if head is None:
        return f"there is no command '{words[0]}'"
    known = set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", helps.of(head))) | GENERAL
    for word in words[len(head):]:
        option = re.fullmatch(r"(--?[A-Za-z][\w-]*)(=.*)?", word)
        if option and option[1] not in known and not re.fullmatch(r"-j\d+", word):
            return f"'{' '.join(head)}' has no option {option[1]}"
        if word.startswith(SHIPPED) and not any(c in word for c in "*?["):
            if not (root / word).exists():
                return f"there is no {word}"
        if word.startswith(SHIPPED) and "*" in word and not any(root.glob(word)):
            return f"nothing is called {word}"
    return None


def anchors(path):
    """The anchors of a page's headings, as GitHub makes them."""
    seen, out = {}, set()
    for line in re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines():
        heading = re.match(r"#+ (.*)", line)
        if not heading:
            continue
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        out.add(anchor if count == 0 else f"{anchor}-{count}")
    return out


def dead_links(path, text, root):
    for match in LINK.finditer(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)):
        target = match["target"]
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists():
            yield f"link to {target}: there is no such file"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there):
            yield f"link to {target}: the page has no such heading"


def check_page(path, program, helps, root, environment):
    """The page as it should be, and what is wrong with it that nobody can renew."""
    text = path.read_text()
    wrong = list(dead_links(path, text, root))
    with tempfile.TemporaryDirectory() as folder:
        for name in ("configs", "analysis"):
            os.symlink(root / name, f"{folder}/{name}")

        def renewed(match):
            if re.search(r"^\$ ", match["text"], re.MULTILINE):
                return f"```{match['kind']}\n{session(match['text'], folder, environment)}```"
            if match["kind"] == "sh":
                for words in commands(match["text"]):
                    problem = wrong_in_command(words, helps, root)
                    if problem:
                        wrong.append(f"mhpsim {' '.join(words)}: {problem}")
            return match[0]

        return FENCE.sub(renewed, text), wrong


def main():
    surroundings.neutral()
    program, root = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    write = "--write" in sys.argv[3:]
    environment = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    helps = Helps(str(program))
    bad = 0
    for path in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        new, wrong = check_page(path, program, helps, root, environment)
        for line in wrong:
            print(f"{path.relative_to(root)}: {line}")
        bad += len(wrong)
        old = path.read_text()
        if new != old and write:
            path.write_text(new)
        elif new != old:
            bad += 1
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), new.splitlines(True), str(path), "the program"))
    if bad:
        print(f"{bad} things are not as the pages say; {sys.argv[0]} MHPSIM SOURCE_FOLDER --write renews what commands print")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
