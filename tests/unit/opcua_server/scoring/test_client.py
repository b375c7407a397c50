"""Tests of the worker as its client sees it: the real process, the shipped bundle."""

import asyncio
import contextlib

import pytest

import resources
from opcua_server.scoring.client import ScoringClient, WorkerState, configure_message
from opcua_server.scoring.layout import layout_of
from plant.definition import load_plant
from plant.engine import Engine
from tests.support.bundle import require_bundle

pytestmark = pytest.mark.slow
SAMPLE = {"temperature_c": 72.5, "humidity_pct": 40.0, "sound_db": 62.0, "vibration_mm_s": 5.3}
PROMPT_S = 30.0


async def test_that_a_prediction_right_after_the_start_has_the_worker_started_and_waits_for_it() -> None:
    require_bundle()
    engine = Engine(load_plant(resources.path("plants", "factory.toml")))
    bundle = str(resources.path("bundles", "factory"))
    client = ScoringClient(
        configure_message(layout_of(engine).to_dict(), {}, bundle),
        on_message=lambda _: None,
        on_state=lambda *_: None,
    )
    asked = asyncio.create_task(client.predict(SAMPLE))
    async with asyncio.timeout(PROMPT_S):
        await client.wanted.wait()
        assert client.state is WorkerState.STARTING
        worker = asyncio.create_task(client.run())
        answer = await asked
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker

    assert answer.kind == "prediction"
    assert answer.fields["is_anomaly"] == 1
