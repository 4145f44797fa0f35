"""Pulumi's options of a resource, as they are often put together."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi


def after(
    opts: pulumi.ResourceOptions, needed: Iterable[pulumi.Resource]
) -> pulumi.ResourceOptions:
    """The same, but not before these are there."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(needed)))


def known_without_parent(
    args: pulumi.ResourceTransformationArgs,
) -> pulumi.ResourceTransformationResult:
    """For a stack that resources have moved to: `pulumi state move` leaves them without a parent,
    and they are the ones that are declared with one.
    """
    moved = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE)])
    opts = pulumi.ResourceOptions.merge(args.opts, moved)
    return pulumi.ResourceTransformationResult(args.props, opts)
