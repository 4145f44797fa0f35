"""`kubernetes:*`: objects on a real API server, validated strictly and admitted.

No controller runs beside it; `rehearsal.controllers` plays those that matter. What a resource's own
answer depends on is done here: a token in a Secret of type service-account-token, through the
TokenRequest API.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from rehearsal.resources import Made, Properties
from rehearsal.servers.kubernetes import KubernetesApi

PREFIX = "kubernetes:"
_TOKEN_LIFETIME = timedelta(hours=24)
_NAME_OF_ACCOUNT = "kubernetes.io/service-account.name"


def make(api: KubernetesApi, inputs: Properties, see: Callable[[Properties], None]) -> Made:
    """`see` is told of what was stored, before the resource counts as made."""
    applied = api.apply(inputs)
    see(applied)
    metadata = applied["metadata"]
    name = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
    if inputs.get("type") == "kubernetes.io/service-account-token":
        return Made(name, {**applied, "data": _token(api, metadata)}, frozenset({"data"}))
    return Made(name, applied)


def _token(api: KubernetesApi, metadata: Mapping[str, Any]) -> Mapping[str, str]:
    account = metadata["annotations"][_NAME_OF_ACCOUNT]
    token = api.request_token(metadata["namespace"], account, api.issuer, _TOKEN_LIFETIME)
    return {"token": base64.b64encode(token.encode()).decode()}
