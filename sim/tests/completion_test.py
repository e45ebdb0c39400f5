#!/usr/bin/env python3
"""What bash and zsh complete, asked of the functions that `mhpsim completion` prints. Argument: the mhpsim program.

zsh's own functions for showing candidates are replaced by ones that print what they are given."""
import json
import pathlib
import shutil
import subprocess
import sys

import surroundings

surroundings.neutral()
MHPSIM = str(pathlib.Path(sys.argv[1]).resolve())


def printed(*args):
    return subprocess.run([MHPSIM, *args], capture_output=True, text=True, check=True).stdout


def shell(name, script, *words):
    done = subprocess.run([name, *(["-f"] if name == "zsh" else ["--norc"]), "-c", script, name, *words], capture_output=True,
                          text=True, cwd="/")
    assert done.returncode == 0 and done.stderr == "", f"{name} {words}: {done}"
    return done.stdout.split("\n")


BASH = printed("completion") + """
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_mhpsim
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
compdef() { }
_describe() { local array=${@[-1]}; print -rl -- "${(@P)array%%:*}" }
_files() { print FILES }
""" + printed("completion", "zsh") + """
words=("$@") CURRENT=$#
_mhpsim
"""


def bash(*words):
    return {word for word in shell("bash", BASH, *words) if word}


def zsh(*words):
    return {word for word in shell("zsh", ZSH, *words) if word}


def main():
    scenarios = {s["name"] for s in json.loads(printed("list", "scenarios", "--json"))}
    studies = {s["name"] for s in json.loads(printed("list", "studies", "--json"))}
    assert len(scenarios) > 10 and len(studies) > 5
    assert bash("mhpsim", "comp") == {"compare", "completion"}
    assert {"captures", "published"} <= bash("mhpsim", "verify", "")
    assert bash("mhpsim", "compare", "quicks") == {"quickstart"}
    assert scenarios <= bash("mhpsim", "run", "") and studies <= bash("mhpsim", "sweep", "")
    assert bash("mhpsim", "compare", "quickstart", "--repl") == {"--replicates"}
    assert "--replicates" not in bash("mhpsim", "run", "--")
    assert bash("mhpsim", "compare", "--machine", "") == set(), "a file follows, which bash completes itself"
    if shutil.which("zsh") is None:
        sys.exit("zsh is not installed: ./dev setup test")
    assert {"compare", "completion", "run"} <= zsh("mhpsim", "")
    assert {"captures", "published"} <= zsh("mhpsim", "verify", "")
    assert zsh("mhpsim", "compare", "") == scenarios | {"FILES"}
    assert zsh("mhpsim", "sweep", "") == studies | {"FILES"}
    assert {"--replicates", "--set", "-o"} <= zsh("mhpsim", "compare", "-")
    assert zsh("mhpsim", "compare", "-o", "") == {"FILES"}
    print("all held")


main()
