"""What is read alike wherever it stands: images, issuers, certificates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.settings import NAMESPACE, IssuerKind, IssuerReference, SettingsError
from components.settings.loading_parts import certificates_in, read_image, read_issuer
from components.settings.reader import ConfigReader, Rules
from rehearsal.certificates import Authority
from tests.recording import Runner

DIGEST: Final = f"sha256:{'a' * 64}"
_T = TypeVar("_T")


def read(run: Runner, value: str, what: Callable[[Rules], _T], *, hold: bool = True) -> _T:
    """What is made of a key with this value."""
    found: list[_T] = []

    def program() -> None:
        reader = ConfigReader(NAMESPACE)
        found.append(what(Rules(reader, hold)))
        reader.finish()

    run(program, config={"key": value})
    return found[0]


@pytest.mark.parametrize(
    "image", ["a:1", f"a@{DIGEST}", f"a:latest@{DIGEST}", "localhost:5000/a/b:v1.2_3-rc"]
)
def test_an_image_of_one_version_is_taken(run: Runner, image: str) -> None:
    assert read(run, image, lambda rules: read_image(rules, "key", "", "a:1")) == image


@pytest.mark.parametrize(
    "image",
    [
        "",
        "a",
        "a:latest",
        "a:",
        "localhost:5000/a",
        "A:1",
        "a b:1",
        "a:1 ",
        "a:\N{ARABIC-INDIC DIGIT ONE}",
        f"a:{'1' * 129}",
        "a@sha256:abc",
        f"a@{DIGEST}0",
    ],
)
def test_any_other_is_refused_where_the_rule_holds(run: Runner, image: str) -> None:
    def image_of(rules: Rules) -> str:
        return read_image(rules, "key", "or else", "a:1")

    with pytest.raises(SettingsError) as caught:
        read(run, image, image_of)
    (problem,) = caught.value.problems
    assert problem == (
        "vaultstack:key: must name one version, by a tag other than latest or by a digest, is "
        f"{image!r}: or else; fix: pulumi config set vaultstack:key a:1"
    )
    assert read(run, image, image_of, hold=False) == image


def test_an_issuer_is_named_with_its_kind(run: Runner) -> None:
    def issuer(rules: Rules) -> IssuerReference | None:
        return read_issuer(rules, "key")

    for kind in IssuerKind:
        assert read(run, f"{kind.value}/a.b", issuer) == IssuerReference(kind, "a.b")
    assert read(run, "", issuer) is None
    for wrong in ("a", "issuer/a", "Issuer/", "Issuer/A", "Issuer/a/b"):
        with pytest.raises(SettingsError) as caught:
            read(run, wrong, issuer)
        assert str(caught.value.problems[0]) == (
            f"vaultstack:key: must be Issuer/<name> or ClusterIssuer/<name>, is {wrong!r}; fix: "
            "pulumi config set vaultstack:key ClusterIssuer/<name>"
        )


def test_of_a_text_only_the_certificates_are_taken() -> None:
    one, other = Authority.create("one"), Authority.create("other")
    key = one.issue("vault").key_pem
    text = f"# the CA's words\n{one.certificate_pem}{key}{other.certificate_pem}"
    assert certificates_in(text.encode()) == one.certificate_pem + other.certificate_pem


@given(st.binary())
def test_what_holds_none_gives_none(content: bytes) -> None:
    assert certificates_in(content) == ""
