"""The ad-hoc prediction of component production: four numbers in, a verdict out."""

import json
import math
from collections.abc import Mapping, Sequence

from asyncua import ua

from opcua_server.scoring.client import ScoringClient, ScoringUnavailableError
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError

# Field on the wire -> the detector's name for it, in the order of Predict's arguments.
FIELDS = {
    "Temperature_C": "temperature_c",
    "Humidity_%": "humidity_pct",
    "Sound_Volume_dB": "sound_db",
    "Vibration_mm_s": "vibration_mm_s",
}
MAX_JSON = 4096
_S = ua.StatusCodes


class Predictor:
    """Serves `Predict` and `PredictJson`."""

    def __init__(self, scoring: ScoringClient) -> None:
        self._scoring = scoring

    async def predict(
        self, caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> list[ua.Variant]:
        """Handle `Predict`."""
        sample = {name: argument.Value for name, argument in zip(FIELDS, arguments, strict=True)}
        score, is_anomaly, reason = await self._judge(caller, sample)
        return [
            ua.Variant(score, ua.VariantType.Double),
            ua.Variant(is_anomaly, ua.VariantType.Int32),
            ua.Variant(reason, ua.VariantType.String),
        ]

    async def predict_json(
        self, caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> list[ua.Variant]:
        """Handle `PredictJson`."""
        score, is_anomaly, reason = await self._judge(caller, _parse(arguments[0].Value))
        text = json.dumps({"Anomaly_Score": round(score, 4), "Is_Anomaly": is_anomaly, "Reason": reason})
        return [ua.Variant(text, ua.VariantType.String)]

    async def _judge(self, caller: Caller, sample: Mapping[str, object]) -> tuple[float, int, str]:
        try:
            authorize(caller, Action.PREDICT)
        except NotAuthorizedError as problem:
            raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem
        checked = _check(sample)
        try:
            answer = await self._scoring.predict(checked)
        except ScoringUnavailableError as problem:
            raise MethodRefusedError(_S.BadResourceUnavailable, str(problem)) from problem
        fields = answer.fields
        return float(fields["score"]), int(fields["is_anomaly"]), str(fields["reason"])


def _check(sample: Mapping[str, object]) -> dict[str, float]:
    unknown = [name for name in sample if name not in FIELDS]
    if unknown:
        raise MethodRefusedError(
            _S.BadInvalidArgument, f"{unknown[0]}: there is no such field; known are {', '.join(FIELDS)}."
        )
    return {key: _finite(index, name, sample.get(name)) for index, (name, key) in enumerate(FIELDS.items())}


def _finite(index: int, name: str, value: object) -> float:
    if value is None:
        raise MethodRefusedError(_S.BadInvalidArgument, f"{name}: missing.", argument=index)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MethodRefusedError(_S.BadInvalidArgument, f"{name}: {value!r} is not a number.", argument=index)
    if not math.isfinite(value):
        raise MethodRefusedError(
            _S.BadInvalidArgument, f"{name}: {value} is not a finite number.", argument=index
        )
    return float(value)


def _parse(text: object) -> Mapping[str, object]:
    if not isinstance(text, str):
        raise MethodRefusedError(_S.BadInvalidArgument, "Sample: missing.", argument=0)
    if len(text) > MAX_JSON:
        raise MethodRefusedError(
            _S.BadInvalidArgument, f"Sample: {len(text)} characters, at most {MAX_JSON} are read.", argument=0
        )
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise MethodRefusedError(
            _S.BadInvalidArgument, f"Sample: not JSON: {problem}.", argument=0
        ) from problem
    if not isinstance(parsed, dict):
        raise MethodRefusedError(_S.BadInvalidArgument, "Sample: not a JSON object.", argument=0)
    return parsed
