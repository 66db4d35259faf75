"""Tests of `core.keys`."""

from __future__ import annotations

import base64
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.keys import KeyRing, WatchedKeys, create_key, key_file, load_keys, parse_keys, rotate_key_file
from core.settings import Settings, load_settings
from core.tokens import TokenSigner

_LOAD = """
import sys
from pathlib import Path
from core.keys import load_keys
from core.settings import load_settings
settings = load_settings({}, data_dir=Path(sys.argv[1]))
sys.stdin.readline()
print(load_keys(settings).signing.secret.hex())
"""


def embedded(folder: Path) -> Settings:
    """Settings of the embedded default in a folder."""
    return load_settings({}, data_dir=folder)


def test_the_first_start_makes_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    settings = embedded(tmp_path / "data")
    ring = load_keys(settings)
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert len(ring.signing.secret) >= 32
    assert load_keys(settings) == ring
    assert [path.name for path in settings.data_dir.iterdir()] == ["secret_keys"]


def test_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    starters = [
        subprocess.Popen(
            [sys.executable, "-c", _LOAD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for starter in starters:
        assert starter.stdin is not None
        starter.stdin.write("go\n")
        starter.stdin.flush()
    keys = {starter.communicate(timeout=30)[0] for starter in starters}
    assert len(keys) == 1
    assert len(next(iter(keys)).strip()) == 64
    assert [path.name for path in folder.iterdir()] == ["secret_keys"]


def test_keys_are_not_made_beside_a_database_of_ones_own(tmp_path: Path) -> None:
    settings = load_settings({"DATABASE_URL": "postgresql://db/mail"}, data_dir=tmp_path)
    with pytest.raises(SettingsError, match="MAILERPLEX_SECRET_KEYS is not set"):
        load_keys(settings)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("not*base64url", "key 1 is not base64url"),
        (f"{create_key()},c2hvcnQ", "key 2 has 5 bytes"),
        (" , ,", "holds no key"),
        ("schlüssel", "key 1 is not base64url"),
    ],
)
def test_wrong_keys_give_one_line_without_a_key(text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint) as raised:
        parse_keys(text)
    assert str(raised.value).startswith("MAILERPLEX_SECRET_KEYS: ")
    assert text.split(",")[0] not in str(raised.value) or not text.strip(" ,")


def test_a_key_file_that_was_damaged_stops_the_start_and_is_left_alone(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    key_file(settings).write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="Cannot read the keys"):
        load_keys(settings)
    assert key_file(settings).read_bytes() == b"\xff\xfe"


def test_a_data_folder_that_cannot_be_written_gives_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"Cannot write the data folder .*MAILERPLEX_DATA_DIR"):
        load_keys(embedded(tmp_path / "file" / "data"))


def test_old_tokens_verify_after_a_rotation_and_new_ones_use_the_new_key(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    old = TokenSigner(load_keys(settings))
    token, link = old.sign_pixel(7), old.sign_link(7, 1, b"http://example.com/")
    new_key = rotate_key_file(settings)
    ring = load_keys(settings)
    assert ring.signing == new_key
    new = TokenSigner(ring)
    assert new.verify_pixel(token) == 7
    assert new.verify_link(link, b"http://example.com/") == (7, 1)
    assert new.sign_pixel(7) != token
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600


def test_rotations_at_once_lose_no_key(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    first = load_keys(settings).signing
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: rotate_key_file(settings), range(16)))
    keys = load_keys(settings).keys
    assert len(keys) == 17
    assert {*made, first} == set(keys)


def test_keys_given_by_the_setting_are_rotated_there(settings: Settings) -> None:
    with pytest.raises(SettingsError, match="rotate there"):
        rotate_key_file(settings)


def test_a_watched_ring_follows_its_file_and_keeps_the_last_good_one(tmp_path: Path) -> None:
    settings = embedded(tmp_path)
    seen: list[KeyRing] = []
    watched = WatchedKeys(settings, seen.append)
    assert not watched.refresh()
    new_key = rotate_key_file(settings)
    assert watched.refresh()
    assert watched.ring.signing == new_key
    assert seen == [watched.ring]
    key_file(settings).write_text("damaged")
    assert not watched.refresh()
    assert watched.ring.signing == new_key


def test_uses_are_separated_and_so_are_keys() -> None:
    ring = parse_keys(f"{create_key()},{create_key()}")
    derived = {key.derive(use) for key in ring.keys for use in ("pixel", "link", "page")}
    assert len(derived) == 6
    assert all(len(value) == 32 for value in derived)


def test_a_key_keeps_its_meaning_for_ever() -> None:
    # Mail once sent cannot be changed: these values are the format.
    ring = parse_keys(base64.urlsafe_b64encode(bytes(range(32))).decode())
    assert ring.signing.id.hex() == "abb3"
    assert ring.signing.derive("pixel").hex()[:16] == "74c9b03fe72fac64"
    assert TokenSigner(ring).sign_pixel(0x0123456789ABCDEF) == "1q7MBI0VniavN7ygxX2CgqhZMnY1P"


def test_long_keys_differ_in_their_last_byte_too() -> None:
    one, other = (base64.urlsafe_b64encode(b"k" * 99 + end).decode() for end in (b"1", b"2"))
    assert parse_keys(one).signing.secret != parse_keys(other).signing.secret


def test_a_ring_does_not_show_its_secrets() -> None:
    ring = parse_keys(create_key())
    assert ring.signing.secret.hex() not in repr(ring)
    assert repr(ring.signing.secret) not in repr(ring)
