"""What is rightly different between two Vaults that are alike: a table, which says why for each.

What Vault generated gets a name by what it stands for, where something refers to it; only what
nothing is known of becomes `<generated>`. So a reference to the wrong one is still a difference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import AuthorityInformationAccessOID

from attest.live import Body
from policies import inspection


@dataclass(frozen=True, slots=True)
class Apart:
    """Fields (by their path in the object, whole) of objects (by path) that are left out."""

    objects: str
    fields: str
    why: str


@dataclass(frozen=True, slots=True)
class Default:
    """What says nothing more than a field that is not there: it is left out, too. Pulumi's provider
    says much that the program does not.
    """

    objects: str
    fields: str
    value: Any
    why: str
    besides: tuple[str, Any] = ("", None)
    """Another field and its value, where it takes both."""

    def applies(self, field: str, value: Any, body: Body) -> bool:
        other, wanted = self.besides
        return (
            re.fullmatch(self.fields, field) is not None
            and value == self.value
            and (not other or body.get(other) == wanted)
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text that is replaced wherever it stands."""

    text: re.Pattern[str]
    name: str
    why: str


FIELDS: Final = (
    Apart(r"sys/seal-status", r"cluster_name", "made up by Vault"),
    Apart(r"sys/seal-status", r"build_date|nonce|progress", "of the binary, or of this moment"),
    Apart(r"sys/key-status", r"encryptions", "counts what was done"),
    Apart(r"sys/storage/raft/configuration", r"index", "counts what was done"),
    Apart(
        r"sys/storage/raft/configuration", r"config\.servers\[\]\.leader", "elected, not decided"
    ),
    Apart(r"sys/config/state/sanitized", r"raw_storage_endpoint", "is the same in `disable_raw`"),
    Apart(r"sys/(auth|mounts)", r".*\.uuid", "made up by Vault"),
    Apart(r"database/static-roles/.*", r"ttl", "counts down to the next rotation"),
    Apart(r"aws/config/root", r"access_key", "half of a credential, which Vault rotates"),
    Apart(r"identity/oidc/client/.*", r"client_secret", "a credential"),
    Apart(r"pki(-root)?/(certs|issuers)", r".*serial_number", "drawn by Vault"),
    Apart(r"pki(-root)?/(certs|issuers)", r".*subject_key_id", "follows from a generated key"),
    Apart(r"pki(-root)?/keys", r".*subject_key_id", "follows from a generated key"),
)
DEFAULTS: Final = (
    Default(
        r"sys/(auth|mounts).*",
        r"(.*\.)?(allowed_response_headers|audit_non_hmac_re(quest|sponse)_keys"
        r"|passthrough_request_headers)",
        [""],
        "no header and no key has an empty name",
    ),
    Default(
        r"database/config/.*",
        r"connection_details\.disable_escaping",
        False,
        "what the engine does where nothing is said",
    ),
    *(
        Default(
            r"auth/[^/]+/config",
            r"disable_iss_validation",
            value,
            "a token's issuer is compared only with one that is named",
            besides=("issuer", ""),
        )
        for value in (True, False)
    ),
)
ONE_OR_MORE: Final = (
    Apart(
        r"auth/[^/]+/role/.*",
        r"bound_claims\.[^.\[]+",
        "a single value is compared as a list of one",
    ),
)
"""Fields in which a text means a list of this one text."""
_ACCESS: Final = {
    AuthorityInformationAccessOID.OCSP: "OCSP",
    AuthorityInformationAccessOID.CA_ISSUERS: "issuer",
}
_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?", re.ASCII
)
PATTERNS: Final = (
    Pattern(
        re.compile(r"(?!0001)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"),
        "<time>",
        "when something was done; the year 1 stands for never, and is kept",
    ),
    Pattern(
        re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
        "<generated>",
        "what Vault, or a server of the scene, calls a thing",
    ),
    Pattern(
        re.compile(r"\b[a-z]+(_[a-z]+)?_[0-9a-f]{8}\b"),
        "<generated>",
        "an entity's name that nobody gave, or the accessor of a mount that is gone",
    ),
    Pattern(re.compile(r"\b127\.0\.0\.1:\d+\b"), "<loopback>", "whichever port was free"),
)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Of the tables, those of one object."""

    apart: tuple[Apart, ...]
    defaults: tuple[Default, ...]
    one_or_more: tuple[Apart, ...]

    @classmethod
    def of(cls, path: str) -> _Rows:
        return cls(
            tuple(row for row in FIELDS if re.fullmatch(row.objects, path)),
            tuple(row for row in DEFAULTS if re.fullmatch(row.objects, path)),
            tuple(row for row in ONE_OR_MORE if re.fullmatch(row.objects, path)),
        )

    def leave_out(self, field: str, value: Any, body: Body) -> bool:
        return any(re.fullmatch(row.fields, field) for row in self.apart) or any(
            row.applies(field, value, body) for row in self.defaults
        )

    def is_list(self, field: str) -> bool:
        return any(re.fullmatch(row.fields, field) for row in self.one_or_more)


class Alike:
    """One Vault's way of saying things -> what is the same in every one like it."""

    def __init__(self, scene: Mapping[str, str], generated: Mapping[str, str]) -> None:
        """Text -> what to call it: of the scene that the Vault is in, and of what it generated."""
        words = {**scene, **generated}
        self._words = words
        # The longest first: an address may begin another.
        longest = sorted(filter(None, words), key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    def object(self, path: str, body: Any) -> Any:
        """What is at a path, sorted."""
        return self._alike(body, "", _Rows.of(path))

    def _alike(self, value: Any, field: str, rows: _Rows) -> Any:
        prefix = f"{field}." if field else ""
        match value:
            case Mapping():
                said = {
                    self._text(key): self._alike(value[key], f"{prefix}{key}", rows)
                    for key in sorted(value)
                    if not rows.leave_out(f"{prefix}{key}", value[key], value)
                }
                # Of nothing Vault says now this, now that.
                return said or None
            case []:
                return None
            case list() | tuple():
                plain = [self._alike(one, f"{field}[]", rows) for one in value]
                # An order among texts may mean something; that of objects is whichever came.
                ordered = any(not isinstance(one, Mapping) for one in plain)
                return plain if ordered else sorted(plain, key=_as_text)
            case str():
                return [self._text(value)] if rows.is_list(field) else self._text(value)
            case _:
                return value

    def _text(self, text: str) -> str:
        text = _CERTIFICATE.sub(lambda found: described(found[0]), text)
        text = self._pattern.sub(lambda found: self._words[found[0]], text)
        for one in PATTERNS:
            text = one.text.sub(one.name, text)
        return text


def generated_names(found: Mapping[str, Any]) -> dict[str, str]:
    """What Vault generated -> what it stands for."""
    return dict(_generated(found))


def _generated(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for listed, prefix in ((inspection.MOUNTS, ""), (inspection.AUTH_MOUNTS, "auth/")):
        for path, body in found[listed].items():
            yield body["accessor"], f"<accessor of {prefix}{path}>"
    for path, bodies in found.items():
        if re.fullmatch(r"[^/]+/issuers", path):
            for body in bodies:
                subject = _subject(body["certificate"])
                yield body["issuer_id"], f"<issuer {subject}>"
                if body["key_id"]:
                    yield body["key_id"], f"<key of {subject}>"
    for body in found.get(inspection.ENTITIES, ()):
        # Vault forgets where an alias was whose mount is gone.
        mounts = sorted(alias.get("mount_path", "no mount") for alias in body["aliases"] or ())
        yield body["id"], f"<entity of {', '.join(mounts) or body['name']}>"
    for body in found.get(inspection.GROUPS, ()):
        yield body["id"], f"<group {body['name']}>"


def described(pem: str) -> str:
    """A certificate in words: all of it but keys, its number and when it began."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    lasting = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    extensions = "; ".join(sorted(filter(None, map(_extension, certificate.extensions))))
    return (
        f"<certificate of {certificate.subject.rfc4514_string()} by "
        f"{certificate.issuer.rfc4514_string()}, {_key(certificate.public_key())}, "
        f"{round(lasting.total_seconds() / 3600)} hours; {extensions}>"
    )


def _subject(pem: str) -> str:
    return x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()


def _key(key: object) -> str:
    match key:
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}"
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}"
        case ed25519.Ed25519PublicKey():
            return "Ed25519"
        case _:
            return type(key).__name__


def _extension(extension: x509.Extension[x509.ExtensionType]) -> str:
    """Empty where it follows from a generated key."""
    match extension.value:
        case x509.SubjectKeyIdentifier() | x509.AuthorityKeyIdentifier():
            return ""
        case x509.AuthorityInformationAccess() as access:
            told = (
                f"{_ACCESS.get(one.access_method, one.access_method.dotted_string)} "
                f"{one.access_location.value}"
                for one in access
            )
            return ", ".join(told)
        case x509.CRLDistributionPoints() as points:
            places = (name.value for point in points for name in point.full_name or ())
            return f"CRL {', '.join(map(str, places))}"
        case value:
            return f"{'critical ' * extension.critical}{value!r}"


def _as_text(value: Body) -> str:
    return json.dumps(value, sort_keys=True)
