"""What is done at the command line, in the audit log: a row before it and one after."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from opcua_server.audit.log import FILE_NAME, AuditLog
from opcua_server.audit.records import AuditRecord, Deed, Stage

WAIT_S: Final = 10.0


@contextmanager
def audited(
    state: Path, deed: Deed, target: str, what: str, *, old: str | None = None, new: str | None = None
) -> Iterator[None]:
    """Have a block of code audited; it is not begun when that cannot be written.

    Args:
        state: The state directory.
        deed: What kind of thing is done.
        target: On whom or what.
        what: The command's word for it.
        old: What was there before.
        new: What will be there after.

    Raises:
        JournalError: The audit log cannot be written.
    """
    record = AuditRecord(
        deed=deed,
        target=target,
        user=acting_user(),
        old=old,
        new=new,
        comment=what,
        stage=Stage.REQUESTED,
    )
    log = AuditLog(state / FILE_NAME)
    try:
        log.note(record).result(WAIT_S)
        try:
            yield
        except Exception as problem:
            log.note(record.ended(Stage.REFUSED, "", f"{what}: {problem}"))
            raise
        log.note(record.ended(Stage.DONE, "Good"))
    finally:
        log.close()


def acting_user() -> str:
    """Return who is at the command line, as the audit log names him."""
    try:
        return f"local:{getpass.getuser()}"
    except (OSError, KeyError):
        return "local:unknown"
