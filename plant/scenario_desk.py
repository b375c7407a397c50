"""Keep the scenarios that run on a plant."""

from typing import TYPE_CHECKING

from plant.errors import PlantError, Refusal
from plant.scenario_runner import ScenarioRunner
from plant.scenarios import Scenario

if TYPE_CHECKING:
    from plant.engine import Engine


class ScenarioDesk:
    """Scenarios by name; several may run at once, each of them once."""

    def __init__(self) -> None:
        self._runners: dict[str, ScenarioRunner] = {}

    @property
    def states(self) -> dict[str, bool]:
        """Names of the scenarios that were begun and not stopped, with whether more will come of each."""
        return {name: not runner.is_over for name, runner in self._runners.items()}

    def run(self, engine: "Engine", scenario: Scenario) -> None:
        """Begin a scenario now; one that is over begins anew.

        Raises:
            PlantError: It runs already, or one of its events can never be.
        """
        before = self._runners.get(scenario.name)
        if before is not None and not before.is_over:
            raise PlantError(
                Refusal.INVALID_STATE, f"the scenario {scenario.name} runs already: stop it first"
            )
        self._runners[scenario.name] = ScenarioRunner(engine, scenario)

    def stop(self, engine: "Engine", name: str | None) -> tuple[str, ...]:
        """Stop a scenario, or all, and take away the faults that it brought; return which were stopped.

        Raises:
            PlantError: It does not run.
        """
        if name is not None and name not in self._runners:
            running = ", ".join(self._runners) or "none"
            raise PlantError(Refusal.INVALID_STATE, f"the scenario {name!r} does not run; running: {running}")
        names = tuple(self._runners) if name is None else (name,)
        for each in names:
            self._runners.pop(each).stop(engine)
        return names

    def step(self, engine: "Engine") -> None:
        """Do what is due."""
        for runner in tuple(self._runners.values()):
            runner.step(engine)
