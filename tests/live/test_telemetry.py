"""Metrics of a real cluster, read as Prometheus reads them: who may, what is there, what comes with
an event. And the alerts on a real Prometheus: each can be judged, none fires on a healthy cluster,
and those that must notice a server that is gone do.

`promtool` tries each alert on made-up series; here they meet the series that a real Vault exports.
The cluster is healthy until the last two tests.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import Final

import pytest
import requests

from components.operations.telemetry import metrics
from components.operations.telemetry.alerts import health
from components.operations.telemetry.alerts.rules import ALERTS
from components.operations.telemetry.metric import Metric
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.paths import KV, RATE_LIMIT
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Binary, Tool
from rehearsal.certificates import Authority
from rehearsal.dashboard.watching import watch
from rehearsal.errors import NotYet
from rehearsal.metrics import PATH, Exposition, Reader, check, reader
from rehearsal.pods import Pods
from rehearsal.proof.run import prove
from rehearsal.servers.prometheus import Prometheus
from rehearsal.servers.vault import VaultServer
from rehearsal.stand_up import StoodUp, root_api, stand_up
from rehearsal.supervisor import Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

SECONDS: Final = 10
PATIENCE: Final = timedelta(seconds=60)
CHANGED: Final = {"metrics": True}
OTHER: Final = "vault-2"
"""A server that does not lead."""
FIRST_CONTACT: Final = "VaultRootTokenMade"
"""True of a Vault that was initialised a minute ago."""
ELSEWHERE: Final = {"VaultSnapshotOld", "VaultJobOverdue"}
"""Wait for kube-state-metrics, which is not here, and say so when it is silent."""
JUDGED_SECONDS: Final = 15.0


@pytest.fixture(scope="module")
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


@pytest.fixture(scope="module")
def found() -> Mapping[Tool, Binary]:
    tools = (*SERVERS, Tool.PROMETHEUS)
    return binaries.ensure(tools, progress=lambda line: print(line, file=sys.stderr))


@pytest.fixture(scope="module")
def stood(found: Mapping[Tool, Binary], supervisor: Supervisor) -> StoodUp:
    return stand_up(supervisor, dict(found), Environment.STAGING, lambda _: None, CHANGED)


@pytest.fixture(scope="module")
def prometheus(stood: StoodUp) -> Iterator[Reader]:
    with reader(stood.scene) as one:
        yield one


@pytest.fixture(scope="module")
def alerts(found: Mapping[Tool, Binary], stood: StoodUp, supervisor: Supervisor) -> Prometheus:
    """Which has judged them several times."""
    judging = watch(supervisor, found, stood)
    time.sleep(JUDGED_SECONDS)
    return judging


def addresses(stood: StoodUp) -> Mapping[str, str]:
    """Of the API itself."""
    return {server.name: server.address for server in stood.scene.vaults.servers}


def other(stood: StoodUp) -> VaultServer:
    (server,) = (one for one in stood.scene.vaults.servers if one.name == OTHER)
    return server


def ask(stood: StoodUp, url: str, **how: object) -> requests.Response:
    return requests.get(
        url,
        verify=str(stood.scene.ca_file),
        timeout=SECONDS,
        allow_redirects=False,
        **how,  # type: ignore[arg-type]
    )


def states(alerts: Prometheus) -> Mapping[str, set[str]]:
    """Alert -> its states; several rules may have one name."""
    found: dict[str, set[str]] = {}
    for rule in alerts.rules():
        found.setdefault(rule.name, set()).add(rule.state)
    return found


def until_calm(alerts: Prometheus, names: Collection[str]) -> None:
    def calm() -> None:
        seen = states(alerts)
        if restless := sorted(name for name in names if seen[name] != {"inactive"}):
            raise NotYet(f"not inactive: {', '.join(restless)}")

    wait_until(calm, awaited="all to be inactive", patience=PATIENCE)


def awaited(prometheus: Reader, metric: Metric, server: str) -> Exposition:
    """What a server shows once it has the metric."""

    def look() -> Exposition:
        shown = prometheus.read(server)
        if metric.name not in shown.kinds:
            raise NotYet(f"{server} has no {metric.name}")
        return shown

    return wait_until(look, awaited=metric.name, patience=PATIENCE, processes=[])


def test_every_rule_can_be_judged(alerts: Prometheus) -> None:
    rules = alerts.rules()
    assert {rule.name for rule in rules} == {alert.name for alert in ALERTS}
    assert [(rule.name, rule.error) for rule in rules if rule.health != "ok"] == []


def test_none_fires_on_a_healthy_cluster(alerts: Prometheus, prometheus: Reader) -> None:
    firing = {name for name, seen in states(alerts).items() if "firing" in seen}
    # A disk that stood still for longer than Vault waits for it is not healthy, and said rightly.
    stood_still = {"VaultAuditFailures"} if unaudited(prometheus) else set()
    assert firing <= {FIRST_CONTACT} | stood_still


def unaudited(prometheus: Reader) -> float:
    """How many requests and answers the servers count that no audit device took."""
    counters = (metrics.AUDIT_REQUEST_FAILURES.name, metrics.AUDIT_RESPONSE_FAILURES.name)
    shown = map(prometheus.read, prometheus.addresses)
    return sum(one.value for each in shown for name in counters for one in each.of(name))


def test_nor_is_one_about_to_of_those_that_say_whether_it_lives(alerts: Prometheus) -> None:
    """Autopilot may need a moment more, on a busy computer."""
    until_calm(alerts, {one.name for one in health.ALERTS})


def test_others_wait_only_for_what_is_not_here(alerts: Prometheus) -> None:
    """Speed is the computer's, which is busy with the tests."""
    pending = {name for name, seen in states(alerts).items() if "pending" in seen}
    assert {name for name in pending if not name.startswith("VaultSlow")} <= ELSEWHERE


def test_every_metric_in_use_is_there_after_a_proof(stood: StoodUp) -> None:
    prove(stood.scene, MATRIX, stood.plan, stood.provisioner, list(stood.shares), lambda _: None)
    said: list[str] = []
    assert check(stood.scene, database=True, progress=said.append) == []
    there = [metric for metric in metrics.METRICS if not metric.after]
    (line,) = said
    assert line.startswith(f"metrics: {len(there)} in use, looked for on 3 servers ")


def test_without_a_certificate_nobody_gets_anything(prometheus: Reader, stood: StoodUp) -> None:
    for address in prometheus.addresses.values():
        with pytest.raises(requests.exceptions.SSLError):
            ask(stood, address + PATH)


def test_a_certificate_of_the_servers_authority_is_of_no_use(
    prometheus: Reader, stood: StoodUp, supervisor: Supervisor
) -> None:
    """Nor one of any other: only what the authority of the metrics signed."""
    folder = supervisor.subfolder("stranger")
    authority = stood.scene.controllers.authority
    for one in (authority, Authority.create("another")):
        pair = one.issue("prometheus", ())
        files = (
            str(write_private(folder / "tls.crt", pair.certificate_pem)),
            str(write_private(folder / "tls.key", pair.key_pem)),
        )
        # The server says why, or has hung up before that is read.
        with pytest.raises(requests.exceptions.SSLError):
            ask(stood, prometheus.addresses["vault-0"] + PATH, cert=files)


def test_the_certificate_is_no_token(prometheus: Reader) -> None:
    """Vault serves its whole API there, too."""
    for path in (f"{KV}/data/kubesentiment/config", "sys/mounts", "sys/policies/acl"):
        answer = prometheus.session.get(
            f"{prometheus.addresses['vault-0']}/v1/{path}", timeout=SECONDS
        )
        assert answer.status_code == 403


def test_no_token_would_show_a_standby(stood: StoodUp) -> None:
    """Why it is a certificate."""
    with root_api(stood) as root:
        found = {
            name: ask(stood, address + PATH, headers={"X-Vault-Token": root.token}).status_code
            for name, address in addresses(stood).items()
        }
    assert sorted(found.values()) == [200, 307, 307]


def test_a_refusal_by_the_rate_limit_is_counted(stood: StoodUp, prometheus: Reader) -> None:
    with root_api(stood) as root:
        before = root.call("GET", f"sys/quotas/rate-limit/{RATE_LIMIT}").data
        limit(root, 1)
        try:
            seen = {root.call("GET", "auth/token/lookup-self").status for _ in range(10)}
        finally:
            wait_until(
                lambda: limit(root, before["rate"]),
                awaited="the old limit",
                patience=PATIENCE,
                processes=[],
            )
    assert 429 in seen
    shown = awaited(prometheus, metrics.QUOTA_VIOLATIONS, "vault-0")
    assert {one.labels["name"] for one in shown.of(metrics.QUOTA_VIOLATIONS.name)} == {RATE_LIMIT}


def limit(root: VaultApi, rate: float) -> None:
    """Also once the limit itself stands in the way."""
    answer = root.call("POST", f"sys/quotas/rate-limit/{RATE_LIMIT}", {"rate": rate})
    if not answer.allowed:
        raise NotYet(f"Vault says {answer.status}")


def test_a_server_that_is_gone_is_noticed(
    alerts: Prometheus, stood: StoodUp, supervisor: Supervisor
) -> None:
    """It stays gone."""
    expected = {"VaultServerDown", "VaultQuorumMarginLost"}
    until_calm(alerts, expected)
    supervisor.end(other(stood).process)

    def noticed() -> None:
        seen = states(alerts)
        if missing := {name for name in expected if seen[name] == {"inactive"}}:
            raise NotYet(f"not noticed by {', '.join(sorted(missing))}")

    wait_until(noticed, awaited="the alerts", patience=PATIENCE)


def test_a_server_that_the_kms_refuses_shows_that_and_that_it_is_sealed(
    stood: StoodUp, prometheus: Reader, supervisor: Supervisor
) -> None:
    """The last test: the server is left as it is."""
    pods = stood.scene.vaults
    assert isinstance(pods, Pods)
    kms = stood.scene.aws.client("kms")
    (alias,) = (one for one in kms.list_aliases()["Aliases"] if "seal" in one["AliasName"])
    kms.disable_key(KeyId=alias["TargetKeyId"])
    supervisor.end(other(stood).process)
    pods.again(OTHER)
    shown = awaited(prometheus, metrics.SEAL_DECRYPT_ERRORS, OTHER)
    assert {one.value for one in shown.of(metrics.UNSEALED.name)} == {0}
    # A standby that is sealed answers neither, with any token.
    assert ask(stood, addresses(stood)[OTHER] + PATH).status_code == 503
