"""The hospitals' door over a real socket: recorded first, applied once, acknowledged after."""

import asyncio
import json
import signal
import ssl
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hl7.mllp import HL7StreamReader, HL7StreamWriter, open_hl7_connection

from engage.checkins.discharges import Heard
from engage.checkins.visit import Movement
from engage.clock import fresh_id
from engage.db.session import DatabaseAway, Work
from engage.errors import WrongSetting
from engage.hl7v2.answers import Verdict
from engage.hl7v2.intake import TRIES, Intake, Visits
from engage.hl7v2.message import Message
from engage.hl7v2.messages import store
from engage.hl7v2.mllp import Door, Limits, Tls
from engage.hl7v2.visits import Stays
from engage.ids import PracticeId
from tests.conftest import SECRET
from tests.fakes import practice as fakes
from tests.fakes.hl7 import adt, framed, siu, stamp
from tests.store.conftest import House

pytestmark = pytest.mark.database

ROOT = Path(__file__).resolve().parents[2]


class Broken:
    """A follow-up that fails."""

    async def hear(
        self, work: Work, practice: PracticeId, movement: Movement, cause: UUID
    ) -> Heard:
        """Fail after a write, which must be undone."""
        await work.call("due_set", "timer", cause, practice, movement.stay.event_at)
        raise ZeroDivisionError


class Away:
    """An intake whose database is away once."""

    def __init__(self, intake: Intake) -> None:
        """Take the one that is there the next time."""
        self._intake = intake
        self._away = True

    async def take(self, raw: bytes) -> tuple[Verdict, Message | None]:
        """Be away, once."""
        if self._away:
            self._away = False
            raise DatabaseAway
        return await self._intake.take(raw)


class Hospital(NamedTuple):
    """A hospital's system, connected."""

    reader: HL7StreamReader
    writer: HL7StreamWriter

    async def sends(self, message: bytes) -> tuple[str, str]:
        """Send a message and return the code and the control id of the answer."""
        self.writer.writeblock(message)
        return await self.hears()

    async def hears(self) -> tuple[str, str]:
        """Return the next answer."""
        async with asyncio.timeout(20):
            answer = await self.reader.readmessage()
        return str(answer["MSA.F1"]), str(answer.segment("MSA")(2))


def intake_of(house: House, visits: Visits | None = None) -> Intake:
    """Return an intake of an API process."""
    return Intake(
        database=house.databases.app,
        vault=house.vault,
        clock=house.clock,
        bell=house.bell,
        visits=visits or Stays(house.clock),
    )


@asynccontextmanager
async def hospital(house: House, door: Door | None = None) -> AsyncGenerator[Hospital, None]:
    """Connect a hospital's system to the door."""
    door = door or Door(intake_of(house), house.clock)
    async with door.open("127.0.0.1", 0) as port:
        reader, writer = await open_hl7_connection("127.0.0.1", port, encoding="utf-8")
        try:
            yield Hospital(reader, writer)
        finally:
            writer.close()


@pytest.fixture
async def known(house: House) -> House:
    """Let the hospital send, and let Rosa have the id it knows her by."""
    sender = store.Sender(house.place.id, fresh_id(house.clock), "NORTH")
    async with house.databases.app.work([house.place.id], house.place.id) as work:
        assert await store.add_sender(work, "EPIC", "STMARY", sender, house.clock.now())
    await house.alter("UPDATE patient SET external_id = 'A-1'")
    return house


def ago(house: House, hours: float) -> str:
    """Return a moment of the past as HL7 writes it."""
    return stamp(house.clock.now() - timedelta(hours=hours))


async def items(house: House) -> list[tuple[object, ...]]:
    """Return every piece of work: subject, status, outcome."""
    return await house.rows(
        "SELECT subject, status, outcome FROM queue_item ORDER BY subject, status"
    )


async def plans(house: House) -> list[object]:
    """Return how every plan stands."""
    return [row[0] for row in await house.rows("SELECT status FROM check_in_plan ORDER BY status")]


async def statuses(house: House) -> list[object]:
    """Return what became of every message."""
    rows = await house.rows("SELECT status FROM hl7_message ORDER BY control_id")
    return [row[0] for row in rows]


async def test_a_discharge_begins_a_plan_and_a_call_and_a_cancelled_one_ends_them(
    known: House,
) -> None:
    """From admission to a discharge taken back and given again, each step has its one effect."""
    async with hospital(known) as epic:
        assert await epic.sends(adt("A01", ago(known, 50), control="1")) == ("AA", "1")
        assert await items(known) == []
        sent = adt("A03", ago(known, 3), control="2")
        assert await epic.sends(sent) == ("AA", "2")
        assert await items(known) == [("discharge-call", "ready", None)]
        assert await plans(known) == ["active"]
        due, owner = (await known.rows("SELECT due_at, owner_id FROM queue_item"))[0]
        # Discharged on a Tuesday: the close of Thursday in Phoenix, the care manager's.
        assert due == datetime(2026, 11, 27, 0, tzinfo=UTC)
        assert owner == known.place.manager
        # The same once more, and the admission again under another id: nothing.
        assert await epic.sends(sent) == ("AA", "2")
        assert await epic.sends(adt("A01", ago(known, 50), control="3")) == ("AA", "3")
        assert await items(known) == [("discharge-call", "ready", None)]
        # Taken back.
        assert await epic.sends(adt("A13", ago(known, 2), control="4")) == ("AA", "4")
        assert await items(known) == [("discharge-call", "cancelled", "discharge-cancelled")]
        assert await plans(known) == ["ended"]
        # Home at last.
        assert await epic.sends(adt("A03", ago(known, 1), control="5")) == ("AA", "5")
    assert await items(known) == [
        ("discharge-call", "cancelled", "discharge-cancelled"),
        ("discharge-call", "ready", None),
    ]
    assert await plans(known) == ["active", "ended"]
    assert await known.one("SELECT count(*) FROM discharge") == 1
    assert await known.one("SELECT count(*) FROM due WHERE kind = 'checkin'") == 1


async def test_messages_out_of_order_leave_the_right_stay(known: House) -> None:
    """A discharge before its admission stands; one that was cancelled before it came never does."""
    async with hospital(known) as epic:
        await epic.sends(adt("A03", ago(known, 3), control="1"))
        await epic.sends(adt("A01", ago(known, 50), control="2"))
        await epic.sends(adt("A11", ago(known, 1), control="3", number="V200"))
        await epic.sends(adt("A03", ago(known, 2), control="4", number="V200"))
    stays = await known.rows("SELECT external_id, status FROM discharge ORDER BY external_id")
    assert stays == [("V100", "discharged"), ("V200", "cancelled")]
    assert await items(known) == [("discharge-call", "ready", None)]


async def test_a_corrected_moment_moves_the_call(known: House) -> None:
    """An update with another day of discharge gives the call another due time, and no twin."""
    async with hospital(known) as epic:
        await epic.sends(adt("A03", ago(known, 3), control="1"))
        monday = "20261123100000-0700"
        await epic.sends(adt("A08", ago(known, 1), control="2", pv1_45=monday))
    assert await known.rows("SELECT due_at, status FROM queue_item") == [
        (datetime(2026, 11, 26, 0, tzinfo=UTC), "ready")
    ]


async def test_what_is_old_or_nobody_in_care_calls_nobody(known: House) -> None:
    """A discharge of last spring, or of somebody who left the practice, is only remembered."""
    async with hospital(known) as epic:
        await epic.sends(adt("A03", ago(known, 24 * 40), control="1"))
        await known.alter("UPDATE patient SET status = 'deceased'")
        await epic.sends(adt("A03", ago(known, 3), control="2", number="V200"))
    assert await known.one("SELECT count(*) FROM discharge WHERE status = 'discharged'") == 2
    assert await items(known) == []
    assert await plans(known) == []


async def test_a_practice_may_do_without_the_check_ins(known: House) -> None:
    """The call is there all the same."""
    await known.alter("UPDATE practice SET asks_after_discharge = false")
    async with hospital(known) as epic:
        await epic.sends(adt("A03", ago(known, 3)))
    assert await plans(known) == []
    assert await items(known) == [("discharge-call", "ready", None)]


async def test_what_is_not_taken_is_refused_in_its_place(known: House) -> None:
    """Noise, a huge frame, no message, a stranger: one answer each, and the line goes on."""
    door = Door(intake_of(known), known.clock, Limits(most_bytes=4096))
    async with hospital(known, door) as epic:
        epic.writer.write(b"\r\nnoise\x1c\r")
        assert await epic.sends(b"x" * 20_000) == ("AR", "")
        assert await epic.sends(b"x" * 5_000) == ("AR", "")
        assert await epic.sends(b"hello") == ("AR", "")
        assert await epic.sends(adt("A03", ago(known, 3), sender="EPIC|ELSEWHERE")) == ("AR", "C1")
        assert await epic.sends(adt("A03", ago(known, 3), number="")) == ("AE", "C1")
        assert await epic.sends(adt("A03", "soon", control="9")) == ("AE", "9")
        assert await epic.sends(adt("A03", ago(known, 3), control="")) == ("AE", "")
        assert await known.one("SELECT count(*) FROM hl7_message") == 0
        # Two frames at once are answered in their order.
        epic.writer.write(framed(adt("A04", ago(known, 3), control="a")))
        epic.writer.write(framed(adt("A03", ago(known, 3), control="b")))
        assert [await epic.hears(), await epic.hears()] == [("AA", "a"), ("AA", "b")]
        # A sender that broke off and began anew in the same stream.
        epic.writer.write(framed(b"MSH|^~\\&|EPIC\x0b" + adt("A08", ago(known, 1), control="c")))
        assert await epic.hears() == ("AA", "c")
    assert await statuses(known) == ["ignored", "applied", "applied"]


async def test_an_answer_repeats_nothing(known: House) -> None:
    """Neither a name nor an id of a person comes back, whatever became of the message."""
    intake, door = intake_of(known), Door(intake_of(known), known.clock)
    for raw in (adt("A03", ago(known, 3)), adt("A03", "soon"), adt("A03", "x", sender="A|B")):
        verdict, message = await intake.take(raw)
        assert message is not None
        answer = await door._answer(raw)  # noqa: SLF001 - what leaves, to the byte
        assert verdict.code.encode() in answer
        assert not any(word in answer for word in (b"DELGADO", b"A-1", b"V100", b"1958"))


async def test_appointments_wait_for_the_room_that_keeps_them(known: House) -> None:
    """Without anybody who keeps appointments such a message is recorded and set aside."""
    raw = siu("S12", ago(known, 1), "SCH|P1|F1|||||||||^^^20261201093000")
    async with hospital(known) as epic:
        assert await epic.sends(raw) == ("AA", "S1")
    assert await statuses(known) == ["ignored"]


async def test_a_sender_that_counts_from_one_again_loses_nothing(known: House) -> None:
    """The same control id about another visit is another message."""
    async with hospital(known) as epic:
        await epic.sends(adt("A03", ago(known, 3), control="1"))
        await epic.sends(adt("A03", ago(known, 2), control="1", number="V200"))
    assert await known.one("SELECT count(*) FROM discharge") == 2


async def test_a_discharge_of_nobody_we_know_is_somebodys_work(known: House) -> None:
    """It is kept, whoever is responsible is asked, and once the patient is there it is applied."""
    async with hospital(known) as epic:
        await epic.sends(adt("A01", ago(known, 9), control="1", person="B-7"))
        assert await items(known) == []
        await epic.sends(adt("A03", ago(known, 3), control="2", person="B-7"))
        await epic.sends(adt("A03", ago(known, 3), control="3", person="B-8", number="V8"))
    assert await statuses(known) == ["unknown"] * 3
    assert await known.rows("SELECT subject, owner_id, patient_id FROM queue_item") == [
        ("unknown-discharge", known.place.responsible, None)
    ]
    app, place = known.databases.app, known.place
    await fakes.add_patient(app, place, known.clock, None, "Luz", external_id="B-7")
    intake = intake_of(known)
    async with app.work([place.id], place.id) as work:
        assert await intake.again(work, place.id) == 3
    for (message,) in await known.rows("SELECT id FROM hl7_message ORDER BY id"):
        assert isinstance(message, UUID)
        await intake.retry(place.id, message, 1)
    assert await statuses(known) == ["applied", "applied", "unknown"]
    assert await known.one("SELECT count(*) FROM due WHERE kind = 'hl7'") == 0
    assert ("discharge-call", "ready", None) in await items(known)


async def test_a_message_that_can_not_be_applied_is_kept_and_given_to_a_person(
    known: House,
) -> None:
    """It is acknowledged, nothing half done stays, and after five tries a person is asked."""
    broken = intake_of(known, Broken())
    async with hospital(known, Door(broken, known.clock)) as epic:
        assert await epic.sends(adt("A03", ago(known, 3))) == ("AA", "C1")
    assert await statuses(known) == ["recorded"]
    assert await known.one("SELECT count(*) FROM due WHERE kind = 'timer'") == 0
    ((message, due_at),) = await known.rows("SELECT id, due_at FROM due WHERE kind = 'hl7'")
    assert isinstance(message, UUID)
    assert due_at == known.clock.now() + timedelta(seconds=5)
    assert known.bell.rung == ["hl7"]
    for tries in range(1, TRIES + 1):
        await broken.retry(known.place.id, message, tries)
        assert await known.one("SELECT tries FROM hl7_message") == tries
    await broken.retry(known.place.id, message, TRIES + 1)
    assert await statuses(known) == ["failed"]
    assert await items(known) == [("hl7-failed", "ready", None)]
    assert await known.one("SELECT count(*) FROM due WHERE kind = 'hl7'") == 0
    # Mended: the same message, tried once more.
    intake, place = intake_of(known), known.place
    async with known.databases.app.work([place.id], place.id) as work:
        await intake.again(work, place.id)
    await intake.retry(place.id, message, 1)
    assert await statuses(known) == ["applied"]


async def test_while_the_database_is_away_nothing_is_promised(known: House) -> None:
    """The connection is closed without an answer, and the same message comes in afterwards."""
    door = Door(Away(intake_of(known)), known.clock)
    async with door.open("127.0.0.1", 0) as port:
        for answered in (False, True):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(framed(adt("A03", ago(known, 3))))
            said = await (reader.readuntil(b"\x1c\r") if answered else reader.read())
            assert (b"MSA|AA|C1" in said) == answered
            writer.close()
    assert await statuses(known) == ["applied"]


async def test_what_was_sent_is_sealed(known: House) -> None:
    """The stored message can't be read without the keys; the practice's keys open it."""
    raw = adt("A03", ago(known, 3))
    await intake_of(known).take(raw)
    ((message, sealed),) = await known.rows("SELECT id, body_sealed FROM hl7_message")
    assert isinstance(sealed, bytes)
    assert isinstance(message, UUID)
    assert b"DELGADO" not in sealed
    assert known.place.keys.open("hl7_message.body", message, sealed) == raw


@asynccontextmanager
async def life(house: House, crash: str) -> AsyncGenerator[tuple[int, Process], None]:
    """Run the door in a process of its own; return its port."""
    told = {
        "url": house.databases.urls["app"],
        "secret": SECRET,
        "practice": str(house.place.id),
        "crash": crash,
    }
    living = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fakes.dying_door", json.dumps(told)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert living.stdin is not None
    assert living.stdout is not None
    try:
        yield int(await living.stdout.readline()), living
    finally:
        living.stdin.close()
        await living.wait()


@pytest.mark.slow
async def test_killed_before_the_answer_the_message_has_one_effect(known: House) -> None:
    """Killed after the commit the sender hears nothing, sends again, and there is one of it all."""
    sent = framed(adt("A03", stamp(datetime.now(UTC) - timedelta(hours=1))))  # noqa: TID251
    async with life(known, "commit.after#1") as (port, living):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        assert await living.wait() == -signal.SIGKILL
    assert await statuses(known) == ["applied"]
    async with life(known, "") as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(2):
            writer.write(sent)
            assert b"MSA|AA|C1" in await reader.readuntil(b"\x1c\r")
        writer.close()
    assert await statuses(known) == ["applied"]
    assert await items(known) == [("discharge-call", "ready", None)]
    assert await plans(known) == ["active"]


def certificates(folder: Path) -> Tls:
    """Make a CA, and a certificate of it that serves and calls."""
    now = datetime.now(UTC)  # noqa: TID251 - a certificate is about the real day
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one)]) for one in ("ca", "localhost")
    ]
    for place, file in enumerate(("ca", "own")):
        made = (
            x509.CertificateBuilder()
            .subject_name(names[place])
            .issuer_name(names[0])
            .public_key(keys[place].public_key())
            .serial_number(place + 1)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=place == 0, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(keys[0], hashes.SHA256())
        )
        (folder / f"{file}.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "own.key").write_bytes(
        keys[1].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return Tls(folder / "own.pem", folder / "own.key", folder / "ca.pem")


async def test_only_known_certificates_get_in(known: House, tmp_path: Path) -> None:
    """With TLS a caller without a certificate of the hospitals' CA is heard by nobody."""
    tls = certificates(tmp_path)
    stranger = ssl.create_default_context(cafile=str(tls.client_ca))
    friend = ssl.create_default_context(cafile=str(tls.client_ca))
    friend.load_cert_chain(tls.certificate, tls.key)
    door = Door(intake_of(known), known.clock)
    async with door.open("127.0.0.1", 0, tls) as port:
        for context, answered in ((stranger, False), (friend, True)):
            said = b""
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, ssl=context, server_hostname="localhost"
                )
                writer.write(framed(adt("A04", ago(known, 3))))
                said = await reader.readuntil(b"\x1c\r")
                writer.close()
            assert (b"MSA|AA|C1" in said) == answered
    with pytest.raises(WrongSetting):
        async with door.open("127.0.0.1", 0, Tls(tls.key, tls.key, tls.key)):
            pass
