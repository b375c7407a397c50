"""The journal over OPC UA: rows as JSON for programs, ready text for exports."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from asyncua import ua

from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.export import ExportFormat, header, json_line, text_of
from opcua_server.alarms.journal import Journal, JournalPage
from opcua_server.alarms.journal_read import LARGEST_PAGE
from opcua_server.alarms.ranges import RangeError, check_range
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError

_S = ua.StatusCodes
_T = ua.VariantType


class JournalMethods:
    """Serves `QueryJournal` and `ExportJournal`. The disk is read in a thread, so that the loop goes on."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def query(self, caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        """Handle `QueryJournal(From, To, AfterSeq, Limit)`."""
        begin, end, after, limit = (argument.Value for argument in arguments)
        page = await self._page(caller, begin, end, after, limit)
        return [
            ua.Variant([json_line(row) for row in page.rows], _T.String, is_array=True),
            ua.Variant(page.last_seq, _T.Int64),
            ua.Variant(page.more, _T.Boolean),
        ]

    async def export(self, caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        """Handle `ExportJournal(From, To, Format, AfterSeq, Limit)`."""
        begin, end, form, after, limit = (argument.Value for argument in arguments)
        if form not in {each.value for each in ExportFormat}:
            raise MethodRefusedError(
                _S.BadInvalidArgument, f"Format: {form!r} is neither csv nor jsonl.", argument=2
            )
        page = await self._page(caller, begin, end, after, limit)
        chosen = ExportFormat(form)
        return [
            ua.Variant(text_of(page.rows, chosen), _T.String),
            ua.Variant(page.last_seq, _T.Int64),
            ua.Variant(page.more, _T.Boolean),
            ua.Variant(header(chosen), _T.String),
        ]

    async def _page(
        self, caller: Caller, begin: datetime | None, end: datetime | None, after: int, limit: int
    ) -> JournalPage:
        try:
            authorize(caller, Action.READ_JOURNAL)
        except NotAuthorizedError as problem:
            raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem
        if begin is None or end is None:
            raise MethodRefusedError(_S.BadInvalidArgument, "From and To: both are needed.", argument=0)
        if limit > LARGEST_PAGE:
            raise MethodRefusedError(_S.BadInvalidArgument, f"Limit: {limit} is outside 0 to {LARGEST_PAGE}.")
        begin, end = _utc(begin), _utc(end)
        try:
            check_range(begin, end)
            return await asyncio.to_thread(self._journal.query, begin, end, after, limit)
        except RangeError as problem:
            raise MethodRefusedError(_S.BadInvalidArgument, str(problem), argument=1) from problem
        except JournalError as problem:
            raise MethodRefusedError(_S.BadResourceUnavailable, str(problem)) from problem


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
