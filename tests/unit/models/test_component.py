"""The judgement of a component cell's sample, on the shipped bundle."""

import json
import math

import pytest

import resources
from models.bundle import load_bundle
from models.component import FIELDS, ComponentPredictor

SOURCE_SAMPLE = '{"Temperature_C":72.5,"Humidity_%":40,"Sound_Volume_dB":62,"Vibration_mm_s":5.3}'


@pytest.fixture(scope="module")
def predictor() -> ComponentPredictor:
    return ComponentPredictor(load_bundle(resources.path("bundles", "factory")).component)


def test_that_the_source_systems_sample_is_anomalous_for_its_vibration(predictor: ComponentPredictor) -> None:
    verdict = predictor.predict_json(SOURCE_SAMPLE)

    assert verdict.is_anomaly == 1
    assert verdict.score < 0.0
    assert verdict.reason.startswith("Vibration_mm_s is 5.3 where ")


@pytest.mark.parametrize("sample", [(75.0, 45.0, 61.0, 2.2), (72.0, 43.0, 61.7, 2.16)])
def test_that_a_usual_sample_is_normal(
    predictor: ComponentPredictor, sample: tuple[float, float, float, float]
) -> None:
    verdict = predictor.predict(*sample)

    assert verdict.is_anomaly == 0
    assert verdict.score > 0.0
    assert verdict.reason == "All values are in their normal ranges."


@pytest.mark.parametrize("field", range(4))
@pytest.mark.parametrize("value", [0.0, 99.0])
def test_that_any_field_far_outside_is_anomalous_and_named(
    predictor: ComponentPredictor, field: int, value: float
) -> None:
    sample = [75.0, 45.0, 61.0, 2.2]
    sample[field] = value
    verdict = predictor.predict(*sample)

    assert verdict.is_anomaly == 1
    assert verdict.reason.startswith(f"{FIELDS[field]} is {value:g} where ")


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -1e9, 10**400, None, "72", True])
def test_that_an_impossible_value_is_refused_by_the_name_of_its_field(
    predictor: ComponentPredictor, name: str, value: object
) -> None:
    sample = {**json.loads(SOURCE_SAMPLE), name: value}

    with pytest.raises(ValueError, match=f"^{name}: "):
        predictor.predict_sample(sample)


@pytest.mark.parametrize("name", FIELDS)
def test_that_a_missing_field_is_named(predictor: ComponentPredictor, name: str) -> None:
    sample = json.loads(SOURCE_SAMPLE)
    del sample[name]

    with pytest.raises(ValueError, match=f"^{name}: missing"):
        predictor.predict_sample(sample)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"Pressure":1}', "^Pressure: unknown"),
        ('{"Humidity_%":1,"Humidity_%":2}', "^Humidity_%: given twice"),
        ("[1]", "^sample: not a JSON object"),
        ("{", "^sample: not JSON"),
        ("[" * 100_000, "^sample: not JSON"),
        (SOURCE_SAMPLE.replace("40", "NaN"), "^Humidity_%: nan is not a finite number"),
    ],
)
def test_that_a_text_that_is_no_sample_is_refused_with_what_is_wrong(
    predictor: ComponentPredictor, text: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        predictor.predict_json(text)
