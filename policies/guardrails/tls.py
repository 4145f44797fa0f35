"""TLS wherever something leaves the machine: to Vault, from Vault, and in front of it.

Over loopback nobody is in between, so that a developer's machine needs none.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from pulumi_policy import Severity

from policies.guardrails.rule import Resource, ResourceRule, Setting, items, truth
from policies.hcl_syntax import LiteralType, ObjectType, parse_document

_VAULT: Final = "pulumi:providers:vault"
_CONNECTION: Final = "vault:database/secretBackendConnection:SecretBackendConnection"
_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_INGRESS: Final = "kubernetes:networking.k8s.io/v1:Ingress"
_CERTIFICATE: Final = "kubernetes:cert-manager.io/v1:Certificate"
# Type -> properties that hold the URL of something that Vault, or the program, calls.
_URLS: Final = {
    _VAULT: ("address",),
    "vault:jwt/authBackend:AuthBackend": ("oidcDiscoveryUrl", "jwksUrl"),
    "vault:kubernetes/authBackendConfig:AuthBackendConfig": ("kubernetesHost",),
    "vault:aws/secretBackend:SecretBackend": ("iamEndpoint", "stsEndpoint"),
}
_VERIFIED: Final = ("verify-full",)
_OLD: Final = ("tls10", "tls11")


def on_loopback(host: str | None) -> bool:
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def in_clear(url: str) -> bool:
    """Whether what is sent to a URL leaves the machine without TLS."""
    parts = urlsplit(url)
    return parts.scheme != "https" and not on_loopback(parts.hostname)


def _called(resource: Resource, _: Setting) -> Iterator[str]:
    for key in _URLS.get(resource.type, ()):
        url = resource.text(key)
        if url and in_clear(url):
            yield f"{key} is {url!r}, which is without TLS"
    for uri in resource.texts("allowedRedirectUris"):
        if in_clear(uri):
            yield f"allowedRedirectUris has {uri!r}, which is without TLS"
    if truth(resource.get("skipTlsVerify")):
        yield "skipTlsVerify trusts whoever answers"


def _databases(resource: Resource, _: Setting) -> Iterator[str]:
    for plugin in resource.props:
        url = resource.text(plugin, "connectionUrl")
        if not url:
            continue
        # The user and password are placeholders, whose braces no parser of URLs takes.
        parts = urlsplit("//" + url.partition("://")[2].rpartition("@")[2])
        mode = parse_qs(parts.query).get("sslmode", [""])[-1]
        if not on_loopback(parts.hostname) and mode not in _VERIFIED:
            mode = mode or "the default"
            yield f"{plugin}.connectionUrl has sslmode={mode}, which does not say who answers"


def _listeners(resource: Resource, _: Setting) -> Iterator[str]:
    for file, text in (resource.get("data") or {}).items():
        if file.endswith((".hcl", ".json")) and "listener" in text:
            yield from (f"data[{file!r}] {what}" for what in _of_server(text))


def _of_server(text: str) -> Iterator[str]:
    for block in parse_document(text).items:
        if block.at.value != "listener" or not isinstance(block.value, ObjectType):
            continue
        said = {
            one.at.value: one.value.at.value
            for one in block.value.items
            if isinstance(one.value, LiteralType)
        }
        if _true(said.get("tls_disable")) and not _stays(said.get("address")):
            yield "has a listener with tls_disable"
        if said.get("tls_min_version") in _OLD:
            yield f"has a listener with tls_min_version {said['tls_min_version']!r}"
        if _true(said.get("tls_disable_client_certs")):
            yield "has a listener with tls_disable_client_certs"


def _true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")


def _stays(address: Any) -> bool:
    """Whether what is said there leaves no machine: a socket in a folder, or loopback."""
    return str(address).startswith("/") or on_loopback(_host(address))


def _host(address: Any) -> str | None:
    return str(address).rpartition(":")[0].strip("[]") if address else None


def _ingresses(resource: Resource, _: Setting) -> Iterator[str]:
    if not items(resource.props, "spec", "tls"):
        yield "spec.tls is missing"
    annotations = resource.get("metadata", "annotations") or {}
    if not any(
        "HTTPS" in str(value) or key.endswith("ssl-passthrough")
        for key, value in annotations.items()
    ):
        yield "no annotation passes TLS through, or asks for HTTPS behind the Ingress"


def _probes(resource: Resource, _: Setting) -> Iterator[str]:
    for container in items(resource.props, "spec", "template", "spec", "containers"):
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = (container.get(probe) or {}).get("httpGet")
            if asked and asked.get("scheme") != "HTTPS":
                yield f"{probe} asks without TLS, so that the listener must allow it"


CALLED: Final = ResourceRule(
    name="tls-called",
    says="Vault is called, and calls, over TLS.",
    meaning="Tokens and credentials would be readable to whoever is in between.",
    repair="Write an https:// URL, and give its CA where it is a private one (vaultCaCertFile)",
    severity=Severity.CRITICAL,
    types=frozenset({*_URLS, "vault:jwt/authBackendRole:AuthBackendRole"}),
    check=_called,
)
DATABASES: Final = ResourceRule(
    name="tls-database",
    says="Vault knows the database that it talks to.",
    meaning="Whoever poses as the database gets the administrator's password.",
    repair="Write sslmode=verify-full (databaseTls), and give the CA (databaseCaCert)",
    severity=Severity.HIGH,
    types=frozenset({_CONNECTION}),
    check=_databases,
)
LISTENERS: Final = ResourceRule(
    name="tls-listener",
    says="The servers listen with TLS only.",
    meaning="Tokens and secrets would cross the cluster's network in clear.",
    repair="Give each listener tls_cert_file and tls_key_file, and leave tls_disable out",
    severity=Severity.CRITICAL,
    types=frozenset({_CONFIG_MAP}),
    check=_listeners,
)
INGRESSES: Final = ResourceRule(
    name="tls-ingress",
    says="An Ingress hands TLS on to the servers.",
    meaning="Where TLS ends before the servers, whoever runs that place reads every secret.",
    repair="Set spec.tls, and the controller's annotation that passes TLS through",
    severity=Severity.HIGH,
    types=frozenset({_INGRESS}),
    check=_ingresses,
)
PROBES: Final = ResourceRule(
    name="tls-probes",
    says="The servers' pods are probed over TLS.",
    meaning="A probe in clear works only with a listener in clear.",
    repair="Set scheme: HTTPS",
    severity=Severity.LOW,
    types=frozenset({"kubernetes:apps/v1:StatefulSet"}),
    check=_probes,
)

RULES: Final = (CALLED, DATABASES, LISTENERS, INGRESSES, PROBES)
