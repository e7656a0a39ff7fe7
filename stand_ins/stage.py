"""What a stand-in's servers share: one world, one queue of faults, one lock."""

import threading
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from stand_ins.faults import Faults
from stand_ins.world import World

WORLD = TypeAdapter(World)


@dataclass(slots=True)
class Stage:
    """A world that servers show and change, with ``lock`` held.

    Args:
        platform: its code, such as ``meta_ads``.
        state: the file that keeps the world over a restart, if any.
        is_closing: set when the process ends, so that nothing waits any longer.
    """

    world: World
    platform: str = "google_ads"
    faults: Faults = field(default_factory=Faults)
    state: Path | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)
    is_closing: threading.Event = field(default_factory=threading.Event)

    def take_time(self) -> None:
        """Let as much time go by as each answer takes; without the lock."""
        if seconds := self.world.settings.answers_after:
            self.is_closing.wait(seconds)

    def save(self) -> None:
        if self.state:
            fresh = self.state.with_suffix(".new")
            fresh.write_bytes(WORLD.dump_json(self.world))
            fresh.replace(self.state)
