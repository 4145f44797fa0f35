"""What all pods that call Vault are told: every rule with its key, its words and its fix, that it
holds where there is such a pod and nowhere else, and what the right values become.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from components.settings import AuthoritySettings, IssuerKind, IssuerReference
from components.settings.reader import OWN_HOSTS
from rehearsal.certificates import Authority
from tests.components.settings.loader import (
    ADDRESS,
    SET,
    Loader,
    deploying,
    of_existing,
)

PLATFORM: Final = IssuerReference(IssuerKind.CLUSTER_ISSUER, "platform")
INJECTOR: Final[Mapping[str, object]] = {
    "agentInjector": True,
    "injectorIssuer": "ClusterIssuer/platform",
}
CSI: Final[Mapping[str, object]] = {"csiProvider": True}
JOBS: Final[Mapping[str, object]] = {"jobsImage": "registry.example/jobs:1"}
EACH: Final[Mapping[str, Mapping[str, object]]] = {
    "agentInjector": INJECTOR,
    "csiProvider": CSI,
    "jobsImage": JOBS,
}
ALL: Final[Mapping[str, object]] = {**INJECTOR, **CSI, **JOBS}
# Its CA is handed out in the servers' namespace only.
ITS_OWN_ISSUER: Final = "Issuer/inside"
OTHER_WAY: Final = "https://vault.mesh.example:443"


def addresses(loaded: Loader, config: Mapping[str, object]) -> tuple[str, str]:
    made = loaded.of(config)
    assert made.delivery
    assert made.operations
    return made.delivery.vault_address, made.operations.vault_address


@pytest.mark.parametrize("outside", ["none", "load-balancer"])
def test_deployed_servers_are_reached_by_their_service(loaded: Loader, outside: str) -> None:
    """Wherever the outside enters."""
    way = {"exposure": outside, "hostName": "vault.example.com", "clusterDomain": "k8s.example"}
    inside = "https://vault.vault.svc.k8s.example:8200"
    assert addresses(loaded, deploying("prod", **ALL, **way)) == (inside, inside)


def test_a_vault_that_is_there_already_is_reached_as_this_program_does(loaded: Loader) -> None:
    given = {**ALL, "kubernetesContext": "somewhere"}
    assert addresses(loaded, of_existing("prod", **given)) == (ADDRESS, ADDRESS)


def test_another_address_may_be_given_for_all_pods(loaded: Loader) -> None:
    given = {**ALL, "kubernetesContext": "somewhere", "podVaultAddress": OTHER_WAY}
    own = of_existing("dev", **given, vaultAddress="http://127.0.0.1:8200")
    assert addresses(loaded, own) == (OTHER_WAY, OTHER_WAY)


@pytest.mark.parametrize("on", [CSI, JOBS], ids=str)
@pytest.mark.parametrize(
    "address",
    [
        OTHER_WAY,
        "https://vault.vault.svc:443",
        "https://vault.vault.svc",
        "https://vault-standby.vault.svc:8200",
        "https://vault.other.svc:8200",
    ],
)
def test_to_deployed_servers_there_is_no_way_past_their_services(
    loaded: Loader, on: Mapping[str, object], address: str
) -> None:
    """The network policies of these pods name the servers and nothing else."""
    (problem,) = loaded.problems_of(deploying(**on, podVaultAddress=address))
    (key,) = on
    assert problem == (
        "vaultstack:podVaultAddress: must be one of the servers' Services with target 'kubernetes' "
        f"and {key}, whose pods may reach the servers and nothing else, is {address!r}; fix: "
        "pulumi config rm vaultstack:podVaultAddress, or https://vault-active.vault.svc:8200"
    )
    # An application's own pods may reach more.
    assert loaded.of(deploying(**INJECTOR, podVaultAddress=address)).delivery
    assert loaded.of(deploying(podVaultAddress=address)).operations is None


@pytest.mark.parametrize("service", ["vault", "vault-active"])
@pytest.mark.parametrize("domain", ["", ".cluster.local"])
def test_either_service_may_be_named(loaded: Loader, service: str, domain: str) -> None:
    address = f"https://{service}.vault.svc{domain}:8200"
    assert addresses(loaded, deploying(**ALL, podVaultAddress=address)) == (address, address)


@pytest.mark.parametrize("on", EACH)
@pytest.mark.parametrize("host", sorted(OWN_HOSTS))
def test_an_address_of_this_machine_is_no_pods(loaded: Loader, host: str, on: str) -> None:
    address = f"http://[{host}]:8200" if ":" in host else f"http://{host}:8200"
    given = {"kubernetesContext": "somewhere", "vaultAddress": address}
    (problem,) = loaded.problems_of(of_existing("dev", **given, **EACH[on]))
    assert problem == (
        f"vaultstack:podVaultAddress: must be an address by which pods reach Vault: {address!r} is "
        f"each pod's own; fix: {SET}:podVaultAddress https://<host>:8200"
    )
    assert loaded.of(of_existing("dev", **given)).vault.address == address


def test_secrets_do_not_travel_in_clear(loaded: Loader) -> None:
    given = {"kubernetesContext": "somewhere", "podVaultAddress": "http://vault.example.com:8200"}
    (problem,) = loaded.problems_of(of_existing("prod", **ALL, **given))
    assert problem == (
        "vaultstack:podVaultAddress: must be https: tokens or secrets travel over it; is "
        f"'http://vault.example.com:8200'; fix: {SET}:podVaultAddress https://<host>:<port>"
    )


@pytest.mark.parametrize("on", [*([key] for key in EACH), list(EACH)], ids=str)
def test_a_cluster_must_be_named(loaded: Loader, on: list[str]) -> None:
    given = {key: value for one in on for key, value in EACH[one].items()}
    (problem,) = loaded.problems_of(of_existing("prod", **given, kubernetesContext=""))
    assert problem == (
        f"vaultstack:kubernetesContext: is needed with {' and '.join(on)}, or whatever cluster "
        "happens to be current would be given what they bring; fix: "
        f"{SET}:kubernetesContext <name in the kubeconfig>"
    )
    assert loaded.of(of_existing("prod", kubernetesContext="")).operations is None


def test_a_wrong_switch_is_one_problem(loaded: Loader) -> None:
    (problem,) = loaded.problems_of(deploying(agentInjector="yes"))
    assert problem.startswith("vaultstack:agentInjector: must be true or false")


def test_the_clusters_own_issuer_hands_its_ca_out_to_what_delivers(loaded: Loader) -> None:
    made = loaded.of(deploying(**INJECTOR, **CSI)).delivery
    assert made
    assert made.authority == AuthoritySettings(PLATFORM, None)
    assert loaded.warnings == []


def test_whoever_is_handed_no_private_ca_is_named_in_one_warning(loaded: Loader) -> None:
    """The certificate of servers that this program deploys is never a public one."""
    for given, who in (
        ({**INJECTOR, **CSI, "tlsIssuer": ITS_OWN_ISSUER}, "pods that secrets are delivered to"),
        (ALL, "the scheduled jobs"),
        (
            {**ALL, "tlsIssuer": ITS_OWN_ISSUER},
            "pods that secrets are delivered to and the scheduled jobs",
        ),
    ):
        loaded.of(deploying("staging", **given))
        found = [line for line in loaded.warnings if "vaultCaCertFile" in line]
        assert found == [
            (
                f"{who} trust public CAs only, and would not trust the servers' private one; "
                f"{SET}:vaultCaCertFile <PEM file of that CA>"
            )
        ]
    loaded.of(of_existing("prod", **ALL, kubernetesContext="somewhere"))
    assert not any("vaultCaCertFile" in line for line in loaded.warnings)


def test_pods_are_given_the_cas_certificates_and_nothing_else(
    loaded: Loader, tmp_path: Path
) -> None:
    authorities = [Authority.create("one"), Authority.create("other")]
    key = authorities[0].issue("vault").key_pem
    first, second = (authority.certificate_pem for authority in authorities)
    file = tmp_path / "ca.crt"
    file.write_text(f"# the CA's own words\n{first}{key}{second}")
    made = loaded.of(
        deploying("staging", **ALL, tlsIssuer=ITS_OWN_ISSUER, vaultCaCertFile=str(file))
    )
    assert made.operations
    assert made.operations.ca_certificates == first + second
    assert made.delivery
    assert made.delivery.authority == AuthoritySettings(None, first + second)
    assert not any("vaultCaCertFile" in line for line in loaded.warnings)
    # Where the issuer hands it out, only the jobs need the file.
    made = loaded.of(deploying("staging", **ALL, vaultCaCertFile=str(file)))
    assert made.operations
    assert made.operations.ca_certificates == first + second
    assert made.delivery
    assert made.delivery.authority == AuthoritySettings(PLATFORM, None)


@pytest.mark.parametrize("on", EACH)
@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file or directory"),
        (b"", "it holds none"),
        (b"no certificate", "it holds none"),
        (b"\xff\xfe", "it holds none"),
    ],
)
def test_a_file_without_certificates_is_refused(
    loaded: Loader, tmp_path: Path, content: bytes | None, why: str, on: str
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_bytes(content)
    given = {"kubernetesContext": "somewhere", "vaultCaCertFile": str(file)}
    (problem,) = loaded.problems_of(of_existing("prod", **given, **EACH[on]))
    whose = "the scheduled jobs" if on == "jobsImage" else "pods that secrets are delivered to"
    assert problem == (
        f"vaultstack:vaultCaCertFile: must be a file with CA certificates (PEM), which {whose} are "
        f"given, is {str(file)!r} ({why}); fix: {SET}:vaultCaCertFile <PEM file>"
    )
    # And where there is no such pod, nobody opens it.
    assert loaded.of(of_existing("prod", **given)).vault.ca_cert_file == str(file)
