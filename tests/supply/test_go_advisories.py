"""What is known of a program's modules is told, and that it was looked at."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from supply import go_advisories
from supply.accepted import Advisory, Entry
from supply.pins import Pin
from supply.step import CannotAudit, NotAsked, Outcome

MODULE = {"module": "golang.org/x/crypto", "version": "v0.1.0"}
PACKAGE = {**MODULE, "package": "golang.org/x/crypto/ssh"}
OTHER = {"module": "golang.org/x/net", "version": "v0.1.0"}


def report(*traces: dict[str, str]) -> str:
    """As govulncheck writes: document after document, indented."""
    documents = [
        {"config": {"protocol_version": "v1.0.0", "scanner_name": "govulncheck"}},
        {"osv": {"id": "GO-2026-1", "details": "braces {\n}\n in words"}},
        *(
            {"finding": {"osv": "GO-2026-1", "fixed_version": "v0.2.0", "trace": [trace]}}
            for trace in traces
        ),
    ]
    return "".join(f"{json.dumps(document, indent=2)}\n" for document in documents)


def test_an_advisory_is_told_once_for_a_module_whatever_it_names_of_it() -> None:
    assert go_advisories.read(report(MODULE, PACKAGE, OTHER)) == {
        Advisory(Pin("golang.org/x/crypto", "v0.1.0"), "GO-2026-1", "v0.2.0"),
        Advisory(Pin("golang.org/x/net", "v0.1.0"), "GO-2026-1", "v0.2.0"),
    }
    assert go_advisories.read(report()) == set()


def test_every_program_is_looked_at_and_the_same_is_told_once() -> None:
    looked = list[str]()

    def ask(program: Path) -> str:
        looked.append(program.name)
        return report(PACKAGE)

    answer = go_advisories.judged([Path("a/vault"), Path("b/etcd")], ask, ())
    assert looked == ["vault", "etcd"]
    assert answer.outcome is Outcome.FOUND
    assert answer.findings == ("golang.org/x/crypto v0.1.0: GO-2026-1 (fixed in v0.2.0)",)
    assert "vault, etcd" in answer.summary


def test_what_is_known_of_go_itself_can_be_accepted_and_is_no_python_package() -> None:
    today = datetime.now(UTC).date()
    entry = Entry("GO-2026-1", "stdlib", today, "nothing here parses it")
    traces = report({"module": "stdlib", "version": "v1.26.0"})
    answer = go_advisories.judged([Path("a/vault")], lambda _: traces, [entry])
    assert answer.outcome is Outcome.CLEAN
    assert not Entry("GO-2026-1", "requests", today, "why").of_go


def test_without_a_program_nothing_was_asked() -> None:
    with pytest.raises(NotAsked, match="make tools"):
        go_advisories.judged([], lambda _: report(), ())


def test_without_go_nothing_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(NotAsked, match="go is not on PATH"):
        go_advisories.ask(Path("vault"))


def test_a_report_that_cannot_be_read_is_no_clean_one() -> None:
    with pytest.raises(CannotAudit, match="cannot be read"):
        go_advisories.read("no vulnerabilities found")
