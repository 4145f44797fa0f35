"""What is a risk in the credentials that a workload can take: rights that write, that administer a
database, or that lead to more in a cloud; another application's database, or names of its
certificates.

SQL is looked at word by word, not parsed: what is more than plain rights (`rights` takes them out),
and is not as the program writes it, a person must read. Of a cloud it knows what hands out rights
there, and wildcards; what an action does beyond that is its name's to say.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from policies.plan import DatabaseRole
from policies.review.coverage import BELOW
from policies.review.difference import Direction
from policies.review.limits import OWNERS_RULE
from policies.review.model import Finding, Severity, TermChange, Topic
from policies.review.rights import own_form, sql
from policies.review.sides import Pair
from policies.review.territory import Territory

_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "CREATE", "TRIGGER", "ALL")
_ADMINISTERS: Final = re.compile(
    r"\b(SUPERUSER|CREATEROLE|CREATEDB|REPLICATION|BYPASSRLS|pg_[a-z_]*(?:server|all)[a-z_]*)\b",
    re.IGNORECASE,
)
_EVERYBODY: Final = re.compile(r" TO (?:.*,)?\s*PUBLIC\b", re.IGNORECASE)
_SQL: Final = frozenset({"creation SQL", "revocation SQL", "renewal SQL", "rollback SQL"})
_HANDS_OUT: Final = re.compile(
    r"(?!iam:(get|list|generate|simulate)[a-z*]*$)(\*|iam:.*|sts:(\*|assume.*)|organizations:.*)",
    re.IGNORECASE,
)
"""IAM actions that give rights, to the holder as to others."""
_KEYS: Final = ("iam:CreateAccessKey", "iam:PassRole", "iam:PutRolePolicy", "sts:AssumeRole")
"""What a pattern must not cover, whatever else it does."""
_NO_RESOURCE: Final = frozenset({"ecr:getauthorizationtoken", "sts:getcalleridentity"})
_AZURE_HANDS_OUT: Final = (
    "owner",
    "user access administrator",
    "role based access control administrator",
)


def credential_risks(
    pair: Pair, terms: Iterable[TermChange], territory: Territory, security: str
) -> Iterator[Finding]:
    """Of one workload's gained terms."""
    gained = [term for term in terms if term.direction is Direction.GAINED]
    yield from _writes(pair, gained)
    for term in gained:
        match term.topic:
            case Topic.DATABASE:
                yield from _administers(term, security)
                yield from _statements(pair, term, security)
                yield from _database(pair, term, territory, security)
            case Topic.CLOUD:
                yield from _cloud(pair, term, security)
            case Topic.CERTIFICATE if term.term == "domain":
                yield from _certificate(pair, term, territory)
                yield from _foreign_name(pair, term, security)
            case _:
                pass


def _writes(pair: Pair, gained: Iterable[TermChange]) -> Iterator[Finding]:
    """Of each role whose users could read only."""
    before, _ = pair.issued
    by_role = defaultdict[str, list[str]](list)
    for term in gained:
        if term.term == "right" and term.after.partition(" ON ")[0] in _WRITES:
            by_role[term.role].append(term.after)
    for role, rights in by_role.items():
        if role not in before or _may_write(before[role].says):
            continue
        words = dict.fromkeys(right.partition(" ON ")[0] for right in rights)
        yield Finding(
            Severity.WARNING,
            "write-where-read",
            f"users of {role} gain {', '.join(words)}, and could only read",
            tuple(f"{role} grants {right}; before, it did not" for right in rights),
        )


def _may_write(says: object) -> bool:
    if not isinstance(says, DatabaseRole):
        return False
    names = sql("\n".join(says.statements.creation)).names
    return any(name.partition(" ON ")[0] in _WRITES for name in names)


def _administers(term: TermChange, security: str) -> Iterator[Finding]:
    if words := sorted({word.upper() for word in _ADMINISTERS.findall(term.after)}):
        yield Finding(
            Severity.ESCALATION,
            "database-administration",
            f"users of {term.role} gain {', '.join(words)}",
            (
                f"{term.term} of {term.role} says {', '.join(words)}",
                "with that its holder makes itself another user, or reads what no right names",
            ),
            approvers=(security,),
        )


def _statements(pair: Pair, term: TermChange, security: str) -> Iterator[Finding]:
    """Memberships, functions, SQL that is put together while it runs: no list of words has all."""
    everybody = term.term == "right" and _EVERYBODY.search(term.after)
    if everybody or (term.term in _SQL and not _is_own(pair, term.role)):
        yield Finding(
            Severity.HIGH,
            "database-everybody" if everybody else "database-statements",
            f"{pair.label} gains {term.after} by {term.role}"
            if everybody
            else f"the {term.term} of {term.role} changes in more than rights, or is not the "
            "program's own",
            (
                "every user of that database has what PUBLIC has, for good"
                if everybody
                else "Vault runs it as the database's administrator, whatever it says",
                f"before: {term.before or 'none'}",
                f"after: {term.after or 'none'}",
            ),
            approvers=(security,),
        )


def _is_own(pair: Pair, role: str) -> bool:
    _, after = pair.issued
    says = after[role].says
    return isinstance(says, DatabaseRole) and bool(own_form(says, after[role].database))


def _database(
    pair: Pair, term: TermChange, territory: Territory, security: str
) -> Iterator[Finding]:
    if term.term == "user" and not any(term.after.startswith(f"{o}-") for o in pair.owners):
        yield Finding(
            Severity.HIGH,
            "foreign-user",
            f"{pair.label} gains the password of the database user {term.after}, which is not "
            f"named after {', '.join(sorted(pair.owners))}",
            (
                f"Vault changes the password of {term.after}, and whoever had it has it no more",
                "whoever reads the new one is that user, with whatever it may",
            ),
            approvers=(security,),
        )
    if term.term != "database":
        return
    if term.before:
        yield Finding(
            Severity.HIGH,
            "another-database",
            f"users of {term.role} are made in {term.after} instead of {term.before}",
            ("the same SQL gives other rights there",),
            approvers=(security,),
        )
    others = list(territory.databases_of_others(term.after, pair.owners))
    if any(role == term.role for role, _, _ in others):
        return  # that its path is another's is a finding of its own
    for role, owner, team in others:
        yield Finding(
            Severity.HIGH,
            OWNERS_RULE,
            f"{pair.label} gains users in the database {term.after} of {owner}",
            (
                f"{term.role} makes users in {term.after}",
                f"{role} of {owner} makes users there, at the base",
            ),
            approvers=(team,) if team else (),
        )


def _cloud(pair: Pair, term: TermChange, security: str) -> Iterator[Finding]:
    if term.term == "IAM action":
        action, _, resource = term.after.partition(" on ")
        if _HANDS_OUT.fullmatch(action) or any(_could_be(action, one) for one in _KEYS):
            yield _gives_rights(pair, term, security, "it may give itself rights, or take others'")
        elif _wild(action) or (not resource.strip("*?") and action.lower() not in _NO_RESOURCE):
            yield Finding(
                Severity.HIGH,
                "cloud-wildcard",
                f"{pair.label} gains {term.after} by {term.role}",
                ("a wildcard covers what nobody named, now and later",),
                approvers=(security,),
            )
    elif term.term == "other IAM statements":
        yield Finding(
            Severity.HIGH,
            "cloud-statement",
            f"the statements of {term.role} change that are more than actions and resources",
            (f"before: {term.before or 'none'}", f"after: {term.after or 'none'}"),
            approvers=(security,),
        )
    elif term.term == "assignment" and term.after.lower().startswith(_AZURE_HANDS_OUT):
        yield _gives_rights(pair, term, security, "that role assigns roles, to itself as to others")


def _could_be(action: str, one: str) -> bool:
    """Whether an action with wildcards covers this one. Case means nothing."""
    signs = {"*": ".*", "?": "."}
    form = "".join(signs.get(sign) or re.escape(sign) for sign in action.lower())
    return _wild(action) and re.fullmatch(form, one.lower()) is not None


def _wild(action: str) -> bool:
    return "*" in action or "?" in action


def _gives_rights(pair: Pair, term: TermChange, security: str, chain: str) -> Finding:
    return Finding(
        Severity.ESCALATION,
        "cloud-escalation",
        f"{pair.label} gains {term.after} by {term.role}",
        (f"{term.role} allows {term.after}; before, it did not", chain),
        approvers=(security,),
    )


def _foreign_name(pair: Pair, term: TermChange, security: str) -> Iterator[Finding]:
    """A name is its application's by the word: what others are called, be it Vault, the base does
    not know.
    """
    if pair.owners and not pair.owners & set(term.after.removesuffix(BELOW).split(".")):
        yield Finding(
            Severity.HIGH,
            "foreign-name",
            f"{pair.label} gains certificates for {term.after}, which is not named after "
            + ", ".join(sorted(pair.owners)),
            (
                f"{term.role} issues for {term.after}",
                "with such a certificate its holder poses as whatever is called so",
            ),
            approvers=(security,),
        )


def _certificate(pair: Pair, term: TermChange, territory: Territory) -> Iterator[Finding]:
    for role, owner, team in territory.domains_of_others(term.after, pair.owners):
        yield Finding(
            Severity.HIGH,
            OWNERS_RULE,
            f"{pair.label} gains certificates for names of {owner}: {term.after}",
            (
                f"{term.role} issues for {term.after}",
                f"{role} of {owner} issues for names within that",
                "with such a certificate its holder poses as that workload",
            ),
            approvers=(team,) if team else (),
        )
