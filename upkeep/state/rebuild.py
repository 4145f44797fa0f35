"""A state, made of one that knows only how to come in, and of the plan to make all the rest: what
the plan would create is entered as if it had been created. Pure, but for who is asked for the CAs.

Secrets stay encrypted as the plan has them. What only the engine may make, and what it makes again
without touching Vault (generated values that were never read back, and what is in Kubernetes, which
its plugin takes over), is left to the next `up`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from policies.paths import PKI
from upkeep.errors import UpkeepError
from upkeep.state import identity
from upkeep.state.authorities import Authority, Look

UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""Pulumi's word for what is not known before it is made."""
_SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
_SECRET: Final = {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270"}
_LEFT: Final = (
    "random:index/randomPassword:RandomPassword",
    # What is there in the cluster, its plugin takes over, if told to.
    "kubernetes:",
    "pulumi:providers:",
)
"""Beginnings of the types that the next `up` makes without touching Vault."""
_GENERATED: Final = "{}"
"""In the place of a value that Vault has and the state need not: it is never written again."""
_REQUEST: Final = (
    "made before the state was lost, and kept nowhere: the certificate that came of it counts"
)

_ENDPOINT: Final = "vault:generic/endpoint:Endpoint"
_ROOT: Final = "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert"
_ASKED: Final = (
    "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest"
)
_SIGNED: Final = (
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate"
)
_SET: Final = (
    "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned"
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The state, and what was done to it."""

    state: Json
    entered: tuple[str, ...]
    """Names of resources."""
    left: tuple[str, ...]
    """Names of resources that the next `up` makes."""
    unknown: tuple[str, ...]
    """Names and types of those that this does not know how to enter."""


def rebuild(state: Mapping[str, Any], plan: Mapping[str, Any], look: Look) -> Rebuilt:
    """`state`: as `pulumi stack export` shows it; `plan`: as `pulumi preview --save-plan` saves it.

    Raises `UpkeepError`.
    """
    made: Json = copy.deepcopy(dict(state))
    resources: list[Json] = made["deployment"].setdefault("resources", [])
    there = {one["urn"] for one in resources}
    planned = {urn: one for urn, one in plan["resourcePlans"].items() if one["steps"] == ["create"]}
    _refuse_another(there, plan["resourcePlans"].keys(), planned.keys())
    left = {urn for urn, one in planned.items() if one["goal"]["type"].startswith(_LEFT)}
    unknown = {
        urn
        for urn, one in planned.items()
        if one["goal"].get("custom") and urn not in left and not identity.known(one["goal"]["type"])
    }
    entering = {urn: one for urn, one in planned.items() if urn not in left | unknown}
    kept = there | entering.keys()
    resources.extend(
        _entry(urn, entering[urn]["goal"], entering[urn]["state"], kept, look)
        for urn in _in_order(entering)
    )
    return Rebuilt(
        made,
        tuple(sorted(map(_name, entering))),
        tuple(sorted(map(_name, left))),
        tuple(sorted(f"{_name(urn)} ({planned[urn]['goal']['type']})" for urn in unknown)),
    )


def _refuse_another(
    there: AbstractSet[str], plan: AbstractSet[str], planned: AbstractSet[str]
) -> None:
    """A plan that is not of this state: of another stack, or made before something was entered."""
    if len(stacks := sorted({urn.split("::")[0].rpartition(":")[2] for urn in there | plan})) > 1:
        raise UpkeepError(
            f"state and plan are of several stacks ({', '.join(stacks)}): make both with --stack "
            "of the one whose state is lost"
        )
    if twice := sorted(map(_name, there & planned)):
        raise UpkeepError(
            f"the plan would create what the state has ({', '.join(twice)}): it is older than the "
            "state; plan again, and export the state after that"
        )


def _in_order(planned: Mapping[str, Any]) -> Iterator[str]:
    """Nothing before what it depends on, as the engine wants it."""
    done: set[str] = set()

    def visit(urn: str) -> Iterator[str]:
        if urn in done or urn not in planned:
            return
        done.add(urn)
        goal = planned[urn]["goal"]
        for other in (goal.get("parent", ""), *goal.get("dependencies", ())):
            yield from visit(other)
        yield urn

    for urn in sorted(planned):
        yield from visit(urn)


def _entry(urn: str, goal: Json, state: Json, kept: frozenset[str] | set[str], look: Look) -> Json:
    entry: Json = {"urn": urn, "custom": bool(goal.get("custom")), "type": goal["type"]}
    for key in ("parent", "protect", "additionalSecretOutputs", "ignoreChanges", "deletedWith"):
        if goal.get(key):
            entry[key] = goal[key]
    entry["dependencies"] = [one for one in goal.get("dependencies", ()) if one in kept]
    outputs = _without_unknown(state)
    if not entry["custom"]:
        return {**entry, "outputs": outputs}
    inputs = dict(goal["inputDiff"].get("adds") or {})
    by_property = goal.get("propertyDependencies") or {}
    for name, others in by_property.items():
        if any(one not in kept for one in others):
            inputs[name] = outputs[name] = secret(_GENERATED)
    found = _found(goal["type"], inputs, look)
    inputs |= {name: value for name, value in found.items() if inputs.get(name) == UNKNOWN}
    outputs = {**_without_unknown(inputs), **outputs, **found}
    entry["id"] = outputs["id"] = identity.id_of(goal["type"], outputs)
    entry["provider"] = _provider(goal["provider"], _name(urn))
    entry["propertyDependencies"] = {
        name: [one for one in others if one in kept] for name, others in by_property.items()
    }
    if unsettled := [name for name, value in inputs.items() if value == UNKNOWN]:
        raise UpkeepError(
            f"{_name(urn)}: {', '.join(unsettled)} is known only once it is made, and this does "
            "not know where to look for it; teach upkeep/state"
        )
    return {**entry, "inputs": inputs, "outputs": outputs}


def secret(value: str) -> Json:
    """As the engine writes down a secret that it has not encrypted yet."""
    return {**_SECRET, "plaintext": json.dumps(value)}


def _provider(reference: str, name: str) -> str:
    if reference.endswith(f"::{UNKNOWN}"):
        raise UpkeepError(
            f"the provider of {name} is not in the state yet: first `pulumi up` with the targets "
            "that docs/lost-state.md names, then plan again"
        )
    return reference


def _without_unknown(value: Any) -> Any:
    """The next `refresh` fills it in."""
    if isinstance(value, Mapping):
        return {key: _without_unknown(inner) for key, inner in value.items() if inner != UNKNOWN}
    if isinstance(value, list):
        return [_without_unknown(inner) for inner in value if inner != UNKNOWN]
    return value


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]


# --- what no provider imports: the CAs, and writes that are never read ----------------------------


def _found(type_: str, inputs: Json, look: Look) -> Json:
    """What is known of a resource only once it is there."""
    finder = _FINDERS.get(type_)
    return finder(inputs, look) if finder else {}


def _root(inputs: Json, look: Look) -> Json:
    ca = look(inputs["backend"])
    return {
        "certificate": ca.certificate,
        "issuerId": ca.issuer_id,
        "issuingCa": ca.certificate,
        "serialNumber": ca.serial_number,
    }


def _asked(_inputs: Json, _look: Look) -> Json:
    return {"csr": _REQUEST}


def _signed(inputs: Json, look: Look) -> Json:
    ca = _intermediate(look)
    return {
        "csr": _REQUEST,
        "certificate": ca.certificate,
        "certificateBundle": _bundle(ca),
        "caChains": list(ca.chain),
        "issuingCa": look(inputs["backend"]).certificate,
        "serialNumber": ca.serial_number,
    }


def _set(inputs: Json, look: Look) -> Json:
    ca = look(inputs["backend"])
    return {
        "certificate": _bundle(ca),
        "importedIssuers": [ca.issuer_id],
        "importedKeys": [],
    }


def _intermediate(look: Look) -> Authority:
    return look(PKI)


def _bundle(ca: Authority) -> str:
    return "\n".join(dict.fromkeys((ca.certificate, *ca.chain)))


def _written(_inputs: Json, _look: Look) -> Json:
    """Of a write whose answer nobody asked for."""
    return {"writeData": {}, "writeDataJson": "null"}


_FINDERS: Final[Mapping[str, Callable[[Json, Look], Json]]] = {
    _ENDPOINT: _written,
    _ROOT: _root,
    _ASKED: _asked,
    _SIGNED: _signed,
    _SET: _set,
}
