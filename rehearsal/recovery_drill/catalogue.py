"""All recovery drills, in the order in which they are run."""

from __future__ import annotations

from typing import Final

from rehearsal.recovery_drill.certificates import CERTIFICATES
from rehearsal.recovery_drill.disk import DISK
from rehearsal.recovery_drill.keys import KEYS
from rehearsal.recovery_drill.kms import KMS
from rehearsal.recovery_drill.pgp import PGP
from rehearsal.recovery_drill.quorum import QUORUM
from rehearsal.recovery_drill.rollback import ROLLBACK
from rehearsal.recovery_drill.shamir import SHAMIR

DRILLS: Final = (*KEYS, *PGP, *SHAMIR, *KMS, *CERTIFICATES, *DISK, *ROLLBACK, *QUORUM)
