"""Events as the engine sends them."""

from __future__ import annotations

from typing import Any

from pulumi.automation import EngineEvent

TYPE = "vault:index/policy:Policy"


def urn(name: str) -> str:
    return f"urn:pulumi:dev::vaultstack::{TYPE}::{name}"


def event(**content: Any) -> EngineEvent:
    return EngineEvent.from_json({"sequence": 1, "timestamp": 1, **content})


def metadata(operation: str, name: str, *differing: str) -> dict[str, Any]:
    kind = {"diffKind": "update", "inputDiff": True}
    return {
        "metadata": {
            "op": operation,
            "urn": urn(name),
            "type": TYPE,
            "provider": "",
            "detailedDiff": dict.fromkeys(differing, kind),
        }
    }


def done(operation: str, name: str, *differing: str) -> EngineEvent:
    return event(resOutputsEvent=metadata(operation, name, *differing))


def failed(operation: str, name: str) -> EngineEvent:
    return event(resOpFailedEvent={**metadata(operation, name), "status": 1, "steps": 1})


def error(message: str, severity: str = "error") -> EngineEvent:
    return event(diagnosticEvent={"message": message, "color": "never", "severity": severity})


def violation(level: str) -> EngineEvent:
    return event(
        policyEvent={
            "message": "no",
            "color": "never",
            "policyName": "a-rule",
            "policyPackName": "guardrails",
            "policyPackVersion": "1",
            "policyPackVersionTag": "1",
            "enforcementLevel": level,
        }
    )


def summary(*packs: str) -> EngineEvent:
    return event(
        summaryEvent={
            "maybeCorrupt": False,
            "durationSeconds": 1,
            "resourceChanges": {},
            "PolicyPacks": dict.fromkeys(packs, "1"),
        }
    )
