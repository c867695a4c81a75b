"""What a method raises in evaluation, said in one line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from confu_core.errors import ConfuError, MethodError
from confu_core.methods.base import Method
from confu_core.user_code import RAISED, describe

__all__ = ["in_evaluation"]


@contextlib.contextmanager
def in_evaluation(method: Method) -> Iterator[None]:
    """Turn what a method raises within a block into one line.

    Parameters
    ----------
    method : Method
        What is called there.

    Raises
    ------
    MethodError
        With the method, and what it raised and where.

    Examples
    --------
    >>> from confu_core.methods import Space
    >>> with in_evaluation(Method(Space(3, 8, 8))):
    ...     raise ValueError("no")
    Traceback (most recent call last):
    confu_core.errors.MethodError: method Method raised in evaluation: ValueError: no ...
    """
    try:
        yield
    except ConfuError:
        raise
    except RAISED as error:  # A user's method may raise anything; the user sees what and where.
        raise MethodError(f"method {type(method).__name__} raised in evaluation: {describe(error)}") from error
