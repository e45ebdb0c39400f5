"""Puts a report page together from the files of sim/report/page and a document, as `mhpsim report` does: for tests of the page that
need documents no run gives, and to look at the page while it is drawn.

    report_page.py DOCUMENT.json REPORT.html
"""
import html
import json
import pathlib
import sys

VEGA = pathlib.Path("/usr/share/javascript/vega")
PARTS = """vega-util vega-time vega-format vega-loader vega-dataflow vega-statistics vega-canvas vega-scale vega-scenegraph vega-expression
vega-event-selector vega-selection vega-functions vega-runtime vega-parser vega-view vega-transforms vega-view-transforms vega-encode
vega-interpreter""".split()
PAGE = pathlib.Path(__file__).resolve().parents[1] / "report" / "page"


def embedded(value):
    """JSON in which nothing ends a script element."""
    text = json.dumps(value, ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, "\\u%04x" % ord(character))
    return text


def script(text):
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def vega_parts():
    for name in PARTS:
        lines = (VEGA / f"{name}.min.js").read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("//# sourceMappingURL="))
        yield f'vegaParts["{name}"] = function (exports, require, module) {{{text}\n}};\n'


def assemble(document):
    """The page of a document, a dictionary of schema mhpsim-report/1, as text."""
    def all_of(suffix):
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(PAGE.glob("*" + suffix)))
    parts = {"title": html.escape(str(document.get("title", ""))), "style": all_of(".css"), "vega": script("".join(vega_parts())),
             "data": embedded(document), "script": script(all_of(".js"))}
    page = (PAGE / "page.html").read_text(encoding="utf-8")
    pieces = []
    while "{{" in page:
        before, _, rest = page.partition("{{")
        name, _, page = rest.partition("}}")
        pieces += [before, parts.pop(name)]
    return "".join(pieces) + page


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[1:])
    target.write_text(assemble(json.loads(source.read_text(encoding="utf-8"))), encoding="utf-8")
