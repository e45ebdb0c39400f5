#!/usr/bin/env python3
"""Makes docs/reliability.md of analysis/validation/reliability: promises.toml says what can be relied upon and what sees to it,
figures.json what was measured. --check: fails if the page is another one.

A figure is null until it is measured, else {"value": "...", "date": "YYYY-MM-DD", "how": "the command, or words"}."""
import json
import pathlib
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "analysis/validation/reliability"
PAGE = ROOT / "docs/reliability.md"
HEAD = """# Reliability

What can be relied upon, the test that sees to it, and what was measured. `./dev test -R NAME` runs a test; [testing.md](testing.md)
says which tests run when. A figure that nobody has measured is said to be so.

This page is made by [reliability_page.py](../analysis/python/reliability_page.py) from
[promises.toml](../analysis/validation/reliability/promises.toml) and
[figures.json](../analysis/validation/reliability/figures.json).
"""


def load():
    with open(FOLDER / "promises.toml", "rb") as file:
        groups = tomllib.load(file)["group"]
    with open(FOLDER / "figures.json", encoding="utf-8") as file:
        return groups, json.load(file)


def figure_text(promise, figures):
    name = promise.get("figure")
    if name is None:
        return "", ""
    figure = figures[name]
    if figure is None:
        return "not measured", ""
    return f"{figure['value']} ({figure['how']})", figure["date"]


def page():
    groups, figures = load()
    out = [HEAD]
    for group in groups:
        out.append(f"## {group['title']}\n")
        if "about" in group:
            out.append(group["about"] + "\n")
        out.append("| | promise | seen to by | figure | date |\n|---|---|---|---|---|")
        for p in group["promise"]:
            tests = [f"`{t}`" for t in p.get("tests", [])] + [f"nightly or landing: `{c}`" for c in p.get("commands", [])]
            figure, date = figure_text(p, figures)
            out.append(f"| {p['id']} | {p['says']} | {', '.join(tests) or 'nothing yet'} | {figure} | {date} |")
        out.append("")
    return "\n".join(out)


def main():
    text = page()
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
            sys.exit("docs/reliability.md is not what analysis/validation/reliability says: run analysis/python/reliability_page.py")
        return
    PAGE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
