"""The tree of errors that this project raises on purpose. Every message is one line that says what to do."""

from __future__ import annotations


class MailerPlexError(Exception):
    """Base of all errors raised on purpose; its text is fit to be shown to a person."""


class SettingsError(MailerPlexError):
    """A setting is missing or wrong; the text names the setting."""


class VerificationError(MailerPlexError):
    """A token, signature or link does not verify. Callers outside get no detail."""


class InputError(MailerPlexError):
    """What a person or program handed in cannot be used: not a mail, an invalid URL, an unknown field."""


class NotAllowedError(MailerPlexError):
    """Whoever asks may see this, but not do what was asked."""


class StorageError(MailerPlexError):
    """The database cannot be reached, is newer than this code, or refuses."""


class ReauthorisationError(MailerPlexError):
    """A provider no longer honours what its user granted; only the user can grant it again."""


class ProviderError(MailerPlexError):
    """A provider refused what was asked of it, and will refuse it again. `status` is HTTP's, where it is known."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class UnavailableError(MailerPlexError):
    """A part that this needs (Redis, SMTP, a download) does not answer now; trying again may help."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
