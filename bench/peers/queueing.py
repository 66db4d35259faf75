"""A Flask route that hands each hit to RQ as a job of its own."""

from __future__ import annotations

import os
import time

import redis
from flask import Flask, Response, request
from rq import Queue

from core.hits.edge import GIF

queue = Queue("bench", connection=redis.Redis.from_url(os.environ["BENCH_REDIS_URL"]))
app = Flask(__name__)


@app.get("/o/<token>.gif")
def record(token: str) -> Response:
    """Answer a pixel after its hit is queued."""
    hit = (token, time.time(), request.headers.get("X-Forwarded-For"), request.headers.get("User-Agent"))
    queue.enqueue("bench.peers.queueing.store", *hit)
    return Response(GIF, mimetype="image/gif", headers={"Cache-Control": "no-store"})
