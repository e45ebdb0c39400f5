#!/usr/bin/env python3
"""A picture of the first screen of a report and its waterfall, as README shows it.

    mhpsim compare configs/scenarios/quickstart.toml -o results
    mhpsim report results -o report.html
    sim/tests/report_picture.py report.html docs/report.png

Needs Debian's chromium and chromium-driver.
"""
import base64
import pathlib
import sys
import time

from browser import Browser

WIDTH = 1000


def main():
    report, picture = map(pathlib.Path, sys.argv[1:])
    with Browser() as page:
        page.colours("light")
        page.size(WIDTH, 1400)
        page.open(report)
        while not page.run("return document.querySelector('#reasons svg') !== null"):
            time.sleep(0.1)
        height = page.run("return document.querySelector('#reasons .chart').getBoundingClientRect().bottom + 12")
        shot = page.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": WIDTH, "height": height, "scale": 1})
    picture.write_bytes(base64.b64decode(shot["data"]))
    print(f"{picture}: {picture.stat().st_size} bytes")


if __name__ == "__main__":
    main()
