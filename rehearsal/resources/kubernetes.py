"""`kubernetes:*`: objects on a real API server, validated strictly and admitted.

No controller runs beside it. The one controller's work that a Vault outside the cluster needs, a
token in a Secret of type service-account-token, is done here, through the TokenRequest API.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from rehearsal.resources import Made, Properties
from rehearsal.servers.kubernetes import KubernetesApi

PREFIX = "kubernetes:"
_TOKEN_LIFETIME = timedelta(hours=24)
_NAME_OF_ACCOUNT = "kubernetes.io/service-account.name"


def make(api: KubernetesApi, inputs: Properties) -> Made:
    applied = api.apply(inputs)
    metadata = applied["metadata"]
    name = "/".join(part for part in (metadata.get("namespace"), metadata["name"]) if part)
    if inputs.get("type") == "kubernetes.io/service-account-token":
        return Made(name, {**applied, "data": _token(api, metadata)}, frozenset({"data"}))
    return Made(name, applied)


def _token(api: KubernetesApi, metadata: Mapping[str, Any]) -> Mapping[str, str]:
    account = metadata["annotations"][_NAME_OF_ACCOUNT]
    token = api.request_token(metadata["namespace"], account, api.issuer, _TOKEN_LIFETIME)
    return {"token": base64.b64encode(token.encode()).decode()}
