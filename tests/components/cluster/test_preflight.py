"""What the preflight asks, and how it judges a certificate. What it finds in a cluster is tried on
a real API server, in tests/live.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, Self

import dill
import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from components.cluster import preflight
from components.cluster.preflight import INPUTS, PreflightProvider, lacking_names
from rehearsal.certificates import Authority

PROPS: dict[str, Any] = {
    "bound_namespaces": {"shop": "shop-api"},
    "certificate_names": ["vault"],
    "context": "cluster",
    "ingress_class": "",
    "issuer_kind": "ClusterIssuer",
    "issuer_name": "platform",
    "kubeconfig": "",
    "metrics": False,
    "namespace": "vault",
    "storage_class": "",
    "tls_secret": "",
}
AUTHORITY = Authority.create("test")


def loaded(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def certificate(*hosts: str) -> bytes:
    return AUTHORITY.issue("test", hosts).certificate_pem.encode()


@pytest.mark.parametrize(
    ("held", "names", "lacking"),
    [
        (["vault"], ["vault"], []),
        (["vault"], ["vault", "vault-0.vault-internal"], ["vault-0.vault-internal"]),
        (["*.vault-internal"], ["vault-0.vault-internal", "vault-1.vault-internal"], []),
        # A wildcard stands for exactly one label, and only for a whole one.
        (["*.vault-internal"], ["vault-internal"], ["vault-internal"]),
        (["*.vault-internal"], ["vault-0.vault-internal.vault"], ["vault-0.vault-internal.vault"]),
        (["*.svc"], ["vault-0.vault-internal.vault.svc"], ["vault-0.vault-internal.vault.svc"]),
        (["127.0.0.1"], ["127.0.0.1", "localhost"], ["localhost"]),
    ],
)
def test_a_certificate_is_valid_for_what_it_names(
    held: Sequence[str], names: Sequence[str], lacking: Sequence[str]
) -> None:
    assert lacking_names(loaded(certificate(*held)), names) == lacking


def test_of_a_chain_the_first_counts() -> None:
    chain = certificate("vault") + certificate("other")
    assert lacking_names(loaded(chain), ["vault", "other"]) == ["other"]


def test_a_certificate_that_names_nobody_lacks_all() -> None:
    """A common name alone counts for no client any more."""
    assert lacking_names(loaded(AUTHORITY.certificate_pem.encode()), ["test"]) == ["test"]


def given_certificate(content: bytes) -> list[str]:
    """The problems of a Secret that holds this as its certificate."""
    props = {**PROPS, "tls_secret": "given", "certificate_names": ["vault"]}
    secret = {"tls.crt": base64.b64encode(content).decode(), "tls.key": "", "ca.crt": ""}
    return list(preflight._given_certificate(props, secret))


@given(st.binary())
def test_what_is_no_certificate_is_said_to_be_none(content: bytes) -> None:
    (problem,) = given_certificate(content)
    assert "tls.crt is no certificate" in problem
    assert problem.endswith("fix: store PEM")


def test_a_key_is_no_certificate() -> None:
    pair = AUTHORITY.issue("test")
    (problem,) = given_certificate(pair.key_pem.encode())
    assert "tls.crt is no certificate" in problem
    assert not any(line in problem for line in pair.key_pem.splitlines()[1:-1])


def test_a_certificate_that_has_ended_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = certificate("vault")
    assert given_certificate(content) == []

    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(datetime.now(tz).timestamp() + 2 * 86400, tz)

    monkeypatch.setattr(preflight, "datetime", Later)
    (problem,) = given_certificate(content)
    assert "its certificate ended 2" in problem
    assert problem.endswith("fix: have it renewed")


def test_it_asks_again_only_when_a_question_changes() -> None:
    provider = PreflightProvider()
    assert not provider.diff("vault", PROPS, PROPS).changes
    # Where the kubeconfig lies is each machine's own.
    assert not provider.diff("vault", PROPS, {**PROPS, "kubeconfig": "/elsewhere"}).changes
    for key in set(INPUTS) - {"kubeconfig"}:
        changed = provider.diff("vault", PROPS, {**PROPS, key: "other"})
        assert changed.changes, key
        assert not changed.replaces


def test_what_it_is_given_is_what_it_asks() -> None:
    assert set(PROPS) == set(INPUTS)


def test_it_works_in_the_process_that_pulumi_gives_it() -> None:
    """The engine keeps the provider as a pickle, and unpickles it elsewhere."""
    again = dill.loads(base64.b64decode(base64.b64encode(dill.dumps(PreflightProvider()))))
    assert not again.diff("vault", PROPS, PROPS).changes
