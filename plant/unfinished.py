"""Files that have no name until they are complete, so that nothing half-written stays: not even after kill -9.

Linux can keep an unnamed file in a folder (O_TMPFILE) and give it its name at the end. Elsewhere an unfinished file is
called `.NAME.PID.part`; it goes with the process that writes it, or with the next one that writes the same.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final

_FLAG: Final = getattr(os, "O_TMPFILE", 0)
_OTHER_FILES: Final = 64  # that the process has open besides


@contextmanager
def unfinished_file(target: Path) -> Iterator[IO[bytes]]:
    """Give a file to write to; at the end it takes the place of `target`, on failure it goes.

    Raises:
        OSError: The folder cannot be written, or the disk is full.
    """
    if target.is_dir():
        raise IsADirectoryError(f"{target} is a folder, and a file is to be written")
    hidden = _prepare(target)
    try:
        with _open(target.parent, hidden) as file:
            yield file
            _name(file, target.parent, hidden)
        hidden.replace(target)
    finally:
        hidden.unlink(missing_ok=True)


@contextmanager
def unfinished_folder(target: Path, names: Sequence[str]) -> Iterator[Mapping[str, IO[bytes]]]:
    """Give a file for each name; at the end a folder `target` appears with all of them.

    Raises:
        OSError: There is something at `target`, it cannot be written, the disk is full, or there are too many files.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is there already: name a new folder")
    hidden = _prepare(target)
    try:
        _allow_open_files(len(names))
        if not _FLAG:
            hidden.mkdir()
        with ExitStack() as stack:
            files = {name: stack.enter_context(_open(target.parent, hidden / name)) for name in names}
            yield files
            hidden.mkdir(exist_ok=True)
            for name, file in files.items():
                _name(file, target.parent, hidden / name)
        if target.exists():
            target.rmdir()  # it is empty
        hidden.replace(target)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _prepare(target: Path) -> Path:
    """Make the folder, clear away what dead processes have left, and return the name until the end."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.*.part"):
        number = left.name.removesuffix(".part").rpartition(".")[2]
        if number.isdigit() and not _is_alive(int(number)):
            shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
    return target.with_name(f".{target.name}.{os.getpid()}.part")


def _open(folder: Path, hidden: Path) -> IO[bytes]:
    if _FLAG:
        with suppress(OSError):  # not every file system can
            return os.fdopen(os.open(folder, _FLAG | os.O_RDWR, 0o666), "w+b")
    hidden.parent.mkdir(exist_ok=True)
    return hidden.open("w+b")


def _name(file: IO[bytes], folder: Path, hidden: Path) -> None:
    """Have everything on the disk, and under a name."""
    file.flush()
    os.fsync(file.fileno())
    if hidden.exists():
        return
    where = os.open(folder, os.O_RDONLY)
    try:
        # With a folder's number given, Python uses linkat(2), which follows the link to the unnamed file.
        os.link(f"/proc/self/fd/{file.fileno()}", hidden, src_dir_fd=where, follow_symlinks=True)
    finally:
        os.close(where)


def _allow_open_files(count: int) -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = count + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or needed <= soft:
        return
    if hard != resource.RLIM_INFINITY and needed > hard:
        raise OSError(f"{count} files are more than this system lets a process open ({hard}): write one .npz")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))


def _is_alive(process: int) -> bool:
    if sys.platform == "win32":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
