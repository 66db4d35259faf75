"""nginx answering pixels with `empty_gif` and its access log on: the least that recording a hit can cost."""

from __future__ import annotations

from pathlib import Path

_CONFIGURATION = """
daemon off;
{user}
worker_processes auto;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  keepalive_requests 1000000000;
  access_log {folder}/access.log combined;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /o/ {{ empty_gif; }}
  }}
}}
"""


def write_configuration(folder: Path, port: int, *, as_root: bool) -> list[str]:
    """Write nginx's configuration into `folder`; return the command that serves it in the foreground."""
    path = folder / "nginx.conf"
    path.write_text(_CONFIGURATION.format(folder=folder, port=port, user="user root;" if as_root else ""))
    return ["nginx", "-c", str(path), "-e", str(folder / "error.log")]
