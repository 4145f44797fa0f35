"""Certificate authorities that the program and its rotation did not make: a second root, or an
issuer for workloads that the root did not sign.

Issuers have generated names, and a new one comes with each renewal: so they are known by their
certificates. Whoever may sign with the root can make one that is like the program's own, name and
all; what gives that power is told elsewhere. Which issuer is the default is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from attest import fields
from attest.differences import Difference, Fate
from attest.fields import Detail
from attest.kinds import Kind
from attest.live import Live
from attest.stack import Stack
from policies import paths, standing

_REVOKES: Final = frozenset({"crl-signing", "ocsp-signing", "read-only"})
_ISSUES: Final = _REVOKES | {"issuing-certificates"}


@dataclass(frozen=True, slots=True)
class _Issuer:
    id: str
    body: Mapping[str, Any]
    certificate: x509.Certificate | None
    """None where it cannot be read."""

    @property
    def name(self) -> str:
        return str(self.body.get("issuer_name") or "")

    @property
    def has_key(self) -> bool:
        """Only with its key can it sign."""
        return bool(self.body.get("key_id"))

    @property
    def usage(self) -> frozenset[str]:
        return frozenset(filter(None, str(self.body.get("usage") or "").split(",")))

    def is_called(self, common_name: str, organization: str) -> bool:
        return self.certificate is not None and (
            _texts(self.certificate, NameOID.COMMON_NAME),
            _texts(self.certificate, NameOID.ORGANIZATION_NAME),
        ) == ([common_name], [organization])

    def is_signed_by(self, root: x509.Certificate | None) -> bool:
        if self.certificate is None or root is None:
            return False
        try:
            self.certificate.verify_directly_issued_by(root)
        except (InvalidSignature, TypeError, ValueError):
            return False
        return True


def authorities(stack: Stack, live: Live) -> Iterator[Difference]:
    """Nothing where the root's issuers could not be read: the others are known by them."""
    roots, others = _issuers(live, Kind.ROOT_ISSUER), _issuers(live, Kind.ISSUER)
    if roots is None:
        return
    ours = next((one for one in roots if _is_root(one, stack)), None)
    yield from _root(roots, ours)
    if others is not None:
        yield from _others(others, ours.certificate if ours else None, stack)


def _issuers(live: Live, kind: Kind) -> tuple[_Issuer, ...] | None:
    """None where not all of them could be read."""
    found = live.folders.get(kind.where)
    if found is None or any(body is None for body in found.values()):
        return None
    return tuple(
        _Issuer(name, body, _certificate(body))
        for name, body in sorted(found.items())
        if body is not None
    )


def _certificate(body: Mapping[str, Any]) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(str(body.get("certificate")).encode())
    except ValueError:
        return None


def _root(roots: tuple[_Issuer, ...], ours: _Issuer | None) -> Iterator[Difference]:
    kind = Kind.ROOT_ISSUER
    if ours is None:
        yield Difference(kind, standing.ROOT_ISSUER, Fate.MISSING)
    for one in roots:
        if one is not ours:
            yield Difference(kind, one.id, Fate.UNDECLARED, tuple(_told(one)))
        elif changed := _changed(kind, one, _ISSUES):
            yield Difference(kind, one.id, Fate.DIFFERENT, changed)


def _is_root(one: _Issuer, stack: Stack) -> bool:
    return (
        one.name == standing.ROOT_ISSUER
        and one.has_key
        and one.is_called(
            standing.root_ca(stack.organization, stack.environment), stack.organization
        )
        and one.is_signed_by(one.certificate)
    )


def _others(
    issuers: tuple[_Issuer, ...], root: x509.Certificate | None, stack: Stack
) -> Iterator[Difference]:
    kind, name = Kind.ISSUER, standing.intermediate_ca(stack.organization, stack.environment)
    signs = False
    for one in issuers:
        # With the intermediate's certificate comes the root's, without a key.
        chain = one.certificate is not None and one.certificate == root and not one.has_key
        ours = _is_intermediate(one, name, stack.organization) and one.is_signed_by(root)
        signs |= ours and one.usage >= _ISSUES
        if not chain and not ours:
            by = f"the root CA of {paths.PKI_ROOT}" if one.is_signed_by(root) else ""
            yield Difference(kind, one.id, Fate.UNDECLARED, tuple(_told(one, by)))
            continue
        # One that was renewed goes on to say what is revoked.
        usage = _REVOKES if ours and one.usage == _REVOKES else _ISSUES
        if changed := _changed(kind, one, usage):
            yield Difference(kind, one.id, Fate.DIFFERENT, changed)
    if not signs:
        yield Difference(kind, name, Fate.MISSING)


def _is_intermediate(one: _Issuer, name: str, organization: str) -> bool:
    """As the program makes it, without a name, or the rotation."""
    if one.certificate is None or not one.has_key:
        return False
    try:
        basic = one.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    return (
        one.is_called(name, organization)
        and one.name in ("", standing.renewed_issuer(one.certificate.not_valid_before_utc))
        and (basic.ca, basic.path_length) == (True, 0)
    )


def _changed(kind: Kind, one: _Issuer, usage: frozenset[str]) -> tuple[Detail, ...]:
    live = {**one.body, "usage": sorted(one.usage)}
    return fields.details(kind, {"usage": sorted(usage)}, live)


def _told(one: _Issuer, signed_by: str = "") -> Iterator[Detail]:
    """What says whether it matters."""
    certificate = one.certificate
    if certificate is None:
        yield Detail("certificate", "", "none that can be read")
    else:
        yield Detail("subject", "", certificate.subject.rfc4514_string())
        yield Detail("signed by", "", signed_by or _issuer(certificate))
        yield Detail("ends", "", f"{certificate.not_valid_after_utc:%Y-%m-%d}")
    if one.name:
        yield Detail("name", "", one.name)
    yield Detail("can sign", "", "yes" if one.has_key else "no: its key is not here")


def _issuer(certificate: x509.Certificate) -> str:
    own = certificate.issuer == certificate.subject
    return "itself" if own else certificate.issuer.rfc4514_string()


def _texts(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    return [str(one.value) for one in certificate.subject.get_attributes_for_oid(oid)]
