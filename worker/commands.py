"""The commands that run roles: `up`, `web`, `shipper`, `worker`, `scheduler`; and `demo`, which shows them at work."""

from __future__ import annotations

from pathlib import Path

import click

from core.errors import UnavailableError
from core.settings import Settings, load_settings

_data_dir = click.option("--data-dir", type=click.Path(path_type=Path), help="The data folder.")
_port = click.option("--port", type=click.IntRange(1, 65535), help="The port to serve on.")
_host = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")


def _load(role: str, data_dir: Path | None, port: int | None = None, level: str | None = None) -> Settings:
    """Load the settings of a role's process, set up its log, and tie it to its parent where it has one."""
    from core.logs import configure_logging

    settings = load_settings(data_dir=data_dir, port=port, starting=role == "up")
    configure_logging(level or settings.log_level, role)
    return settings


@click.command()
@_port
@_host
@click.option("--tunnel", is_flag=True, help="Open a temporary public address by cloudflared or tailscale.")
@_data_dir
def up(port: int | None, host: str, tunnel: bool, data_dir: Path | None) -> None:
    """Run everything in one process tree, with an embedded Redis unless REDIS_URL is set."""
    from worker.up import run_up

    run_up(_load("up", data_dir, port, "warning"), host, with_tunnel=tunnel)


@click.command()
@_port
@_host
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option("--edge-only", is_flag=True, help="Answer pixels and links only.")
@click.option("--pages-only", is_flag=True, help="Answer pages and the API only.")
@click.option("--without-shipper", is_flag=True, help="Leave this host's spool to a shipper started elsewhere.")
@_data_dir
def web(
    port: int | None,
    host: str,
    workers: int,
    edge_only: bool,
    pages_only: bool,
    without_shipper: bool,
    data_dir: Path | None,
) -> None:
    """Serve pixels, links, pages and the API; ship this host's hits."""
    from core.running.server import Routes
    from worker.web import run_web

    if edge_only and pages_only:
        raise click.UsageError("--edge-only and --pages-only exclude each other.")
    routes = Routes.EDGE if edge_only else Routes.PAGES if pages_only else Routes.ALL
    run_web(_load("web", data_dir, port), host, routes, workers=workers, with_shipper=not without_shipper)


@click.command()
@_data_dir
def shipper(data_dir: Path | None) -> None:
    """Ship the hits of this host's spool to the workers."""
    from core.running.installation import Installation
    from worker.roles import run_shipper

    run_shipper(Installation(_load("shipper", data_dir)))


@click.command()
@click.option("--queue", "queues", multiple=True, type=click.Choice(["hits", "alerts"]), help="Only this queue.")
@_data_dir
def worker(queues: tuple[str, ...], data_dir: Path | None) -> None:
    """Judge and store hits; deliver alerts."""
    from core.running.installation import Installation
    from worker.delivery import build_deliver, build_deliver_notice
    from worker.roles import choose_queues, run_worker
    from worker.selftests import defer_self_tests

    installation = Installation(_load("worker", data_dir))
    run_worker(
        installation,
        choose_queues(queues),
        build_deliver(installation),
        build_deliver_notice(installation),
        defer_self_tests(installation),
    )


@click.command()
@_data_dir
def scheduler(data_dir: Path | None) -> None:
    """Find what is due: alerts to send, data to remove."""
    from core.running.installation import Installation
    from worker.roles import run_scheduler

    run_scheduler(Installation(_load("scheduler", data_dir)))


@click.command()
@click.option("--keep", is_flag=True, help="Leave it running to look at.")
def demo(keep: bool) -> None:
    """Show the whole main job in a temporary folder, in under 20 seconds: track, visit, judge, tell."""
    from worker.demo.play import play

    if not play(keep=keep):
        raise UnavailableError("The demonstration did not come out as it should; see the timeline above.")


COMMANDS = (up, demo, web, shipper, worker, scheduler)
