"""Why a sign-in or connection did not come about, in words for the person whose it is."""

from __future__ import annotations

from core.errors import MailerPlexError


class InstallError(MailerPlexError):
    """A flow that ended without its purpose. Nothing was changed. `title` and the text are shown on a page."""

    def __init__(self, title: str, text: str, *, status: int = 400, can_retry: bool = True) -> None:
        super().__init__(text)
        self.title = title
        self.status = status
        self.can_retry = can_retry
        # What was being asked for, so that trying again asks for the same.
        self.features: tuple[str, ...] = ()


def describe_refusal(code: str, title: str) -> InstallError:
    """Describe an OAuth error answer (RFC 6749, 4.1.2.1; OpenID Connect Core, 3.1.2.6); `title` names the provider.

    The provider's own description is not shown: it comes through the address, where anyone can write.
    """
    nothing = "Nothing was changed."
    if code == "access_denied":
        return InstallError("You did not agree", f"{title} says that the request was declined. {nothing}", status=200)
    if code in ("interaction_required", "login_required", "consent_required", "account_selection_required"):
        return InstallError("One more step is needed", f"{title} wants you to sign in or agree again. {nothing}")
    if code in ("temporarily_unavailable", "server_error"):
        text = f"{title} could not answer just now. Please try again in a minute. {nothing}"
        return InstallError(f"{title} is not available", text, status=503)
    if code in ("admin_policy_enforced", "org_internal", "disallowed_useragent", "unauthorized_client"):
        text = f"Your organisation or {title} does not allow this app for your account. Ask your admin. {nothing}"
        return InstallError("Not allowed for this account", text, status=403)
    text = f"{title} refused the request as this installation makes it. Its operator can find the cause in the log."
    return InstallError(f"{title} refused", f"{text} {nothing}")
