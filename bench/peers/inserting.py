"""A Flask route that records each hit by one SQLAlchemy insert and commit, on SQLite with the same pragmas as ours."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from flask import Flask, Response, request
from sqlalchemy import DateTime, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from core.hits.edge import GIF
from core.storage.engine import open_engine, open_sessions


class Base(DeclarativeBase):
    """The tables of this peer."""


class Open(Base):
    """One recorded hit."""

    __tablename__ = "opens"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime)
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(512))


engine = open_engine(os.environ["BENCH_DATABASE_URL"])
Base.metadata.create_all(engine)
sessions = open_sessions(engine)
app = Flask(__name__)


@app.get("/o/<token>.gif")
def record(token: str) -> Response:
    """Answer a pixel after its hit is committed."""
    with sessions.begin() as session:
        session.add(
            Open(
                token=token,
                at=datetime.now(UTC),
                address=request.headers.get("X-Forwarded-For", request.remote_addr or ""),
                user_agent=request.headers.get("User-Agent", "")[:512],
            )
        )
    return Response(GIF, mimetype="image/gif", headers={"Cache-Control": "no-store"})
