"""`policies.review.risk`: each rule fires with its message, and not on a harmless neighbour."""

from __future__ import annotations

import dataclasses

import pytest

from policies.acl import Acl
from policies.escalation import POWERS, Effect, Power
from policies.hcl import Capability
from policies.review import Review, Snapshot
from policies.review.difference import difference
from policies.review.model import Severity
from policies.review.risk import risks
from policies.review.sides import Sides
from policies.review.territory import Territory
from tests.policies.review.sides_made import (
    BASE,
    SHOP,
    finding,
    reviewed,
    rules_of,
    with_policies,
    workload,
)

RISKS = {
    "another-application",
    "escalation",
    "control-plane",
    "availability",
    "sudo",
    "write-where-read",
}


def shop(rules: dict[str, str], base: Snapshot = BASE) -> Review:
    return reviewed(with_policies({"shop-api-prod": {**SHOP, **rules}}), base)


def found(review: Review) -> set[str]:
    return RISKS & set(rules_of(review))


def test_another_applications_paths() -> None:
    one = finding(shop({"secret/data/*": "read"}), "another-application")
    assert one.severity is Severity.HIGH
    assert one.title == "shop/api gains read on paths of blog: secret/+/blog/*"
    assert one.reasons == (
        "secret/+/blog/* belongs to blog, for which blog-team answers",
        "the rule secret/data/* grants read, as on secret/data/blog/any (before, no rule matched)",
    )
    assert one.witness == "secret/data/blog/any"
    assert one.approvers == ("blog-team",)


def test_all_that_is_gained_is_named() -> None:
    one = finding(shop({"secret/data/*": "read update"}), "another-application")
    assert one.title == "shop/api gains read, update on paths of blog: secret/+/blog/*"


@pytest.mark.parametrize("path", ["secret/metadata/blog/", "secret/metadata/blog"])
def test_only_the_names_of_anothers_secrets(path: str) -> None:
    one = finding(shop({path: "list"}), "another-application")
    assert one.severity is Severity.WARNING
    assert one.approvers == ("blog-team",)


def test_anothers_credentials_by_another_way() -> None:
    head = with_policies({"blog-api-prod": {"secret/data/blog/*": "read", "aws/sts/*": "update"}})
    one = finding(reviewed(head), "another-application")
    assert one.title == "blog/api gains update on paths of shop: aws/sts/shop-files"


def test_no_line_no_risk() -> None:
    sides = Sides(BASE, with_policies({"blog-api-prod": {"sys/*": "read update sudo"}}))
    (pair,) = sides.pairs()
    assert list(risks(pair, (), Territory(sides), "security")) == []


def test_ones_own_paths_are_nobody_elses() -> None:
    assert found(shop({"secret/metadata/shop/*": "read list"})) == set()


def test_what_was_reached_before_is_no_finding() -> None:
    base = with_policies({"shop-api-prod": {**SHOP, "secret/data/*": "read"}})
    head = with_policies({"shop-api-prod": {**SHOP, "secret/data/*": "read", "sys/host": "read"}})
    assert found(reviewed(head, base)) == set()
    assert found(reviewed(BASE, base)) == set()


def test_a_removed_denial_is_found() -> None:
    rules = {"secret/data/*": "read"}
    base = with_policies({"shop-api-prod": {**SHOP, **rules, "secret/data/blog/*": "deny"}})
    assert found(shop(rules, base)) == {"another-application"}


ESCALATING = [power for power in POWERS if power.effect is not Effect.HARM]
HARMING = [power for power in POWERS if power.effect is Effect.HARM]


def rule_for(power: Power) -> dict[str, str]:
    way = power.ways[0]
    return {way.pattern: f"{way.capabilities[-1].value} sudo"}


@pytest.mark.parametrize("power", ESCALATING, ids=lambda power: power.name)
def test_every_power_is_found_with_its_chain(power: Power) -> None:
    review = shop(rule_for(power))
    (one,) = (
        one
        for one in review.findings
        if one.rule in ("escalation", "control-plane") and power.name in one.title
    )
    assert one.severity is Severity.ESCALATION
    assert any(power.chain in reason and one.witness for reason in one.reasons)
    assert one.approvers == ("security-team",)
    assert "security-team" in review.approvers


@pytest.mark.parametrize(
    "power",
    [power for power in POWERS if power.effect is Effect.HARM],
    ids=lambda power: power.name,
)
def test_harm_is_told_as_such(power: Power) -> None:
    one = finding(shop(rule_for(power)), "availability")
    assert power.name in one.title
    assert one.severity is Severity.WARNING
    assert one.approvers == (), "it is told, and nobody must approve it"


@pytest.mark.parametrize("power", ESCALATING, ids=lambda power: power.name)
def test_a_power_that_was_held_before_is_no_finding(power: Power) -> None:
    base = with_policies({"shop-api-prod": {**SHOP, **rule_for(power)}})
    assert found(shop({**rule_for(power), "sys/host": "read"}, base)) == set()
    assert found(reviewed(BASE, base)) == set()


@pytest.mark.parametrize(
    "rules",
    [
        {"sys/policies/acl/+": "read", "sys/policies/acl": "list"},
        {"auth/kubernetes/role/+": "read"},
        {"database/roles/+": "read"},
        {"sys/mounts": "read"},
        {"auth/token/lookup-self": "read", "auth/token/renew-self": "update"},
        {"sys/internal/ui/mounts": "read"},
    ],
)
def test_looking_is_no_power(rules: dict[str, str]) -> None:
    assert found(shop(rules)) == set()


def test_more_of_a_power_is_less_than_a_new_one() -> None:
    base = with_policies({"shop-api-prod": {**SHOP, "database/roles/a": "update"}})
    review = shop({"database/roles/a": "update", "database/roles/b": "update"}, base)
    one = finding(review, "escalation")
    assert one.severity is Severity.HIGH
    assert one.title == ("shop/api gains more of write-database-roles by the rule database/roles/b")


def test_who_was_as_good_as_root_gains_little() -> None:
    held = {"sys/policies/acl/*": "update"}
    base = with_policies({"shop-api-prod": {**SHOP, **held}})
    one = finding(shop({**held, "sys/raw/*": "read sudo"}, base), "control-plane")
    assert one.severity is Severity.WARNING
    assert one.reasons[-1].startswith("it was as good as root before: update sys/policies/acl/")


def test_that_it_was_root_is_said_only_of_what_makes_root() -> None:
    held = {"sys/policies/acl/*": "update"}
    base = with_policies({"shop-api-prod": {**SHOP, **held}})
    one = finding(shop({**held, "database/roles/a": "update"}, base), "escalation")
    assert one.severity is Severity.ESCALATION
    assert len(one.reasons) == 1


def test_one_rule_that_leads_to_much_is_one_finding() -> None:
    review = shop({"sys/*": "create read update delete list sudo"})
    assert rules_of(review).count("escalation") == 1
    assert rules_of(review).count("control-plane") == 1
    one = finding(review, "escalation")
    _, _, named = one.title.partition(" gains ")
    names = named.removesuffix(" by the rule sys/*").split(", ")
    assert "write-acl-policies" in names
    assert [reason.partition(" (")[0] for reason in one.reasons] == names, "a chain for each"


def test_the_provisioners_role_id() -> None:
    path = "auth/provisioner/role/+/role-id"
    one = finding(shop({path: "read"}), "control-plane")
    assert one.title == f"shop/api gains read on {path}"
    assert one.reasons == (
        f"{path} is one half of what the provisioner logs in with",
        f"the rule {path} grants read, as on {one.witness} (before, no rule matched)",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("security-team",)


def test_sudo() -> None:
    review = shop({"sys/leases/lookup/*": "list sudo"})
    one = finding(review, "sudo")
    assert one.title == (
        "shop/api gains sudo on root-protected paths by the rule sys/leases/lookup/*"
    )
    assert one.reasons == (
        f"Vault asks for sudo at {one.witness}",
        f"the rule sys/leases/lookup/* grants sudo, as on {one.witness} (before, no rule matched)",
    )
    assert one.severity is Severity.HIGH
    assert one.approvers == ("security-team",)
    assert found(shop({"secret/data/shop/*": "read sudo"})) == set()


@pytest.mark.parametrize("path", ["auth/token/accessors", "auth/token/accessors/"])
def test_sudo_of_a_folder_by_the_rule_without_its_slash(path: str) -> None:
    """Vault decides LIST of `auth/token/accessors/` by either."""
    one = finding(shop({path: "list sudo"}), "sudo")
    assert one.witness == "auth/token/accessors/"
    assert found(shop({path: "list"})) == set()
    base = with_policies({"shop-api-prod": {**SHOP, path: "list sudo"}})
    assert found(shop({path: "list sudo", "secret/metadata/shop": "list"}, base)) == set()


def test_sudo_of_a_folder_whose_own_rule_goes() -> None:
    """No rule gains anything: another one decides the LIST."""
    kept = {**SHOP, "auth/token/accessors": "list sudo"}
    base = with_policies({"shop-api-prod": {**kept, "auth/token/accessors/": "list"}})
    one = finding(reviewed(with_policies({"shop-api-prod": kept}), base), "sudo")
    assert (one.severity, one.witness) == (Severity.HIGH, "auth/token/accessors/")


def test_writing_what_could_only_be_read() -> None:
    one = finding(shop({"secret/data/shop/*": "read update"}), "write-where-read")
    assert one.severity is Severity.WARNING
    assert one.title == (
        "shop/api may update by the rule secret/data/shop/* what it could only read"
    )
    assert one.approvers == ()
    assert one.witness == "secret/data/shop/any"
    before, decided = one.reasons
    assert before == "before, secret/data/shop/* granted read and nothing that writes"
    assert decided.endswith("(before, the rule secret/data/shop/* gave less there)")
    assert found(shop({"secret/metadata/shop/*": "update"})) == set()


def test_every_witness_is_newly_allowed() -> None:
    head = with_policies({"shop-api-prod": {**SHOP, "+/*": "read update list sudo"}})
    review = reviewed(head)
    sides = [Acl({"p": side.stanzas("shop-api-prod")}) for side in (BASE, head)]
    witnessed = [one for one in workload(review, "shop/api").findings if one.witness]
    assert len(witnessed) > 5
    for one in witnessed:
        before, after = (
            {c for c in Capability if (rule := acl.rule(one.witness)) and c in rule.granted}
            for acl in sides
        )
        assert after - before, one.witness


@pytest.mark.parametrize("path", ["secret/data/{{identity.entity.name}}/*", "{{time.now}}/*"])
def test_a_template_may_be_anybodys_path(path: str) -> None:
    one = finding(shop({path: "read"}), "templated-path")
    assert one.severity is Severity.HIGH
    assert one.title == f"shop/api gains read on {path}, a template"
    assert one.reasons == (
        "which paths that are, the identity of whoever holds the token says",
        "whoever names what identities are made from chooses them, be they of others",
    )
    assert one.witness == ""
    assert one.approvers == ("security-team",)
    base = with_policies({"shop-api-prod": {**SHOP, path: "read"}})
    assert "templated-path" not in rules_of(shop({}, base))


@pytest.mark.parametrize("issuer", ["default", "intermediate", "0b9c1a52", "+"])
def test_anothers_certificates_by_whichever_issuer(issuer: str) -> None:
    path = f"pki/issuer/{issuer}/issue/shop-api"
    head = with_policies({"blog-api-prod": {"secret/data/blog/*": "read", path: "update"}})
    findings = [one for one in reviewed(head).findings if one.rule == "another-application"]
    (one,) = (one for one in findings if "on paths of shop" in one.title)
    assert one.severity is Severity.HIGH
    assert one.approvers == ("shop-team",)


def test_a_template_that_refuses_no_more() -> None:
    path = "secret/data/shop/{{identity.entity.name}}"
    base = with_policies({"shop-api-prod": {**SHOP, path: "deny"}})
    assert "templated-path" in rules_of(shop({}, base))


def test_a_power_that_is_given_more_freely() -> None:
    """A secret ID that is not wrapped any more is read by whoever carries it."""
    path = "auth/approle/role/shop-ci/secret-id"
    wrapped = f'path "{path}" {{ capabilities = ["update"] min_wrapping_ttl = "1m" }}'
    text = BASE.policies["people-ops-prod"]
    base = dataclasses.replace(BASE, policies={**BASE.policies, "people-ops-prod": text + wrapped})
    freely = wrapped.replace('min_wrapping_ttl = "1m"', "")
    head = dataclasses.replace(BASE, policies={**BASE.policies, "people-ops-prod": text + freely})
    one = finding(reviewed(head, base), "escalation")
    assert one.severity is Severity.HIGH
    assert one.title == f"people/ops gains more of issue-secret-ids by the rule {path}"
    assert found(reviewed(base, head)) == set()


def test_paths_of_who_has_no_team_are_anothers() -> None:
    blog, people, shop_ = BASE.owners
    owned = dataclasses.replace(people, paths=("identity/+/x",))
    base = dataclasses.replace(BASE, owners=(blog, owned, shop_))
    head = with_policies({"shop-api-prod": {**SHOP, "identity/group/x": "read"}}, base)
    one = finding(reviewed(head, base), "another-application")
    assert one.reasons[0] == "identity/+/x belongs to people, for which the base knows no team"
    assert one.approvers == ("platform-team",)


def test_all_paths_of_one_other_are_one_finding() -> None:
    rules = {"secret/data/deploy/shop/*": "read", "secret/data/shop/*": "update"}
    one = finding(reviewed(with_policies({"blog-api-prod": rules})), "another-application")
    paths = "secret/+/deploy/shop/*, secret/+/shop/*"
    assert one.title == f"blog/api gains read, update on paths of shop: {paths}"
    assert one.reasons[0] == f"{paths} belongs to shop, for which shop-team answers"


def test_harm_is_for_nobody_to_approve_whatever_the_limits() -> None:
    sides = Sides(BASE, with_policies({"shop-api-prod": {**SHOP, **rule_for(HARMING[0])}}))
    (pair,) = sides.pairs()
    access = difference(pair.before, pair.after)
    found = {one.rule: one for one in risks(pair, access, Territory(sides), "guards")}
    assert found["availability"].approvers == ()


def test_of_several_witnesses_the_shortest_is_shown() -> None:
    rules = {"secret/data/blog/a/longer": "read", "secret/data/blog/b": "read"}
    one = finding(shop(rules), "another-application")
    assert one.witness == "secret/data/blog/b"
    assert len(one.reasons) == 3, "each rule is a reason, and whose the paths are"
    two = {"database/roles/longer": "update", "database/roles/b": "update"}
    found = [one for one in shop(two).findings if one.rule == "escalation"]
    assert [one.witness for one in found] == ["database/roles/b", "database/roles/longer"]
