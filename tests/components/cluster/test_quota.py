"""The rate limit is made where it is asked for, and nowhere else."""

from __future__ import annotations

from components.cluster import RateLimit, RateLimitArgs
from components.settings import LimitSettings
from policies.lifetime import Duration
from tests.components.conftest import Alone

TYPE = "vault:index/quotaRateLimit:QuotaRateLimit"


def limits(rate: int) -> RateLimitArgs:
    return RateLimitArgs(LimitSettings(Duration(3600), Duration(7200), rate))


def test_every_client_address_gets_so_many_requests_a_second(alone: Alone) -> None:
    recording = alone(lambda opts: RateLimit("rate-limit", limits(500), opts))
    (made,) = recording.of(TYPE)
    assert made.name == "rate-limit-everyone"
    assert made.values == {"name": "vaultstack", "rate": 500, "interval": 1}


def test_no_limit_is_no_resource(alone: Alone) -> None:
    assert alone(lambda opts: RateLimit("rate-limit", limits(0), opts)).of(TYPE) == []
