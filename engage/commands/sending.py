"""Commands about a practice's sending: how it stands, stop it, lift a stop, its limits.

This room refuses logic: a command calls one function of a room below and prints what came of it.
"""

import click

from engage import wiring
from engage.commands import in_house, practice_named, run
from engage.messaging import restored, sending
from engage.messaging.pacing import PRACTICE_PER_DAY, Rate
from engage.messaging.sending import store

_PRACTICE = click.option(
    "--practice", "practice_name", default="", help="Name or id, if there are several."
)


@click.group(name="sending")
def group() -> None:
    """Stop, limit and look at what a practice sends."""


@group.command()
@_PRACTICE
def show(practice_name: str) -> None:
    """Say whether texts leave, and what the limits are."""

    async def act(house: wiring.House) -> store.Sending | None:
        practice = await practice_named(house, practice_name)
        async with house.database.work([practice]) as work:
            return await store.of(work, practice)

    for line in _lines(run(lambda: in_house(act))):
        click.echo(line)


@group.command()
@_PRACTICE
def stop(practice_name: str) -> None:
    """Stop sending by hand, until `engage sending lift`: before a restored copy starts, say."""

    async def act(house: wiring.House) -> None:
        practice = await practice_named(house, practice_name)
        async with house.database.work([practice], practice) as work:
            await sending.stop(work, practice, house.clock.now())

    run(lambda: in_house(act))
    click.echo("Stopped. Safety texts are still tried.")


@group.command()
@_PRACTICE
def lift(practice_name: str) -> None:
    """Send again, after what was wrong with the account has been mended."""

    async def act(house: wiring.House) -> tuple[bool, bool]:
        practice = await practice_named(house, practice_name)
        async with house.database.work([practice], practice) as work:
            held = await restored.lift(work, practice, house.clock.now())
            now = await store.of(work, practice)
        house.bell.ring("outbox")
        return held, now is not None and now.effect == "stop"

    held, paused = run(lambda: in_house(act))
    if paused:
        click.echo("Lifted; paused after the restore all the same, until `engage sending resume`.")
    else:
        click.echo("Lifted: what waited leaves now." if held else "Nothing was held.")


@group.command()
def resume() -> None:
    """Send again after a restore, once the texts of the lost minutes are accounted for."""

    async def act(house: wiring.House) -> int:
        async with house.database.work() as work:
            lifted = await restored.resume(work, house.clock.now())
        house.bell.ring("outbox")
        return lifted

    click.echo(f"Resumed: {run(lambda: in_house(act))} practices send again.")


@group.command()
@_PRACTICE
@click.option("--segments-per-day", type=click.IntRange(1), help="Most segments a day, in all.")
@click.option("--redact-after-days", type=click.IntRange(2), help="Blank words at the carrier.")
@click.option("--number-per-second", type=click.FloatRange(0.1, 1000), help="Segments a second.")
@click.option("--number-per-day", type=click.IntRange(1), help="Most segments a day of one number.")
def limits(
    practice_name: str,
    segments_per_day: int | None,
    redact_after_days: int | None,
    number_per_second: float | None,
    number_per_day: int | None,
) -> None:
    """Change limits; what is not named stays. The number limits go for each of its numbers."""

    async def act(house: wiring.House) -> store.Sending | None:
        practice = await practice_named(house, practice_name)
        doors = await house.doors.by_practice(practice)
        at = house.clock.now()
        async with house.database.work([practice], practice) as work:
            now = await store.found(work, practice)
            await store.set_limits(
                work,
                practice,
                segments_per_day or now.segments_per_day,
                redact_after_days or now.redact_after_days,
            )
            if number_per_second is not None or number_per_day is not None:
                for door in doors:
                    usual = await store.rate_of(work, practice, door.number_id) or Rate()
                    per_second = number_per_second or usual.per_second
                    rate = Rate(
                        per_second, max(10, int(2 * per_second)), number_per_day or usual.per_day
                    )
                    await store.set_rate(work, practice, door.number_id, rate, at)
            return await store.of(work, practice)

    for line in _lines(run(lambda: in_house(act))):
        click.echo(line)


def _lines(stands: store.Sending | None) -> list[str]:
    if stands is None:
        return ["Texts leave.", f"At most {PRACTICE_PER_DAY} segments a day."]
    match stands.effect:
        case "none":
            state = "Texts leave."
        case "stop":
            why = "by hand" if stands.error_code is None else f"code {stands.error_code}"
            state = f"Stopped ({why}) until `engage sending lift`."
        case "pause" | "slow-down":
            state = f"Held until {stands.until:%Y-%m-%d %H:%M} UTC (code {stands.error_code})."
    kept = stands.redact_after_days
    return [
        state,
        f"At most {stands.segments_per_day or PRACTICE_PER_DAY} segments a day.",
        "Words stay at the carrier."
        if kept is None
        else f"Words are blanked at the carrier after {kept} days.",
    ]
