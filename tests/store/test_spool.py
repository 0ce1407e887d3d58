"""The spool on a disk that fails, fills up and forgets: a yes is only said of what is durable."""

import asyncio
import errno
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engage.clock import SettableClock, fresh_id
from engage.db.sealing import MasterKeys
from engage.errors import NotDurable, WrongSetting
from engage.ids import PracticeId
from engage.messaging.carrier import Account
from engage.messaging.spool import check
from engage.messaging.spool.disk import Disk, RealDisk
from engage.messaging.spool.posted import Posted
from engage.messaging.spool.spool import KEPT_FREE_BYTES, Spool
from tests.fakes.disk import ForgetfulDisk, PowerCut

OLD, NEW = "the older of two secret keys, forty chars", "the newer of two secret keys, forty chars"
ROOT = Path("/spool")
ROSA, ANA = "%2B16025550142", "%2B16025550143"
CLINIC = "%2B16025550190"


@pytest.fixture
def clock() -> SettableClock:
    """Stand still, so that order never comes from the clock."""
    return SettableClock(datetime(2026, 11, 24, 17, 0, tzinfo=UTC))


async def spool_on(
    disk: Disk,
    clock: SettableClock,
    *,
    root: Path = ROOT,
    secrets: tuple[str, ...] = (OLD,),
    most_bytes: int = 1 << 20,
) -> Spool:
    """Open a spool as a process does at its start."""
    return await Spool.open(root, MasterKeys(secrets), clock, disk, most_bytes=most_bytes)


def posted(spool: Spool, sender: str = ROSA, words: str = "help") -> Posted:
    """Return a text as the webhook received it."""
    return Posted(
        id=spool.next_id(),
        kind="inbound",
        at=datetime(2026, 11, 24, 17, 0, tzinfo=UTC),
        url=b"https://care.example/webhooks/twilio/inbound?x=%ff",
        signatures=("c2lnbmVk",),
        settings_header=False,
        content_types=("application/x-www-form-urlencoded",),
        body=f"From={sender}&To={CLINIC}&Body={words}".encode() + b"\xff%00",
    )


async def kept(spool: Spool) -> list[Posted]:
    """Return all that is waiting, in the order of lines."""
    found = [await spool.read(entry) for chain in spool.chains() for entry in chain]
    return [one for one in found if one is not None]


def files_in(root: Path) -> list[Path]:
    """Return every file below a directory."""
    return [path for path in root.rglob("*") if path.is_file()]


def entries_in(root: Path) -> list[Path]:
    """Return the files that are waiting, in order."""
    return sorted(root.glob("*.sealed"))


async def test_what_is_kept_comes_back_whole(clock: SettableClock, tmp_path: Path) -> None:
    """After a restart every request is there, byte by byte, each line in its order."""
    root = tmp_path / "data" / "spool"
    spool = await spool_on(RealDisk(), clock, root=root)
    sent = [posted(spool, sender, str(n)) for n in range(10) for sender in (ROSA, ANA)]
    for one in sent:
        await spool.keep(one)

    again = await spool_on(RealDisk(), clock, root=root)

    assert again.depth == 20
    assert await kept(again) == [*sent[0::2], *sent[1::2]]
    assert root.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in root.iterdir() if p.is_file()} == {0o600}


async def test_nothing_can_be_read_on_the_disk(clock: SettableClock, tmp_path: Path) -> None:
    """Neither names nor contents tell a number, a word, a token, or anything that repeats."""
    spool = await spool_on(RealDisk(), clock, root=tmp_path)
    for _ in range(2):
        await spool.keep(posted(spool, words="Rosalinda"))
    account = Account("AC" + "0" * 32, ("a-secret-token",), "SKx", "an-api-secret")
    spool.known.learn(PracticeId(fresh_id(clock)), account, ["+16025550190"])
    await spool.known.flush()

    files = files_in(tmp_path)
    whole = b"".join(path.read_bytes() + str(path).encode() for path in files)
    assert len({hashlib.sha256(path.read_bytes()).digest() for path in files}) == 3
    for secret in (b"6025550142", b"6025550190", b"Rosalinda", b"a-secret-token", b"AC000"):
        assert secret not in whole
    assert "6025550142" not in repr(posted(spool))


async def test_a_power_cut_takes_nothing_that_was_acknowledged(clock: SettableClock) -> None:
    """Cut at any call: what was acknowledged is there afterwards, and opens."""
    cuts = 0
    while True:
        disk = ForgetfulDisk()
        disk.takes = 100
        spool = await spool_on(disk, clock)
        disk.calls, disk.fails_at, disk.fails_with = 0, cuts, PowerCut
        acknowledged: list[Posted] = []
        try:
            for words in ("one", "two"):
                one = posted(spool, words=words)
                await spool.keep(one)
                acknowledged.append(one)
        except PowerCut:
            pass
        ended = disk.fails_at is not None and disk.calls < disk.fails_at
        disk.cut()
        again = await spool_on(disk, clock)

        there = await kept(again)
        assert all(one in there for one in acknowledged), cuts
        assert again.quarantined == 0
        if ended:
            break
        cuts += 1
    # create, writes, fsync, rename, fsync of the directory: twice.
    assert cuts >= 10


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT])
async def test_no_yes_when_a_call_fails(clock: SettableClock, number: int) -> None:
    """Whichever call fails, the answer is no, and the next text is taken as if nothing was."""
    at = 0
    while True:
        disk = ForgetfulDisk()
        spool = await spool_on(disk, clock)
        disk.calls, disk.fails_at, disk.fails_with = 0, at, number
        try:
            await spool.keep(posted(spool))
        except NotDurable:
            disk.fails_at = None
            following = posted(spool, words="again")
            await spool.keep(following)
            disk.cut()
            assert following in await kept(await spool_on(disk, clock))
            at += 1
            continue
        break
    assert at >= 5


async def test_full_is_a_no(clock: SettableClock) -> None:
    """Above its quota, or with the disk nearly full, the spool takes nothing more; then again."""
    disk = ForgetfulDisk()
    spool = await spool_on(disk, clock, most_bytes=2000)
    await spool.keep(posted(spool))
    await spool.keep(posted(spool))
    large = posted(spool, words="x" * 2000)
    with pytest.raises(NotDurable):
        await spool.keep(large)
    for chain in spool.chains():
        for entry in chain:
            await spool.done(entry)
    disk.free = KEPT_FREE_BYTES
    with pytest.raises(NotDurable):
        await spool.keep(posted(spool))
    disk.free = 1 << 40
    await spool.keep(posted(spool))

    assert spool.depth == 1


async def test_a_bad_file_is_put_aside_and_blocks_nobody(
    clock: SettableClock, tmp_path: Path
) -> None:
    """Cut short, bent, renamed or strange: it goes to quarantine, and the rest is read."""
    spool = await spool_on(RealDisk(), clock, root=tmp_path)
    for _ in range(5):
        await spool.keep(posted(spool))
    good, short, bent, empty, moved = entries_in(tmp_path)
    short.write_bytes(short.read_bytes()[:40])
    bent.write_bytes(bent.read_bytes()[:-1] + bytes([bent.read_bytes()[-1] ^ 1]))
    empty.write_bytes(b"")
    moved.rename(tmp_path / f"{fresh_id(clock)}.sealed")
    (tmp_path / "notes.sealed").write_text("somebody else's")

    again = await spool_on(RealDisk(), clock, root=tmp_path)

    assert [str(one.id) for one in await kept(again)] == [good.stem]
    assert again.quarantined == 4
    assert len(list((tmp_path / "quarantine").iterdir())) == 4
    assert (tmp_path / "notes.sealed").exists()


async def test_a_file_that_goes_bad_while_we_run_is_put_aside(
    clock: SettableClock, tmp_path: Path
) -> None:
    """What could be read at the start and not at the drain is put aside, too."""
    spool = await spool_on(RealDisk(), clock, root=tmp_path)
    await spool.keep(posted(spool))
    (path,) = entries_in(tmp_path)
    path.write_bytes(b"x" * 10)

    assert await kept(spool) == []
    assert (spool.depth, spool.quarantined) == (0, 1)


async def test_keys_rotate_under_the_spool(clock: SettableClock, tmp_path: Path) -> None:
    """All keys open and the first seals; without its key a file is put aside, not destroyed."""
    before = await spool_on(RealDisk(), clock, root=tmp_path)
    await before.keep(posted(before, words="old"))
    during = await spool_on(RealDisk(), clock, root=tmp_path, secrets=(NEW, OLD))
    await during.keep(posted(during, words="new"))
    assert len(await kept(during)) == 2

    after = await spool_on(RealDisk(), clock, root=tmp_path, secrets=(NEW,))
    (aside,) = (tmp_path / "quarantine").iterdir()
    assert (after.depth, after.quarantined) == (1, 1)
    aside.rename(tmp_path / aside.name)

    assert (
        len(await kept(await spool_on(RealDisk(), clock, root=tmp_path, secrets=(NEW, OLD)))) == 2
    )


async def test_two_processes_share_a_spool(clock: SettableClock, tmp_path: Path) -> None:
    """A line that waits because of one process waits at the other; one of them drains."""
    one = await spool_on(RealDisk(), clock, root=tmp_path)
    other = await spool_on(RealDisk(), clock, root=tmp_path)
    assert not await other.waiting(posted(other))
    await one.keep(posted(one))

    assert await other.waiting(posted(other))
    assert not await other.waiting(posted(other, ANA))
    async with one.alone() as first, other.alone() as second:
        assert (first, second) == (True, False)
    async with other.alone() as second:
        assert second
    for entry in other.chains()[0]:
        await other.done(entry)
    assert not await one.waiting(posted(one))
    assert one.depth == 0


async def test_who_comes_during_the_write_stands_behind_it(clock: SettableClock) -> None:
    """A line waits from the moment its first text is taken, and is drained from its beginning."""
    disk = ForgetfulDisk()
    spool = await spool_on(disk, clock)
    disk.syncs.clear()
    writing = asyncio.create_task(spool.keep(posted(spool)))
    await asyncio.sleep(0)

    assert await spool.waiting(posted(spool))
    assert spool.chains()[0][0].pending
    disk.syncs.set()
    await writing
    assert not spool.chains()[0][0].pending


async def test_half_written_files_of_the_dead_are_swept(
    clock: SettableClock, tmp_path: Path
) -> None:
    """A part that nobody finishes goes at a later start; one that is being written stays."""
    spool = await spool_on(RealDisk(), clock, root=tmp_path)
    old = tmp_path / f".{spool.next_id()}.sealed.part"
    clock.advance(timedelta(minutes=6))
    young = tmp_path / f".{fresh_id(clock)}.sealed.part"
    for part in (old, young):
        part.write_bytes(b"half")

    again = await spool_on(RealDisk(), clock, root=tmp_path)

    assert (old.exists(), young.exists(), again.depth) == (False, True, 0)


async def test_a_directory_that_cant_be_written_stops_the_start(
    clock: SettableClock, tmp_path: Path
) -> None:
    """One sentence names the setting; a file in its place, or a read-only disk, is the same."""
    (tmp_path / "file").write_text("")
    for disk, root in ((RealDisk(), tmp_path / "file" / "spool"), (ForgetfulDisk(), ROOT)):
        if isinstance(disk, ForgetfulDisk):
            disk.fails_at, disk.fails_with = 0, errno.EROFS
        with pytest.raises(WrongSetting) as refused:
            await spool_on(disk, clock, root=root)
        assert "ENGAGE_DATA_DIR" in refused.value.sentence


async def test_doors_are_known_after_a_restart(clock: SettableClock, tmp_path: Path) -> None:
    """What signs for a number survives the process, follows changes, and is forgotten with it."""
    spool = await spool_on(RealDisk(), clock, root=tmp_path)
    practice, sid = PracticeId(fresh_id(clock)), "AC" + "1" * 32
    spool.known.learn(practice, Account(sid, ("first",), "", ""), ["+16025550190"])
    await spool.known.flush()
    spool.known.learn(practice, Account(sid, ("second", "first"), "", ""), ["+16025550191"])
    await spool.known.flush()

    again = await spool_on(RealDisk(), clock, root=tmp_path, secrets=(NEW, OLD))
    found = await again.known.find("+16025550191", sid)
    assert found is not None
    assert (found.practice_id, found.auth_tokens) == (practice, ("second", "first"))
    assert await again.known.find("+16025550190", sid) is None
    assert await again.known.find("+16025550191", "AC" + "2" * 32) is None
    assert await again.known.of_practice(practice) == found
    again.known.learn(practice, None, [])
    await again.known.flush()
    assert (
        await (await spool_on(RealDisk(), clock, root=tmp_path)).known.of_practice(practice) is None
    )


def test_the_doctor_sees_what_is_wrong(tmp_path: Path) -> None:
    """Open to others, forgetful, over a network, not a directory: each is a sentence."""
    spool = tmp_path / "spool"
    assert check.faults(spool, real=True, mounts="/dev/vda / ext4 rw 0 0") == []
    spool.mkdir(mode=0o755)
    spool.chmod(0o755)
    assert "chmod 0700" in check.faults(spool, real=False, mounts="")[0]
    spool.chmod(0o700)
    for kind, said in (("tmpfs", "forgets"), ("overlay", "forgets"), ("nfs4", "network")):
        mounts = f"/dev/vda / ext4 rw 0 0\nx {tmp_path} {kind} rw 0 0\nx {tmp_path}ish ext4 rw 0 0"
        assert said in check.faults(spool, real=True, mounts=mounts)[0]
        assert check.faults(spool, real=False, mounts=mounts) == []
    (tmp_path / "file").write_text("")
    assert "can't be written" in check.faults(tmp_path / "file" / "spool", real=False, mounts="")[0]
