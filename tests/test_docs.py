"""Links in the documents lead somewhere, and who is woken by an alert finds the way to repair."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.recording import ROOT

RUNBOOKS: Final = ROOT / "docs" / "runbooks"
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_ELSEWHERE: Final = ("https://", "http://", "mailto:")
_CODE: Final = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# Alert -> where its page must lead, for what its own steps do not repair.
LEADS_TO: Final = {
    "VaultAuditFailures": "full-disk.md",
    "VaultAutopilotUnhealthy": "full-disk.md",
    "VaultCertificateExpires": "expired-certificates.md",
    "VaultKmsErrors": "kms-key.md",
    "VaultNoLeader": "lost-quorum.md",
    "VaultQuorumMarginLost": "lost-quorum.md",
    "VaultRootTokenMade": "regenerate-root.md",
    "VaultSnapshotOld": "../snapshots.md",
    "VaultVolumeFills": "full-disk.md",
}


def pages() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).exists()]


def links(page: Path) -> list[str]:
    return _LINK.findall(_CODE.sub("", page.read_text()))


def anchors(page: Path) -> Iterator[str]:
    """Of the headings, as GitHub makes them."""
    for heading in re.findall(r"^#+ (.*)$", _CODE.sub("", page.read_text()), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken(page: Path) -> Iterator[str]:
    for link in links(page):
        if link.startswith(_ELSEWHERE):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        leads = target.is_relative_to(ROOT) and target.exists()
        if not leads or (anchor and anchor not in anchors(target)):
            yield f"{page.name}: {link}"


def test_links_lead_somewhere() -> None:
    found = pages()
    assert RUNBOOKS / "README.md" in found
    assert [link for page in found for link in broken(page)] == []


def test_what_leads_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_docs.ROOT", tmp_path)
    (tmp_path / "other.md").write_text("# Who may, and who may not\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](other.md) [b](other.md#who-may-and-who-may-not) [c](https://example.com)\n"
        "[d](gone.md) [e](other.md#gone) [f](../outside.md)\n```\n[g](code.md)\n```\n"
    )
    assert list(broken(page)) == [
        "page.md: gone.md",
        "page.md: other.md#gone",
        "page.md: ../outside.md",
    ]


def test_every_runbook_is_in_their_index() -> None:
    index = RUNBOOKS / "README.md"
    assert {page.name for page in RUNBOOKS.glob("*.md")} - {index.name} <= set(links(index))


@pytest.mark.parametrize(("alert", "recovery"), LEADS_TO.items())
def test_an_alert_leads_to_the_recovery(alert: str, recovery: str) -> None:
    assert recovery in links(RUNBOOKS / f"{alert}.md")
