"""What a store says when it refuses, in one line that holds no secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

from confu_core.data_files import read_data

_SECRET_NAMES = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_SHORTEST_SECRET = 6  # What is shorter would also be found where it is meant as a word.
_URL = re.compile(r"(?<=://)[^\s'\"<>]+")
# A key may hold slashes; what stands behind a colon and is digits alone is a port.
_USER = re.compile(r"[^/@?#]+@|[^/@:?#]*:(?!\d{1,5}(?:[/?#]|$)).*@")
_QUERY = re.compile(r"(?<=[?&;#])[^?&;#]+")
_HARMLESS = re.compile(
    r"(?:download|dl|raw|export|format|page|part|partNumber|version|versionId|revision|rev|ref|prefix|delimiter|list-type)"
    r"=[\w.%/-]*",
    re.IGNORECASE,
)
# Beyond URLs, as in the line of a request.
_SECRETS = re.compile(
    r"hf_[A-Za-z0-9]{8,}|(?<=Bearer )\S+|(?<=Basic )\S+"
    r"|(?<=[?&;])[\w.-]*(?:token|sig|signature|secret|password|passwd|pwd|key|keyid|credential|auth|code|jwt)=[^&\s'\"]+",
    re.IGNORECASE,
)


def refusal(error: BaseException) -> str:
    """Return what an error of a store means, and what mends it."""
    chain, known = list(_chain(error)), read_data("confu_core.io", "refusals.toml")
    for code in (code for cause in chain for code in _codes(cause)):
        if code in known["codes"]:
            return str(known["codes"][code])
    line = without_secrets(next(iter(str(error).splitlines()), "") or type(error).__name__)
    names = {type(cause).__name__ for cause in chain}
    says = next((kind["says"] for kind in known["kinds"] if not names.isdisjoint(kind["names"])), "{said}")
    return str(says).replace("{said}", line)


def tellable(error: BaseException) -> BaseException | None:
    """Return an error that may be shown as the cause of another, or None if its text holds a secret."""
    return error if all(without_secrets(str(cause)) == str(cause) for cause in _chain(error)) else None


def without_secrets(text: str, *, every_query: bool = True) -> str:
    """Return a text without the keys of the environment, and with URLs that hold no secret.

    Every URL that is shown, stored or raised goes through here. Of a query only what is known to be harmless stays,
    such as ``download=1``: servers call their tokens by any name.
    """
    for name in _SECRET_NAMES:
        value = os.environ.get(name, "")
        if len(value) >= _SHORTEST_SECRET:
            text = text.replace(value, "...")
    return _SECRETS.sub("...", _URL.sub(lambda match: _shown_url(match[0], every_query), text))


def _shown_url(url: str, every_query: bool) -> str:
    if user := _USER.match(url):
        url = f"...@{url[user.end() :]}"
    if not every_query:
        return url
    return _QUERY.sub(lambda part: part[0] if _HARMLESS.fullmatch(part[0]) else "...", url)


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = cause.__cause__ or cause.__context__


def _codes(error: BaseException) -> Iterator[str]:
    """Yield what clients call the kind of an error: a code of S3, then the status of HTTP."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict):
        yield str(response.get("Error", {}).get("Code"))
        yield str(response.get("ResponseMetadata", {}).get("HTTPStatusCode"))
    for place, name in ((response, "status_code"), (error, "status"), (error, "code")):
        if (code := getattr(place, name, None)) is not None:
            yield str(code)
            break  # aiohttp warns of the last where it has the second.
