"""What a rule's capabilities come to, in plain words: `read values`, not `read secret/data/*`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from policies import paths
from policies.commands.words import listed
from policies.hcl import Capability
from policies.paths import SecretPath

CREATE, READ, UPDATE, PATCH, DELETE, LIST = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.PATCH,
    Capability.DELETE,
    Capability.LIST,
)
_ANY: Final = SecretPath("any")


def _start(path: str) -> str:
    return path.removesuffix("any")


_DELETE, _UNDELETE, _DESTROY = map(_start, _ANY.version_operations)
# The first that a rule's path starts with says what its capabilities mean.
_MEANINGS: Final[Mapping[str, Mapping[Capability, str]]] = {
    _start(_ANY.data): {
        READ: "read values",
        CREATE: "write new entries",
        UPDATE: "write new versions",
        PATCH: "change single keys",
        DELETE: "delete the latest version",
    },
    _start(_ANY.metadata): {
        READ: "see versions and their times",
        LIST: "list names",
        CREATE: "change metadata",
        UPDATE: "change metadata",
        PATCH: "change metadata",
        DELETE: "delete entries with all versions, for good",
    },
    _DELETE: {UPDATE: "delete chosen versions"},
    _UNDELETE: {UPDATE: "bring deleted versions back"},
    _DESTROY: {UPDATE: "destroy versions, for good"},
    _start(paths.database_credentials("any")): {READ: "have a database user made"},
    _start(paths.static_credentials("any")): {READ: "read a database user's password"},
    _start(paths.rotate_database_root("any")): {
        UPDATE: "have Vault change the password of its own database administrator"
    },
    paths.ROTATE_AWS_ROOT: {UPDATE: "have Vault change its own AWS key"},
    _start(paths.cloud_credentials(paths.AWS, "any")): {
        READ: "get AWS keys",
        UPDATE: "get AWS keys",
    },
    _start(paths.cloud_credentials(paths.AZURE, "any")): {READ: "get an Azure principal"},
    f"{paths.GCP}/impersonated-account/": {
        READ: "get a Google token",
        UPDATE: "get a Google token",
    },
    _start(paths.pki_issue("any")): {UPDATE: "have certificates issued"},
    f"{paths.PKI_ROOT}/root/sign-intermediate": {UPDATE: "have a CA signed"},
    f"{paths.PKI}/intermediate/generate/internal": {UPDATE: "make a CA's key, kept in Vault"},
    f"{paths.PKI}/intermediate/set-signed": {UPDATE: "put a signed CA in place"},
    f"{paths.PKI}/config/issuers": {READ: "see which CA issues", UPDATE: "choose which CA issues"},
    f"{paths.PKI}/issuer/": {READ: "look at a CA", PATCH: "change a CA"},
    f"{paths.PKI}/revoke": {UPDATE: "end certificates"},
    "auth/token/lookup-self": {READ: "look at its own token"},
    "auth/token/renew-self": {UPDATE: "renew its own token"},
    "auth/token/revoke-self": {UPDATE: "end its own token"},
    "sys/leases/renew": {UPDATE: "renew the leases of what it was given"},
    "sys/leases/revoke": {UPDATE: "end the credentials of others"},
}


def meaning(pattern: str, capabilities: Iterable[Capability]) -> str:
    """Of all that a rule allows. What has no words of its own is told by its capabilities."""
    given = set(capabilities)
    known = next((words for start, words in _MEANINGS.items() if pattern.startswith(start)), {})
    phrases = dict.fromkeys(known[one] for one in Capability if one in given and one in known)
    rest = listed(given - known.keys())
    return ", ".join([*phrases, *([rest] if rest else [])])
