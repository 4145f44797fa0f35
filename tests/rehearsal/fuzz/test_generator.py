"""What is made up: the same for the same numbers, and near the edges."""

from __future__ import annotations

from random import Random

import pytest

from policies.acl import Identity, Pattern
from policies.acl.patterns import Kind
from policies.acl.templates import Entity
from policies.hcl import Capability, parse
from rehearsal.fuzz.generator import Maker, written

DIRECTIVES = ("identity.entity.name", "name")
SEEDS = range(60)


def maker(seed: int) -> Maker:
    return Maker(Random(seed), DIRECTIVES)


def test_the_same_numbers_make_the_same() -> None:
    def made(seed: int) -> tuple[object, ...]:
        one = maker(seed)
        labels = one.labels(5)
        return labels, one.policy(labels, restricted=True), one.path(labels), one.body()

    assert made(1) == made(1)
    assert made(1) != made(2)


def test_vault_takes_every_policy_that_is_not_damaged() -> None:
    for seed in SEEDS:
        one = maker(seed)
        text = one.policy(one.labels(5))
        assert text
        parse(text)


def test_there_is_some_of_everything() -> None:
    makers = [maker(seed) for seed in SEEDS]
    labels = [label for one in makers for label in one.labels(8)]
    assert {Pattern.of(label).kind for label in labels} == set(Kind)
    assert any("{{" in label for label in labels)
    assert any(label.startswith("/") for label in labels)
    assert any("//" in label for label in labels)
    assert any(not label.isascii() for label in labels)
    texts = [one.policy(one.labels(4)) for one in makers]
    stanzas = [stanza for text in texts for stanza in parse(text)]
    granted = {capability for stanza in stanzas for capability in stanza.capabilities}
    assert granted == set(Capability)
    assert any(not stanza.capabilities for stanza in stanzas)
    assert any(text.startswith("{") for text in texts)
    assert len({stanza.path for stanza in stanzas}) < len(stanzas)


def test_no_map_has_names_that_differ_in_case_only() -> None:
    """Vault would keep either, by chance."""
    maps = [maker(seed)._parameters() for seed in range(500)]
    assert any("B" in one for one in maps)
    assert all(len({name.lower() for name in one}) == len(one) for one in maps)


def test_paths_are_near_the_labels_and_can_be_asked_about() -> None:
    matched = 0
    for seed in SEEDS:
        one = maker(seed)
        labels = one.labels(4)
        for _ in range(20):
            path = one.path(labels)
            assert path
            assert path == path.strip()
            matched += any(Pattern.of(label).matches(path.lstrip("/")) for label in labels)
    assert 0.2 < matched / (20 * len(SEEDS)) < 0.9


def test_templates_are_filled_in_for_whom_they_are_asked() -> None:
    holder = Identity(Entity("id", "ada"))
    paths = {maker(seed).path(["own/{{identity.entity.name}}/x"], holder) for seed in SEEDS}
    assert any(path.startswith("own/ada/x") for path in paths)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('a"b\n', '"a\\"b\\n"'),
        (["x", 1, True], '["x", 1, true]'),
        ({"a": [1.5]}, '{ "a" = [1.5] }'),
        ({}, "{  }"),
    ],
)
def test_values_are_written_in_hcl(value: object, expected: str) -> None:
    assert written(value) == expected
