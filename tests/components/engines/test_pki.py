"""PKI: two CAs whose keys stay in Vault, where clients look them up, and roles that issue no more
than planned.
"""

from __future__ import annotations

import pulumi
import pytest

from components.engines import PkiEngine, PkiEngineArgs
from components.settings import PkiSettings
from policies.environments import Environment
from policies.lifetime import Duration
from policies.plan import PkiRole
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import ROOT_PEM, Recording

ROLES = (
    PkiRole("shop-admin", ("shop.example",), True, True, True, 86400, 259200),
    PkiRole("shop-api", ("api.shop.example",), False, True, False, 3600, 7200),
)
SETTINGS = PkiSettings(
    root_ttl=Duration.parse("87600h"),
    intermediate_ttl=Duration.parse("26280h"),
    organization="Shop Ltd",
    url="https://vault.example:8200",
)
ROLE = "vault:pkiSecret/secretBackendRole:SecretBackendRole"
DATA = {
    "pki-mount-pki",
    "pki-mount-pki-root",
    "pki-root",
    "pki-intermediate-request",
    "pki-intermediate-certificate",
    "pki-intermediate",
}


def make(
    alone: Alone,
    roles: tuple[PkiRole, ...] = ROLES,
    *,
    protect: bool = True,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> PkiEngine:
        return PkiEngine("pki", PkiEngineArgs(SETTINGS, Environment.DEV, roles, protect), opts)

    return alone(component, preview=preview)


def test_the_intermediate_says_where_issuer_crl_and_ocsp_are(alone: Alone) -> None:
    """Of the root, which stays the only issuer of its mount."""
    base = "https://vault.example:8200/v1/pki-root"
    assert make(alone)["pki-urls-pki-root"].inputs == {
        "backend": "pki-root",
        "issuingCertificates": [f"{base}/ca"],
        "crlDistributionPoints": [f"{base}/crl"],
        "ocspServers": [f"{base}/ocsp"],
        "enableTemplating": False,
    }


def test_certificates_say_where_their_own_issuer_and_its_crl_are(alone: Alone) -> None:
    """`pki/ca` and `pki/crl` are another issuer's as soon as the intermediate is renewed."""
    base = "https://vault.example:8200/v1/pki"
    assert make(alone)["pki-urls-pki"].inputs == {
        "backend": "pki",
        "issuingCertificates": [f"{base}/issuer/{{{{issuer_id}}}}/der"],
        "crlDistributionPoints": [f"{base}/issuer/{{{{issuer_id}}}}/crl/der"],
        "ocspServers": [f"{base}/ocsp"],
        "enableTemplating": True,
    }


def test_which_issuer_is_the_default_is_left_to_who_renews_it(alone: Alone) -> None:
    """Written here, it would go back to the first one; and roles must follow the newest."""
    recording = make(alone)
    assert not recording.of("vault:pkiSecret/secretBackendConfigIssuers:SecretBackendConfigIssuers")
    for role in recording.of(ROLE):
        assert "issuerRef" not in role.inputs


@pytest.mark.parametrize("mount", ["pki", "pki-root"])
def test_what_was_revoked_is_on_the_crl_within_the_hour(alone: Alone, mount: str) -> None:
    """It is rebuilt when no more than the grace period is left of its life."""
    crl = make(alone)[f"pki-crl-{mount}"]
    assert crl.inputs == {
        "backend": mount,
        "expiry": "72h",
        "autoRebuild": True,
        "autoRebuildGracePeriod": "71h",
    }
    assert crl.after == {f"pki-mount-{mount}"}


@pytest.mark.parametrize("mount", ["pki", "pki-root"])
def test_certificates_that_ended_are_tidied_away(alone: Alone, mount: str) -> None:
    tidy = make(alone)[f"pki-tidy-{mount}"]
    assert tidy.type == "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy"
    assert tidy.inputs == {
        "backend": mount,
        "enabled": True,
        "intervalDuration": "24h",
        "tidyCertStore": True,
        "tidyRevokedCerts": True,
        # The root stays the only one, come what may.
        "tidyExpiredIssuers": mount == "pki",
        "safetyBuffer": "72h",
    }
    assert tidy.after == {f"pki-mount-{mount}"}


def test_lifetimes_are_by_setting(alone: Alone) -> None:
    recording = make(alone)
    assert recording["pki-mount-pki-root"].inputs["maxLeaseTtlSeconds"] == 87600 * 3600
    assert recording["pki-mount-pki"].inputs["maxLeaseTtlSeconds"] == 26280 * 3600
    assert recording["pki-root"].inputs["ttl"] == f"{87600 * 3600}s"
    assert recording["pki-intermediate-certificate"].inputs["ttl"] == f"{26280 * 3600}s"


def test_the_root_signs_one_intermediate_and_that_signs_no_ca(alone: Alone) -> None:
    recording = make(alone)
    root = recording["pki-root"].inputs
    assert root["backend"] == "pki-root"
    assert root["type"] == "internal"
    assert root["commonName"] == "Shop Ltd dev root CA"
    assert root["maxPathLength"] == 1
    request = recording["pki-intermediate-request"].inputs
    assert request["backend"] == "pki"
    assert request["type"] == "internal"
    signed = recording["pki-intermediate-certificate"]
    assert signed.inputs["backend"] == "pki-root"
    assert signed.inputs["csr"] == "a request"
    assert signed.inputs["maxPathLength"] == 0
    assert {"pki-root", "pki-intermediate-request"} <= signed.after
    installed = recording["pki-intermediate"].inputs
    assert installed == {"backend": "pki", "certificate": "an intermediate and its root"}


def test_the_root_certificate_is_an_output(alone: Alone) -> None:
    assert make(alone).outputs_of("pki") == {"path": "pki", "rootCertificate": ROOT_PEM}


@pytest.mark.parametrize("preview", [False, True])
def test_a_role_issues_no_more_than_planned(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    role = recording["pki-role-shop-api"]
    assert role.type == ROLE
    assert role.inputs == {
        "backend": "pki",
        "name": "shop-api",
        "allowedDomains": ["api.shop.example"],
        "allowBareDomains": True,
        "allowSubdomains": False,
        "allowGlobDomains": False,
        "allowWildcardCertificates": False,
        "allowLocalhost": False,
        "allowIpSans": False,
        "allowAnyName": False,
        "enforceHostnames": True,
        "clientFlag": True,
        "serverFlag": False,
        "keyType": "ec",
        "keyBits": 256,
        "keyUsages": ["DigitalSignature"],
        "ttl": "3600",
        "maxTtl": "7200",
    }
    assert "pki-intermediate" in role.after


def test_an_administrators_role_serves_and_has_subdomains(alone: Alone) -> None:
    role = make(alone)["pki-role-shop-admin"].inputs
    assert role["serverFlag"] is True
    assert role["allowSubdomains"] is True
    assert role["allowWildcardCertificates"] is False


@pytest.mark.parametrize("protect", [True, False])
def test_mounts_and_cas_are_protected_by_setting_and_nothing_else(
    alone: Alone, protect: bool
) -> None:
    recording = make(alone, protect=protect)
    protected = {resource.name for resource in recording.resources if resource.protect}
    assert protected == (DATA if protect else set())


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, tuple(shuffled(ROLES))).identities
