"""The faults, in the order in which they are tried."""
from . import replay, kills, torn, snapshots, database, geoip, clock, frames, pressure, disk  # noqa: F401
