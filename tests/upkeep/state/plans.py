"""A stack whose state is lost: what is left of it, and the plan to make all of it again, in
miniature and in the engine's own form.
"""

from __future__ import annotations

from typing import Any, Final

from upkeep.state.authorities import Authority
from upkeep.state.rebuild import UNKNOWN

STACK: Final = "urn:pulumi:dev::vaultstack::pulumi:pulumi:Stack::vaultstack-dev"
PROVIDER: Final = "urn:pulumi:dev::vaultstack::pulumi:providers:vault::vault-provisioner"
ENCRYPTED: Final = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "v1:abc:def",
}
MOUNT: Final = "vault:index/mount:Mount"
ENTRY: Final = "vault:kv/secretV2:SecretV2"
CONNECTION: Final = "vault:database/secretBackendConnection:SecretBackendConnection"
VALUE: Final = "random:index/randomPassword:RandomPassword"
COMPONENT: Final = "vaultstack:engines:KvEngine"
ROOT_CA: Final = "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert"
REQUEST: Final = (
    "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest"
)
SIGNED: Final = (
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate"
)
SET: Final = "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned"
ENDPOINT: Final = "vault:generic/endpoint:Endpoint"


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::vaultstack::{type_}::{name}"


def planned(
    type_: str,
    inputs: dict[str, Any],
    *,
    needs: tuple[str, ...] = (),
    by_property: dict[str, list[str]] | None = None,
    computed: tuple[str, ...] = (),
    provider_id: str = "the-provider",
    steps: tuple[str, ...] = ("create",),
) -> dict[str, Any]:
    """What the plan says of one resource. `computed`: outputs that it will only then have."""
    return {
        "goal": {
            "type": type_,
            "custom": type_ != COMPONENT,
            "inputDiff": {"adds": inputs},
            "parent": STACK,
            "protect": False,
            "dependencies": list(needs),
            "provider": f"{PROVIDER}::{provider_id}",
            "propertyDependencies": by_property or {name: [] for name in inputs},
        },
        "steps": list(steps),
        "state": {**inputs, **dict.fromkeys((*computed, "id"), UNKNOWN)},
    }


def state() -> dict[str, Any]:
    """After the way in was made."""
    return {
        "version": 3,
        "deployment": {
            "manifest": {},
            "resources": [
                {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False},
                {
                    "urn": PROVIDER,
                    "type": "pulumi:providers:vault",
                    "custom": True,
                    "id": "the-provider",
                },
            ],
        },
    }


def plan(**resources: dict[str, Any]) -> dict[str, Any]:
    """Name -> what the plan says of it."""
    by_urn = {urn(one["goal"]["type"], name): one for name, one in resources.items()}
    same = planned("pulumi:pulumi:Stack", {}, steps=("same",))
    return {"resourcePlans": {STACK: same, **by_urn}}


def look(mount: str) -> Authority:
    """Who the default issuer is."""
    return {"pki-root": Authority("issuer-1", _ROOT, (_ROOT,)), "pki": _INTERMEDIATE}[mount]


# Of CAs that lived for a day; their keys are kept nowhere.
_ROOT: Final = """\
-----BEGIN CERTIFICATE-----
MIIBaTCCAQ+gAwIBAgIUU/dinapvGQS6GSTXbkgjEu71ptUwCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGYSB0ZXN0MB4XDTI2MTEyMjE4MDEyMloXDTI2MTEyMzE4MDYy
MlowETEPMA0GA1UEAwwGYSB0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE
xTySG5jDbI94NFcVIxjEtTBHd+m2OKTpmBX4kG5k1SThKdZ+hDrDcxNPrrqVMAN9
389zrBWl6wCcZYOBFzFPGqNFMEMwEgYDVR0TAQH/BAgwBgEB/wIBADAOBgNVHQ8B
Af8EBAMCAYYwHQYDVR0OBBYEFDSMOInViWTCecPuJk1Ut9lMsHP/MAoGCCqGSM49
BAMCA0gAMEUCIDVJUESeQ2P9L1Q0sysVzi4RyNSs6Hrz6GkDVDWpy619AiEA45s8
uLDakpvzUXLTXN6MncJ+AJBvKsAJKXszstS6H8k=
-----END CERTIFICATE-----"""
_ISSUED: Final = """\
-----BEGIN CERTIFICATE-----
MIIBdDCCARugAwIBAgIUcnnDN8U9BQe6oXur0oJgkkYTaJEwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMYW5vdGhlciB0ZXN0MB4XDTI2MTEyMjE4MDIwMloXDTI2MTEy
MzE4MDcwMlowFzEVMBMGA1UEAwwMYW5vdGhlciB0ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEwP+FDfWF96Du0RAWBRRdO+5Ty8jg0QtMDWrP+VJMRDnceKq0
mMnFE0f01I/P17vmsFjgjsWBJoFys7KJ5n7ulqNFMEMwEgYDVR0TAQH/BAgwBgEB
/wIBADAOBgNVHQ8BAf8EBAMCAYYwHQYDVR0OBBYEFKXXGFZLeiccy1gfdF2sEZgP
N78GMAoGCCqGSM49BAMCA0cAMEQCIFzZBM7KPwvGTkiFQRogILH4qCcRooJkIHBH
hqatyjykAiAjpdhrMMSdAKgdN8Na37lFA2M/cC3wv7PWtf61/6pplQ==
-----END CERTIFICATE-----"""
_INTERMEDIATE: Final = Authority("issuer-2", _ISSUED, (_ISSUED, _ROOT))
