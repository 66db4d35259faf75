"""`classify`: JSON lines of hits in, JSON lines of verdicts out; no database, nothing kept."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from core.commands.running import data_dir_option, open_input, say
from core.errors import InputError
from core.settings import load_settings


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, allow_dash=True))
@data_dir_option
def classify(file: Path | None, data_dir: Path | None) -> None:
    """Judge the opens and clicks in FILE, or on standard input: one JSON object on each line."""
    import orjson

    from core.enrich.enricher import Enricher
    from core.signal import classify as judging

    settings = load_settings(data_dir=data_dir)
    enricher = Enricher(settings.data_dir, settings.geoip_city_db, settings.geoip_asn_db)
    with open_input(file) as lines:
        try:
            answers = judging.classify(lines, enricher.describe)
        except InputError as error:
            say(str(error))  # it begins with the line's number
            raise SystemExit(1) from error
    for answer in answers:
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
