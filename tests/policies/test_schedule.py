"""`policies.schedule`: what every cron reads alike, and how often that comes."""

from __future__ import annotations

import pytest

from policies.lifetime import Duration
from policies.schedule import Cron


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("0 3 * * 1", "7d"),
        ("0 3 * * MON", "7d"),
        ("0 3 * * mon,thu", "3d"),
        ("0 3 * * 1-5", "24h"),
        ("0 */12 * * *", "12h"),
        ("0 23,0 * * *", "1h"),
        ("0 4 1 * *", "28d"),
        ("0 4 31 * *", "31d"),
        ("0 4 1 1 *", "365d"),
        ("0 4 1 jan,jul *", "181d"),
        ("0 0 29 2 *", "1461d"),
        ("15 * * * *", "1h"),
    ],
)
def test_the_shortest_time_between_two_runs(text: str, interval: str) -> None:
    cron = Cron(text)
    assert cron.interval == Duration.parse(interval)
    assert str(cron) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must be five fields"),
        ("@weekly", "must be five fields"),
        ("0 3 * *", "must be five fields"),
        ("0 0 3 * * 1", "must be five fields"),
        ("TZ=Europe/Berlin 0 3 * * 1", "must be five fields"),
        ("CRON_TZ=UTC 0 3 * *", "the minute must be"),
        ("0  3 * * 1", "must be five fields"),
        (" 0 3 * * 1", "must be five fields"),
        ("0 3 * * 1\n", "the day of the week must be"),
        ("0 3 L * *", "the day of the month must be"),
        ("0 3 LW * *", "the day of the month must be"),
        ("0 3 * * 1#2", "the day of the week must be"),
        ("0 3 ? * 1", "the day of the month must be"),
        ("every monday at three o'clock", "the minute must be"),
        ("0 ٣ * * 1", "the hour must be"),
        ("0 3 * * 7", "must be 0 to 6 without a step"),
        ("0 3 * * */2", "must be 0 to 6 without a step"),
        ("0 3 1 * 1", "must leave one of day of the month and day of the week at '*'"),
        ("0 3 */2 * 1", "must leave one of day of the month and day of the week at '*'"),
        ("60 3 * * 1", r"is none that cron knows \(Bad minute\)"),
        ("0 24 * * 1", r"is none that cron knows \(Bad hour\)"),
        ("0 3 * * 5-1", "the day of the week must be '\\*', numbers, ranges that ascend"),
        ("0 3 * * fri-mon", r"is none that cron knows \(Bad day-of-week\)"),
        ("0 7-7/6 * * *", "the hour must be '\\*', numbers, ranges that ascend"),
        ("0 07-7 * * *", "the hour must be '\\*', numbers, ranges that ascend"),
        ("0 3 1 jan-dec/2 *", "the month must be"),
        ("0 3,,4 * * *", "the hour must be"),
        ("0 */0 * * 1", r"is none that cron knows \(Bad hour\)"),
        ("0 3 30 2 *", r"is none that cron knows \(Bad day-of-month\)"),
        ("* 3 * * 1", "must not run again within 1h, and does after 1m"),
        ("*/30 * * * *", "must not run again within 1h, and does after 30m"),
        ("59,0 3,4 * * *", "must not run again within 1h, and does after 59m"),
    ],
)
def test_an_expression_that_is_none_is_refused_with_one_that_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Cron(text)
    message = str(caught.value)
    assert message.startswith(f"schedule {text!r}: ")
    assert "; write" in message or "; name" in message
