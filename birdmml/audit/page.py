"""The page of an audit: one HTML file that needs no other."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from importlib.resources import files

from birdmml.audit.audit import Audit
from birdmml.audit.bars import gains_table, subsets_table
from birdmml.audit.finding import SEVERITIES, Example, Finding
from birdmml.audit.glimpse import Glimpse
from birdmml.audit.headroom import Headroom
from confu_core.page.html import facts, table, text

__all__ = ["audit_page"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
HEADINGS = {
    "error": ("Errors", "Results on these data do not mean what they seem to mean."),
    "warning": ("Warnings", "Look at these before you use the data."),
    "info": ("Worth knowing", ""),
}


def audit_page(found: Audit) -> str:
    """Write an audit as HTML.

    Parameters
    ----------
    found : Audit
        What was found.

    Returns
    -------
    str
        A whole document without external resources, for light and dark screens.
    """
    worst = next((severity for severity in SEVERITIES if found.reaches(severity)), "info")
    sections = "".join(
        _section(severity, [one for one in found.findings if one.severity == severity], found.glimpses)
        for severity in SEVERITIES
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>Audit: {text(found.name)}</title>
<style>
{_file("confu_core.page", "page.css")}{_file("birdmml.audit", "audit.css")}</style>
</head>
<body>
<header>
<p class="kicker">Audit</p>
<h1>{text(found.name)}</h1>
<p class="lede">{text(found.path)}</p>
{facts(_about(found))}
<p class="verdict {worst}">{text(found.verdict[0].upper() + found.verdict[1:])}.</p>
</header>
<main>
{sections}{_headroom(found.headroom)}{_skipped(found)}</main>
<footer>Written by confu-bench {text(version("confu-bench"))}. This page needs no other file.</footer>
</body>
</html>
"""


def _file(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _about(found: Audit) -> list[tuple[str, str]]:
    return [
        *((name, f"{rows:,} rows") for name, rows in found.splits.items()),
        *found.modalities.items(),
    ]


def _section(severity: str, findings: list[Finding], seen: Mapping[str, Glimpse]) -> str:
    if not findings:
        return ""
    heading, note = HEADINGS[severity]
    lede = f'<p class="lede">{note}</p>\n' if note else ""
    articles = "".join(_finding(one, seen) for one in findings)
    return f'<section>\n<h2 id="{severity}">{heading}</h2>\n{lede}{articles}</section>\n'


def _finding(one: Finding, seen: Mapping[str, Glimpse]) -> str:
    advice = f"<p>{text(one.advice)}</p>" if one.advice else ""
    shown = "".join(_example(example, seen) for example in one.examples)
    listed = f"<ul>{shown}</ul>" if shown else ""
    share = f"{one.share:.1%} of {one.total:,} {text(one.unit)}"
    return f"""<article class="finding {one.severity}">
<div class="count"><b>{one.count:,}</b>{share}</div>
<h3>{text(one.summary)} <code>{text(one.code)}</code></h3>
<div>{advice}{listed}</div>
</article>
"""


def _example(one: Example, seen: Mapping[str, Glimpse]) -> str:
    rows = "".join(_row(key, seen.get(key), one.what) for key in one.keys)
    return f'<li>{text(one.what)}<div class="rows">{rows}</div></li>' if rows else f"<li>{text(one.what)}</li>"


def _row(key: str, seen: Glimpse | None, what: str) -> str:
    if seen is None:
        return f"<div><code>{text(key)}</code></div>"
    pictures = "".join(f'<img src="{one}" alt="picture of {text(key)}">' for one in seen.pictures)
    # The finding may have shown the caption already.
    captions = "".join(f"<p>{text(one)}</p>" for one in seen.captions if one[:40] not in what)
    return f"<div>{pictures}<div><code>{text(key)}</code>{captions}</div></div>"


def _headroom(found: Headroom | None) -> str:
    if found is None:
        return ""
    signs = ", ".join(f"{sign}: {name}" for name, sign in found.signs.items())
    rows = f"{found.train:,} rows to train, {found.validation:,} to choose, {found.test:,} of {found.tested_on} to test"
    return f"""<section>
<h2 id="headroom">Headroom for complementarity</h2>
<p class="lede">What logistic regression gets on colour histograms, mel statistics, word counts or means of sequences.
It is no ceiling: what these features get, anything gets.</p>
{subsets_table(found)}
<p class="note">{text(signs)}. {found.classes} classes; {text(rows)}. Blue: accuracy, with its 95% interval in grey;
orange: Bayes accuracy, where it is known; thin line: chance.</p>
<h3>What a subset gets beyond the best of its parts</h3>
{gains_table(found)}
</section>
"""


def _skipped(found: Audit) -> str:
    if not found.skipped:
        return ""
    listed = table(["check", "why"], found.skipped.items(), words=True)
    return f'<section>\n<h2 id="skipped">Not looked at</h2>\n{listed}\n</section>\n'
