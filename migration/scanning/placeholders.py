"""Which values, matched by a rule of ours, only stand where a value would: the name of an
environment variable, the name of a type, a word in code, a row of stars.

Kingfisher's own rules say themselves what is none; this is not asked of them.
"""

from __future__ import annotations

import re
from typing import Final

from migration.scanning.kingfisher import Match

OURS: Final = "custom."
"""What Kingfisher puts before the ids of rules.toml."""
_ANYWHERE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[*.xX_-]+")
# Without quotes a word can be anything: `password=password` in a call, `password: SecretStr`.
_UNQUOTED: Final = {
    f"{OURS}secret-in-env-file": re.compile(r"[a-z_.]+"),
    f"{OURS}secret-in-yaml": re.compile(r"[A-Za-z_.]+"),
}


def is_placeholder(match: Match) -> bool:
    if not match.rule.startswith(OURS):
        return False
    word = _UNQUOTED.get(match.rule)
    return bool(_ANYWHERE.fullmatch(match.value) or (word and word.fullmatch(match.value)))
