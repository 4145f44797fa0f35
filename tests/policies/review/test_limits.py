"""`policies.review.limits`: what needs an approval, and whose; errors name key, rule and fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from policies.environments import Environment
from policies.review import Limits, LimitsError, Verdict
from policies.review.difference import Direction
from policies.review.limits import OWNERS_RULE, unwritten
from policies.review.model import (
    EnvironmentReview,
    Finding,
    Severity,
    Status,
    TermChange,
    Topic,
    WorkloadReview,
)
from tests.policies.review.sides_made import BASE, altered, but, reviewed, with_policies

TEXT = Path("policies/approvals.toml").read_text()
PROD, DEV = Environment.PROD, Environment.DEV
LIMITS = Limits.parse("""
security = "security"
[dev]
team = "platform"
severity = "escalation"
topics = []
owners = false
[staging]
team = "platform"
severity = "high"
topics = []
owners = true
[prod]
team = "platform"
severity = "high"
topics = ["login"]
owners = true
""")


def finding(
    severity: Severity, rule: str = "sudo", approvers: tuple[str, ...] = ("security",)
) -> Finding:
    return Finding(severity, rule, "a title", (), approvers=approvers)


def test_the_products_own_limits_can_be_read() -> None:
    limits = Limits.parse(TEXT)
    assert set(limits.environments) == set(Environment)
    assert limits.environments[PROD].severity <= limits.environments[DEV].severity


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('security = "security-team"', "", "security must name a team"),
        ('security = "security-team"', 'security = ""', "security must name a team"),
        ("[prod]", "[production]", r"approvals\.toml: production is no key"),
        ("[staging]", "[[staging]]", r"\[staging\] must be there, as a table"),
        ('severity = "escalation"', 'severity = "grave"', "dev.severity must be of note, warning"),
        ("owners = false", "owners = 0", "dev.owners must be true or false"),
        ("topics = []", "topics = ''", "dev.topics must be a list"),
        ('"database", "cloud", "certificate"', '"sql"', "prod.topics must be of login"),
        ('team = "platform-team"', "team = 7", "dev.team must name a team"),
        ("owners = false", "owners = false\nextra = 1", "dev.extra is no key; the keys are team"),
        ("[dev]", "[dev", "is no TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_its_repair(old: str, new: str, said: str) -> None:
    text = TEXT.replace(old, new, 1)
    assert text != TEXT
    with pytest.raises(LimitsError, match=said) as error:
        Limits.parse(text)
    assert "policies/approvals.toml" in str(error.value)
    assert "; " in str(error.value)


@pytest.mark.parametrize("value", ["[" * 2000, "1" * 5000], ids=lambda value: value[:2])
def test_what_python_does_not_read_is_no_toml(value: str) -> None:
    with pytest.raises(LimitsError, match=r"approvals\.toml: is no TOML: .*; write it as"):
        Limits.parse(f"security = {value}")


def test_every_environment_must_have_limits() -> None:
    with pytest.raises(LimitsError, match=r"\[dev\] must be there.*write \[dev\] with team"):
        Limits.parse('security = "s"')


def test_a_finding_below_the_limit_needs_nobody() -> None:
    assert LIMITS.weighed(PROD, finding(Severity.WARNING)).approvers == ()
    assert LIMITS.weighed(DEV, finding(Severity.HIGH)).approvers == ()


def test_a_finding_from_the_limit_on_needs_whom_it_names_or_the_team() -> None:
    assert LIMITS.weighed(PROD, finding(Severity.HIGH)).approvers == ("security",)
    assert LIMITS.weighed(PROD, finding(Severity.HIGH, approvers=())).approvers == ("platform",)


def test_owners_approve_what_reaches_for_theirs_however_small() -> None:
    small = finding(Severity.NOTE, OWNERS_RULE, ("blog-team",))
    assert LIMITS.weighed(PROD, small).approvers == ("blog-team",)
    assert LIMITS.weighed(DEV, small).approvers == ()
    unknown = finding(Severity.NOTE, OWNERS_RULE, ())
    assert LIMITS.weighed(PROD, unknown).approvers == ("platform",)


def review(environment: Environment, *terms: TermChange) -> EnvironmentReview:
    workload = WorkloadReview("shop/api", "shop-team", Status.CHANGED, (), terms, (), ())
    return EnvironmentReview(environment, (workload,), 0, ())


def term(direction: Direction, topic: Topic = Topic.LOGIN) -> TermChange:
    return TermChange(direction, topic, "r", "t", "", "x")


def test_a_gain_of_a_topic_needs_the_team_and_a_loss_does_not() -> None:
    gained, lost = term(Direction.GAINED), term(Direction.LOST)
    (excess,) = LIMITS.exceeded(review(PROD, gained, gained))
    assert excess.approvers == ("platform",)
    assert "prod, shop/api: what its login terms give" in excess.sentence
    assert not list(LIMITS.exceeded(review(PROD, lost)))
    assert not list(LIMITS.exceeded(review(DEV, gained)))
    assert not list(LIMITS.exceeded(review(PROD, term(Direction.GAINED, Topic.TOKEN))))


def test_each_reason_says_where_it_is_what_it_is_and_whose_approval_it_takes() -> None:
    """A workload that its title names is not named twice."""
    nobodys = Finding(Severity.ESCALATION, "escalation", "a title", (), approvers=("a", "b"))
    named = Finding(Severity.HIGH, "sudo", "shop/api gains sudo", (), approvers=("a",))
    shop = WorkloadReview("shop/api", "", Status.CHANGED, (), (), (), (named, nobodys))
    one = EnvironmentReview(PROD, (shop,), 0, (nobodys,))
    assert [(excess.sentence, excess.approvers) for excess in LIMITS.exceeded(one)] == [
        ("prod: a title (escalation); takes the approval of a, b", ("a", "b")),
        ("prod: shop/api gains sudo (sudo, high); takes the approval of a", ("a",)),
        ("prod, shop/api: a title (escalation); takes the approval of a, b", ("a", "b")),
    ]


def test_without_limits_on_the_base_every_finding_and_topic_needs_an_approval() -> None:
    roles = altered(BASE.kubernetes_roles, "shop", token=BASE.approle_roles[0].token)
    head = but(kubernetes_roles=roles)
    assert reviewed(head, limits=unwritten()).verdict is Verdict.NEEDS_APPROVAL
    assert reviewed(BASE, limits=unwritten()).verdict is Verdict.NOTHING_GAINED


def test_without_limits_on_the_base_not_even_a_gain_without_a_finding_passes() -> None:
    within = with_policies(
        {"blog-api-prod": {"secret/data/blog/*": "read", "secret/metadata/blog/*": "list"}}
    )
    review = reviewed(within, limits=unwritten())
    assert review.verdict is Verdict.NEEDS_APPROVAL
    assert review.approvers == ("security-team",)
    (reason,) = review.over_limit
    assert reason == (
        "prod, blog/api: gains something, and the base has no policies/approvals.toml; "
        "takes the approval of security-team"
    )


def test_without_limits_on_the_base_an_escalation_is_the_named_teams() -> None:
    head = with_policies({"blog-api-prod": {"sys/policies/acl/*": "update"}})
    assert reviewed(head, limits=unwritten("guards")).approvers == ("guards",)


def test_verdicts() -> None:
    within = with_policies(
        {"blog-api-prod": {"secret/data/blog/*": "read", "secret/metadata/blog/*": "list"}}
    )
    assert reviewed(within, limits=LIMITS).verdict is Verdict.WITHIN_LIMITS
    over = with_policies({"blog-api-prod": {"secret/data/*": "read"}})
    review = reviewed(over, limits=LIMITS)
    assert review.verdict is Verdict.NEEDS_APPROVAL
    assert review.approvers == ("shop-team",)
    assert reviewed(BASE, over, limits=LIMITS).verdict is Verdict.NOTHING_GAINED


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('security = "security-team"', 'security = "x"', "security is x and not security-team"),
        (', "cloud", "certificate"', ', "certificate"', "topics are without cloud"),
        (', "cloud", "certificate"', "", "topics are without certificate, cloud"),
        (
            'severity = "high"\ntopics = ["login", "t',
            'severity = "escalation"\ntopics = ["login", "t',
            "severity is escalation and not high",
        ),
    ],
)
def test_looser_limits_are_told_at_once(old: str, new: str, said: str) -> None:
    base, head = Limits.parse(TEXT), Limits.parse(TEXT.replace(old, new))
    review = reviewed(BASE, limits=base, head_limits=head)
    (one,) = review.findings
    assert one.rule == "limits"
    assert said in " ".join(one.reasons)
    assert review.verdict is Verdict.NEEDS_APPROVAL
    assert review.approvers == ("security-team",)


def test_owners_and_teams_that_are_not_asked_any_more_are_told() -> None:
    base = Limits.parse(TEXT)
    others = TEXT.replace("platform-team", "other-team").replace("owners = true", "owners = false")
    (one,) = base.loosened(PROD, Limits.parse(others))
    assert one.reasons == (
        "team is other-team and not platform-team",
        "owners are not asked any more",
    )


def test_equal_and_stricter_limits_are_no_finding() -> None:
    base = Limits.parse(TEXT)
    strict = Limits.parse(
        TEXT.replace('"escalation"', '"note"').replace("topics = []", 'topics = ["token"]')
    )
    assert not list(base.loosened(DEV, base))
    assert not list(base.loosened(DEV, strict))
    assert list(strict.loosened(DEV, base))
