"""`andon audit archive`: move closed segments of the audit log to another folder, and have the log itself tell of it."""

import shutil
from contextlib import closing
from pathlib import Path

from opcua_server.alarms.anchor import Head, origin_of
from opcua_server.alarms.errors import JournalError
from opcua_server.alarms.journal_file import connect_to_read
from opcua_server.alarms.journal_read import BadRow, follow
from opcua_server.audit.local import acting_user
from opcua_server.audit.log import AuditLog
from opcua_server.audit.records import AuditRecord, Deed, Stage
from opcua_server.audit.segments import BUSY_TIMEOUT_MS, Segment, segments, sync

WAIT_S = 10.0


def archive(path: Path, folder: Path) -> list[Segment]:
    """Move all closed segments of a log; each is copied and checked, then told of in the log, and only then removed.

    Args:
        path: `audit.db`.
        folder: Where they go; it is made.

    Returns:
        The segments where they are now, oldest first; none where none is closed.

    Raises:
        JournalError: A segment is not whole, or the audit log cannot be written; what is not told of stays.
        OSError: The folder takes no file.
    """
    found = segments(path.parent)
    if not found:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    copies = [_copy(segment, folder) for segment in found]
    last = [_checked(copy) for copy in copies][-1]
    log = AuditLog(path)
    try:
        log.note(
            AuditRecord(
                deed=Deed.AUDIT,
                target="audit log",
                user=acting_user(),
                comment=f"rows {found[0].first} to {found[-1].last} archived to {folder.resolve()}",
                result="Good",
                stage=Stage.DONE,
                detail={"archived": str(last)},
            )
        ).result(WAIT_S)
    finally:
        log.close()
    for segment in found:
        segment.path.unlink()
    sync(path.parent)
    return copies


def _copy(segment: Segment, folder: Path) -> Segment:
    target, draft = folder / segment.path.name, folder / f"{segment.path.name}.draft"
    draft.unlink(missing_ok=True)
    shutil.copyfile(segment.path, draft)
    draft.chmod(0o400)
    sync(draft)
    draft.rename(target)
    sync(folder)
    return Segment(path=target, first=segment.first, last=segment.last)


def _checked(segment: Segment) -> Head:
    with closing(connect_to_read(segment.path, BUSY_TIMEOUT_MS)) as file:
        end = follow(file, origin_of(file), {})
    if isinstance(end, BadRow):
        raise JournalError(
            f"{segment.path.name} is not whole: at row {end.seq} {end.reason}. Nothing was moved."
        )
    return end
