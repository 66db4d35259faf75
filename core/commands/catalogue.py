"""All commands of this package, in the order in which `--help` is to list them."""

from __future__ import annotations

from core.commands.classify import classify
from core.commands.doctor.command import doctor
from core.commands.events import events
from core.commands.operations import db, geoip, keys
from core.commands.recipient import erase, export
from core.commands.signin_link import signin_link
from core.commands.token import token
from core.commands.track import track

COMMANDS = (signin_link, track, classify, events, doctor, token, export, erase, keys, db, geoip)
