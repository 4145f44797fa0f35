"""What a page says to type at three at night finds what it looks for, and has all that it needs.

The blocks of recovery are run by `make drill-recovery`. Here are those that nobody runs: they read
a cluster's logs.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.docs.test_claims import code, relative
from tests.test_docs import RUNBOOKS, pages

_FENCED: Final = re.compile(r"^```bash[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_USED: Final = re.compile(r"\$\{?([A-Z][A-Z_]+)\b")
_SET: Final = re.compile(r"\b([A-Z][A-Z_]+)=")
_LOGS: Final = re.compile(r"^kubectl [^\n|]*\blogs\b[^\n|]*", re.MULTILINE)
_SEARCH: Final = re.compile(r"^kubectl [^\n|]*\blogs\b[^\n|]*\|([^\n#]*)", re.MULTILINE)
DENIED: Final = (
    r'{"auth":{"policies":["shop-api-dev"],"policy_results":{"allowed":false}},'
    r'"error":"1 error occurred:\n\t* permission denied\n\n",'
    r'"request":{"operation":"read","path":"secret/data/shop/db"},"type":"request"}'
)
NO_LOGIN: Final = (
    r'{"error":"permission denied","request":{"operation":"update",'
    r'"path":"auth/kubernetes/login","remote_address":"10.0.3.7"},"type":"response"}'
)
LOGIN: Final = (
    r'{"auth":{"metadata":{"role":"shop-api"}},"request":{"data":{"role":"hmac-sha256:8a0"},'
    r'"path":"auth/kubernetes/login","remote_address":"10.0.3.7"},"type":"response"}'
)
ROOT_MADE: Final = (
    r'{"request":{"operation":"update","path":"sys/generate-root/update",'
    r'"remote_address":"10.0.3.7"},"type":"request"}'
)
DEVICE_ENDED: Final = (
    r'{"auth":{"display_name":"root"},"request":{"operation":"delete",'
    r'"path":"sys/audit/stdout"},"type":"request"}'
)
FOUND: Final = {
    "VaultAuditIncomplete": (DEVICE_ENDED, "sys/audit/stdout"),
    "VaultDeniedRequests": (DENIED, "secret/data/shop/db"),
    "VaultFailedLogins": (NO_LOGIN, "10.0.3.7"),
    "VaultQuotaRejections": (LOGIN, '1 "remote_address":"10.0.3.7"'),
    "VaultRootTokenMade": (ROOT_MADE, "sys/generate-root/update"),
    "VaultTokenGrowth": (LOGIN, '1 "role":"shop-api"'),
}
"""Page -> an entry as Vault 1.21 writes it, and what of it one of the page's searches shows."""


def unsaid(page: Path) -> set[str]:
    """Variables that the page's blocks use, and that it neither sets nor speaks of."""
    text = page.read_text()
    blocks = "\n".join(_FENCED.findall(text))
    told = re.findall(r"`([A-Z][A-Z_]+)`", _FENCED.sub("", text))
    return set(_USED.findall(blocks)) - set(_SET.findall(text)) - set(told)


def cut_short(page: Path) -> list[str]:
    """Asked by a selector, kubectl gives the last ten lines of each, whatever `--since` says."""
    return [
        command
        for text in code(page)
        for command in _LOGS.findall(text)
        if re.search(r" (-l|--selector)[ =]", command) and "--tail" not in command
    ]


def searched(page: Path, entry: str) -> str:
    """What the page's searches of logs show of this entry."""
    return "".join(
        subprocess.run(
            ["bash", "-c", search], input=f"{entry}\n", capture_output=True, text=True, check=False
        ).stdout
        for search in _SEARCH.findall(page.read_text())
    )


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=relative)
def test_what_is_typed_has_its_variables(page: Path) -> None:
    assert unsaid(page) == set()


def test_a_variable_that_nobody_sets_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        'Say `KEYS`.\n```bash\nexport A_B=1\necho "$A_B" "$KEYS" "${GONE}" $HERE\n```\n'
    )
    assert unsaid(page) == {"GONE", "HERE"}


@pytest.mark.parametrize("page", pages(), ids=relative)
def test_logs_are_not_cut_short(page: Path) -> None:
    assert cut_short(page) == []


@pytest.mark.parametrize(("name", "entry", "shown"), [(n, *found) for n, found in FOUND.items()])
def test_a_search_finds_what_it_is_for(name: str, entry: str, shown: str) -> None:
    assert shown in searched(RUNBOOKS / f"{name}.md", entry)
