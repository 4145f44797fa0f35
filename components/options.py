"""Pulumi's options of a resource, as they are often put together."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi


def after(
    opts: pulumi.ResourceOptions, needed: Iterable[pulumi.Resource]
) -> pulumi.ResourceOptions:
    """The same, but not before these are there."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(needed)))
