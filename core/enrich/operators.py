"""Well-known networks: which operator's autonomous system or address block is of what kind. Data only.

Marks: [V] the number's registered name, or the block's owner, was checked against routing data of June 2026;
[D] the operator publishes it; [F] field reports. What vendors' systems do is [F] throughout.
"""

from __future__ import annotations

from core.signal.evidence import NetworkKind

YAHOO = "Yahoo"
"""The operator whose addresses are its mail proxy's only where the user agent says so too."""

SYSTEMS: dict[NetworkKind, dict[str, tuple[int, ...]]] = {
    # Mail security vendors that open and click by themselves. All [V].
    NetworkKind.SECURITY: {
        "Proofpoint": (26211, 22843, 13916, 52129),
        "Mimecast": (30031, 33538, 397726, 39588, 42427, 60492, 208638, 136792, 37235),
        "Cisco IronPort": (16417, 30238, 30215, 40427),
        "Trend Micro": (16880, 132229),
        "Trellix": (17330, 46484),
        "Forcepoint": (44444, 13448, 43251, 42465),
        "Zix": (13380, 59519),
        "Hornetsecurity": (401943,),
        "AppRiver": (53780,),
        "Check Point": (25046, 398391, 30343, 31997, 32106, 40344, 153913),
        "Barracuda": (15324,),
        "Cyren": (12441, 59657, 61234),
        "Abnormal Security": (20317,),
    },
    # People behind a secure web gateway. All [V].
    NetworkKind.GATEWAY: {
        "Zscaler": (22616, 62044, 53813, 53444, 62907),
        "Netskope": (55256,),
        "Menlo Security": (62654,),
        "Cisco Umbrella": (36692, 25605),
        "iboss": (137922, 202276, 396253),
    },
    NetworkKind.GOOGLE: {"Google": (15169,)},  # [V]; customers of Google Cloud are 396982
    NetworkKind.MICROSOFT: {"Microsoft": (8075, 8068, 8069, 8070, 12076)},  # [V]
    # Yahoo's and AOL's, staff and proxies alike [V].
    NetworkKind.ACCESS: {
        YAHOO: (
            *(36647, 26101, 10310, 36646, 36752, 36088, 36229, 14196, 14776, 14777, 14778, 14779, 14780),
            *(10880, 16515, 5779, 7280, 393245, 34010, 203219, 203220, 43428, 24506),
        ),
    },
    # Clouds, data centres and delivery networks. All [V]. Akamai, Cloudflare and Fastly carry Apple's relay as well:
    # only Apple's own list tells which of their addresses.
    NetworkKind.HOSTING: {
        "Akamai": (36183, 20940, 16625, 32787),
        "Akamai Cloud (Linode)": (63949,),
        "Alibaba Cloud": (45102, 37963),
        "Amazon Web Services": (16509, 14618, 8987, 7224),
        "Aruba": (199883,),
        "Cherry Servers": (204770,),
        "Cloudflare": (13335, 209242, 395747),
        "Clouvider": (62240,),
        "Contabo": (51167,),
        "Datacamp": (212238, 60068),
        "DigitalOcean": (14061, 393406),
        "Equinix Metal": (54825,),
        "Fastly": (54113,),
        "FranTech": (53667,),
        "GitHub": (36459,),
        "GoDaddy": (26496, 398101),
        "Google Cloud": (396982,),
        "GTHost": (63023,),
        "Hetzner": (24940, 213230),
        "Hivelocity": (29802, 61317),
        "Host Europe": (21501, 8972),
        "Hostinger": (47583,),
        "HostPapa": (36352,),
        "HostRoyale": (203020,),
        "Huawei Cloud": (136907, 55990),
        "IBM Cloud": (36351,),
        "InterServer": (19318,),
        "Iomart": (20860,),
        "IONOS": (8560,),
        "Leaseweb": (60781, 394380, 30633, 28753, 133752),
        "M247": (9009,),
        "netcup": (197540,),
        "Oracle Cloud": (31898,),
        "OVH": (16276,),
        "Psychz": (40676,),
        "QuadraNet": (8100,),
        "Rackspace": (27357, 33070, 19994),
        "Sakura Internet": (7684, 9370),
        "Scaleway": (12876,),
        "ServerMania": (55286,),
        "Tencent Cloud": (132203, 45090),
        "Unified Layer": (46606,),
        "Vultr": (20473,),
        "WorldStream": (49981,),
    },
}

BLOCKS: dict[NetworkKind, dict[str, tuple[str, ...]]] = {
    # Google's own, not its cloud's customers' [D]; the image proxy was seen in 66.249.84-93.x and 74.125.x [V].
    NetworkKind.GOOGLE: {
        "Google": (
            *("66.249.64.0/19", "66.102.0.0/20", "64.233.160.0/19", "74.125.0.0/16", "209.85.128.0/17"),
            *("72.14.192.0/18", "2001:4860::/32", "2404:6800::/32", "2607:f8b0::/32", "2800:3f0::/32"),
            *("2a00:1450::/32", "2c0f:fb50::/32"),
        ),
    },
    # Where Safe Links was seen to fetch from [F]; all announced by AS8075 and in Microsoft's published list [V].
    NetworkKind.MICROSOFT: {
        "Microsoft": (
            "4.182.0.0/16",
            "40.94.0.0/16",
            "40.107.0.0/16",
            "48.209.0.0/16",
            "57.155.0.0/16",
            "72.145.0.0/16",
        ),
    },
    # Announced by Amazon (AS16509), so that no number tells [V].
    NetworkKind.SECURITY: {"Barracuda": ("209.222.82.0/24",)},
}

SPECIAL_PURPOSE = (
    # IANA's registries of special-purpose addresses (RFC 6890): nothing of these comes over the public Internet.
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3"),
    *("::/128", "::1/128", "100::/64", "2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "ff00::/8"),
)
