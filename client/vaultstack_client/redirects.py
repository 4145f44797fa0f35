"""Where a redirect of Vault's may take a request, which carries the token."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urljoin

from urllib3.util import Url, parse_url

from vaultstack_client.errors import CannotVerify


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def followed(url: str, location: str, *, pinned: bool) -> str:
    """The URL to ask next: the same path of another server, which must prove itself by the same
    authority, or without TLS be on this machine. `pinned`: whether that authority is ours, and not
    any that vouches for every host. Raises `CannotVerify`, with nothing sent.
    """
    asked = parse_url(url)
    target = parse_url(urljoin(url, location))
    if wrong := _untrusted(asked, target, pinned=pinned):
        raise CannotVerify(
            f"{asked.netloc} redirects to {target.scheme}://{target.netloc}: {wrong}; correct "
            "api_addr of that server, or the address (VAULT_ADDR)"
        )
    return target.url


def _untrusted(asked: Url, target: Url, *, pinned: bool) -> str:
    if target.scheme != asked.scheme:
        return f"must stay with {asked.scheme}, and the token was not sent"
    if target.auth or target.path != asked.path:
        return "must lead to the same path, as Vault's own redirects do"
    if target.scheme == "http" and not is_loopback(target.host or ""):
        return "must not leave this machine without TLS"
    if target.scheme == "https" and not pinned and target.host != asked.host:
        return "must stay with this host unless VAULT_CACERT says who vouches for the other"
    return ""
