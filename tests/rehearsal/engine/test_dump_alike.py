"""What is rightly different is left out, by a table that gives its reason; all else is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID

from rehearsal.certificates import Authority
from rehearsal.engine.dump_alike import (
    DEFAULTS,
    FIELDS,
    ONE_OR_MORE,
    PATTERNS,
    Alike,
    Apart,
    Default,
    described,
    generated_names,
)

BY_ITSELF = Alike({}, {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-22T17:40:25.420897248Z", "<time>"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("of 51859acb-b3cd-c750-41e8-76a10ad1edde", "of <generated>"),
        ("auth_approle_a3afd23a", "<generated>"),
        ("entity_42bd94ed", "<generated>"),
        ("kubesentiment_readonly", "kubesentiment_readonly"),
        ("http://127.0.0.1:8250/oidc/callback", "http://<loopback>/oidc/callback"),
        ("https://10.0.0.1:8200", "https://10.0.0.1:8200"),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert BY_ITSELF.object("sys/anything", {"field": text}) == {"field": expected}


def test_the_scene_is_called_by_its_name_and_the_longest_text_wins() -> None:
    alike = Alike({"https://127.0.0.1:82": "<short>", "https://127.0.0.1:8200": "<vault-0>"}, {})

    assert alike.object("sys/x", ["https://127.0.0.1:8200/v1"]) == ["<vault-0>/v1"]


def test_an_order_of_texts_is_kept_and_one_of_objects_is_not() -> None:
    alike = BY_ITSELF.object("sys/x", {"sql": ["b", "a"], "servers": [{"id": 2}, {"id": 1}]})

    assert alike == {"sql": ["b", "a"], "servers": [{"id": 1}, {"id": 2}]}


def test_a_field_is_left_out_of_its_object_and_of_no_other() -> None:
    body = {"access_key": "AKIA", "region": "eu-west-1"}

    assert BY_ITSELF.object("aws/config/root", body) == {"region": "eu-west-1"}
    assert BY_ITSELF.object("other/config/root", body) == body


def test_a_field_within_lists_is_left_out() -> None:
    servers = {"config": {"servers": [{"leader": True, "voter": True}]}}

    assert BY_ITSELF.object("sys/storage/raft/configuration", servers) == {
        "config": {"servers": [{"voter": True}]}
    }


def test_nothing_is_the_same_however_it_is_said() -> None:
    one: dict[str, object] = {"options": None, "tags": [], "key": {"password": None}}
    other: dict[str, object] = {"options": {}, "tags": None, "key": {"password": None}}

    assert BY_ITSELF.object("sys/x", one) == BY_ITSELF.object("sys/x", other)
    assert BY_ITSELF.object("sys/x", one)["key"] == {"password": None}


def test_a_default_that_is_said_is_left_out_and_another_value_is_not() -> None:
    path, escaping = "database/config/app", {"connection_details": {"disable_escaping": True}}

    assert BY_ITSELF.object(path, {"connection_details": {"disable_escaping": False}}) == {
        "connection_details": None
    }
    assert BY_ITSELF.object(path, escaping) == escaping
    assert BY_ITSELF.object("sys/auth/oidc/tune", {"passthrough_request_headers": [""]}) is None
    assert BY_ITSELF.object("sys/auth/oidc/tune", {"passthrough_request_headers": ["a"]})


def test_a_default_counts_only_with_what_it_takes_besides() -> None:
    path, named = "auth/kubernetes/config", {"disable_iss_validation": True, "issuer": "me"}

    assert BY_ITSELF.object(path, named | {"issuer": ""}) == {"issuer": ""}
    assert BY_ITSELF.object(path, named) == named


def test_a_claim_is_a_list() -> None:
    body = {"bound_claims": {"groups": "a", "environment": ["b", "c"]}, "user_claim": "sub"}

    assert BY_ITSELF.object("auth/oidc/role/people", body) == {
        "bound_claims": {"environment": ["b", "c"], "groups": ["a"]},
        "user_claim": "sub",
    }


def test_every_row_gives_its_reason_and_can_be_read() -> None:
    rows: tuple[Apart | Default, ...] = (*FIELDS, *DEFAULTS, *ONE_OR_MORE)
    for row in rows:
        re.compile(row.objects), re.compile(row.fields)
        assert row.why
    assert all(row.why for row in PATTERNS)


def test_a_certificate_is_told_without_its_key() -> None:
    one, other = (Authority.create("a name").certificate_pem for _ in range(2))

    assert one != other
    assert described(one) == described(other)
    assert "CN=a name" in described(one)
    assert described(Authority.create("another").certificate_pem) != described(one)


def test_how_long_a_certificate_lasts_is_told() -> None:
    authority = Authority.create("a name")
    short = authority.issue("host", valid_for=timedelta(hours=2)).certificate_pem
    long = authority.issue("host", valid_for=timedelta(hours=5)).certificate_pem

    assert described(short) != described(long)


def test_where_a_certificate_says_its_crl_is_is_told() -> None:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    crl, ocsp = (x509.UniformResourceIdentifier(f"http://vault/{one}") for one in ("crl", "ocsp"))
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2026, 1, 2, tzinfo=UTC))
        .add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint([crl], None, None, None)]), False
        )
        .add_extension(
            x509.AuthorityInformationAccess(
                [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, ocsp)]
            ),
            False,
        )
    )
    made = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    assert described(made).endswith("24 hours; CRL http://vault/crl; OCSP http://vault/ocsp>")


def test_an_issuer_and_its_key_are_called_by_its_subject() -> None:
    pem = Authority.create("the root").certificate_pem
    found = {
        "sys/mounts": {"pki/": {"accessor": "pki_1"}},
        "sys/auth": {},
        "pki/config/issuers": {"default": "i"},
        "pki/issuers": [{"issuer_id": "i", "key_id": "k", "certificate": pem}],
        "identity/group/id": [{"id": "g", "name": "admins"}],
    }

    assert generated_names(found) == {
        "pki_1": "<accessor of pki/>",
        "i": "<issuer CN=the root>",
        "k": "<key of CN=the root>",
        "g": "<group admins>",
    }
