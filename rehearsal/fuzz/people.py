"""Entities, groups and aliases in the oracle, for templated paths: some with names and metadata
that are awkward in a path.

Each is read back from Vault, so that `policies.acl` is given what Vault knows, ids included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.acl import Alias, Entity, Group, Identity
from rehearsal.fuzz.vault import Oracle

BOUND: Final = {
    "of-an-entity": 'path "a/+" { capabilities = ["read"] }\n'
    'path "e/{{identity.entity.name}}*" { capabilities = ["list", "sudo"] }',
    "of-a-group": 'path "ab/*" { capabilities = ["deny"] }\n'
    'path "a/+" { capabilities = ["update"] }',
}
"""Policies that an entity or a group brings to every token of it."""
_DIRECTIVES: Final = (
    "identity.entity.id",
    "identity.entity.name",
    " identity.entity.name\t",
    "identity.entity.metadata.team",
    "identity.entity.metadata.area-sub",
    "identity.entity.metadata.empty",
    "identity.entity.metadata.star",
    "identity.entity.metadata.plus",
    "identity.entity.metadata.slash",
    "identity.entity.metadata.absent",
    "identity.entity.metadata.team.absent",
    "identity.entity.metadata",
    "identity.entity.groups.names",
    "identity.entity.Name",
    "identity.entity",
    "identity.groups.names.crew.id",
    "identity.groups.names.crew.name",
    "identity.groups.names.crew.metadata.place",
    "identity.groups.names.crew.metadata.absent",
    "identity.groups.names.everyone.name",
    "identity.groups.names.nobody.name",
    "identity.groups.ids.absent.name",
    "identity.groups.crew.name",
    "time.later",
    "name",
    "",
)


@dataclass(frozen=True, slots=True)
class Person:
    """An entity. `alias`: its name among tokens. `policies`: what it and its groups bring."""

    alias: str
    identity: Identity
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    everyone: tuple[Person, ...]
    directives: tuple[str, ...]
    """What stands for something, for at least one of them, and some that stand for nothing."""


def settle(oracle: Oracle) -> People:
    """Make them, once in an oracle. Raises `RehearsalError`."""
    oracle.write_policies(BOUND)
    ada = _entity(
        oracle,
        "ada",
        {
            "team": "a",
            "area-sub": "b/ab",
            "empty": "",
            "star": "b*",
            "plus": "+",
            "slash": "/a",
        },
        ["of-an-entity"],
    )
    eve = _entity(oracle, "Eve b/+", {"team": "*", "area-sub": "+", "star": "*"}, [])
    crew = _group(oracle, "crew", {"place": "ab"}, member_entity_ids=[ada], policies=["of-a-group"])
    _group(oracle, "everyone", {}, member_group_ids=[crew])
    tokens = _accessor(oracle, "token/")
    for name, owner in (("ada", ada), ("eve", eve)):
        _alias(oracle, owner, name, tokens, {"floor": "abc", "plus": "+"} if name == "ada" else {})
    robots = _robot(oracle, ada)
    people = (
        Person("ada", _read(oracle, ada), ("of-an-entity", "of-a-group")),
        Person("eve", _read(oracle, eve)),
    )
    directives = [
        *_DIRECTIVES,
        f"identity.entity.aliases.{robots}.id",
        f"identity.entity.aliases.{robots}.metadata.role_name",
        f"identity.entity.aliases.{robots}.metadata.absent",
        f"identity.entity.aliases.{robots}.nonsense",
        f"identity.entity.aliases.{robots}",
        f"identity.entity.aliases.{tokens}.name",
        f"identity.entity.aliases.{tokens}.custom_metadata.floor",
        f"identity.entity.aliases.{tokens}.custom_metadata.plus",
        "identity.entity.aliases.absent.name",
        f"identity.groups.ids.{crew}.name",
        f"identity.groups.ids.{crew}.metadata.place",
    ]
    return People(people, tuple(directives))


def _entity(oracle: Oracle, name: str, metadata: Mapping[str, str], policies: list[str]) -> str:
    body = {"name": name, "metadata": metadata, "policies": policies}
    return _made(oracle, "identity/entity", body)


def _group(oracle: Oracle, name: str, metadata: Mapping[str, str], **members: list[str]) -> str:
    return _made(oracle, "identity/group", {"name": name, "metadata": metadata, **members})


def _alias(
    oracle: Oracle, entity: str, name: str, accessor: str, custom_metadata: Mapping[str, str]
) -> None:
    body = {
        "name": name,
        "canonical_id": entity,
        "mount_accessor": accessor,
        "custom_metadata": custom_metadata,
    }
    _made(oracle, "identity/entity-alias", body)


def _made(oracle: Oracle, path: str, body: Mapping[str, Any]) -> str:
    reply = oracle.connection.call("POST", path, oracle.root, body)
    return str(reply.require(path)["data"]["id"])


def _robot(oracle: Oracle, entity: str) -> str:
    """An AppRole that is the entity, too: its logins give the alias metadata. The accessor of the
    mount.
    """

    def call(method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return oracle.connection.call(method, path, oracle.root, body).require(path)

    call("POST", "sys/auth/robots", {"type": "approle"})
    call("POST", "auth/robots/role/digger", {"token_ttl": "20m"})
    role_id = call("GET", "auth/robots/role/digger/role-id")["data"]["role_id"]
    secret_id = call("POST", "auth/robots/role/digger/secret-id")["data"]["secret_id"]
    accessor = _accessor(oracle, "robots/")
    _alias(oracle, entity, role_id, accessor, {})
    call("POST", "auth/robots/login", {"role_id": role_id, "secret_id": secret_id})
    return accessor


def _accessor(oracle: Oracle, mount: str) -> str:
    body = oracle.connection.call("GET", "sys/auth", oracle.root).require("sys/auth")
    return str(body["data"][mount]["accessor"])


def _read(oracle: Oracle, entity: str) -> Identity:
    def get(path: str) -> Any:
        return oracle.connection.call("GET", path, oracle.root).require(path)["data"]

    found = get(f"identity/entity/id/{entity}")
    groups = [get(f"identity/group/id/{group}") for group in found["group_ids"]]
    return Identity(
        Entity(
            found["id"],
            found["name"],
            found["metadata"] or {},
            tuple(
                Alias(
                    alias["mount_accessor"],
                    alias["id"],
                    alias["name"],
                    alias["metadata"] or {},
                    alias["custom_metadata"] or {},
                )
                for alias in found["aliases"]
            ),
        ),
        tuple(Group(group["id"], group["name"], group["metadata"] or {}) for group in groups),
    )
