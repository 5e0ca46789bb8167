"""Reads the spool's segments from outside, after docs/specs/spool.md, and tears their ends as a power cut would."""
import os
import struct
from dataclasses import dataclass

HEADER_BYTES = 36
MAGIC = b"BRSPOOL\n"
NUMBERED = 4
SECTOR = 512


def _table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


_TABLE = _table()


def crc32c(data, seed=0):
    crc = ~seed & 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return ~crc & 0xFFFFFFFF


@dataclass
class Frame:
    seq: int
    index: int
    group: int
    start: int
    end: int
    source: int
    flags: int
    session: int
    ordinal: int
    payload: bytes


@dataclass
class Segment:
    """A segment's frames, from the first on, up to the first bytes that are none."""
    path: str
    first: int
    frames: list

    @property
    def end(self):
        return self.frames[-1].end if self.frames else HEADER_BYTES


def paths(folder):
    """The segments, the oldest first."""
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".segment")]


def read(path, verify=False):
    """A segment; `None` where its header cannot be read.

    Every frame's header is checked; its line only if `verify`, which takes longer.
    """
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < HEADER_BYTES or data[:8] != MAGIC or crc32c(data[:32]) != struct.unpack_from("<I", data, 32)[0]:
        return None
    version, salt, first = struct.unpack_from("<IIQ", data, 8)
    if version != 2:
        raise ValueError(f"{path}: segment version {version}; this harness knows 2")
    frames, at = [], HEADER_BYTES
    while frame := _frame(data, at, first, salt, len(frames), verify):
        frames.append(frame)
        at = frame.end
    return Segment(path, first, frames)


def _frame(data, at, first, salt, expected, verify):
    if at + 28 > len(data):
        return None
    checksum, check, source, flags, length, index, group = struct.unpack_from("<IHBBIII", data, at)
    size = 44 if flags & NUMBERED else 28
    end = at + size + length
    if source == 0 or length == 0 or end > len(data) or index < expected:
        return None
    crc = crc32c(data[at + 6:at + size], salt)
    if crc & 0xFFFF != check or verify and crc32c(data[at + size:end], crc) != checksum:
        return None
    session, ordinal = struct.unpack_from("<QQ", data, at + 28) if flags & NUMBERED else (0, 0)
    return Frame(first + index, index, group, at, end, source, flags, session, ordinal, data[at + size:end])


def encode(frame, salt):
    """The bytes of a frame; for tests."""
    rest = struct.pack("<BBIIIQ", frame.source, frame.flags, len(frame.payload), frame.index, frame.group, 0)
    if frame.flags & NUMBERED:
        rest += struct.pack("<QQ", frame.session, frame.ordinal)
    crc = crc32c(rest, salt)
    return struct.pack("<IH", crc32c(frame.payload, crc), crc & 0xFFFF) + rest + frame.payload


def encode_header(first, salt, created=0):
    """The bytes of a segment's header; for tests."""
    header = MAGIC + struct.pack("<IIQQ", 2, salt, first, created)
    return header + struct.pack("<I", crc32c(header))


def sessions(folder):
    """What the newest segment calls the sessions that it has frames of.

    The daemon names them by the sender's user and a secret, so that they are not what the senders say.
    """
    newest = paths(folder)
    segment = read(newest[-1]) if newest else None
    return {frame.session for frame in segment.frames if frame.flags & NUMBERED} if segment else set()


@dataclass
class Tear:
    how: str
    path: str
    start: int
    end: int
    frames: int  # how many frames it hit

    def __str__(self):
        return f"{self.how} of {os.path.basename(self.path)} from {self.start} to {self.end}, {self.frames} frames"


def tear(folder, rng, session, acked, applied):
    """Damages what a crash may leave unfinished: everything in the newest segment that no sync has covered.

    A sync is known of a frame that was acknowledged, that the database has, or that stands in an earlier group than the
    last: its group was synced before the next was written. Returns `None` where there is nothing to tear.
    """
    newest = paths(folder)
    if not newest:
        return None
    path = newest[-1]
    size = os.path.getsize(path)
    segment = read(path)
    if segment is None or not segment.frames:
        # Before its first frame not even the header needs to be there.
        return _tear_header(path, size, rng) if size <= HEADER_BYTES else None
    safe = HEADER_BYTES
    synced = max(frame.group for frame in segment.frames)
    for frame in segment.frames:
        is_acked = frame.session == session and frame.ordinal <= acked
        if is_acked or frame.seq <= applied or frame.index < synced:
            safe = max(safe, frame.end)
    end = max(segment.end, min(size, safe + rng.choice([0, 100, 5_000])))
    if end == safe:
        return None
    return _damage(path, safe, end, segment, rng)


def _tear_header(path, size, rng):
    cut = rng.randrange(size + 1)
    os.truncate(path, cut)
    return Tear("cut in the header", path, cut, size, 0)


def _damage(path, safe, end, segment, rng):
    with open(path, "rb") as file:
        before = file.read()
    start = rng.randrange(safe, end)
    stop = end
    how = rng.choice(["cut", "zeroed sectors", "garbage", "old sectors"])
    with open(path, "r+b") as file:
        if how == "cut":
            file.truncate(start)
        elif how == "garbage":
            stop = rng.randrange(start, end) + 1
            file.seek(start)
            file.write(rng.randbytes(stop - start))
        else:
            # Sectors reach the disk in any order; one that did not has what stood there before.
            sectors = range(safe // SECTOR, (end + SECTOR - 1) // SECTOR)
            lost = sorted(rng.sample(sectors, rng.randint(1, len(sectors))))
            for sector in lost:
                start, stop = max(safe, sector * SECTOR), min(end, (sector + 1) * SECTOR)
                file.seek(rng.randrange(0, max(1, safe - SECTOR)))
                old = file.read(stop - start).ljust(stop - start, b"\0")
                file.seek(start)
                file.write(old if how == "old sectors" else bytes(stop - start))
            start = max(safe, lost[0] * SECTOR)
    with open(path, "rb") as file:
        if file.read() == before:
            return None
    hit = sum(frame.end > start and frame.start < stop for frame in segment.frames)
    return Tear(how, path, start, stop, hit)
