"""The package registries of this machine, as its own settings say, and whether they answer.

It runs on a bare Python 3.6 with the standard library alone. It deliberately asks each for one page
and no list, shows no password that a setting holds, and changes nothing.
"""

import ast
import os
import re
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from typing import Dict, List, NamedTuple, Optional

PYPI = "https://pypi.org/simple"
GO_PROXY = "https://proxy.golang.org"
_PATIENCE_SECONDS = 8
_COMMAND_PATIENCE_SECONDS = 20
# pip's setting -> what uv, which reads none of pip's, calls it in the environment.
_AS_UV_CALLS_IT = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
}


class Registry(NamedTuple):
    """Whence something is installed."""

    name: str
    url: str
    page: str  # what is asked for, to see whether it answers
    setting: str  # the command that names another


def of_packages(pip: Dict[str, str]) -> Registry:
    """Where pip and uv take Python's packages from; `pip`: its settings."""
    url = os.environ.get("UV_DEFAULT_INDEX") or pip.get("index-url") or PYPI
    fix = "pip config --user set global.index-url https://<mirror>/simple"
    return Registry("Python packages", url, url.rstrip("/") + "/uv/", fix)


def of_modules() -> Optional[Registry]:
    """Where Go takes modules from; None where no proxy is asked, or it lies in a folder."""
    first = re.split("[,|]", os.environ.get("GOPROXY") or _go_setting("GOPROXY") or GO_PROXY)[0]
    if not first.startswith("http"):
        return None
    page = first.rstrip("/") + "/github.com/hashicorp/vault/@v/v1.21.0.mod"
    return Registry("Go modules", first, page, "export GOPROXY=https://<mirror>")


def without_password(url: str) -> str:
    """The URL as it may be shown."""
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def silence(registry: Registry) -> Optional[str]:
    """Why the registry does not answer; None if it does, be it with "who are you?"."""
    request = urllib.request.Request(without_password(registry.page), method="HEAD")
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS):
            return None
    except urllib.error.HTTPError as answer:
        return None if answer.code < 500 else f"it answers with status {answer.code}"
    except urllib.error.URLError as error:
        return str(getattr(error.reason, "strerror", None) or error.reason)
    except (OSError, ValueError) as error:
        return str(error)


def pip_settings(python: str = sys.executable) -> Dict[str, str]:
    """What pip's files and the environment tell it, by name; the environment counts more."""
    told = output([python, "-m", "pip", "--disable-pip-version-check", "config", "list"])
    found = {}  # type: Dict[str, str]
    # As pip weighs them: what is for every command, for `install`, and the environment.
    for scope in ("global", "install", ":env:"):
        for name, value in re.findall(f"^{scope}[.]([a-z-]+)=(.*)$", told, re.MULTILINE):
            found[name] = str(ast.literal_eval(value))
    return found


def for_uv(pip: Dict[str, str]) -> Dict[str, str]:
    """pip's settings as environment variables of uv, but for what the caller tells uv itself."""
    told = {
        variable: " ".join(pip[name].split())
        for name, variable in _AS_UV_CALLS_IT.items()
        if pip.get(name)
    }
    # As pip does: a company's own authority is known to the system, not to uv.
    told["UV_SYSTEM_CERTS"] = "1"
    return {name: value for name, value in told.items() if name not in os.environ}


def proxies() -> List[str]:
    """The proxies that the environment names, as they may be shown."""
    found = urllib.request.getproxies()
    return sorted({without_password(url) for kind, url in found.items() if kind != "no"})


def _go_setting(name: str) -> str:
    return output(["go", "env", name])


def output(command: List[str]) -> str:
    """What a command prints; nothing if it is not there, fails or hangs."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=_COMMAND_PATIENCE_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ended.stdout.decode("utf-8", "replace").strip() if ended.returncode == 0 else ""
