"""What certificates may be issued: for names that the environment has, and no wildcards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.rule import Resource, ResourceRule, Setting
from policies.matrix import MATRIX

_WIDE: Final = {
    "allowAnyName": "any name at all",
    "allowGlobDomains": "names by pattern",
    "allowWildcardCertificates": "wildcard certificates",
    "allowIpSans": "any address",
    "allowLocalhost": "localhost, which is everybody's",
}


def _names(resource: Resource, setting: Setting) -> Iterator[str]:
    domain = MATRIX.spec(setting.environment).domain
    for key, what in _WIDE.items():
        # Vault's default is true for all but the first two.
        default = key not in ("allowAnyName", "allowGlobDomains")
        found = resource.get(key)
        if default if found is None else found:
            yield f"{key} allows {what}"
    if resource.get("enforceHostnames") is False:
        yield "enforceHostnames is off, so that what is no host name is signed too"
    domains = resource.texts("allowedDomains")
    if not domains:
        yield "allowedDomains names nothing"
    for one in domains:
        if "*" in one:
            yield f"allowedDomains has a wildcard, {one!r}"
        elif not one.endswith(f".{domain}"):
            yield f"allowedDomains has {one!r}, which is not below this environment's {domain}"


NAMES: Final = ResourceRule(
    name="certificate-names",
    says="Certificates are issued for named hosts of this environment.",
    meaning="Who can have a certificate for another's name can pose as it to every TLS client.",
    repair="Name the hosts in allowedDomains, below the environment's domain, and switch off what "
    "widens them",
    severity=Severity.HIGH,
    types=frozenset({"vault:pkiSecret/secretBackendRole:SecretBackendRole"}),
    check=_names,
)

RULES: Final = (NAMES,)
