"""The gate for addresses of strangers: what passes it, in which spelling, and which addresses count as public."""

from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import httpcore
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.urls import URL_LIMIT, UrlFlaw, UrlPolicy, UrlRefused, check_url, is_public_address, join_url

ANYWHERE = UrlPolicy(None)
AT_HOME = UrlPolicy(None, private_hosts=frozenset({"127.0.0.1", "::1", "nas", "box.lan:8443", "*.home.arpa"}))


def flaw(url: str, policy: UrlPolicy = ANYWHERE) -> UrlFlaw:
    with pytest.raises(UrlRefused) as caught:
        check_url(url, policy)
    assert url[8:40] not in str(caught.value) or len(url) < 9
    return caught.value.reason


# What passes, and how it is spelled afterwards


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("https://cdn.example.com/x.mp4", "https://cdn.example.com/x.mp4"),
        ("HTTPS://CDN.Example.COM/X.mp4", "https://cdn.example.com/X.mp4"),
        ("https://cdn.example.com", "https://cdn.example.com/"),
        ("https://cdn.example.com?q", "https://cdn.example.com/?q"),
        ("https://cdn.example.com#f", "https://cdn.example.com/"),
        ("https://cdn.example.com:443/x", "https://cdn.example.com/x"),
        ("https://cdn.example.com:/x", "https://cdn.example.com/x"),
        ("https://cdn.example.com:00443/x", "https://cdn.example.com/x"),
        ("https://cdn.example.com./x", "https://cdn.example.com/x"),
        ("https://cdn。example。com/x", "https://cdn.example.com/x"),
        ("https://ｃｄｎ.example.com/x", "https://cdn.example.com/x"),
        ("https://bücher.example/ü?ö#ä", "https://xn--bcher-kva.example/%C3%BC?%C3%B6"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://r5---sn-4g5e.video.example/x", "https://r5---sn-4g5e.video.example/x"),
        ("https://127.0.0.1.nip.io/", "https://127.0.0.1.nip.io/"),  # where it leads is the fetcher's to judge
        ("https://1.example/", "https://1.example/"),
        ("https://0x7f.1.example/", "https://0x7f.1.example/"),
        ("https://cdn.example.com/a;b=1/c;d", "https://cdn.example.com/a;b=1/c;d"),
        ("https://cdn.example.com/a/...mp4", "https://cdn.example.com/a/...mp4"),
        ("https://cdn.example.com/.hidden/x..mp4", "https://cdn.example.com/.hidden/x..mp4"),
        ("https://cdn.example.com/x?u=https://a@b:1/../c", "https://cdn.example.com/x?u=https://a@b:1/../c"),
        ("https://cdn.example.com/100%25.mp4", "https://cdn.example.com/100%25.mp4"),
        ("https://cdn.example.com//x", "https://cdn.example.com//x"),
        ("https://cdn.example.com/'\"<>`{}|^", "https://cdn.example.com/'%22%3C%3E%60%7B%7D%7C%5E"),
    ],
)
def test_an_address_that_passes_has_one_spelling(url: str, spelled: str) -> None:
    checked = check_url(url, ANYWHERE)
    assert checked.url == spelled
    assert (checked.scheme, checked.port, checked.private) == ("https", 443, False)
    assert check_url(checked.url, ANYWHERE) == checked


# What does not


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("https:cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("https:/cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("://cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("//cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("https://", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("https:///cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("https://?x", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("1https://cdn.example.com", UrlFlaw.NOT_A_WEB_ADDRESS),
        ("http://cdn.example.com", UrlFlaw.SCHEME),
        ("ftp://cdn.example.com", UrlFlaw.SCHEME),
        ("httpſ://cdn.example.com", UrlFlaw.SCHEME),
        ("file://cdn.example.com/etc/passwd", UrlFlaw.SCHEME),
        ("https://user@cdn.example.com", UrlFlaw.USERINFO),
        ("https://@cdn.example.com", UrlFlaw.USERINFO),
        ("https://cdn.example.com:443@10.0.0.1", UrlFlaw.USERINFO),
        ("https://cdn.example.com%40evil.example", UrlFlaw.HOST),
        ("https://cdn.example.com\\@evil.example", UrlFlaw.CHARACTERS),
        ("https:\\\\cdn.example.com", UrlFlaw.CHARACTERS),
        (" https://cdn.example.com", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/a b", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/a\r\nHost: b", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/a\x7f", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/a\x85b", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/a\u2028b", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/\u202egpj.4pm", UrlFlaw.CHARACTERS),
        ("https://cdn.exa\u00admple.com/", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/\ud800", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com/\ue000", UrlFlaw.CHARACTERS),
        ("https://cdn.example.com:80/", UrlFlaw.PORT),
        ("https://cdn.example.com:8443/", UrlFlaw.PORT),
        ("https://cdn.example.com:0/", UrlFlaw.PORT),
        ("https://cdn.example.com:65536/", UrlFlaw.PORT),
        ("https://cdn.example.com:443:443/", UrlFlaw.HOST),
        ("https://cdn.example.com:+443/", UrlFlaw.HOST),
        ("https://cdn.example.com:４４３/", UrlFlaw.HOST),
        ("https://cdn.example.com:000443/", UrlFlaw.HOST),
        ("https://cdn..example.com/", UrlFlaw.HOST),
        ("https://.example.com/", UrlFlaw.HOST),
        ("https://./", UrlFlaw.HOST),
        ("https://cdn.example.com../", UrlFlaw.HOST),
        ("https://-a.example.com/", UrlFlaw.HOST),
        ("https://a_b.example.com/", UrlFlaw.HOST),
        ("https://a!b.example.com/", UrlFlaw.HOST),
        ("https://cdn℀.example.com/", UrlFlaw.HOST),
        ("https://cdn／x.example.com/", UrlFlaw.HOST),
        ("https://cdn．example．com＃.evil.example/", UrlFlaw.HOST),
        ("https://xn--.example/", UrlFlaw.HOST),
        ("https://xn--a.example/", UrlFlaw.HOST),
        ("https://xn--localhost-.example/", UrlFlaw.HOST),
        ("https://\u0301a.example/", UrlFlaw.HOST),
        ("https://" + "a" * 64 + ".example/", UrlFlaw.HOST),
        ("https://" + "a." * 126 + "example/", UrlFlaw.HOST),
        ("https://" + "ü." * 40 + "example/", UrlFlaw.HOST),  # short enough only before it is written in ASCII
        ("https://10.0.0.1/", UrlFlaw.NUMERIC_HOST),
        ("https://93.184.216.34/", UrlFlaw.NUMERIC_HOST),
        ("https://93.184.216.34./", UrlFlaw.NUMERIC_HOST),
        ("https://0177.0.0.1/", UrlFlaw.NUMERIC_HOST),
        ("https://0X7F.0.0.1/", UrlFlaw.NUMERIC_HOST),
        ("https://127.0.0.0x1/", UrlFlaw.NUMERIC_HOST),
        ("https://cdn.example.1/", UrlFlaw.NUMERIC_HOST),
        ("https://cdn.example.0x/", UrlFlaw.NUMERIC_HOST),
        ("https://١٢٧.٠.٠.١/", UrlFlaw.HOST),
        ("https://１２７.0.0.1/", UrlFlaw.NUMERIC_HOST),
        ("https://[2606:4700::1]/", UrlFlaw.NUMERIC_HOST),
        ("https://[::ffff:10.0.0.1]/", UrlFlaw.NUMERIC_HOST),
        ("https://[fe80::1%25eth0]/", UrlFlaw.HOST),
        ("https://[fe80::1%eth0]/", UrlFlaw.HOST),
        ("https://[::1/", UrlFlaw.HOST),
        ("https://::1]/", UrlFlaw.HOST),
        ("https://[[::1]]/", UrlFlaw.HOST),
        ("https://[::1]x/", UrlFlaw.HOST),
        ("https://[127.0.0.1]/", UrlFlaw.HOST),
        ("https://[]/", UrlFlaw.HOST),
        ("https://localhost/", UrlFlaw.LOCAL_HOST),
        ("https://a.localhost/", UrlFlaw.LOCAL_HOST),
        ("https://LOCALHOST./", UrlFlaw.LOCAL_HOST),
        ("https://ⓛocalhost/", UrlFlaw.LOCAL_HOST),
        ("https://printer/", UrlFlaw.LOCAL_HOST),
        ("https://metadata.google.internal/", UrlFlaw.LOCAL_HOST),
        ("https://nas.home.arpa/", UrlFlaw.LOCAL_HOST),
        ("https://x.onion/", UrlFlaw.LOCAL_HOST),
        ("https://x.c0m/", UrlFlaw.LOCAL_HOST),
        ("https://cdn.example.com/../x", UrlFlaw.PATH),
        ("https://cdn.example.com/a/%2e%2E/x", UrlFlaw.PATH),
        ("https://cdn.example.com/a/.%2e", UrlFlaw.PATH),
        ("https://cdn.example.com/./x", UrlFlaw.PATH),
        ("https://cdn.example.com/%00x", UrlFlaw.PATH),
        ("https://cdn.example.com/%0d%0aX", UrlFlaw.PATH),
    ],
)
def test_an_address_that_leads_astray_is_refused_for_what_is_wrong_with_it(url: str, reason: UrlFlaw) -> None:
    assert flaw(url) is reason


@pytest.mark.parametrize("size", [URL_LIMIT, 10 << 20], ids=["a little", "far"])
def test_an_address_that_is_too_long_is_not_looked_at(size: int) -> None:
    assert flaw("https://cdn.example.com/" + "a" * size) is UrlFlaw.TOO_LONG


PIECES = st.sampled_from(
    [
        *("https://", "http://", "//", "/", "\\", "@", ":", ".", "..", "?", "#", "[", "]", "%", "%2e", "%40", "%00"),
        *(";", "&", "=", "-", "_", ":443", ":80", ":６", "127.0.0.1", "2130706433", "0x7f", "0", "[::1]", "a"),
        *("cdn.example.com", "evil.example", "localhost", "xn--", "xn--bcher-kva", "ü", "。", "．", "／", "＠", "："),
        *("①", "℀", "ß", "\t", "\n", "\r", "\x00", " ", "\u200b", "\u202e", "\ud800", "😀"),
    ]
)


@given(
    st.lists(PIECES, max_size=12).map("".join)
    | st.lists(PIECES, max_size=8).map(lambda pieces: f"https://{''.join(pieces)}.example.com/")
    | st.text(max_size=40)
    | st.text(max_size=40).map(lambda text: f"https://cdn.example.com{text}")
    | st.text(max_size=40).map(lambda text: f"https://{text}.example.com/"),
)
def test_no_two_readers_disagree_about_an_address_that_passed(url: str) -> None:
    try:
        checked = check_url(url, ANYWHERE)
    except UrlRefused:
        return
    split, of_httpx = urlsplit(checked.url), httpx.URL(checked.url)
    of_httpcore = httpcore.Request("GET", checked.url).url
    hosts = {split.hostname, of_httpx.host.rstrip("."), of_httpx.raw_host.decode(), of_httpcore.host.decode()}
    hosts -= {of_httpx.host} - {checked.host}  # httpx shows punycode in its own script
    assert hosts == {checked.host}
    assert {split.port or 443, of_httpx.port or 443, of_httpcore.port or 443} == {443}
    assert checked.url.isascii()
    assert checked.url.isprintable()
    assert (split.username, split.password, split.fragment) == (None, None, "")
    assert check_url(checked.url, ANYWHERE) == checked


@given(st.lists(PIECES, max_size=8).map("".join), st.lists(PIECES, max_size=8).map("".join))
def test_whatever_is_joined_with_an_address_is_something_that_the_gate_can_judge(here: str, there: str) -> None:
    for base in (here, "https://cdn.example.com/a/b"):
        try:
            check_url(join_url(base, there), ANYWHERE)
        except UrlRefused:
            continue


@pytest.mark.parametrize(
    ("there", "joined"),
    [
        ("c.mp4", "https://cdn.example.com/a/c.mp4"),
        ("/c.mp4", "https://cdn.example.com/c.mp4"),
        ("//other.example/c.mp4", "https://other.example/c.mp4"),
        ("http://other.example/c.mp4", "http://other.example/c.mp4"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_an_address_is_read_as_seen_from_another(there: str, joined: str) -> None:
    assert join_url("https://cdn.example.com/a/b", there) == joined


# What the operator names


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
        ("https://127.0.0.1/x", "https://127.0.0.1/x"),
        ("http://[::1]:80/x", "http://[::1]/x"),
        ("http://[0:0:0:0:0:0:0:1]:8000/x", "http://[::1]:8000/x"),
        ("http://NAS/x", "http://nas/x"),
        ("https://box.lan:8443/x", "https://box.lan:8443/x"),
        ("http://a.b.home.arpa/x", "http://a.b.home.arpa/x"),
    ],
)
def test_a_host_that_the_operator_named_may_be_private(url: str, spelled: str) -> None:
    checked = check_url(url, AT_HOME)
    assert (checked.url, checked.private) == (spelled, True)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.2/", UrlFlaw.SCHEME),
        ("http://127.1/", UrlFlaw.NUMERIC_HOST),
        ("http://0x7f.0.0.1/", UrlFlaw.NUMERIC_HOST),
        ("https://box.lan/", UrlFlaw.LOCAL_HOST),
        ("https://home.arpa/", UrlFlaw.LOCAL_HOST),
        ("https://nothome.arpa/", UrlFlaw.LOCAL_HOST),
        ("http://user@127.0.0.1/", UrlFlaw.USERINFO),
        ("http://127.0.0.1/../x", UrlFlaw.PATH),
        ("ftp://127.0.0.1/", UrlFlaw.SCHEME),
        ("http://cdn.example.com/", UrlFlaw.SCHEME),
    ],
)
def test_naming_a_host_lifts_the_rules_for_that_host_alone(url: str, reason: UrlFlaw) -> None:
    assert flaw(url, AT_HOME) is reason


@pytest.mark.parametrize(
    ("entry", "url", "allowed"),
    [
        ("example.com", "https://example.com/", True),
        ("EXAMPLE.com.", "https://example.com/", True),
        ("example.com", "https://cdn.example.com/", False),
        ("example.com", "https://example.com.evil.example/", False),
        ("example.com:443", "https://example.com/", True),
        ("example.com:8443", "https://example.com/", False),
        ("*.example.com", "https://a.b.example.com/", True),
        (".example.com", "https://a.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://notexample.com/", False),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
    ],
)
def test_the_list_of_hosts_means_what_it_says(entry: str, url: str, allowed: bool) -> None:
    policy = UrlPolicy(frozenset({entry}))
    if allowed:
        assert check_url(url, policy).url == url
    else:
        assert flaw(url, policy) is UrlFlaw.NOT_ALLOWED


def test_a_private_host_must_be_on_the_list_too_where_there_is_one() -> None:
    policy = UrlPolicy(frozenset({"cdn.example.com"}), private_hosts=frozenset({"127.0.0.1"}))
    assert flaw("http://127.0.0.1/", policy) is UrlFlaw.NOT_ALLOWED
    assert flaw("https://example.com/", UrlPolicy(frozenset())) is UrlFlaw.NOT_ALLOWED


@pytest.mark.parametrize(
    "entry",
    ["", "*", ".", "*.", "*bad", "a b", "https://a.example", "a.example/x", "a.example:0", "a:99999", "1", "@a"],
)
def test_an_entry_that_is_no_host_is_said_with_an_example(entry: str) -> None:
    with pytest.raises(ValueError, match=r"example\.com"):
        UrlPolicy(frozenset({entry}))


# Which addresses are public


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0"),
        *("192.0.1.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "168.63.129.17"),
        *("2606:4700::1", "2001:200::1", "2001:4860:4860::8888", "2a00::1", "2003::1", "3ffe::1"),
    ],
)
def test_an_address_of_the_open_internet_is_public(address: str) -> None:
    assert is_public_address(address)
    assert is_public_address(IPv6Address(address) if ":" in address else IPv4Address(address))


@pytest.mark.parametrize(
    "address",
    [
        *(str(IPv4Address(0)), "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200"),
        *("100.127.255.255", "127.0.0.1", "127.255.255.255", "168.63.129.16", "169.254.169.254", "172.16.0.0"),
        *(
            *("192.31.196.1", "192.52.193.1", "192.175.48.1"),
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.175.48.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
        ),
        *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:8.8.8.8", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:1ff::1", "2001:db8::1"),
        *("2002:7f00:1::", "2002:808:808::", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1"),
        *("fd00:ec2::254", "fe80::1", "fe80::1%1", "2606:4700::1%1", "fec0::1", "ff02::1"),
        *("", "cdn.example.com", "127.1", "0x7f000001", "1.1.1.1/32", " 1.1.1.1", "1.1.1.1\n", "[2606:4700::1]"),
    ],
)
def test_any_other_address_is_not(address: str) -> None:
    assert not is_public_address(address)
