"""`pulumi-python:dynamic/*`: the very provider that Pulumi's plugin would run, from its pickle."""

from __future__ import annotations

import base64

import dill

from rehearsal.resources import Made, Properties

PREFIX = "pulumi-python:dynamic/"


def make(inputs: Properties, secret: frozenset[str]) -> Made:
    """Create through the pickled provider, as Pulumi's plugin process does.

    `secret`: the outputs that the program asked to be kept secret.
    """
    provider = dill.loads(base64.b64decode(inputs["__provider"]))  # noqa: S301 - our own program's
    properties = {key: value for key, value in inputs.items() if key != "__provider"}
    result = provider.create(properties)
    return Made(result.id, result.outs or {}, secret)
