"""Sealed values: what was sealed opens in its place, with its keys, and nowhere else."""

import base64
import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.clock import SettableClock, random_bytes
from engage.db.sealing import CannotOpen, MasterKeys, PracticeKeys, new_key_id
from engage.db.vault import KEEP_SECONDS, Vault
from engage.ids import MessageId, PracticeId
from tests.conftest import SECRET, Databases
from tests.fakes import practice as fakes
from tests.store.conftest import House

HERE = PracticeId(UUID("0190a000-0000-7000-8000-000000000001"))
THERE = PracticeId(UUID("0190a000-0000-7000-8000-000000000002"))
ROW = UUID("0190a000-0000-7000-8000-00000000000a")
OTHER_ROW = UUID("0190a000-0000-7000-8000-00000000000b")
KEY, INDEX = b"k" * 32, b"i" * 32

anything = st.text(st.characters(exclude_categories=()))
"""Any str at all, lone surrogates and NUL among it."""


def keys(practice: PracticeId = HERE, *older: bytes) -> PracticeKeys:
    """Return the keys of a practice; what older ones sealed opens too."""
    seal = {new_key_id(key): key for key in (KEY, *older)}
    return PracticeKeys(practice, new_key_id(KEY), seal, INDEX)


@given(anything)
def test_any_words_come_back_as_they_were(words: str) -> None:
    """Whatever a phone sends is sealed and opened without loss."""
    blob = keys().seal_text("message.body", ROW, words)
    assert keys().open_text("message.body", ROW, blob) == words


@given(st.binary(), st.text(st.characters(codec="ascii", exclude_characters="|"), min_size=1))
def test_any_bytes_come_back_from_any_row(plain: bytes, row: str) -> None:
    """Rows that are named by a string (a sid, a key) seal as well as those named by an id."""
    blob = keys().seal("idempotency.answer", row, plain)
    assert keys().open("idempotency.answer", row, blob) == plain


@given(st.text(min_size=6))
def test_nothing_of_the_words_shows(words: str) -> None:
    """A blob holds no byte sequence of what was sealed, and is another one each time."""
    one, two = (keys().seal_text("message.body", ROW, words) for _ in range(2))
    assert words.encode() not in one
    assert one != two


@pytest.mark.parametrize(
    ("practice", "place", "row"),
    [
        (THERE, "message.body", ROW),
        (HERE, "queue_item.note", ROW),
        (HERE, "message.body", OTHER_ROW),
        (HERE, "message", f"body|{ROW}"),
        (HERE, f"message.body|{ROW}", ""),
    ],
)
def test_a_blob_opens_in_its_place_only(practice: PracticeId, place: str, row: UUID | str) -> None:
    """Moved to another practice, column or row, with the very same key, a blob does not open."""
    blob = keys().seal_text("message.body", ROW, "I need help")
    with pytest.raises(CannotOpen):
        keys(practice).open_text(place, row, blob)


@given(st.data())
def test_a_changed_blob_does_not_open(data: st.DataObject) -> None:
    """Any byte changed, and any end cut off, is CannotOpen and never another error or text."""
    blob = keys().seal_text("message.body", ROW, "I need help")
    at = data.draw(st.integers(0, len(blob) - 1))
    changed = bytearray(blob)
    changed[at] ^= data.draw(st.integers(1, 255))
    for wrong in (bytes(changed), blob[:at]):
        with pytest.raises(CannotOpen):
            keys().open_text("message.body", ROW, wrong)


@given(st.binary(max_size=80))
def test_what_we_never_sealed_does_not_open(blob: bytes) -> None:
    """Garbage in a sealed column is CannotOpen, whatever its length."""
    with pytest.raises(CannotOpen):
        keys().open("message.body", ROW, blob)
    with pytest.raises(CannotOpen):
        MasterKeys([SECRET]).open_global("staff.email", ROW, blob)
    with pytest.raises(CannotOpen):
        MasterKeys([SECRET]).unwrap(HERE, "0" * 16, blob)


def test_a_blob_names_its_key() -> None:
    """Eight bytes of the key's hash stand in a blob, so a rotation knows what to open it with."""
    blob = keys().seal("message.body", ROW, b"x")
    assert blob[:1] == b"\x01"
    assert blob[1:9].hex() == new_key_id(KEY)
    assert KEY not in blob
    assert hashlib.sha256(KEY).hexdigest()[:16] != new_key_id(KEY)


def test_what_an_older_key_sealed_still_opens() -> None:
    """A new data key seals from now on; the old one goes on opening what it sealed."""
    old = PracticeKeys(HERE, new_key_id(b"o" * 32), {new_key_id(b"o" * 32): b"o" * 32}, INDEX)
    blob = old.seal_text("message.body", ROW, "from before")
    assert keys(HERE, b"o" * 32).open_text("message.body", ROW, blob) == "from before"
    with pytest.raises(CannotOpen):
        keys(HERE).open_text("message.body", ROW, blob)


def test_a_new_secret_opens_what_the_old_one_closed() -> None:
    """With the new secret first and the old one second nothing is lost; without the old, all is."""
    old, both, new = MasterKeys(["old"]), MasterKeys(["new", "old"]), MasterKeys(["new"])
    wrapped = old.wrap(HERE, new_key_id(KEY), KEY)
    email = old.seal_global("staff.email", ROW, "dana@example.org")
    token = old.callback_token(HERE, MessageId(ROW))
    assert both.unwrap(HERE, new_key_id(KEY), wrapped) == KEY
    assert both.open_global("staff.email", ROW, email) == "dana@example.org"
    assert both.read_callback_token(token) == (HERE, ROW)
    assert old.credential_hashes("token", "t")[0] == both.credential_hashes("token", "t")[1]
    assert new.unwrap(HERE, new_key_id(KEY), both.wrap(HERE, new_key_id(KEY), KEY)) == KEY
    assert new.read_callback_token(token) is None
    with pytest.raises(CannotOpen):
        new.unwrap(HERE, new_key_id(KEY), wrapped)
    with pytest.raises(CannotOpen):
        new.open_global("staff.email", ROW, email)


@pytest.mark.parametrize(
    ("practice", "key_id"), [(THERE, new_key_id(KEY)), (HERE, new_key_id(INDEX))]
)
def test_a_wrapped_key_is_bound_to_its_practice_and_id(practice: PracticeId, key_id: str) -> None:
    """A key copied into another practice's row, or under another id, does not unwrap."""
    master = MasterKeys([SECRET])
    with pytest.raises(CannotOpen):
        master.unwrap(practice, key_id, master.wrap(HERE, new_key_id(KEY), KEY))


def test_no_purpose_shares_a_key() -> None:
    """Keys for wrapping, hashing, signing and sealing are derived apart from one secret."""
    master = MasterKeys([SECRET])
    wrapped = master.wrap(HERE, new_key_id(KEY), KEY)
    with pytest.raises(CannotOpen):
        master.open_global(f"{HERE}|practice_key", ROW, wrapped)
    assert master.credential_hashes("token", "x") != master.credential_hashes("email", "x")
    assert keys().phone_hash("x") not in master.credential_hashes("token", "x")


def test_equal_phones_of_two_practices_have_different_hashes() -> None:
    """The blind index of one practice finds nobody in another, since its key is another."""
    other = PracticeKeys(THERE, new_key_id(KEY), {new_key_id(KEY): KEY}, b"j" * 32)
    assert keys().phone_hash("+16025550150") == keys().phone_hash("+16025550150")
    assert keys().phone_hash("+16025550150") != other.phone_hash("+16025550150")


@given(st.text())
def test_only_our_own_callback_tokens_are_read(token: str) -> None:
    """Whatever stands in a status callback's URL, we believe only what we signed."""
    assert MasterKeys([SECRET]).read_callback_token(token) is None


@given(st.integers(0, 47), st.integers(1, 255))
def test_a_changed_callback_token_is_not_read(at: int, change: int) -> None:
    """One bit changed in practice, message or signature, and the token is nobody's."""
    master = MasterKeys([SECRET])
    raw = bytearray(base64.urlsafe_b64decode(master.callback_token(HERE, MessageId(ROW))))
    raw[at] ^= change
    assert master.read_callback_token(base64.urlsafe_b64encode(raw).decode()) is None


@given(anything)
def test_anything_presented_can_be_looked_up(presented: str) -> None:
    """A token or address of any characters has a hash: it is unknown, not an error."""
    assert len(MasterKeys([SECRET, "older"]).credential_hashes("token", presented)) == 2


def test_keys_are_never_shown() -> None:
    """No way of printing shows a key."""
    for shown in (keys(), MasterKeys([SECRET])):
        assert repr(shown).endswith("Keys(…)")
        assert SECRET not in f"{shown!r}{shown}"


def test_no_secret_is_no_deployment() -> None:
    """An empty list of secrets is refused at once, not at the first text."""
    with pytest.raises(ValueError, match="at least one"):
        MasterKeys([])


# The vault


async def test_a_new_practice_has_keys_that_open_again(house: House) -> None:
    """What one process sealed with fresh keys another one opens with the stored ones."""
    blob = house.place.keys.seal_text("message.body", ROW, "hello")
    other = Vault(MasterKeys([SECRET]), house.databases.worker)
    found = await other.keys(house.place.id)
    assert found.open_text("message.body", ROW, blob) == "hello"
    assert found.phone_hash("+16025550150") == house.place.keys.phone_hash("+16025550150")


async def test_a_retired_key_opens_and_no_longer_seals(
    house: House, databases: Databases, clock: SettableClock
) -> None:
    """After a rotation new values carry the new key's id, and every old row still opens."""
    before = house.place.keys.seal_text("message.body", ROW, "from before")
    fresh, practice = random_bytes(32), house.place.id
    fresh_id = new_key_id(fresh)
    async with fakes.raw(databases.urls["admin"]) as admin:
        await admin.execute("UPDATE practice_key SET retired_at = now() WHERE purpose = 'seal'")
        await admin.execute(
            "INSERT INTO practice_key (practice_id, id, purpose, wrapped, created_at)"
            " VALUES ($1, $2, 'seal', $3, $4)",
            practice,
            fresh_id,
            house.vault.master.wrap(practice, fresh_id, fresh),
            clock.now() + timedelta(seconds=1),
        )
    rotated = await Vault(house.vault.master, databases.app).keys(practice)
    assert rotated.open_text("message.body", ROW, before) == "from before"
    after = rotated.seal_text("message.body", ROW, "from after")
    assert (before[1:9].hex(), after[1:9].hex()) == (
        house.place.keys.seal("x", ROW, b"")[1:9].hex(),
        fresh_id,
    )
    with pytest.raises(CannotOpen):
        house.place.keys.open_text("message.body", ROW, after)


async def test_without_the_right_secret_there_are_no_keys(
    house: House, databases: Databases
) -> None:
    """Another deployment's secret opens no practice, and neither does a practice without keys."""
    with pytest.raises(CannotOpen):
        await Vault(MasterKeys(["another"]), databases.app).keys(house.place.id)
    with pytest.raises(CannotOpen):
        await Vault(MasterKeys([SECRET]), databases.app).keys(THERE)


async def test_a_practice_that_is_forgotten_can_be_opened_by_nobody(
    house: House, databases: Databases
) -> None:
    """When its keys are destroyed, what a practice sealed is gone within a minute."""
    await house.alter("DELETE FROM practice_key")
    assert await house.vault.keys(house.place.id)
    assert KEEP_SECONDS <= 60
    with pytest.raises(CannotOpen):
        await Vault(house.vault.master, databases.app).keys(house.place.id)
