"""`random:*`: values made at random, here and now."""

from __future__ import annotations

import secrets
import string

from rehearsal.errors import RehearsalError
from rehearsal.resources import Made, Maker, Properties


def makers() -> dict[str, Maker]:
    return {"random:index/randomPassword:RandomPassword": _password}


def _password(inputs: Properties) -> Made:
    known = {"length", "special"}
    if unknown := inputs.keys() - known:
        raise RehearsalError(f"RandomPassword: the rehearsal does not know {sorted(unknown)}")
    alphabet = string.ascii_letters + string.digits
    if inputs.get("special", True):
        alphabet += "!@#$%&*()-_=+[]{}<>:?"
    value = "".join(secrets.choice(alphabet) for _ in range(int(inputs["length"])))
    return Made("none", {"result": value}, frozenset({"result"}))
