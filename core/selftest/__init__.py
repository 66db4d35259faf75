"""The self-test: a tracked message to oneself, sent by what is connected, its pixel fetched for real."""
