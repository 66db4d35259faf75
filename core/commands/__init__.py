"""The command line's commands, one small module for each; `app` composes them. Imports inside commands are late."""
