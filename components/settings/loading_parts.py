"""Reads what several parts of the settings have in common: an image of one version, an issuer of
certificates, certificates.
"""

from __future__ import annotations

import re
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from components.settings.deployment import IssuerKind, IssuerReference
from components.settings.reader import NAMESPACE, Rules

# Kubernetes' own forms of names.
LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
_IMAGE: Final = re.compile(
    r"[a-z0-9][a-z0-9._:/-]*?(:(?P<tag>\w[\w.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?",
    re.ASCII,
)


def read_image(rules: Rules, key: str, because: str, example: str) -> str:
    """An image that is the same tomorrow; `because` says what else would happen."""
    image = rules.read.text(key)
    found = _IMAGE.fullmatch(image)
    if not found or not (found["digest"] or found["tag"] not in (None, "latest")):
        rules.problem(
            key,
            "must name one version, by a tag other than latest or by a digest, is "
            f"{image!r}: {because}",
            f"pulumi config set {NAMESPACE}:{key} {example}",
        )
    return image


def read_issuer(rules: Rules, key: str) -> IssuerReference | None:
    """cert-manager's; None where it is not given, or wrong."""
    text = rules.read.text(key)
    kind, _, name = text.partition("/")
    if not text:
        return None
    if kind not in set(IssuerKind) or not NAME.fullmatch(name):
        rules.problem(
            key,
            f"must be Issuer/<name> or ClusterIssuer/<name>, is {text!r}",
            f"pulumi config set {NAMESPACE}:{key} ClusterIssuer/<name>",
        )
        return None
    return IssuerReference(IssuerKind(kind), name)


def certificates_in(pem: bytes) -> str:
    """The certificates, and nothing else that may be there: everybody who may read a namespace's
    ConfigMaps can read them. Empty for none.
    """
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        return ""
    return "".join(one.public_bytes(Encoding.PEM).decode() for one in found)
