"""What a store says when it refuses, in one line that holds no secret."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

_LOGIN = "log in again, or set fresh keys, and run the same command again"
_RIGHTS = "the store refuses (403): these keys may not do that; ask its owner for the right, or use other keys"
# Codes of S3 and its kin, and status codes of HTTP, to what is the matter and what mends it.
_MEANING = {
    "ExpiredToken": f"the token has expired; {_LOGIN}",
    "ExpiredTokenException": f"the token has expired; {_LOGIN}",
    "TokenRefreshRequired": f"the token has expired; {_LOGIN}",
    "RequestTimeTooSkewed": "the clock of this machine differs from that of the store; set it right",
    "InvalidAccessKeyId": "the store does not know the access key; check AWS_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "the secret key is wrong; check AWS_SECRET_ACCESS_KEY",
    "AccessDenied": _RIGHTS,
    "NoSuchBucket": "there is no such bucket; create it first, or choose another",
    "401": f"the store wants a login: there is none, or its token is wrong or has expired; {_LOGIN}",
    "403": _RIGHTS,
    "429": "the store asks to be left alone for a while (429); run the same command again later",
    "500": "the store has trouble of its own (500); run the same command again later",
    "503": "the store has trouble of its own (503); run the same command again later",
    "507": "the store is full (507)",
}
_NO_KEYS = {"NoCredentialsError", "PartialCredentialsError", "LocalTokenNotFoundError", "DefaultCredentialsError"}
_UNREACHED = {
    "ClientConnectorError", "ConnectError", "ConnectTimeout", "ConnectTimeoutError", "ConnectionError",
    "ConnectionRefusedError", "EndpointConnectionError", "ReadTimeout", "ReadTimeoutError", "gaierror",
}  # fmt: skip
_CUT = {
    "ClientOSError", "ClientPayloadError", "ConnectionAbortedError", "ConnectionClosedError", "ConnectionResetError",
    "HTTPClientError", "IncompleteReadError", "RemoteProtocolError", "ResponseParserError", "ResponseStreamingError",
    "ServerDisconnectedError", "WriteError", "ReadError", "BrokenPipeError",
}  # fmt: skip
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
    chain = list(_chain(error))
    for cause in chain:
        for code in _codes(cause):
            if code in _MEANING:
                return _MEANING[code]
    line = without_secrets(_first_line(error))
    kinds = {type(cause).__name__ for cause in chain}
    if kinds & _NO_KEYS:
        return f"no keys were found ({line}); log in, or set those of the store"
    if kinds & _UNREACHED:
        return f"{line}; check the address and the network"
    if kinds & _CUT:
        return f"the connection was cut ({line}); run the same command again"
    return line


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


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines and lines[0] else type(error).__name__
