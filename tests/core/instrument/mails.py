"""Messages as mail programs write them, built in code so that every byte is in sight. Line ends are CRLF."""

from __future__ import annotations

import base64
import quopri

from tests.core.instrument.tracked import OLD

HEAD = """From: Ann Sender <ann@sender.example>
To: Bob <bob@r.example>, "Lee, Kim" <kim@r.example>
Cc: =?utf-8?q?J=C3=B6rg?= <joerg@r.example>
Bcc: Boss <boss@sender.example>,
 hidden@sender.example
Subject: =?utf-8?B?R3LDvMOfZQ==?= from =?iso-8859-1?q?K=F6ln?=
Date: Sun, 22 Nov 2026 10:20:30 +0100
Message-ID: <CAF1@mail.sender.example>
MIME-Version: 1.0
"""

GMAIL_WEB = (
    HEAD
    + """Content-Type: multipart/alternative; boundary="000000000000d1b2c3061f"

--000000000000d1b2c3061f
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe, see https://shop.example/a?x=3D1

--000000000000d1b2c3061f
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

<div dir=3D"ltr">Gr=C3=BC=C3=9Fe, see <a href=3D"https://shop.example/a?x=
=3D1&amp;y=3D2" target=3D"_blank">the shop</a>.<br clear=3D"all"><div><br><=
/div></div><br><div class=3D"gmail_quote gmail_quote_container"><div dir=3D=
"ltr" class=3D"gmail_attr">On Mon, Bob wrote:<br></div><blockquote class=3D=
"gmail_quote" style=3D"margin:0px">older <img src=3D"https://ci3.googleuser=
content.com/meips/ADKq=3Ds0-d-e1-ft#OLD/o/1old.gif" width=3D"1"></blockquot=
e></div>

--000000000000d1b2c3061f--
"""
).replace("OLD", OLD)

OUTLOOK_VML = (
    HEAD
    + """Content-Type: multipart/related;
\tboundary="_004_AM0PR_"; type="multipart/alternative"

--_004_AM0PR_
Content-Type: multipart/alternative;
\tboundary="_000_AM0PR_"

--_000_AM0PR_
Content-Type: text/plain; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--_000_AM0PR_
Content-Type: text/html; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

<html xmlns:v=3D"urn:schemas-microsoft-com:vml">
<head><style>p.MsoNormal {margin:0cm}</style></head>
<body lang=3D"DE"><p class=3D"MsoNormal">Gr=FC=DFe<o:p></o:p></p>
<!--[if mso]><v:roundrect href=3D"https://shop.example/buy?a=3D1&amp;b=3D2"=
 arcsize=3D"5%"><center>Buy</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a href=3D"https://shop.example/buy?a=3D1&amp;b=3D2">Buy=
</a><!--<![endif]--><img src=3D"cid:image001.png@01DA">
<div style=3D'border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm =
0cm 0cm'><p class=3D"MsoNormal"><b>From:</b> Bob</p></div>
<p>older <img border=3D"0" width=3D"1" src=3D"OLD/o/1old.gif"></p>
</body></html>
--_000_AM0PR_--

--_004_AM0PR_
Content-Type: image/png; name="image001.png"
Content-ID: <image001.png@01DA>
Content-Transfer-Encoding: base64

iVBORw0KGgo=

--_004_AM0PR_--
"""
).replace("OLD", OLD)

APPLE_MAIL = (
    HEAD
    + """Content-Type: multipart/alternative;
\tboundary="Apple-Mail=_1"


--Apple-Mail=_1
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
\tcharset=us-ascii

one, two
--Apple-Mail=_1
Content-Type: multipart/mixed;
\tboundary="Apple-Mail=_2"


--Apple-Mail=_2
Content-Transfer-Encoding: 7bit
Content-Type: text/html;
\tcharset=us-ascii

<html><body>one <a href="https://shop.example/1">1</a></body></html>
--Apple-Mail=_2
Content-Disposition: inline;
\tfilename=plan.pdf
Content-Type: application/pdf;
\tname=plan.pdf
Content-Transfer-Encoding: base64

JVBERi0xLjQ=

--Apple-Mail=_2
Content-Transfer-Encoding: 7bit
Content-Type: text/html;
\tcharset=us-ascii

<html><body>two <a href="https://shop.example/2">2</a></body></html>
--Apple-Mail=_2--

--Apple-Mail=_1--
"""
)

FORWARD_INSIDE = (
    HEAD
    + """Content-Type: multipart/mixed; boundary=outer

--outer
Content-Type: text/html; charset=utf-8

<p>FYI <a href="https://shop.example/new">new</a></p>
--outer
Content-Type: message/rfc822
Content-Disposition: inline

From: old@r.example
Subject: the old one
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/html

<a href="https://shop.example/old">old</a>
--inner--

--outer
Content-Type: text/html; name=page.html
Content-Disposition: attachment; filename=page.html

<a href="https://shop.example/attached">attached</a>
--outer--
"""
)

SMIME_SIGNED = (
    HEAD
    + """Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=s

--s
Content-Type: text/html

<a href="https://shop.example/">x</a>
--s
Content-Type: application/pkcs7-signature; name=smime.p7s
Content-Transfer-Encoding: base64

MIAGCSqGSIb3DQEHAqCA
--s--
"""
)

SMIME_ENCRYPTED = (
    HEAD
    + """Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m
Content-Disposition: attachment; filename=smime.p7m
Content-Transfer-Encoding: base64

MIAGCSqGSIb3DQEHA6CA
"""
)

PGP_SIGNED = SMIME_SIGNED.replace("pkcs7-signature", "pgp-signature")
PGP_ENCRYPTED = (
    HEAD
    + """Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=e

--e
Content-Type: application/pgp-encrypted

Version: 1
--e
Content-Type: application/octet-stream; name=encrypted.asc

-----BEGIN PGP MESSAGE-----
--e--
"""
)
PGP_INLINE = HEAD + "Content-Type: text/html\n\n<pre>\n-----BEGIN PGP SIGNED MESSAGE-----\nhi</pre>\n"
PGP_INLINE_PLAIN = (
    HEAD
    + """Content-Type: multipart/alternative; boundary=a

--a
Content-Type: text/plain

-----BEGIN PGP MESSAGE-----
--a
Content-Type: text/html

<p>x
--a--
"""
)
PLAIN = HEAD + "\nHello https://shop.example/\n"
RIGHTS = (
    HEAD
    + """Content-Type: multipart/mixed; boundary=r

--r
Content-Type: text/html

<a href="https://learn.example/">how to open this</a>
--r
Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg

x
--r--
"""
)
REPORT = HEAD + "Content-Type: multipart/report; boundary=d\n\n--d\nContent-Type: text/html\n\n<p>x\n--d--\n"
DKIM = "DKIM-Signature: v=1; a=rsa-sha256; d=x.example\n" + HEAD + "Content-Type: text/html\n\n<p>x</p>\n"
UUENCODED = HEAD + "Content-Type: text/html\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 x\nend\n"
UTF7 = HEAD + "Content-Type: text/html; charset=utf-7\n\n+ADw-p+AD4-x\n"
BROKEN_BASE64 = HEAD + "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPHA+eA=\nPHA+eA==\n"
ATTACHED_HTML = HEAD + "Content-Type: text/html\nContent-Disposition: attachment; filename=x.html\n\n<p>x\n"
MARKED_OFF = HEAD + 'Content-Type: text/html\n\n<body data-mailerplex="off"><p>x</body>\n'


def wire(mail: str) -> bytes:
    """Return a message's bytes with CRLF line ends."""
    return mail.replace("\n", "\r\n").encode("ascii")


def simple(body: bytes, *fields: str, eol: bytes = b"\r\n") -> bytes:
    """Return a message of one part with these extra header fields."""
    head = HEAD.encode("ascii") + "".join(f"{field}\n" for field in fields).encode("ascii") + b"\n"
    return head.replace(b"\n", eol) + body


def encode_base64(data: bytes) -> bytes:
    """Return a base64 body with CRLF line ends."""
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def quote_printable(data: bytes) -> bytes:
    """Return a quoted-printable body with CRLF line ends."""
    return quopri.encodestring(data).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


_ROW = """<tr><td align="center" valign="top"
 style="padding:10px 20px; font-family:Arial,Helvetica,sans-serif; color:#333333;"
 class="col-{i} mobile"><table
 role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%"><tr><td
 style="padding:0 0 10px 0;"><span style="color:#999">Item {i}</span> <b>Lorem ipsum</b> dolor sit amet, consetetur
 sadipscing elitr, sed diam nonumy eirmod tempor invidunt ut labore et dolore magna aliquyam erat, sed diam
 voluptua.<br><br></td></tr></table><p style="margin:0">At vero eos et accusam et justo duo
 dolores et ea rebum. {link}</p>
<!--[if mso]><table><tr><td><![endif]--><img src="https://cdn.example/i/{i}.png" width="200" height="100" alt="x"
 style="display:block;border:0"><!--[if mso]></td></tr></table><![endif]--></td></tr>
"""
_LINK = (
    '<a href="https://shop.example/p/{i}?utm_source=news&amp;utm_campaign=may" target="_blank"'
    ' style="color:#0066cc; text-decoration:underline;">Read more</a>'
)


def newsletter(rows: int = 120, links: int = 60) -> str:
    """Return a newsletter as mail editors make them, about 100 kB long."""
    body = "".join(_ROW.format(i=i, link=_LINK.format(i=i) if i < links else "More soon.") for i in range(rows))
    return f"<!DOCTYPE html><html><head><style>p{{}}</style></head><body><table>{body}</table></body></html>\n"
