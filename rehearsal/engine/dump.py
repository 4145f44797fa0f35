"""What is in a Vault, as data: all that decides what it does, so that two can be compared.

It reads as root and changes nothing. Whatever is in no place that it looks at, or may not be read,
stops it: a dump that says less than all would make two Vaults alike that are not. Deliberately no
secret is in it, nor a trace of one: no values of KV entries (but their keys' names), no passwords,
no private keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from attest.live import AT_ONCE, Body
from policies import inspection
from rehearsal.engine.dump_alike import Alike, generated_names
from rehearsal.engine.dump_places import BY_TYPE, NAME, Names, Place, readable, unaccounted
from rehearsal.errors import RehearsalError
from rehearsal.vault_api import VaultApi

API: Final = "sys/internal/specs/openapi"
_NOTHING: Final = object()
_THERE: Final = "there"
"""Of one thing of which nothing is said but that it is there."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a Vault holds, sorted, without what is rightly different between two."""

    objects: Mapping[str, Any]
    """By path: an object, or several without names as a list."""

    def __len__(self) -> int:
        return len(self.objects)


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """What the two have, as JSON; none where there is nothing, which `null` is not."""

    path: str
    field: str
    """`config.max_lease_ttl`, `[0].policies`; empty where one of the two has nothing here."""
    one: str | None
    other: str | None

    def __str__(self) -> str:
        where = f"{self.path} {self.field}".rstrip()
        return f"{where}: {self.one or 'nothing'} -> {self.other or 'nothing'}"


def dump(root: VaultApi, scene: Mapping[str, str]) -> Dump:
    """`root` holds a root token. `scene`: text -> what to call it, such as the servers' addresses.

    Raises `RehearsalError`.
    """
    types = _mounts(root)
    if strange := sorted({kind for kind in types.values() if kind not in BY_TYPE}):
        raise RehearsalError(
            f"the dump does not know mounts of the types {', '.join(strange)}; say in "
            "rehearsal/engine/dump_places.py what there is to read"
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        places = [
            (mount, place) for mount, kind in sorted(types.items()) for place in BY_TYPE[kind].read
        ]
        found = dict(
            one
            for several in pool.map(lambda at: list(_read(root, *at)), places)
            for one in several
        )
    alike = Alike(scene, generated_names(found))
    return Dump({path: alike.object(path, found[path]) for path in sorted(found)})


def overlooked(root: VaultApi) -> tuple[str, ...]:
    """What this Vault says that can be read of it, and the dump neither reads nor leaves out."""
    described = root.call("GET", API).body
    return unaccounted(readable(described["paths"]), _mounts(root))


def differences(one: Dump, other: Dump) -> tuple[Difference, ...]:
    """Every place at which they part, sorted."""
    paths = one.objects.keys() | other.objects.keys()
    return tuple(
        difference
        for path in sorted(paths)
        for difference in _differences(
            path, "", one.objects.get(path, _NOTHING), other.objects.get(path, _NOTHING)
        )
    )


def _differences(path: str, field: str, one: Any, other: Any) -> Iterator[Difference]:
    match one, other:
        case (Mapping(), Mapping()):
            for key in sorted(one.keys() | other.keys()):
                below = f"{field}.{key}".lstrip(".")
                yield from _differences(
                    path, below, one.get(key, _NOTHING), other.get(key, _NOTHING)
                )
        case (list(), list()) if len(one) == len(other):
            for index, (left, right) in enumerate(zip(one, other, strict=True)):
                yield from _differences(path, f"{field}[{index}]", left, right)
        case _:
            if one != other:
                yield Difference(path, field, _as_json(one), _as_json(other))


def _as_json(value: Any) -> str | None:
    return None if value is _NOTHING else json.dumps(value)


def _mounts(root: VaultApi) -> dict[str, str]:
    """Path -> type, as `BY_TYPE` has them."""
    engines, methods = _get(root, inspection.MOUNTS), _get(root, inspection.AUTH_MOUNTS)
    return {path: str(body["type"]) for path, body in (engines or {}).items()} | {
        f"auth/{path}": f"auth/{body['type']}" for path, body in (methods or {}).items()
    }


def _read(root: VaultApi, mount: str, place: Place) -> Iterator[tuple[str, Any]]:
    """Path -> what is there. A thing that is not there is not told."""
    if f"{mount}{place.path}" == inspection.ACCESSORS:
        yield inspection.ACCESSORS, list(_tokens(root))
    elif not place.is_folder:
        body = _get(root, f"{mount}{place.path}")
        if body is not None:
            yield f"{mount}{place.path}", body
    elif place.names is Names.GIVEN:
        for path in _paths(root, mount, place):
            body = _get(root, path)
            yield path, _THERE if body is None else body
    elif place.names is Names.GENERATED:
        bodies = [_get(root, path) for path in _paths(root, mount, place)]
        yield f"{mount}{place.folder}", [body for body in bodies if body is not None]
    else:
        for folder in _folders(root, mount, place):
            yield folder, {"count": len(_listed(root, folder))}


def _paths(root: VaultApi, mount: str, place: Place) -> Iterator[str]:
    for name in _names(root, f"{mount}{place.folder}", deep=place.deep):
        yield f"{mount}{place.path.replace(NAME, name)}"


def _names(root: VaultApi, folder: str, *, deep: bool) -> Iterator[str]:
    if folder in (inspection.MOUNTS, inspection.AUTH_MOUNTS):
        # These lists are read, and every name in them ends with a slash.
        yield from (name.rstrip("/") for name in _get(root, folder) or ())
        return
    for name in _listed(root, folder):
        if deep and name.endswith("/"):
            yield from (
                f"{name}{below}" for below in _names(root, f"{folder}/{name[:-1]}", deep=True)
            )
        else:
            yield name


def _folders(root: VaultApi, mount: str, place: Place) -> Iterator[str]:
    """Where things are counted: `place` is a folder, or has one for each name in another."""
    above, _, below = place.path.partition(f"/{NAME}")
    if not below:
        yield f"{mount}{above}"
        return
    for name in _listed(root, f"{mount}{above}"):
        yield f"{mount}{above}/{name}{below}"


def _tokens(root: VaultApi) -> Iterator[Body]:
    """What tokens there are, each kind once: a client logs in as often as it likes."""
    own = _get(root, "auth/token/lookup-self") or {}
    kinds = {
        (str(one["path"]), tuple(one["policies"]), str(one["type"]), bool(one["orphan"]))
        for accessor in _listed(root, inspection.ACCESSORS)
        if accessor != own.get("accessor") and (one := _looked_up(root, accessor))
    }
    for path, policies, kind, orphan in sorted(kinds):
        yield {"path": path, "policies": list(policies), "type": kind, "orphan": orphan}


def _looked_up(root: VaultApi, accessor: str) -> Body | None:
    """Who holds a token; none where it has just ended."""
    answer = root.call("POST", inspection.LOOKUP, {"accessor": accessor})
    return answer.data if answer.allowed else None


def _get(root: VaultApi, path: str) -> Body | None:
    """None where nothing is."""
    answer = root.call("GET", path)
    if answer.status == HTTPStatus.NOT_FOUND:
        return None
    if not answer.allowed:
        raise RehearsalError(f"dumping {path}: Vault said {answer.status}: {answer.errors}")
    # Some of what is about the servers themselves is not wrapped as data.
    return answer.data if "data" in answer.body else answer.body


def _listed(root: VaultApi, folder: str) -> tuple[str, ...]:
    answer = root.call("LIST", folder)
    if answer.status == HTTPStatus.NOT_FOUND:  # Vault's word for an empty list
        return ()
    if not answer.allowed:
        raise RehearsalError(f"dumping {folder}: Vault said {answer.status}: {answer.errors}")
    return tuple(sorted(answer.data["keys"]))
