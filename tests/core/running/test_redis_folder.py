"""The embedded Redis lies in a folder of this user's alone."""

from __future__ import annotations

import dataclasses
import os
import stat
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.running.redis_server import create_runtime_folder, redis_arguments, redis_url, runtime_folder
from core.settings import Settings


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings whose runtime folder lies in this test's own."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return Settings(data_dir=tmp_path / "data")


def test_the_folder_is_private_and_the_same_each_time(own: Settings) -> None:
    folder = create_runtime_folder(own)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert create_runtime_folder(own) == folder == runtime_folder(own)


def test_another_data_folder_has_another_and_a_long_one_a_short(own: Settings) -> None:
    other = dataclasses.replace(own, data_dir=own.data_dir / ("deep/" * 60))
    assert runtime_folder(other) != runtime_folder(own)
    assert len(str(runtime_folder(other))) == len(str(runtime_folder(own)))


def test_a_folder_that_others_may_enter_is_refused(own: Settings) -> None:
    folder = runtime_folder(own)
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(SettingsError, match="not a private folder"):
        create_runtime_folder(own)


def test_a_link_or_a_file_of_its_name_is_refused(own: Settings, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    runtime_folder(own).symlink_to(elsewhere)
    with pytest.raises(SettingsError, match="not a private folder"):
        create_runtime_folder(own)
    runtime_folder(own).unlink()
    runtime_folder(own).write_text("")
    with pytest.raises(SettingsError, match="not a private folder"):
        create_runtime_folder(own)


def test_a_place_that_is_not_there_is_one_clear_line(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    with pytest.raises(SettingsError, match="XDG_RUNTIME_DIR or REDIS_URL"):
        create_runtime_folder(own)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_user_is_refused(own: Settings) -> None:
    folder = create_runtime_folder(own)
    os.chown(folder, 12345, 12345)
    with pytest.raises(SettingsError, match="not a private folder"):
        create_runtime_folder(own)


def test_the_server_keeps_nothing_on_disk_and_listens_on_no_port(own: Settings) -> None:
    words = redis_arguments(own)
    options = dict(zip(words[1::2], words[2::2], strict=True))
    assert options["--port"] == "0"
    assert options["--save"] == ""
    assert options["--appendonly"] == "no"
    assert options["--unixsocketperm"] == "700"
    assert redis_url(own) == f"unix://{options['--unixsocket']}"
    assert redis_url(dataclasses.replace(own, redis_url="redis://host/0")) == "redis://host/0"
