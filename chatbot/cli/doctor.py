"""`chatbot doctor`."""

import asyncio
import json
import sys
from collections.abc import Mapping

import click

from chatbot.cli.checks import Finding, State, examine
from chatbot.errors import Misconfigured
from chatbot.settings import read_settings

_SIGNS: Mapping[State, str] = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command()
@click.option("--probe", is_flag=True, help="Ask each provider's model something, for real.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
def doctor(*, probe: bool, as_json: bool) -> None:
    """
    Check settings and everything we depend on; say what is wrong and how to mend it.

    The exit status is 1 if anything is wrong.
    """
    findings = asyncio.run(_examine(probe=probe, show=not as_json))
    wrong = sum(finding.state == "wrong" for finding in findings)
    if as_json:
        checks = [finding.document() for finding in findings]
        print(json.dumps({"ok": not wrong, "checks": checks}, ensure_ascii=False))
    if wrong:
        click.echo(f"{wrong} of {len(findings)} checks found something wrong.", err=True)
        sys.exit(1)


async def _examine(*, probe: bool, show: bool) -> list[Finding]:
    findings = []

    def keep(finding: Finding) -> None:
        findings.append(finding)
        if show:
            remedy = f"\n               → {finding.remedy}" if finding.remedy else ""
            print(f"{_SIGNS[finding.state]} {finding.name}: {finding.words}{remedy}")

    try:
        settings = read_settings()
    except Misconfigured as error:
        keep(Finding("settings", "wrong", str(error)))
        return findings
    keep(Finding("settings", "ok", "Every setting can be read."))
    async for finding in examine(settings, probe=probe):
        keep(finding)
    return findings
