"""How pods learn Vault's CA, and nothing that is secret."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import core, meta

from components.delivery.authority import Authority, make_authority
from components.settings import AuthoritySettings
from tests.components.delivery.shop import ISSUER
from tests.recording import Recording, Runner

PEM = "-----BEGIN CERTIFICATE-----\na\n-----END CERTIFICATE-----\n"


def made(run: Runner, settings: AuthoritySettings) -> tuple[Recording, Authority | None]:
    """With a pod that uses it in both ways, where there is one."""
    found: list[Authority | None] = []

    def program() -> None:
        authority = make_authority("ca", "there", settings, pulumi.ResourceOptions())
        found.append(authority)
        if authority:
            variable = core.v1.EnvVarArgs(name="CA", value_from=authority.variable)
            core.v1.Pod(
                "pod",
                metadata=meta.v1.ObjectMetaArgs(name="pod"),
                spec=core.v1.PodSpecArgs(
                    containers=[core.v1.ContainerArgs(name="one", env=[variable])],
                    volumes=[authority.volume("ca")],
                ),
            )

    return run(program), found[0]


def used(recording: Recording) -> tuple[Any, Any]:
    spec = recording["pod"].values["spec"]
    return spec["containers"][0]["env"][0]["valueFrom"], spec["volumes"][0]


def test_an_issuer_hands_its_ca_out_with_a_certificate_of_no_use(run: Runner) -> None:
    recording, _ = made(run, AuthoritySettings(ISSUER, None))
    spec = recording["ca"].values["spec"]
    assert recording["ca"].type == "kubernetes:cert-manager.io/v1:Certificate"
    assert spec["issuerRef"] == {
        "group": "cert-manager.io",
        "kind": "ClusterIssuer",
        "name": "platform",
    }
    assert spec["secretName"] == "vault-ca"
    assert spec["dnsNames"] == ["ca.invalid"]
    assert spec["usages"] == ["digital signature"]
    variable, volume = used(recording)
    assert variable == {"secretKeyRef": {"name": "vault-ca", "key": "ca.crt"}}
    # The key beside it stays where it is.
    assert volume["secret"] == {
        "secretName": "vault-ca",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }


def test_a_given_ca_is_in_a_config_map(run: Runner) -> None:
    recording, _ = made(run, AuthoritySettings(None, PEM))
    assert recording["ca"].type == "kubernetes:core/v1:ConfigMap"
    assert recording["ca"].values["data"] == {"ca.crt": PEM}
    variable, volume = used(recording)
    assert variable == {"configMapKeyRef": {"name": "vault-ca", "key": "ca.crt"}}
    assert volume["configMap"] == {
        "name": "vault-ca",
        "items": [{"key": "ca.crt", "path": "ca.crt"}],
    }


def test_public_cas_need_nothing(run: Runner) -> None:
    recording, authority = made(run, AuthoritySettings(None, None))
    assert authority is None
    assert recording.resources == []
