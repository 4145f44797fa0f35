"""Entities that no declared login explains, groups that nobody declared, and tokens that should not
be: root's, those with ACL policies that nobody declared, those that no login made, and those that
have more than the role gives through which they came, or live for longer.

Vault makes an entity at the first login of whoever comes, so that those of declared roles are
expected. One whose auth mount is gone cannot come back, and is passed over unless it still gives
something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from attest.built_in import built_in
from attest.differences import Difference, Fate
from attest.expected import Objects
from attest.fields import Detail
from attest.kinds import Kind
from attest.live import Body, Live
from policies import paths

ROOT: Final = "root"
_LEEWAY: Final = 60
"""Seconds: Vault counts from the login, and notes when the token was made."""
_MADE_BY_HAND: Final = ("auth/token/create", "auth/token/root")
_ROLES: Final[Mapping[str, Kind]] = {
    paths.KUBERNETES_AUTH: Kind.KUBERNETES_ROLE,
    paths.APPROLE_AUTH: Kind.APPROLE_ROLE,
    paths.OIDC_AUTH: Kind.OIDC_ROLE,
    paths.PROVISIONER_AUTH: Kind.PROVISIONER_ROLE,
    paths.CI_AUTH: Kind.CI_ROLE,
}


@dataclass(frozen=True, slots=True)
class Holders:
    """How many tokens carry an ACL policy now."""

    policy: str
    tokens: int
    declared: bool


def identities(expected: Objects, live: Live) -> Iterator[Difference]:
    """Of entities, groups and tokens."""
    for name, body in sorted((live.folders.get(Kind.ENTITY.where) or {}).items()):
        if body is not None and (told := tuple(_entity(expected, body))):
            yield Difference(Kind.ENTITY, name, Fate.UNDECLARED, told)
    for name, body in sorted((live.folders.get(Kind.GROUP.where) or {}).items()):
        yield Difference(Kind.GROUP, name, Fate.UNDECLARED, tuple(_group(body or {})))
    for body in sorted(live.tokens.known if live.tokens else (), key=_place):
        if told := tuple(_token(expected, live, body)):
            yield Difference(Kind.TOKEN, str(body["accessor"]), Fate.UNDECLARED, told)


def holders(expected: Objects, live: Live) -> tuple[Holders, ...]:
    """By ACL policy. One that is declared and that no token has is there with none."""
    found = Counter[str](dict.fromkeys(expected[Kind.ACL_POLICY], 0))
    for body in live.tokens.known if live.tokens else ():
        found.update(_policies(body))
    known = _known(expected, live)
    return tuple(Holders(name, found[name], name in known) for name in sorted(found))


def _known(expected: Objects, live: Live) -> set[str]:
    """Policies that a token may have. Root is Vault's own, and no token should have it."""
    own = {name for kind, name in built_in(live.version) if kind is Kind.ACL_POLICY}
    return {*expected[Kind.ACL_POLICY], *own} - {ROOT}


def _entity(expected: Objects, body: Body) -> Iterator[Detail]:
    gives = [*(body.get("policies") or ())]
    if gives:
        yield Detail("policies", "", "\n".join(sorted(gives)))
    for alias in body.get("aliases") or ():
        if who := _unexplained(expected, alias):
            yield Detail("logs in", "", who)
    if not body.get("aliases") and body.get("name"):
        yield Detail("name", "", str(body["name"]))


def _unexplained(expected: Objects, alias: Mapping[str, Any]) -> str:
    """Who it is that no declared role explains; empty where one does."""
    path = str(alias.get("mount_path") or "")
    if not path:
        return ""  # its mount is gone
    said = alias.get("metadata") or {}
    mount = path.removeprefix("auth/").rstrip("/")
    roles = expected.get(_ROLES[mount], {}) if mount in _ROLES else {}
    if mount == paths.KUBERNETES_AUTH:
        account = (said.get("service_account_namespace"), said.get("service_account_name"))
        bound = {
            (namespace, name)
            for role in roles.values()
            for namespace in role["bound_service_account_namespaces"]
            for name in role["bound_service_account_names"]
        }
        return "" if account in bound else f"at {path} as {'/'.join(str(one) for one in account)}"
    role = said.get("role") or said.get("role_name") or ""
    return "" if role in roles else f"at {path} as {alias.get('name')} with the role {role or '?'}"


def _group(body: Body) -> Iterator[Detail]:
    for what, key in (
        ("name", "name"),
        ("type", "type"),
        ("policies", "policies"),
        ("members", "member_entity_ids"),
        ("groups in it", "member_group_ids"),
    ):
        if value := body.get(key):
            text = value if isinstance(value, str) else "\n".join(sorted(map(str, value)))
            yield Detail(what, "", text)


def _place(body: Body) -> tuple[bool, str]:
    return ROOT not in _policies(body), str(body.get("accessor"))


def _policies(body: Body) -> set[str]:
    return {*(body.get("policies") or ()), *(body.get("identity_policies") or ())}


def _token(expected: Objects, live: Live, body: Body) -> Iterator[Detail]:
    """Why it should not be; nothing of one that a declared login made."""
    policies = _policies(body)
    by_hand = str(body.get("path", "")).startswith(_MADE_BY_HAND)
    if ROOT in policies:
        yield Detail("policies", "", "root: it may do everything")
    elif unknown := policies - _known(expected, live):
        yield Detail("policies", "", "\n".join(sorted(unknown)))
    elif policies == {"response-wrapping"}:
        return
    elif not by_hand:
        more = tuple(_beyond_its_role(expected, body))
        if not more:
            return
        yield from more
    yield Detail("made at", "", f"{body.get('path')}, {_when(body.get('creation_time'))}")
    yield Detail("is called", "", str(body.get("display_name", "")))
    yield Detail("ends", "", str(body.get("expire_time") or "never"))


def _beyond_its_role(expected: Objects, body: Body) -> Iterator[Detail]:
    """What a token has of a role that was another when it was given: what the role is now says
    nothing of it.
    """
    mount, _, login = str(body.get("path", "")).removeprefix("auth/").partition("/")
    said = body.get("meta") or {}
    name = str(said.get("role") or said.get("role_name") or "")
    role = expected.get(_ROLES[mount], {}).get(name) if mount in _ROLES and login else None
    if role is None:
        yield Detail("came in", "", f"with a role that nobody declared: {name or '?'}")
        return
    if more := _policies(body) - {*role["token_policies"]}:
        yield Detail(
            "policies that its role does not give",
            "\n".join(sorted(role["token_policies"])),
            "\n".join(sorted(more)),
        )
    if period := body.get("period"):
        yield Detail("is renewed for ever", "", f"by {period} s at a time")
    began, most = body.get("creation_time"), role["token_max_ttl"]
    ends = _seconds(body.get("expire_time"))
    if most and isinstance(began, int | float) and (ends is None or ends > began + most + _LEEWAY):
        yield Detail("lives longer than its role lets it", f"{most} s", "")


def _seconds(when: object) -> float | None:
    """None for a token that never ends."""
    try:
        return datetime.fromisoformat(str(when)).timestamp()
    except ValueError:
        return None


def _when(seconds: object) -> str:
    if not isinstance(seconds, int | float):
        return "at a time that Vault does not say"
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
