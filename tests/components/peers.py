"""Reads rules of network policies as the API server would be given them."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_kubernetes import meta

from components.peers import Egress, allow
from tests.recording import Runner


def declared(run: Runner, rule: Egress) -> Any:
    """A rule of who may be reached."""
    metadata, opts = meta.v1.ObjectMetaArgs(name="policy"), pulumi.ResourceOptions()
    made = run(lambda: allow("policy", metadata, opts, egress=[rule]))
    return made["policy"].values["spec"]["egress"][0]
