"""Readers of the facts about photos and videos."""

# The library stores this version with the facts. Raise it with every change to this folder that changes the facts of
# any file: the next index run then reads the facts of all photos again.
READERS_VERSION = 5
