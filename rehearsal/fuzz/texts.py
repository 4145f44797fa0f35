"""Whether `policies.hcl` takes and refuses what Vault does, with its reasons, and whether what both
take means the same: random policies with random damage.

Set apart, as the modules themselves say: `policies.hcl` refuses lifetimes of months that
are not in whole seconds, and nesting deeper than it reads, which Vault may take or find other
faults in. `policies.acl` does not decide where a pattern stops within a letter.
"""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Final

from policies.acl import Acl, AclError
from policies.hcl import HclError, parse
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.people import People
from rehearsal.fuzz.results import Difference, Round
from rehearsal.fuzz.vault import Oracle

_TEXTS, _PATHS = 150, 8
_NAME: Final = "damaged"
_LIMITS: Final = ("so long and not in whole seconds", "nested deeper")
_NO_LETTER: Final = re.compile("[\ud800-\udfff]")
_PLACE: Final = re.compile(r"At (?:-|[0-9]+:[0-9]+): |(?<=parse policy: )[0-9]+:[0-9]+: ")
_MANY: Final = re.compile(r"[0-9]+ errors? occurred:\n\t\* ")
_EXTRAS: Final = (
    'mfa_methods = ["a", "b"]\n',
    'subscribe_event_types = ["*"]\n',
    'control_group = { factor "f" { identity { group_names = ["g"] approvals = 1 } } }\n',
    'control_group { factor "f" { controlled_capabilities = ["list"] identity { approvals = 1 }}}',
    'control_group { ttl = "1h" factor "f" { identity { group_ids = ["i"] approvals = 2 } } }\n',
    "comment = <<EOT\nlong\nEOT\n",
    'allowed_parameters { a = ["x"] }\n',
    "# remark\n",
    "/* remark */ // another\n",
    'max_wrapping_ttl = "2d"\n',
)
_WORDS: Final = r"""
{ } [ ] ( " ' , = : \ ${ {{ }} +* * + # /* */ // - . 1 0x1 08 1e3 {} [] [[]] path "path" name policy
capabilities "read" "deny" true false null "\u00e9" "\x41" "\n" \xc3 \xc3\xa9 é
"""
_NUMBERS: Final = r"""
0 5 05 017 08 0x18 0X9f 0x 0xg -0x1 0b1 1_000 1.5 .5 5. 0.5e-3 1e3 1E+2 1e -5 +5 2147483648
9223372036854775807 9223372036854775808 "5" "05" "0x18" "1.5" "1e3" "-5" "1h30m" "1.5h" "2d" "5ms"
"-1m" "" "5s5" "1.5ms" "0.29s" "9e9s" ".3333333333333333333333s" "106752d"
"9223372037" "99999999999999999999" "2562048h" "1µs" true [] {}
"""
_LIFETIMES: Final = tuple(
    f"{which}_wrapping_ttl = {number}\n" for which in ("min", "max") for number in _NUMBERS.split()
)
_PIECES: Final = (
    *_WORDS.split(),
    *("\n", " ", "\t", "\r", "\ufeff", "\x00", "\x7f", "\u2028", "<<EOT\n", "<<-E\nE\n"),
    *('path "x" {}\n', 'name = "n"\n', 'policy = "write"\n', "capabilities = []\n", 'a = "b"\n'),
    *("min_wrapping_ttl = 5\n", 'max_wrapping_ttl = "1m"\n', 'required_parameters = ["q"]\n'),
)
"""What is put in."""
_WITH_A_LIFETIME: Final = 0.1
"""Of the policies."""


def compare(oracle: Oracle, people: People, random: Random) -> Round:
    """One round of damaged policies."""
    maker = Maker(random, people.directives)
    token = oracle.token([_NAME])
    compared, taken, differences, apart = 0, 0, list[Difference](), Counter[str]()
    for _ in range(_TEXTS):
        labels = maker.labels(3)
        text = damaged(random, whole(maker, labels))
        reply = oracle.write_policy(_NAME, text)
        paths = {maker.path(labels) for _ in range(_PATHS)}
        try:
            acl = Acl.of([parse(text)])
        except HclError as error:
            ours, vaults = _as_vault_says(error.reason), _reasons(reply.errors) or "taken"
            differ = ours != vaults
            if limit := next((limit for limit in _LIMITS if limit in ours), None):
                apart[limit] += 1
                continue
        except AclError:
            apart["a pattern stops within a letter"] += 1
            continue
        else:
            ours, vaults = "taken", reply.errors or "taken"
            if reply.ok:
                taken += 1
                ours, vaults = _meanings(oracle, token, acl, sorted(paths))
            differ = ours != vaults
        compared += 1
        if differ:
            differences.append(Difference("a policy's text", ours, vaults, {_NAME: text}))
    return Round(compared, taken, tuple(differences), apart)


def whole(maker: Maker, labels: list[str]) -> str:
    """A policy with all that one can hold."""
    text = maker.policy(labels, restricted=True)
    for _ in range(maker.random.choice((0, 0, 1, 2))):
        text = text.replace("{\n", "{\n  " + maker.random.choice(_EXTRAS), 1)
    if maker.random.random() < _WITH_A_LIFETIME:
        text = text.replace("{\n", "{\n  " + maker.random.choice(_LIFETIMES), 1)
    return text


def damaged(random: Random, text: str) -> str:
    """The text with a few pieces cut, doubled, put elsewhere or put in."""
    for _ in range(random.choice((0, 1, 1, 1, 2, 4))):
        start = random.randrange(len(text) + 1)
        end = start + random.choice((1, 1, 2, 5, 20))
        piece, rest = text[start:end], text[:start] + text[end:]
        match random.randrange(5):
            case 0:
                text = rest
            case 1:
                text = text[:end] + piece + text[end:]
            case 2:
                elsewhere = random.randrange(len(rest) + 1)
                text = rest[:elsewhere] + piece + rest[elsewhere:]
            case _:
                text = text[:start] + random.choice(_PIECES) + text[start:]
    return text or "#"


def _as_vault_says(reason: str) -> str:
    """With Go's sign for what is no letter."""
    return _NO_LETTER.sub("\ufffd", reason)


def _reasons(errors: str) -> str:
    """Vault's words without where it is, which `HclError` has beside the reason."""
    _, _, said = _PLACE.sub("", errors).partition("failed to parse policy: ")
    return _MANY.sub("", said).rstrip("\n").replace("\n\t* ", "; ")


def _meanings(oracle: Oracle, token: str, acl: Acl, paths: list[str]) -> tuple[str, str]:
    reply = oracle.capabilities(token, paths)
    answers = reply.require("capabilities")["data"]
    return (
        str({path: [*map(str, acl.capabilities(path))] for path in paths}),
        str({path: answers.get(path) for path in paths}),
    )
