"""Which failures are kinds of which."""

from __future__ import annotations

import vaultstack_client
from vaultstack_client import errors


def test_every_error_can_be_caught_as_one() -> None:
    kinds = [each for each in vars(errors).values() if isinstance(each, type)]
    assert len(kinds) > 10
    for kind in kinds:
        assert issubclass(kind, errors.VaultClientError)
        assert getattr(vaultstack_client, kind.__name__) is kind


def test_who_bridges_an_outage_catches_one_class() -> None:
    assert issubclass(errors.CannotVerify, errors.Unavailable)
    assert issubclass(errors.LeaseExpired, errors.Unavailable)
    assert issubclass(errors.LoginUndecided, errors.Unavailable)
    assert issubclass(errors.LoginUndecided, errors.LoginFailed)
    for answer in (errors.NotAllowed, errors.NotFound, errors.LoginFailed, errors.Refused):
        assert not issubclass(answer, errors.Unavailable)
    assert issubclass(errors.SecretDestroyed, errors.NotFound)
    assert errors.Unavailable("x").everywhere
    assert errors.Refused("x").status == 400
