"""What a machine runs out of, in words: such an error says what is short, and its traceback would add nothing."""

import errno

_BY_NUMBER = {
    errno.EMFILE: "no file descriptor is left for this process (raise LimitNOFILE or ulimit -n)",
    errno.ENFILE: "no file descriptor is left on this machine",
    errno.ENOMEM: "no memory is left",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
}
_DEEPEST = 8
"""So many causes of causes are looked at."""


def shortage(error: BaseException | None) -> str | None:
    """What the machine lacks, by the error or what caused it; None where it is of another kind."""
    for _ in range(_DEEPEST):
        if error is None:
            return None
        if found := _of(error):
            return found
        error = error.__cause__ or error.__context__
    return None


def _of(error: BaseException) -> str | None:
    if isinstance(error, MemoryError):
        return _BY_NUMBER[errno.ENOMEM]
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return "no thread can be started"
    return _BY_NUMBER.get(error.errno or 0) if isinstance(error, OSError) else None
