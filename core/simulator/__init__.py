"""An upstream on this machine: it speaks the dialects, renders real films, and gets wrong what it is asked to."""

from typing import NamedTuple

from core.simulator.faults import FaultLine, Faults, fault_lines, read_faults
from core.simulator.script import load_scripts
from core.simulator.server import Simulator

__all__ = ["FaultLine", "Faults", "ModelLine", "Offer", "Simulator", "describe", "read_faults"]


class ModelLine(NamedTuple):
    """One model of the simulator as it is shown: its name, and whose dialect it speaks."""

    name: str
    dialect: str


class Offer(NamedTuple):
    """All that the simulator can do."""

    models: tuple[ModelLine, ...]
    faults: tuple[FaultLine, ...]


def describe() -> Offer:
    """The models with their dialects, and the faults with a sentence each, for a help text."""
    models = tuple(ModelLine(script.model, script.dialect) for script in load_scripts().values())
    return Offer(models, fault_lines())
