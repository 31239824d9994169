"""What the end-to-end tests are written with: the real gateway, scripted backends, a client of raw bytes."""

from harness.backend import Backend, Blackhole, Refused
from harness.client import Client
from harness.gateway import SANITIZED, Gateway, patience
from harness.wait import eventually, never

__all__ = [
    "Backend",
    "Blackhole",
    "Client",
    "Gateway",
    "Refused",
    "SANITIZED",
    "eventually",
    "never",
    "patience",
]
