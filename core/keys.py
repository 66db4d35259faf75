"""The installation's secret keys: made, read, rotated, and derived for each use.

The first key signs, all verify. A use never sees a root key, only what is derived from it (BLAKE2b in its keyed
mode, RFC 7693, with the use's name), so no use can forge for another.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from core.errors import SettingsError
from core.settings import Settings

MINIMUM_KEY_BYTES = 32
KEY_ID_BYTES = 2


@dataclass(frozen=True, slots=True)
class Key:
    """One root key. `id` comes from the key itself, so it needs no bookkeeping."""

    id: bytes
    secret: bytes = field(repr=False)

    def derive(self, use: str) -> bytes:
        """Derive 32 bytes for `use`, a constant name such as "pixel"."""
        return blake2b(use.encode(), key=self.secret[:64], digest_size=32, person=b"mailerplex-use").digest()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of an installation, the signing key first."""

    keys: tuple[Key, ...]

    @property
    def signing(self) -> Key:
        """The key that signs and encrypts what is new."""
        return self.keys[0]

    def derive_all(self, use: str) -> dict[bytes, list[bytes]]:
        """Derive `use` from every key, by key id. Two keys may share an id, hence the lists."""
        derived: dict[bytes, list[bytes]] = {}
        for key in self.keys:
            derived.setdefault(key.id, []).append(key.derive(use))
        return derived


def parse_keys(text: str, source: str = "MAILERPLEX_SECRET_KEYS") -> KeyRing:
    """Read comma-separated base64url keys. Raises SettingsError naming `source`, never showing a key."""
    keys = []
    for number, word in enumerate(text.replace("\n", ",").split(","), start=1):
        if not word.strip():
            continue
        keys.append(_parse_key(word.strip(), f"{source}: key {number}"))
    if not keys:
        raise SettingsError(f"{source}: holds no key.")
    return KeyRing(tuple(keys))


def _parse_key(word: str, where: str) -> Key:
    try:
        secret = base64.b64decode(word + "=" * (-len(word) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SettingsError(f"{where} is not base64url.") from error
    if len(secret) < MINIMUM_KEY_BYTES:
        raise SettingsError(f"{where} has {len(secret)} bytes; at least {MINIMUM_KEY_BYTES} are needed.")
    strong = secret if len(secret) <= 64 else blake2b(secret, person=b"mailerplex-long").digest()
    return Key(blake2b(strong, digest_size=KEY_ID_BYTES, person=b"mailerplex-kid").digest(), strong)


def create_key() -> str:
    """Make a new random key in the setting's form."""
    return base64.urlsafe_b64encode(secrets.token_bytes(MINIMUM_KEY_BYTES)).rstrip(b"=").decode()


def key_file(settings: Settings) -> Path:
    """Name the file that keeps the keys when no setting gives them."""
    return settings.data_dir / "secret_keys"


def load_keys(settings: Settings) -> KeyRing:
    """Read the keys, or make and keep the first one where the default SQLite is used.

    Raises SettingsError if keys are unset beside a database of one's own, or cannot be read.
    """
    if settings.secret_keys is not None:
        return parse_keys(settings.secret_keys)
    path = key_file(settings)
    if not os.path.exists(path):  # unlike Path.exists, quiet where the folder may not be entered
        if not settings.has_default_database:
            raise SettingsError(
                "MAILERPLEX_SECRET_KEYS is not set. With a database of your own, keys must be yours too:"
                " set it to the output of `openssl rand -base64 32 | tr '+/' '-_'` and keep a copy."
            )
        _create_key_file(path)
    return _read_key_file(path)


def rotate_key_file(settings: Settings) -> Key:
    """Put a new signing key before the old ones, which go on verifying.

    Raises SettingsError if the keys are given by a setting, which only its owner can change.
    """
    if settings.secret_keys is not None:
        raise SettingsError(
            "MAILERPLEX_SECRET_KEYS gives the keys, so rotate there: put a new key before the old ones."
        )
    load_keys(settings)
    path = key_file(settings)
    try:
        # Two rotations at once must not lose a key that the other has already signed with.
        with _locked(path.parent):
            _read_key_file(path)
            made = create_key()
            _write_private(path, made + "\n" + path.read_text(encoding="ascii"))
    except OSError as error:
        raise SettingsError(f"Cannot write the keys in {path}: {error.strerror}.") from error
    return parse_keys(made).signing


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_key_file(path: Path) -> KeyRing:
    try:
        return parse_keys(path.read_text(encoding="ascii"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"Cannot read the keys in {path}: {error}.") from error


def _create_key_file(path: Path) -> None:
    """Create the file, whoever of several starting processes is first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        _write_new(draft, create_key() + "\n")
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise SettingsError(
            f"Cannot write the data folder {path.parent}: {error.strerror}. Choose another with MAILERPLEX_DATA_DIR."
        ) from error


def _write_new(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _write_private(path: Path, content: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _write_new(draft, content)
    draft.replace(path)


class WatchedKeys:
    """The key ring of a long-running process, read again when its file changes (`keys rotate` while serving)."""

    def __init__(self, settings: Settings, on_change: Callable[[KeyRing], None] | None = None) -> None:
        self._settings = settings
        self._on_change = on_change
        load_keys(settings)
        # Before the read that counts: a change in between is then seen by the next refresh.
        self._seen = self._stamp()
        self.ring = load_keys(settings)

    def _stamp(self) -> tuple[int, int] | None:
        if self._settings.secret_keys is not None:
            return None
        try:
            stat = key_file(self._settings).stat()
        except OSError:
            return None
        return (stat.st_mtime_ns, stat.st_ino)

    def refresh(self) -> bool:
        """Read the file again if it changed; keep the old ring if it cannot be read. Return whether it changed."""
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return False
        try:
            self.ring = _read_key_file(key_file(self._settings))
        except SettingsError:
            return False
        self._seen = stamp
        if self._on_change is not None:
            self._on_change(self.ring)
        return True
