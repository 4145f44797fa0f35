"""`policies.review.settings`: what no rendered file says is shown all the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policies.environments import Environment
from policies.review import Verdict
from policies.review.model import Finding, Severity
from policies.review.settings import PROJECT, RULE, file_of, settings_risks, uncompared_risks
from tests.policies.review.sides_made import BASE, LIMITS, PROD, reviewed

TEXT = Path(file_of(PROD)).read_text(encoding="utf-8")


def found(after: str | None, before: str | None = TEXT) -> list[Finding]:
    return list(settings_risks(PROD, before, after, "security-team"))


@pytest.mark.parametrize(
    ("old", "new", "title"),
    [
        ("https://login.example.com", "https://evil.example", "oidcDiscoveryUrl becomes"),
        ("acme/vaultstack", "evil/vaultstack", "ciRepository becomes"),
        ("[prod, drift-prod]", "[prod, other]", 'ciEnvironments becomes ["prod", "other"]'),
        ("https://kubernetes.default.svc", "https://evil.example", "kubernetesHost becomes"),
        ("vaultstack:environment: prod", "vaultstack:environment: dev", 'becomes "dev"'),
        ("  vaultstack:tlsIssuer: ClusterIssuer/platform-ca\n", "", "tlsIssuer becomes not set"),
    ],
)
def test_who_is_believed_takes_an_approval(old: str, new: str, title: str) -> None:
    changed = TEXT.replace(old, new)
    assert changed != TEXT
    (one,) = found(changed)
    assert one.rule == RULE
    assert one.severity is Severity.HIGH
    assert title in one.title
    assert one.approvers == ("security-team",)
    review = reviewed(BASE, settings={PROD: [one]})
    assert review.verdict is Verdict.NEEDS_APPROVAL
    assert review.approvers == ("security-team",)


def test_a_default_that_the_stack_leaves_to_the_project_counts() -> None:
    project = Path(PROJECT).read_text(encoding="utf-8")
    issuer = "https://token.actions.githubusercontent.com"
    changed = project.replace(f"default: {issuer}", "default: https://evil.example")
    assert changed != project
    (one,) = settings_risks(PROD, TEXT, TEXT, "security-team", projects=(project, changed))
    assert 'vaultstack:ciIssuer becomes "https://evil.example"' in one.title
    assert one.reasons[0] == f'before: "{issuer}"'
    assert one.severity is Severity.HIGH
    given = f"{TEXT}  vaultstack:ciIssuer: {issuer}\n"
    assert not list(
        settings_risks(PROD, given, given, "security-team", projects=(project, changed))
    )


def test_a_description_of_a_setting_is_nothing() -> None:
    project = Path(PROJECT).read_text(encoding="utf-8")
    changed = project.replace('description: "', 'description: "Now ')
    assert changed != project
    assert not list(settings_risks(PROD, TEXT, TEXT, "security-team", projects=(project, changed)))


@pytest.mark.parametrize(
    ("added", "title"),
    [
        ("main: elsewhere/", 'Pulumi.yaml: main becomes "elsewhere/"'),
        ("stackConfigDir: other", 'Pulumi.yaml: stackConfigDir becomes "other"'),
        ("plugins: {providers: [{name: vault, path: ./mine}]}", "Pulumi.yaml: plugins becomes"),
        ("backend: {url: s3://mine}", "Pulumi.yaml: backend becomes"),
    ],
)
def test_what_the_project_runs_and_where_it_looks_takes_an_approval(added: str, title: str) -> None:
    project = Path(PROJECT).read_text(encoding="utf-8")
    changed = f"{project}\n{added}\n"
    (one,) = settings_risks(PROD, TEXT, TEXT, "security-team", projects=(project, changed))
    assert one.title.startswith(title)
    assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))


def test_a_default_in_short_form_counts() -> None:
    """Pulumi takes `key: value` in a project's `config` for a default, too."""
    project = Path(PROJECT).read_text(encoding="utf-8")
    changed = project.replace("config:\n", "config:\n  aws:endpoints: [https://evil.example]\n", 1)
    (one,) = settings_risks(PROD, TEXT, TEXT, "security-team", projects=(project, changed))
    assert one.title.endswith('aws:endpoints becomes ["https://evil.example"]')
    assert one.approvers == ("security-team",)


def test_a_default_under_two_names_cannot_be_compared() -> None:
    project = Path(PROJECT).read_text(encoding="utf-8")
    changed = project.replace("config:\n", "config:\n  vaultstack:ciIssuer: https://evil\n", 1)
    (one,) = settings_risks(PROD, TEXT, TEXT, "security-team", projects=(project, changed))
    assert "cannot be read" in one.title


def test_what_python_takes_for_equal_and_pulumi_does_not_is_told() -> None:
    setting = "  vaultstack:protectData: "
    (one,) = found(f"{TEXT}{setting}1\n", f"{TEXT}{setting}true\n")
    assert (one.title, one.reasons[0]) == (
        "Pulumi.prod.yaml: vaultstack:protectData becomes 1",
        "before: true",
    )


def test_what_pulumi_writes_in_quotes_is_the_same() -> None:
    """`pulumi config set` puts every true and every number of the file in quotes."""
    for environment in Environment:
        text = Path(file_of(environment)).read_text(encoding="utf-8")
        quoted = re.sub(r"(?m)^(  vaultstack:\w+: )(true|false|\d+)$", r'\1"\2"', text)
        assert quoted != text
        for one, other in ((text, quoted), (quoted, text)):
            assert not list(settings_risks(environment, one, other, "security-team"))


@pytest.mark.parametrize(
    ("old", "new", "becomes"),
    [
        ("true", '"false"', '"false"'),
        ('"true"', "false", "false"),
        ("5", '"6"', '"6"'),
        ("true", "1", "1"),
        ("true", "yes", '"yes"'),
        ("0x10", '"0x10"', '"0x10"'),
        ("08", '"08"', '"08"'),
        ("1e3", '"1e3"', '"1e3"'),
        ("", '""', '""'),
        ("'[a]'", "[a]", '["a"]'),
        ("'{}'", "{}", "{}"),
        ("[true]", '["true"]', '["true"]'),
        ("{a: 3}", '{a: "3"}', '{"a": "3"}'),
    ],
)
def test_what_the_program_gets_otherwise_is_told_in_quotes_too(
    old: str, new: str, becomes: str
) -> None:
    setting = f"{TEXT}  vaultstack:protectData: "
    (one,) = found(f"{setting}{new}\n", f"{setting}{old}\n")
    assert one.title == f"Pulumi.prod.yaml: vaultstack:protectData becomes {becomes}"
    assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))


def test_a_default_in_quotes_is_the_same() -> None:
    projects = ("config: {a: {default: 3}}", 'config: {a: {default: "3"}}')
    assert not list(settings_risks(PROD, TEXT, TEXT, "security-team", projects=projects))


@pytest.mark.timeout(20)
def test_a_text_that_unfolds_without_end_cannot_be_compared() -> None:
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    (one,) = found(f"{TEXT}\na0: &a0 x\n{levels}")
    assert "cannot be read" in one.title


def test_a_file_that_pulumi_reads_instead_takes_an_approval() -> None:
    """Beside `Pulumi.json` Pulumi reads neither `Pulumi.yaml` nor a stack's YAML."""
    plain = {PROJECT: "a", file_of(PROD): "b"}
    assert not list(uncompared_risks(PROD, plain, plain, "security-team"))
    for name in ("Pulumi.json", "Pulumi.prod.json"):
        hidden, other = {**plain, name: "{}"}, {**plain, name: "{ }"}
        (came,) = uncompared_risks(PROD, plain, hidden, "security-team")
        (changed,) = uncompared_risks(PROD, hidden, other, "security-team")
        (went,) = uncompared_risks(PROD, hidden, plain, "security-team")
        assert [one.title.removeprefix(f"{name} ") for one in (came, changed, went)] == [
            "is new",
            "changes",
            "is not there any more",
        ]
        shown = name.replace("json", "yaml")
        for one in (came, changed, went):
            assert (one.severity, one.approvers) == (Severity.HIGH, ("security-team",))
            assert one.rule == RULE
            assert one.reasons == (
                f"Pulumi reads it in place of {shown}, and no review compares what it says",
            )


def test_what_a_file_was_for_is_told_there_too() -> None:
    said = [{"Pulumi.eu.yaml": f"config: {{a: {word}}}"} for word in ("staging", "dev")]
    told_in = [
        one.value for one in Environment if list(uncompared_risks(one, said[0], said[1], "s"))
    ]
    assert told_in == ["dev", "staging"]


def test_of_files_that_no_review_compares_each_is_told_and_once() -> None:
    before = {"Pulumi.x.yaml": "a: 1", "Pulumi.y.yaml": "a: 1"}
    after = {"Pulumi.x.yaml": "a: 1", "Pulumi.y.yaml": "a: 2", "Pulumi.z.yaml": ""}
    found = list(uncompared_risks(PROD, before, after, "security-team"))
    assert [one.title for one in found] == ["Pulumi.y.yaml changes", "Pulumi.z.yaml is new"]
    for one in found:
        assert one.reasons == ("Pulumi obeys it, and no review compares what it says",)
    compared = {PROJECT: "x", **{file_of(one): "x" for one in Environment}}
    assert list(uncompared_risks(PROD, {}, compared, "security-team")) == []


@pytest.mark.parametrize(
    ("file", "text", "told_in"),
    [
        ("Pulumi.dev.json", "", ["dev"]),
        ("Pulumi.prod-eu.yaml", "config: {}", ["prod"]),
        ("Pulumi.eu.yaml", "config:\n  vaultstack:environment: staging\n", ["staging"]),
        ("Pulumi.eu.yaml", 'config: {vaultstack:environment: "pr\\x6fd"} # dev', ["dev", "prod"]),
        (
            "Pulumi.dev.json",
            '{"config": {"vaultstack:environment": "pr\\u006fd"}}',
            ["dev", "prod"],
        ),
        (
            "Pulumi.dev-1.yaml",
            "config: {vaultstack:environment: !!binary cHJvZA==}",
            ["dev", "prod"],
        ),
        ("Pulumi.dev-eu.yaml", "config: [", ["dev", "staging", "prod"]),
        ("Pulumi.dev-eu.yaml", "a: &a x\nb: [*a, *a]", ["dev", "staging", "prod"]),
        ("teams/Pulumi.yaml", "name: vaultstack", ["dev", "staging", "prod"]),
        ("policies/guardrails/PulumiPolicy.yaml", "main: x", ["dev", "staging", "prod"]),
    ],
)
def test_what_else_pulumi_obeys_is_told_where_it_matters(
    file: str, text: str, told_in: list[str]
) -> None:
    found = {
        one.value: [told.title for told in uncompared_risks(one, {}, {file: text}, "security")]
        for one in Environment
    }
    assert {one for one, told in found.items() if told} == set(told_in)
    assert {title for told in found.values() for title in told} == {f"{file} is new"}


def test_a_size_is_noted() -> None:
    (one,) = found(TEXT.replace("vaultstack:servers: 5", "vaultstack:servers: 3"))
    assert (one.severity, one.approvers) == (Severity.NOTE, ())
    assert one.title == "Pulumi.prod.yaml: vaultstack:servers becomes 3"
    assert one.reasons == ("before: 5", "a size, which gives nobody access")
    review = reviewed(BASE, settings={PROD: [one]}, limits=LIMITS)
    assert review.verdict is Verdict.NOTHING_GAINED


def test_the_same_said_otherwise_is_nothing() -> None:
    assert found("# a remark\n" + TEXT) == []
    assert found(TEXT) == []
    assert found(None, None) == []


def test_what_a_stack_says_is_compared_whatever_is_nothing() -> None:
    """An empty file says nothing, and says so of each setting."""
    (one,) = found("", "config:\n  vaultstack:ciIssuer: x\n")
    assert one.title == "Pulumi.prod.yaml: vaultstack:ciIssuer becomes not set"
    assert found("config:\n", "") == []
    (one,) = found("config: {b: {c: 1, d: 2}}", "config: {b: {d: 2, c: 2}}")
    assert one.title == 'Pulumi.prod.yaml: b becomes {"c": 1, "d": 2}'
    assert found("config: {b: {c: 1, d: 2}}", "config: {b: {d: 2, c: 1}}") == []
    (one,) = found("config: {b: 2026-01-02}", "config: {}")
    assert one.title == 'Pulumi.prod.yaml: b becomes "2026-01-02"'


def test_a_project_may_come_and_says_of_a_setting_its_value_or_its_default() -> None:
    def told(project: str | None, before: str | None = None) -> list[str]:
        sides = (before, project)
        found = settings_risks(PROD, TEXT, TEXT, "security-team", projects=sides)
        return [one.title.removeprefix("Pulumi.prod.yaml: ") for one in found]

    assert told("config: {a: {type: string}}") == []
    assert told("config: {a: {value: 1}}") == ["vaultstack:a becomes 1"]
    assert told("config: {a: {value: 1, default: 2}}") == ["vaultstack:a becomes 1"]
    assert told("config: {a: {default: 2}, aws:b: 3}") == [
        "aws:b becomes 3",
        "vaultstack:a becomes 2",
    ]
    assert told(None, "config: {a: {default: 2}}") == ["vaultstack:a becomes not set"]


def test_a_secret_is_not_shown() -> None:
    secret = "\n  vaultstack:databasePasswords:\n    secure: v1:abc:"
    (one,) = found(TEXT + secret + "new", TEXT + secret + "old")
    assert "becomes another secret" in one.title
    assert "v1:abc" not in repr(one)


UNREADABLE = (
    "config: [",
    "a: !!python/name:os.system",
    "a: !!bool x",
    "a: !!int ''",
    "a: !!timestamp x",
    f"a: {'[' * 2000}{']' * 2000}",
)
INCOMPARABLE = (
    "- a",
    "config: x",
    "config: {1: a, b: c}",
    "config: {a: {1: b, c: d}}",
    "config: {a: {2026-01-02: b}}",
    f"config: {{a: 0x{'f' * 5000}}}",
)


@pytest.mark.parametrize("text", UNREADABLE + INCOMPARABLE, ids=lambda text: text[:30])
def test_what_cannot_be_read_takes_an_approval(text: str) -> None:
    (one,) = found(text)
    assert one.severity is Severity.HIGH
    assert one.title == "Pulumi.prod.yaml: the file becomes what cannot be read or compared"
    assert one.reasons == (
        "before: read before",
        "it may decide who is believed, or where secrets go; no rendered file shows it",
    )
    assert one.approvers == ("security-team",)


@pytest.mark.parametrize("config", ["[a]", "x", "{1: {default: 2}}"])
def test_a_projects_defaults_that_cannot_be_read_take_an_approval(config: str) -> None:
    projects = ("name: a", f"name: a\nconfig: {config}")
    (one,) = settings_risks(PROD, TEXT, TEXT, "security-team", projects=projects)
    assert one.title == "Pulumi.yaml: the file becomes what cannot be read or compared"


@pytest.mark.parametrize("text", UNREADABLE, ids=lambda text: text[:30])
def test_what_cannot_be_read_may_be_for_any_environment(text: str) -> None:
    for one in Environment:
        assert list(uncompared_risks(one, {}, {"Pulumi.eu-dev.yaml": text}, "security-team"))


def test_a_file_that_came_is_told_and_one_that_went_takes_an_approval() -> None:
    """Taken away and brought back it would otherwise be another's, unseen."""
    (came,), (went,) = found(TEXT, None), found(None)
    assert (came.title, came.severity) == ("Pulumi.prod.yaml is new", Severity.WARNING)
    for one in (came, went):
        assert (one.rule, one.approvers) == (RULE, ("security-team",))
        assert one.reasons == (
            "it decides who is believed, and where secrets go; no rendered file shows it",
        )
    assert (went.title, went.severity) == (
        "Pulumi.prod.yaml is not there any more",
        Severity.HIGH,
    )


def test_how_the_state_is_encrypted_counts() -> None:
    (one,) = found("secretsprovider: passphrase\n" + TEXT)
    assert one.title == f'{file_of(Environment.PROD)}: secretsprovider becomes "passphrase"'
