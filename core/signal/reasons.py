"""The reasons that judgements give: stable codes, and for each one plain sentence for people.

Codes go out in events and webhooks: one that was ever used keeps its meaning, and its sentence stays here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from core.wording import mark

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "address_of_many_recipients": mark(
            "The same address visited for recipients at many different companies within minutes."
        ),
        "app_browser_click": mark("The link was opened in the browser built into an app."),
        "apple_mail_direct": mark("Apple Mail fetched the picture from the reader's own network, not through Apple."),
        "apple_prefetch_likely": mark("This looks like Apple's privacy protection, which fetches pictures unread."),
        "apple_privacy_prefetch": mark(
            "Apple's privacy protection fetched the picture, whether or not anyone reads it."
        ),
        "around_sending": mark("This happened just before the message counts as sent."),
        "bare_agent_on_link": mark("The visitor hid which program it is, as no browser does when it follows a link."),
        "before_sending": mark("The message had not been sent yet, so only its sender could see it."),
        "browser_click": mark("A browser followed the link, as it does when a person clicks."),
        "browser_navigation": mark("The browser said that it was going to a page."),
        "browser_open": mark("A browser showed the picture, as webmail does when a person reads."),
        "browser_soon_after_sending": mark(
            "A browser fetched the picture so soon after sending that it may have been a security scan."
        ),
        "click_at_delivery": mark("The link was visited at the moment of delivery, before the message was opened."),
        "click_without_open": mark("The link was visited seconds after sending, and no open was seen before."),
        "corrected_by_person": mark("A person corrected this."),
        "data_centre_browser": mark("The visit came from a data centre: a machine, or a person using a VPN."),
        "data_centre_mail_client": mark("A mail program showed the picture, from a data centre or through a VPN."),
        "data_centre_soon_after_sending": mark("The visit came from a data centre soon after sending, as scans do."),
        "fastmail_image_proxy": mark("Fastmail fetched the picture when its reader opened the message."),
        "follows_open": mark("The message had been opened shortly before."),
        "forged_image_proxy": mark("The visitor claimed to be a mail provider's proxy, but is not in its network."),
        "forwarded_click": mark("The link was followed through a company's web gateway or a privacy relay."),
        "gmail_image_proxy": mark("Gmail fetched the picture when its reader opened the message."),
        "gmail_prefetch": mark("Gmail fetched the picture ahead, for a mailbox that was open, before anyone read it."),
        "gmail_proxy_at_delivery": mark("Gmail fetched the picture at delivery, likely before anyone read it."),
        "hey_image_proxy": mark("HEY fetched the picture when its reader opened the message."),
        "hosting_network": mark("The address belongs to a hosting provider."),
        "image_proxy_on_link": mark(
            "A mail provider's picture proxy visited a link, which proxies do not do for readers."
        ),
        "known_automation": mark("The visitor names itself as a program that no person reads with."),
        "link_unfurler": mark("A chat or social app fetched the address to show a preview of it."),
        "mail_app": mark("A mail app showed the picture."),
        "mail_client": mark("A mail program showed the picture, as it does when a person reads."),
        "mail_providers_network": mark("A mail provider fetched the picture for its reader."),
        "many_links_at_once": mark("Many links of the message were visited within seconds, as scanners do."),
        "many_networks": mark("The recipient seemed to be in several networks at once, as scanners do."),
        "method_not_get": mark("The visitor asked in a way that browsers and mail programs do not use for this."),
        "microsoft_network": mark("The address belongs to Microsoft."),
        "microsoft_scan": mark("Microsoft checks messages and links from its own network in this way."),
        "no_rule_matched": mark("Nothing tells whether a person or a machine did this."),
        "no_user_agent": mark("The visitor did not say which program it is, as only machines do."),
        "not_a_navigation": mark("The visitor called itself a browser, but did not ask as one that follows a link."),
        "outlook_link_probe": mark("Outlook checked the link by itself; a click would open it in a browser."),
        "pixel_opened_as_page": mark("The picture's address was visited as a page, as scanners do with all they find."),
        "possibly_sender": mark("This was possibly you."),
        "prefetch_header": mark("The program said that it was fetching ahead of its reader."),
        "rambler_image_proxy": mark("Rambler fetched the picture when its reader opened the message."),
        "recipient_is_sender": mark("The message was addressed to its own sender."),
        "robot_header": mark("The visitor's request says that it is a robot."),
        "security_network": mark("The visit came from a mail security company's network."),
        "security_scanner_agent": mark("The visitor names itself as a mail security product."),
        "sender_was_viewing": mark("You were looking at this message at that moment."),
        "seznam_image_proxy": mark("Seznam fetched the picture when its reader opened the message."),
        "soon_after_sending": mark("It was less than a minute after sending, when many visits are machines'."),
        "two_browsers_one_address": mark("Two different browsers at one address opened and clicked within seconds."),
        "two_links_in_a_second": mark("Two links were followed within one second, faster than a person clicks."),
        "ukrnet_image_proxy": mark("ukr.net fetched the picture when its reader opened the message."),
        "yahoo_image_proxy": mark("Yahoo Mail fetched the picture when its reader opened the message."),
        "yandex_image_proxy": mark("Yandex fetched the picture when its reader opened the message."),
    }
)


def explain(code: str) -> str:
    """Give the sentence for a reason; a code from a newer version of the rules is shown as it is."""
    return REASONS.get(code) or code.replace("_", " ").capitalize() + "."
