"""Which failures are kinds of which."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FrameType

import pytest

import vaultstack_client
from tests.client.fake_vault import FORBIDDEN, FakeVault, Mode, settings_for
from vaultstack_client import VaultClient, VaultClientError, errors


def frames(error: BaseException | None) -> Iterator[FrameType]:
    """Through which the error came, and whatever it was made of."""
    if error is None:
        return
    trace = error.__traceback__
    while trace is not None:
        yield trace.tb_frame
        trace = trace.tb_next
    yield from frames(error.__cause__)
    yield from frames(error.__context__)


def get(client: VaultClient) -> object:
    return client.get_secret("media-catalog/other")


def request(client: VaultClient) -> object:
    return client.request("POST", "secret/data/media-catalog/other", {"data": {}})


@pytest.mark.parametrize("ask", [get, request])
@pytest.mark.parametrize("mode", [Mode.SEALED, Mode.DROPPING, Mode.WELL])
def test_no_error_carries_the_token_to_an_error_tracker(
    vault: FakeVault, mode: Mode, ask: Callable[[VaultClient], object]
) -> None:
    with VaultClient(settings_for(vault), clock=vault.clock) as client:
        client.get_secret("media-catalog/api")
        (token,) = vault.tokens
        vault.answers["secret/data/media-catalog/other"] = FORBIDDEN
        vault.mode = mode
        with pytest.raises(VaultClientError) as caught:
            ask(client)
        # The first frame is this test's, which has the token to look for.
        shown = [repr(frame.f_locals) for frame in list(frames(caught.value))[1:]]
        assert shown
        assert not [variables for variables in shown if token in variables]
        vault.mode = Mode.WELL


def test_every_error_can_be_caught_as_one() -> None:
    kinds = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and each.__module__ == errors.__name__
    ]
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
