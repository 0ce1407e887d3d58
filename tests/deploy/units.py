"""A systemd unit as systemd would read it: what we use of it, and a refusal of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
PROGRAM = "/opt/engage/bin/engage"


@dataclass(frozen=True)
class Unit:
    """The [Service] part of a unit file, instance filled in."""

    name: str
    said: Mapping[str, tuple[str, ...]]

    @classmethod
    def read(cls, name: str, instance: str = "") -> "Unit":
        """Read a unit; `%i` becomes the instance."""
        said: dict[str, list[str]] = {}
        section = ""
        for line in (UNITS / name).read_text("utf-8").splitlines():
            if line.startswith("["):
                section = line
            elif section == "[Service]" and "=" in line and not line.startswith("#"):
                key, _, value = line.partition("=")
                said.setdefault(key, []).append(value.replace("%i", instance))
        return cls(name, {key: tuple(values) for key, values in said.items()})

    def environment(self, file: str, credentials: Path) -> dict[str, str]:
        """Return what a process of this unit has in its environment from the unit."""
        pairs = [line for line in file.splitlines() if line and not line.startswith("#")]
        pairs += [one.replace("%d", str(credentials)) for one in self.said["Environment"]]
        return dict(pair.split("=", 1) for pair in pairs)

    def credentials(self) -> dict[str, str]:
        """Return which files systemd hands over, by the name they then have."""
        return dict(one.split(":", 1) for one in self.said["LoadCredential"])

    def commands(self, key: str) -> list[list[str]]:
        """Return the arguments of each command, without the program."""
        found: list[list[str]] = []
        for one in self.said.get(key, ()):
            program, *arguments = one.split()
            if program != PROGRAM:
                message = f"{self.name} runs {program}"
                raise ValueError(message)
            found.append(arguments)
        return found
