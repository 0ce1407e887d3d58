"""The rounds: once a minute the auditor looks, people are told, and the heartbeat beats or not.

The order is what makes it a net. The auditor reads with its own login; what it found is a line in
the log before anything is written; telling people stands on tables and may fail; and the heartbeat
to the outside is sent only if everything held, so that whatever breaks here, this round included,
is a silence that an outside watcher hears. This room refuses to beat in doubt.
"""

import asyncio
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeAlias

import structlog
from prometheus_client import Counter, Gauge

from engage.auditor.checks import CHECKS, Finding
from engage.auditor.looking import Audit
from engage.clock import Clock
from engage.ids import PracticeId

Post: TypeAlias = Callable[[str, Mapping[str, str], bytes], Awaitable[int]]

EVERY_SECONDS = 60.0
LOOK_SECONDS = 30.0
"""A look that takes longer is a look that failed."""
_FINE = range(200, 300)

_FINDINGS = Gauge("engage_audit_findings", "What does not hold now, by check", ["check"])
_LOOKS = Counter("engage_audit_looks", "Looks by what came of them", ["outcome"])
_BEATS = Counter("engage_heartbeats", "Heartbeats by what came of them", ["outcome"])

_log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


class Looks(Protocol):
    """What the rounds ask of the auditor."""

    async def look(self) -> Audit | None:
        """Look at everything now; None if another process does just now."""
        ...


class Tells(Protocol):
    """What the rounds ask of alarms."""

    async def told(self, practice: PracticeId, found: Mapping[str, int]) -> None:
        """Note what is found in a practice now, and tell what is new and what has cleared."""
        ...


class Rounds:
    """Goes round; one per worker."""

    def __init__(
        self, auditor: Looks, alarms: Tells, clock: Clock, post: Post, heartbeat_url: str
    ) -> None:
        """Take who looks, who tells, and where the heartbeat goes; without an address nowhere."""
        self._auditor = auditor
        self._alarms = alarms
        self._clock = clock
        self._post = post
        self._heartbeat_url = heartbeat_url

    async def run(self) -> None:
        """Go round for ever, a minute after the start for the first time."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.once()
            except Exception as error:  # noqa: BLE001 - the next round comes; the heartbeat did not
                _log.exception("the audit could not be made", exc_info=error)
                _LOOKS.labels("broken").inc()

    async def once(self) -> Audit | None:
        """Look, say what was found, tell people, and beat if all is well."""
        async with asyncio.timeout(LOOK_SECONDS):
            audit = await self._auditor.look()
        if audit is None:
            return None
        _LOOKS.labels("passed" if audit.passed else "failed").inc()
        _count(audit)
        for one in audit.findings:
            _say(one)
        told = await self._tell(audit)
        if audit.passed and told:
            await self._beat()
        return audit

    async def _tell(self, audit: Audit) -> bool:
        by_practice: dict[PracticeId, dict[str, int]] = defaultdict(dict)
        for one in audit.findings:
            if one.severe:
                for practice in audit.practices if one.practice is None else (one.practice,):
                    by_practice[practice][one.about] = one.count
        well = True
        for practice in audit.practices:
            try:
                # Also with nothing found: what was may have cleared.
                await self._alarms.told(practice, by_practice[practice])
            except Exception as error:  # noqa: BLE001 - one practice must not silence the others
                _log.exception("alarm not told", practice=practice, exc_info=error)
                well = False
        return well

    async def _beat(self) -> None:
        if not self._heartbeat_url:
            return
        # Nothing but that it is: no id, no count, no name. A redirect is not followed.
        status = await self._post(self._heartbeat_url, {}, b"")
        _BEATS.labels("taken" if status in _FINE else "refused").inc()
        if status not in _FINE:
            _log.error("heartbeat refused", http_status=status)


def _count(audit: Audit) -> None:
    counts: Tally[str] = Tally()
    for one in audit.findings:
        counts[one.check] += one.count
    for check in CHECKS:
        _FINDINGS.labels(check).set(counts[check])


def _say(one: Finding) -> None:
    say = _log.error if one.severe else _log.warning
    say(
        "the auditor found something",
        rule=one.check,
        kind=one.what,
        severity="severe" if one.severe else "note",
        practice=one.practice,
        count=one.count,
        age_seconds=round(one.amount),
        # One is enough to begin with; `engage audit` names more.
        due=next(iter(one.ids), None),
    )
