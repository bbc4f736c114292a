"""The gate for web addresses that strangers hand us: what may be believed, fetched or shown, and what is public.

Nothing here looks a name up. `check_url` judges the text of an address; `is_public_address` judges where a name led.
Whoever fetches asks both (`core.videos.fetch` does), since a harmless name can lead to this machine.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import quote, urljoin

import idna

URL_LIMIT = 4096
"""Characters in an address: links signed with a session token run to about 2,000."""
_HOST_LIMIT = 253  # RFC 1035 §3.1: 255 octets on the wire
_HTTPS_PORT = 443
_HTTP_PORT = 80

_PARTS = re.compile(  # RFC 3986 appendix B, for addresses that name a host
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123 §2.1
_TOP_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")  # letters only: no number in any notation ends in one
_DOT_SEGMENT = re.compile(r"/(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)
_ENCODED_CONTROL = re.compile(r"%(?:[01][0-9a-f]|7f)", re.IGNORECASE)
_HIDDEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
_SAFE_IN_URL = "%/?:@!$&'()*+,;=-._~[]"

_LOCAL_NAMES = frozenset(
    {
        # RFC 6761, 6762 with its appendix G, 7686, 8375, 9476, and ICANN's choice of "internal"
        *("alt", "arpa", "corp", "home", "internal", "intranet", "invalid", "lan", "local", "localhost", "onion"),
        *("private", "test"),
        # never delegated, common in routers and /etc/hosts
        *("i2p", "localdomain", "localnet"),
    }
)


class UrlFlaw(StrEnum):
    """Why an address is refused."""

    TOO_LONG = "too long"
    CHARACTERS = "characters that no address holds"
    NOT_A_WEB_ADDRESS = "not a whole web address"
    SCHEME = "not https"
    USERINFO = "a user name before the host"
    HOST = "no sane host name"
    NUMERIC_HOST = "a number in place of a host name"
    LOCAL_HOST = "a name that is not on the public internet"
    PORT = "not port 443"
    PATH = "a path that climbs or hides control characters"
    NOT_ALLOWED = "a host that is not on the list"


class UrlRefused(ValueError):
    """An address that may be neither believed nor fetched. Its text is not repeated: it came from a stranger."""

    def __init__(self, reason: UrlFlaw) -> None:
        super().__init__(f"the address is refused: {reason.value}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """An address that passed the gate, in one spelling: ASCII, host in lower case and punycode, no fragment."""

    scheme: str
    host: str
    """Without brackets, also where it is an IPv6 address."""
    port: int
    url: str
    private: bool = False
    """Whether the operator named this host as one that may be a private address."""


@dataclass(frozen=True, slots=True)
class _HostPattern:
    """One entry of a policy's list."""

    host: str
    port: int | None
    below: bool

    def covers(self, host: str, port: int) -> bool:
        if self.port is not None and self.port != port:
            return False
        return host.endswith(f".{self.host}") if self.below else host == self.host


@dataclass(frozen=True, slots=True)
class UrlPolicy:
    """Which hosts are believed, and which of them may be private.

    An entry is `host` or `host:port`; without a port it stands for every port. It means exactly that host; `.host` or
    `*.host` means every name below it, at any depth, and not `host` itself. `allowed_hosts=None` allows any host.
    `private_hosts` lifts the rules of the open internet (https, port 443, a public name, a public address) and no more:
    where `allowed_hosts` is a list, a private host must be on it too. Raises `ValueError` that quotes a bad entry.
    """

    allowed_hosts: frozenset[str] | None
    private_hosts: frozenset[str] = frozenset()
    _allowed: tuple[_HostPattern, ...] | None = field(init=False, repr=False, compare=False)
    _private: tuple[_HostPattern, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        allowed = None if self.allowed_hosts is None else _patterns(self.allowed_hosts)
        object.__setattr__(self, "_allowed", allowed)
        object.__setattr__(self, "_private", _patterns(self.private_hosts))

    def allows(self, host: str, port: int) -> bool:
        """Whether this host, in the spelling of `CheckedUrl.host`, is believed."""
        return self._allowed is None or any(entry.covers(host, port) for entry in self._allowed)

    def may_be_private(self, host: str, port: int) -> bool:
        """Whether the operator named this host as one of their own."""
        return any(entry.covers(host, port) for entry in self._private)


def check_url(url: str, policy: UrlPolicy) -> CheckedUrl:
    """Judge an address by its text alone.

    On the open internet that is: https, port 443, a DNS name with a public ending. Raises `UrlRefused`.
    """
    parts = _split(url)
    scheme = parts["scheme"].lower()
    if scheme not in {"http", "https"}:
        raise UrlRefused(UrlFlaw.SCHEME)
    host, port = _host_and_port(parts["authority"], _HTTPS_PORT if scheme == "https" else _HTTP_PORT)
    private = policy.may_be_private(host, port)
    if not private:
        _require_public_form(scheme, host, port)
    if not policy.allows(host, port):
        raise UrlRefused(UrlFlaw.NOT_ALLOWED)
    if _DOT_SEGMENT.search(parts["path"]) or _ENCODED_CONTROL.search(parts["path"]):
        raise UrlRefused(UrlFlaw.PATH)
    tail = quote((parts["path"] or "/") + (parts["query"] or ""), safe=_SAFE_IN_URL)
    return CheckedUrl(scheme, host, port, f"{scheme}://{_netloc(scheme, host, port)}{tail}", private)


def join_url(base: str, url: str) -> str:
    """The address that `url` is, seen from `base`. What cannot be read stays as it is, for `check_url` to refuse."""
    try:
        return urljoin(base, url)
    except ValueError:  # of brackets that do not match, or letters that stand for a slash
        return url


def _split(url: str) -> dict[str, str]:
    if len(url) > URL_LIMIT:
        raise UrlRefused(UrlFlaw.TOO_LONG)
    if "\\" in url or " " in url or any(unicodedata.category(char) in _HIDDEN for char in url):
        raise UrlRefused(UrlFlaw.CHARACTERS)
    parts = _PARTS.fullmatch(url)
    if parts is None or not parts["authority"]:
        raise UrlRefused(UrlFlaw.NOT_A_WEB_ADDRESS)
    if "@" in parts["authority"]:
        raise UrlRefused(UrlFlaw.USERINFO)
    return parts.groupdict(default="")


def _host_and_port(authority: str, default_port: int) -> tuple[str, int]:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise UrlRefused(UrlFlaw.HOST)
    port = int(parts["port"]) if parts["port"] else default_port  # "host:" is the default port: RFC 3986 §6.2.3
    if not 0 < port < 1 << 16:
        raise UrlRefused(UrlFlaw.PORT)
    return _host(parts["host"]), port


def _host(raw: str) -> str:
    """The one spelling of a host; an address only in its usual form, so that none hides as a number."""
    if raw.startswith("["):
        return _ipv6(raw[1:-1])
    if not 0 < len(raw) <= _HOST_LIMIT or "%" in raw:
        raise UrlRefused(UrlFlaw.HOST)
    try:
        mapped = idna.uts46_remap(raw, std3_rules=True, transitional=False)
    except (idna.IDNAError, UnicodeError) as error:
        raise UrlRefused(UrlFlaw.HOST) from error
    labels = mapped.removesuffix(".").split(".")
    host = ".".join(_ascii_label(label) for label in labels)
    if len(host) > _HOST_LIMIT:
        raise UrlRefused(UrlFlaw.HOST)
    if _is_number(labels[-1]):
        return _ipv4(host)
    return host


def _ascii_label(label: str) -> str:
    """A label in punycode. ASCII is judged by letters, digits and hyphens alone: CDNs do name hosts `r5---sn-4g5e`."""
    try:
        if not label.isascii():
            label = idna.alabel(label).decode("ascii")
        elif label.startswith("xn--") and idna.alabel(idna.ulabel(label)) != label.encode("ascii"):
            raise UrlRefused(UrlFlaw.HOST)
    except (idna.IDNAError, UnicodeError) as error:
        raise UrlRefused(UrlFlaw.HOST) from error
    if not _LABEL.fullmatch(label):
        raise UrlRefused(UrlFlaw.HOST)
    return label


def _is_number(label: str) -> bool:
    """Whether a name that ends in this label is read as an IPv4 address (https://url.spec.whatwg.org/#ends-in-a-number-checker)."""
    return re.fullmatch(r"[0-9]+|0x[0-9a-f]*", label) is not None


def _ipv4(host: str) -> str:
    try:
        return str(IPv4Address(host))
    except ValueError as error:
        raise UrlRefused(UrlFlaw.NUMERIC_HOST) from error


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except ValueError as error:
        raise UrlRefused(UrlFlaw.HOST) from error
    if address.scope_id is not None:
        raise UrlRefused(UrlFlaw.HOST)
    return str(address)


def _require_public_form(scheme: str, host: str, port: int) -> None:
    if scheme != "https":
        raise UrlRefused(UrlFlaw.SCHEME)
    labels = host.split(".")
    if ":" in host or _is_number(labels[-1]):
        raise UrlRefused(UrlFlaw.NUMERIC_HOST)
    if len(labels) == 1 or labels[-1] in _LOCAL_NAMES or not _TOP_LABEL.fullmatch(labels[-1]):
        raise UrlRefused(UrlFlaw.LOCAL_HOST)
    if port != _HTTPS_PORT:
        raise UrlRefused(UrlFlaw.PORT)


def _netloc(scheme: str, host: str, port: int) -> str:
    bracketed = f"[{host}]" if ":" in host else host
    usual = port == (_HTTPS_PORT if scheme == "https" else _HTTP_PORT)
    return bracketed if usual else f"{bracketed}:{port}"


def _patterns(entries: Iterable[str]) -> tuple[_HostPattern, ...]:
    return tuple(_pattern(entry) for entry in sorted(entries))


def _pattern(entry: str) -> _HostPattern:
    name = entry.removeprefix("*")
    below = name.startswith(".")
    parts = _AUTHORITY.fullmatch(f"[{entry}]" if _is_bare_ipv6(entry) else name.removeprefix("."))
    if parts is None or (entry.startswith("*") and not below):
        raise ValueError(_no_host(entry))
    try:
        host = _host(parts["host"])
    except UrlRefused as error:
        raise ValueError(_no_host(entry)) from error
    port = int(parts["port"]) if parts["port"] else None
    if port is not None and not 0 < port < 1 << 16:
        raise ValueError(f"{entry!r} names no port; a port is 1 to 65535, as in cdn.example.com:8443")
    return _HostPattern(host, port, below)


def _no_host(entry: str) -> str:
    return f"{entry!r} is no host; write cdn.example.com, cdn.example.com:8443 or *.example.com"


def _is_bare_ipv6(entry: str) -> bool:
    return entry.count(":") > 1 and not entry.startswith("[")


# --- Addresses -----------------------------------------------------------------------------------------------------
# Written out, since `ipaddress.is_global` calls several of these public, differently in each Python version:
# multicast, 192.0.0.192 (a cloud's metadata), IPv4 inside IPv6, 6to4, NAT64, site-local.
# Source: https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.

_NOT_PUBLIC_V4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; 100.100.100.200 is a cloud's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's host agent, on an address that looks public
        "169.254.0.0/16",  # link-local; 169.254.169.254 is most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; 192.0.0.192 is a cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_PUBLIC_V6 = IPv6Network("2000::/3")  # all assigned unicast; what lies outside maps, carries or stays at home
_NOT_PUBLIC_V6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarks
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_public_address(ip: str | IPv4Address | IPv6Address) -> bool:
    """Whether an address lies on the open internet; what is no address does not."""
    try:
        address = ip_address(ip) if isinstance(ip, str) else ip
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_V4)
    return address in _PUBLIC_V6 and address.scope_id is None and not any(address in block for block in _NOT_PUBLIC_V6)
