"""`vaultstack_jobs.pki_intermediate`: the order of its steps, and where it goes on."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from policies import standing
from tests.jobs.authorities import ca_pem
from tests.jobs.fakes import NOON, WEEK_SECONDS, Fakes
from vaultstack_jobs.configuration import PkiIntermediate
from vaultstack_jobs.outcomes import FailedError, HalfWayError
from vaultstack_jobs.pki_intermediate import PkiIntermediateRotation
from vaultstack_jobs.vault import VaultRefusedError, VaultUncertainError

CONFIG = "pki/config/issuers"
GENERATE = "pki/intermediate/generate/internal"
SIGN = "pki-root/root/sign-intermediate"
IMPORT = "pki/intermediate/set-signed"
OLD_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def rotation(fakes: Fakes) -> PkiIntermediateRotation:
    """In front of a Vault whose every answer is right."""
    task = PkiIntermediate(
        common_name="New CA", ttl_seconds=3 * WEEK_SECONDS, root_mount="pki-root", mount="pki"
    )
    bench = fakes.bench(task)
    bench.turn.take()
    root, made = ca_pem(days=999), ca_pem(days=21)
    fakes.vault.answers |= {
        CONFIG: {"data": {"default": "old"}},
        "pki/issuer/old": {"data": {"certificate": ca_pem(OLD_KEY, organization="Ours")}},
        "pki/issuer/new": {"data": {"certificate": made}},
        GENERATE: {"data": {"csr": "a request", "key_id": "new-key"}},
        SIGN: {"data": {"certificate": made, "issuing_ca": root, "ca_chain": [root, made]}},
        IMPORT: {"data": {"mapping": {"root": "", "new": "new-key"}}},
    }
    becomes_default(fakes)
    return PkiIntermediateRotation(bench, task)


def becomes_default(fakes: Fakes) -> None:
    plain = fakes.vault.request

    def request(method, path, body=None, *, headers=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        if (method, path) == ("POST", CONFIG):
            fakes.vault.answers[CONFIG] = {"data": {"default": body["default"]}}
        return plain(method, path, body, headers=headers)

    fakes.vault.request = request  # type: ignore[method-assign]


def writes(fakes: Fakes) -> list[tuple[str, str]]:
    return [(method, path) for method, path, _ in fakes.vault.requests if method != "GET"]


def body(fakes: Fakes, path: str) -> dict[str, object]:
    return next(
        body for method, asked, body in fakes.vault.requests if asked == path and method != "GET"
    )


def test_the_new_one_is_complete_before_it_is_used_and_the_old_one_retired_last(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    rotation.start()
    rotation.tidy()
    assert writes(fakes) == [
        ("POST", GENERATE),
        ("POST", SIGN),
        ("POST", IMPORT),
        ("PATCH", "pki/issuer/new"),
        ("POST", CONFIG),
        ("PATCH", "pki/issuer/old"),
    ]
    assert body(fakes, "pki/issuer/old") == {"usage": "read-only,crl-signing,ocsp-signing"}
    assert body(fakes, CONFIG) == {"default": "new"}
    assert fakes.steps == ["signed", "in use"]


def test_the_new_one_is_called_what_an_inventory_takes_for_a_renewal(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    """The jobs' image has no `policies`, so the rule stands in both."""
    since = NOON + timedelta(days=9, hours=9, minutes=7, seconds=5)  # no part like another
    certificate = ca_pem(since=since, days=21)
    fakes.vault.answers["pki/issuer/new"] = {"data": {"certificate": certificate}}
    rotation.start()
    assert body(fakes, "pki/issuer/new") == {"issuer_name": standing.renewed_issuer(since)}


def test_all_but_key_and_dates_is_taken_over(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    rotation.start()
    subject = {"common_name": "New CA", "organization": ["Ours"]}
    assert body(fakes, GENERATE) == {**subject, "key_type": "rsa", "key_bits": 2048}
    assert body(fakes, SIGN) == {
        **subject,
        "csr": "a request",
        "ttl": f"{3 * WEEK_SECONDS}s",
        "max_path_length": "0",
    }
    bundle = str(body(fakes, IMPORT)["certificate"])
    assert bundle.count("BEGIN CERTIFICATE") == 2  # itself and the root, each once


def test_a_certificate_that_ends_with_its_root_is_told(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    short = ca_pem(days=15)
    fakes.vault.answers[SIGN] = {
        "data": {"certificate": short, "issuing_ca": short, "ca_chain": [short]}
    }
    rotation.start()
    assert fakes.steps == ["ends with the root", "signed", "in use"]


def test_a_root_that_ends_too_soon_is_not_used(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    short = ca_pem(days=13)
    fakes.vault.answers[SIGN] = {
        "data": {"certificate": short, "issuing_ca": short, "ca_chain": [short]}
    }
    with pytest.raises(FailedError, match=r"the root ends at .*; fix: renew the root"):
        rotation.start()
    assert writes(fakes)[-1] == ("POST", SIGN)
    assert "pending" not in fakes.api.annotations()


@pytest.mark.parametrize("path", [GENERATE, SIGN, IMPORT])
def test_a_refusal_before_it_is_there_leaves_nothing_pending(
    fakes: Fakes, rotation: PkiIntermediateRotation, path: str
) -> None:
    fakes.vault.answers[path] = VaultRefusedError("denied", 403)
    with pytest.raises(FailedError, match="denied"):
        rotation.start()
    assert "pending" not in fakes.api.annotations()
    assert ("POST", CONFIG) not in writes(fakes)


@pytest.mark.parametrize("path", ["pki/issuer/new", CONFIG, "pki/issuer/old"])
def test_what_stops_after_it_is_there_goes_on_from_there(
    fakes: Fakes, rotation: PkiIntermediateRotation, path: str
) -> None:
    kept, plain = dict(fakes.vault.answers), fakes.vault.request

    def broken(method, asked, body=None, *, headers=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        if method != "GET" and asked == path:
            raise VaultUncertainError("no answer")
        return plain(method, asked, body, headers=headers)

    fakes.vault.request = broken  # type: ignore[method-assign]
    with pytest.raises(VaultUncertainError):
        rotation.start()
    begun = json.loads(fakes.api.annotations()["pending"])
    assert begun == {"of": rotation.subject, "old": "old", "new": "new"}
    fakes.vault.request = plain  # type: ignore[method-assign]
    fakes.vault.answers |= {CONFIG: kept[CONFIG]}
    fakes.vault.requests.clear()
    rotation.resume(begun)
    assert writes(fakes) == [
        ("PATCH", "pki/issuer/new"),
        ("POST", CONFIG),
        ("PATCH", "pki/issuer/old"),
    ]


def test_what_stopped_before_it_was_there_begins_again(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    rotation.resume({"of": rotation.subject, "old": "old"})
    assert len(writes(fakes)) == 6


def test_somebody_elses_new_default_is_not_replaced(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    fakes.vault.answers[CONFIG] = {"data": {"default": "theirs"}}
    with pytest.raises(FailedError, match="changed by somebody else"):
        rotation.resume({"of": rotation.subject, "old": "old"})
    assert writes(fakes) == []


def test_a_certificate_without_its_key_is_not_used(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    fakes.vault.answers[IMPORT] = {"data": {"mapping": {"new": ""}}}
    with pytest.raises(HalfWayError, match="without its key"):
        rotation.start()
    assert ("POST", CONFIG) not in writes(fakes)


def test_the_certificate_says_when_it_was_done(
    fakes: Fakes, rotation: PkiIntermediateRotation
) -> None:
    assert rotation.last_done(None) == NOON
    fakes.vault.answers["pki/issuer/old"] = {"data": {"certificate": ca_pem(ca=False)}}
    with pytest.raises(FailedError, match="issuer old: the certificate is not a CA's"):
        rotation.last_done(None)
    fakes.vault.answers[CONFIG] = {"data": {}}
    with pytest.raises(FailedError, match="there is none to renew; fix: run `pulumi up`"):
        rotation.last_done(None)
