"""The two shell scripts of a server's pod. They lie beside its configuration: in a pod's `command`
Kubernetes would change their dollar signs.
"""

from __future__ import annotations

from typing import Final

from components.cluster.layout import LOOPBACK
from components.cluster.pod_config import CERTIFICATE, CONFIG_FILE
from components.settings.deployment import API_PORT

START_FILE: Final = "start.sh"
READY_FILE: Final = "ready.sh"

START: Final = f"""\
# Vault reads its certificate again when it is told to. So that a renewed one needs no restart, a
# shell beside it looks for changes. Vault takes this shell's place: signals reach it.
certificate() {{ cksum < {CERTIFICATE.certificate}; }}
seen=$(certificate) # before Vault reads it, so that no change falls in between
(
  while sleep "${{CERTIFICATE_LOOK_SECONDS:-30}}" && kill -0 $$ 2> /dev/null; do
    now=$(certificate)
    [ "$now" = "$seen" ] || {{ kill -HUP $$ && seen=$now; }}
  done
) &
exec vault server -config={CONFIG_FILE}
"""

READY: Final = f"""\
# A sealed server gets no traffic. One that is not initialised gets it only if it is the first,
# where the program's first contact happens: initialising two would make two clusters.
case "$POD_NAME" in *-0) uninitialised=204 ;; *) uninitialised=501 ;; esac
exec wget -q -T 2 -O /dev/null --no-check-certificate \\
  "https://{LOOPBACK}:{API_PORT}/v1/sys/health?standbyok=true&uninitcode=$uninitialised"
"""
