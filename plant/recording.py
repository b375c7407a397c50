"""Make a recording from beginning to end: plant, scenario, rows, files, and the truth beside them."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import resources
from plant.data_sets import DATA_SETS, DataSet
from plant.definition import load_plant
from plant.engine import Engine
from plant.entities import PlantDefinition
from plant.errors import DefinitionError
from plant.record import HOUR_S, Plan, Record, blocks
from plant.record_csv import write_csv_folder
from plant.record_data_set import write_data_set
from plant.record_npz import write_npz
from plant.scaling import only, scaled
from plant.scenario_files import ScenarioShelf
from plant.truth_file import truth_path, write_truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be recorded; None takes what is usual."""

    out: Path
    hours: float
    plant: Path | None = None
    like: str | None = None
    devices: int | None = None
    seed: int | None = None
    scenario: str | None = None
    step_s: float = 1.0
    every_s: float | None = None
    recordings: Path | None = None


def make(order: Order, *, heed: Callable[[], None] = lambda: None) -> str:
    """Record, and return in a line what there is now. The files appear at the end, whole or not at all.

    `heed` is called between blocks, and may end the recording by an exception.

    Raises:
        DefinitionError, PlantError, ValueError: Something that was ordered cannot be; one sentence.
        OSError: The files cannot be written.
    """
    data_set = _data_set(order)
    usual_s = data_set.every_s if data_set else order.step_s
    every_s = usual_s if order.every_s is None else order.every_s
    plan = Plan(duration_s=order.hours * HOUR_S, step_s=order.step_s, every_s=every_s)
    if order.seed is not None and order.seed < 0:
        raise ValueError(f"seed: {order.seed} is below 0")
    scenario = ScenarioShelf().find(order.scenario or ("training" if data_set else "healthy"))
    began = time.perf_counter()
    engine = Engine(_plant(order, data_set), seed=order.seed, recordings=order.recordings)
    engine.schedule(scenario)
    rows = _Counted(blocks(engine, plan), heed)
    if data_set is not None:
        write_data_set(order.out, engine, data_set, rows)
    elif order.out.suffix == ".npz":
        write_npz(order.out, engine, rows, plan.rows)
    else:
        write_csv_folder(order.out, engine, rows)
    write_truth(truth_path(order.out), engine)
    seconds = time.perf_counter() - began
    return f"{order.out}: {rows.count} rows of {len(engine.tags)} tags, {seconds:.1f} s"


class _Counted:
    """Blocks, with the number of rows that went by."""

    def __init__(self, found: Iterable[Record], heed: Callable[[], None]) -> None:
        self._found, self._heed = found, heed
        self.count = 0

    def __iter__(self) -> Iterator[Record]:
        for block in self._found:
            self._heed()
            self.count += len(block.time_s)
            yield block


def _data_set(order: Order) -> DataSet | None:
    if order.like is None:
        if order.out.suffix not in ("", ".npz"):
            raise ValueError(f"out: {order.out} is neither a .npz file nor a folder")
        return None
    if order.like not in DATA_SETS:
        raise ValueError(f"like: {order.like!r} is not one of {', '.join(DATA_SETS)}")
    if order.out.suffix != ".csv":
        raise ValueError(f"out: {order.out} is not a .csv file, which a data set is")
    return DATA_SETS[order.like]


def _plant(order: Order, data_set: DataSet | None) -> PlantDefinition:
    plant = load_plant(order.plant or resources.path("plants", "factory.toml"))
    if data_set is not None:
        more = () if data_set.companion is None else (data_set.companion,)
        plant = only(plant, (*data_set.families, *more))
    if order.devices is None:
        return plant
    try:
        return scaled(plant, order.devices)
    except DefinitionError as problem:
        raise DefinitionError(f"plant {plant.id}: {problem}") from problem
