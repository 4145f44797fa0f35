"""`vault:*`: what Pulumi's Vault provider would write, written to a real Vault.

Each type says which path it writes; every input that is not part of a path is sent, under Vault's
name for it, and Vault must know them all. So an input that this module forgot, or a name that
Vault does not have, stops the rehearsal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.resources import Made, Maker, Properties
from rehearsal.vault_api import Answer, VaultApi

_MOUNT_TUNING = {
    "defaultLeaseTtlSeconds": "default_lease_ttl",
    "maxLeaseTtlSeconds": "max_lease_ttl",
}


def makers(vault: VaultApi, path: Callable[[str], str] = str) -> dict[str, Maker]:
    """Type -> maker, for one Vault and one token. `path`: what its servers are told instead of an
    absolute path.
    """

    def writes(
        path: str, *, renamed: Mapping[str, str] = {}, outputs: Mapping[str, str] = {}
    ) -> Maker:
        return lambda inputs: _write(vault, path, inputs, renamed=renamed, outputs=outputs)

    def bound(make: Callable[[VaultApi, Properties], Made]) -> Maker:
        return lambda inputs: make(vault, inputs)

    issued = {"serialNumber": "serial_number", "issuingCa": "issuing_ca"}
    return {
        "vault:index/policy:Policy": writes("sys/policies/acl/{name}"),
        "vault:index/audit:Audit": lambda inputs: _audit(vault, inputs, path),
        "vault:index/mount:Mount": bound(_mount),
        "vault:index/authBackend:AuthBackend": bound(_auth_backend),
        "vault:generic/endpoint:Endpoint": bound(_endpoint),
        "vault:index/raftAutopilot:RaftAutopilot": writes(
            "sys/storage/raft/autopilot/configuration"
        ),
        "vault:index/quotaRateLimit:QuotaRateLimit": writes("sys/quotas/rate-limit/{name}"),
        "vault:kv/secretBackendV2:SecretBackendV2": writes("{mount}/config"),
        "vault:kv/secretV2:SecretV2": bound(_kv_entry),
        "vault:kubernetes/authBackendConfig:AuthBackendConfig": writes("auth/{backend}/config"),
        "vault:kubernetes/authBackendRole:AuthBackendRole": writes(_AUTH_ROLE),
        "vault:appRole/authBackendRole:AuthBackendRole": writes(_AUTH_ROLE),
        "vault:jwt/authBackend:AuthBackend": bound(_oidc_backend),
        "vault:jwt/authBackendRole:AuthBackendRole": bound(_jwt_role),
        "vault:database/secretBackendConnection:SecretBackendConnection": bound(_connection),
        "vault:database/secretBackendRole:SecretBackendRole": writes("{backend}/roles/{name}"),
        "vault:database/secretBackendStaticRole:SecretBackendStaticRole": writes(
            "{backend}/static-roles/{name}"
        ),
        "vault:aws/secretBackend:SecretBackend": bound(_aws_backend),
        "vault:aws/secretBackendRole:SecretBackendRole": writes("{backend}/roles/{name}"),
        "vault:gcp/secretBackend:SecretBackend": bound(_gcp_backend),
        "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount": writes(
            "{backend}/impersonated-account/{impersonatedAccount}"
        ),
        "vault:azure/backend:Backend": bound(_azure_backend),
        "vault:azure/backendRole:BackendRole": bound(_azure_role),
        _pki("ConfigUrls"): writes("{backend}/config/urls"),
        _pki("CrlConfig"): writes("{backend}/config/crl"),
        "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy": writes(
            "{backend}/config/auto-tidy"
        ),
        _pki("RootCert"): writes(
            "{backend}/root/generate/{type}",
            outputs={"certificate": "certificate", "issuerId": "issuer_id", **issued},
        ),
        _pki("IntermediateCertRequest"): writes(
            "{backend}/intermediate/generate/{type}", outputs={"csr": "csr", "keyId": "key_id"}
        ),
        _pki("RootSignIntermediate"): bound(_sign_intermediate),
        _pki("IntermediateSetSigned"): writes(
            "{backend}/intermediate/set-signed", outputs={"importedIssuers": "imported_issuers"}
        ),
        _pki("Role"): writes("{backend}/roles/{name}", renamed={"keyUsages": "key_usage"}),
    }


_AUTH_ROLE = "auth/{backend}/role/{roleName}"


def _pki(name: str) -> str:
    return f"vault:pkiSecret/secretBackend{name}:SecretBackend{name}"


def _write(
    vault: VaultApi,
    path: str,
    inputs: Properties,
    *,
    renamed: Mapping[str, str] = {},
    outputs: Mapping[str, str] = {},
) -> Made:
    """Write `inputs` to `path`, whose `{places}` are filled from them."""
    in_path = set(re.findall(r"{(\w+)}", path))
    place = path.format(**inputs)
    answer = vault.write(place, _fields(inputs, in_path, renamed))
    return Made(place, _outputs(answer, outputs))


def _fields(
    inputs: Properties, left_out: Iterable[str], renamed: Mapping[str, str] = {}
) -> dict[str, Any]:
    left_out = set(left_out)
    return {
        renamed.get(key) or _snake(key): value
        for key, value in inputs.items()
        if key not in left_out and value is not None
    }


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda match: f"_{match[0].lower()}", name)


def _outputs(answer: Answer, wanted: Mapping[str, str]) -> dict[str, Any]:
    return {ours: answer.data[theirs] for ours, theirs in wanted.items()}


def _audit(vault: VaultApi, inputs: Properties, path: Callable[[str], str]) -> Made:
    """Its file lies where the servers of a rehearsal are told, and not where pods have theirs."""
    options = {
        key: path(value) if value.startswith("/") else value
        for key, value in (inputs.get("options") or {}).items()
    }
    return _write(vault, "sys/audit/{path}", {**inputs, "options": options})


def _mount(vault: VaultApi, inputs: Properties) -> Made:
    """`sys/mounts` takes lifetimes in an object of their own, as text with a unit."""
    return _write(vault, "sys/mounts/{path}", _with_config(inputs))


def _with_config(inputs: Properties) -> dict[str, Any]:
    config = {
        _MOUNT_TUNING[key]: f"{value}s" for key, value in inputs.items() if key in _MOUNT_TUNING
    }
    rest = {key: value for key, value in inputs.items() if key not in _MOUNT_TUNING}
    return {**rest, "config": config} if config else rest


def _auth_backend(vault: VaultApi, inputs: Properties) -> Made:
    return _write(vault, "sys/auth/{path}", inputs)


def _oidc_backend(vault: VaultApi, inputs: Properties) -> Made:
    """One resource, two writes: the auth mount, and its configuration."""
    mount = {key: inputs[key] for key in ("path", "type", "description")}
    tune = {_snake(key): value for key, value in (inputs.get("tune") or {}).items()}
    made = _write(vault, "sys/auth/{path}", {**mount, "config": tune} if tune else mount)
    vault.write(
        f"auth/{inputs['path']}/config",
        _fields(inputs, {"path", "type", "description", "tune"}),
    )
    return made


def _jwt_role(vault: VaultApi, inputs: Properties) -> Made:
    """The provider takes several values of a claim as one text, with commas."""
    claims = {
        name: [one.strip() for one in values.split(",")]
        for name, values in (inputs.get("boundClaims") or {}).items()
    }
    return _write(vault, _AUTH_ROLE, {**inputs, "boundClaims": claims} if claims else inputs)


def _endpoint(vault: VaultApi, inputs: Properties) -> Made:
    """Whatever it is, it is written as it stands; the other inputs are the provider's own."""
    _require_known(inputs, {"path", "dataJson", "disableRead", "disableDelete"})
    vault.write(inputs["path"], json.loads(inputs["dataJson"]))
    return Made(inputs["path"], {})


def _kv_entry(vault: VaultApi, inputs: Properties) -> Made:
    of_provider = {"disableRead", "deleteAllVersions"}
    _require_known(inputs, {"mount", "name", "dataJson", "options", "customMetadata", *of_provider})
    mount, name = inputs["mount"], inputs["name"]
    path = f"{mount}/data/{name}"
    vault.write(path, {"data": json.loads(inputs["dataJson"]), **_options(inputs)})
    if metadata := inputs.get("customMetadata"):
        vault.write(f"{mount}/metadata/{name}", _fields(metadata, ()))
    return Made(path, {"path": path})


def _require_known(inputs: Properties, known: set[str]) -> None:
    """Where not every input is sent, Vault cannot say that it does not know one."""
    if unknown := inputs.keys() - known:
        raise RehearsalError(f"the rehearsal does not know the inputs {sorted(unknown)}")


def _options(inputs: Properties) -> dict[str, Any]:
    return {"options": inputs["options"]} if inputs.get("options") else {}


def _connection(vault: VaultApi, inputs: Properties) -> Made:
    postgresql = inputs["postgresql"]
    flat = {key: value for key, value in inputs.items() if key != "postgresql"} | postgresql
    return _write(
        vault, "{backend}/config/{name}", {**flat, "pluginName": "postgresql-database-plugin"}
    )


def _aws_backend(vault: VaultApi, inputs: Properties) -> Made:
    """The root's key has a path of its own."""
    return _cloud_backend(vault, inputs, type_="aws", config="config/root")


def _gcp_backend(vault: VaultApi, inputs: Properties) -> Made:
    return _cloud_backend(vault, inputs, type_="gcp", config="config")


def _azure_backend(vault: VaultApi, inputs: Properties) -> Made:
    """The provider names the cloud where the program does not."""
    given = {"environment": "AzurePublicCloud", **inputs}
    return _cloud_backend(vault, given, type_="azure", config="config")


def _cloud_backend(vault: VaultApi, inputs: Properties, *, type_: str, config: str) -> Made:
    """One resource, two writes: the mount with the leases' lifetimes, and who Vault is there."""
    of_mount = {"path", "description", *_MOUNT_TUNING}
    mount = {key: value for key, value in inputs.items() if key in of_mount}
    made = _mount(vault, {**mount, "type": type_})
    vault.write(f"{inputs['path']}/{config}", _fields(inputs, of_mount))
    return made


def _azure_role(vault: VaultApi, inputs: Properties) -> Made:
    """Vault takes the assignments as JSON text."""
    lists = {
        key: json.dumps([_fields(one, ()) for one in inputs[key]])
        for key in ("azureRoles", "azureGroups")
        if inputs.get(key)
    }
    return _write(vault, "{backend}/roles/{role}", {**inputs, **lists})


def _sign_intermediate(vault: VaultApi, inputs: Properties) -> Made:
    path = f"{inputs['backend']}/root/sign-intermediate"
    answer = vault.write(path, _fields(inputs, {"backend"}))
    certificate, issuer = answer.data["certificate"], answer.data["issuing_ca"]
    return Made(
        f"{inputs['backend']}/{inputs['commonName']}",
        {
            "certificate": certificate,
            "issuingCa": issuer,
            "certificateBundle": f"{certificate}\n{issuer}",
        },
    )
