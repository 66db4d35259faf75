"""The composition root."""


def main() -> None:
    raise SystemExit(0)
