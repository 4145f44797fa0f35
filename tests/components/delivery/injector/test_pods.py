"""How the injector runs, and what it tells agents."""

from __future__ import annotations

import dataclasses
from typing import Any

import pulumi

from components.delivery.authority import make_authority
from components.delivery.injector.layout import Layout
from components.delivery.injector.pods import make_deployment
from components.settings import AuthoritySettings, DeliverySettings, InjectorSettings
from tests.components.delivery.shop import INJECTOR, SETTINGS, settings
from tests.recording import Runner

LAYOUT = Layout("vault-injector", "cluster.local")


def declared(
    run: Runner,
    given: DeliverySettings = SETTINGS,
    injector: InjectorSettings = INJECTOR,
) -> Any:
    def program() -> None:
        opts = pulumi.ResourceOptions()
        authority = make_authority("ca", LAYOUT.namespace, given.authority, opts)
        make_deployment("pods", LAYOUT, given, injector, authority, opts)

    return run(program)["pods"].values["spec"]


def environment(spec: Any) -> dict[str, Any]:
    (container,) = spec["template"]["spec"]["containers"]
    return {
        one["name"].removeprefix("AGENT_INJECT_"): one.get("value", one.get("valueFrom"))
        for one in container["env"]
    }


def test_an_update_never_leaves_fewer_than_there_were(run: Runner) -> None:
    spec = declared(run, injector=dataclasses.replace(INJECTOR, replicas=3))
    assert spec["replicas"] == 3
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    spread = spec["template"]["spec"]["topologySpreadConstraints"]
    assert [(one["topologyKey"], one["whenUnsatisfiable"]) for one in spread] == [
        ("kubernetes.io/hostname", "DoNotSchedule"),
        ("topology.kubernetes.io/zone", "ScheduleAnyway"),
    ]
    for one in spread:
        assert one["labelSelector"]["matchLabels"] == spec["selector"]["matchLabels"]
    assert spec["selector"]["matchLabels"].items() <= (
        spec["template"]["metadata"]["labels"].items()
    )


def test_it_is_alive_and_ready_by_https(run: Runner) -> None:
    (container,) = declared(run)["template"]["spec"]["containers"]
    asked = {"scheme": "HTTPS", "path": "/health/ready", "port": "https"}
    probes = [container[f"{kind}Probe"] for kind in ("startup", "liveness", "readiness")]
    assert [probe["httpGet"] for probe in probes] == [asked] * 3
    assert container["ports"] == [{"name": "https", "containerPort": 8080}]
    # Not restarted for a moment's weakness: nobody else may be there.
    assert probes[1]["periodSeconds"] * probes[1]["failureThreshold"] >= 60
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 5}}


def test_what_agents_are_told(run: Runner) -> None:
    said = environment(declared(run))
    assert said["VAULT_ADDR"] == SETTINGS.vault_address
    assert said["VAULT_AUTH_PATH"] == "auth/kubernetes"
    assert said["VAULT_IMAGE"] == SETTINGS.agent_image
    assert said["VAULT_CACERT_BYTES"] == {"secretKeyRef": {"name": "vault-ca", "key": "ca.crt"}}
    assert said["DEFAULT_TEMPLATE"] == "map"
    assert said["TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE"] == "true"
    assert said["REVOKE_ON_SHUTDOWN"] == "false"
    assert [said[f"{kind}_{edge}"] for kind in ("CPU", "MEM") for edge in ("REQUEST", "LIMIT")] == [
        "250m",
        "500m",
        "64Mi",
        "128Mi",
    ]


def test_a_public_ca_needs_no_word(run: Runner) -> None:
    given = settings(authority=AuthoritySettings(None, None))
    assert "VAULT_CACERT_BYTES" not in environment(declared(run, given))


def test_it_serves_what_it_is_given_and_makes_no_certificate(run: Runner) -> None:
    spec = declared(run)
    said = environment(spec)
    assert said["TLS_CERT_FILE"] == "/etc/webhook/tls/tls.crt"
    assert said["TLS_KEY_FILE"] == "/etc/webhook/tls/tls.key"
    assert said["TLS_MIN_VERSION"] == "tls13"
    assert {"TLS_AUTO", "USE_LEADER_ELECTOR"}.isdisjoint(said)
    (volume,) = spec["template"]["spec"]["volumes"]
    assert volume["secret"]["secretName"] == "vault-agent-injector-tls"


def test_its_certificate_may_be_kept_elsewhere(run: Runner) -> None:
    serving = dataclasses.replace(INJECTOR.serving, issuer=None, secret="theirs", ca_bundle="a")
    spec = declared(run, injector=dataclasses.replace(INJECTOR, serving=serving))
    assert spec["template"]["spec"]["volumes"][0]["secret"]["secretName"] == "theirs"
