"""What stores say when they refuse becomes one line without secrets."""

from __future__ import annotations

import pytest

from confu_core.errors import InvalidValue
from confu_core.io.refusal import refusal, tellable, without_secrets
from confu_core.io.storage import RemotePath


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("ExpiredToken", "the token has expired; log in again"),
        ("AccessDenied", "the store refuses (403)"),
        ("NoSuchBucket", "there is no such bucket; create it first"),
        ("SignatureDoesNotMatch", "the secret key is wrong"),
        ("InvalidAccessKeyId", "the store does not know the access key"),
    ],
)
def test_errors_of_s3_say_what_mends_them(code: str, line: str) -> None:
    """As the client raises them: botocore's own, translated by s3fs."""
    exceptions = pytest.importorskip("botocore.exceptions")
    from s3fs.errors import translate_boto_error

    error = exceptions.ClientError({"Error": {"Code": code, "Message": "m"}}, "PutObject")
    assert refusal(error).startswith(line)
    translated = translate_boto_error(error)
    translated.__cause__ = error
    assert refusal(translated).startswith(line)


@pytest.mark.parametrize("name", ["status", "code"])
def test_errors_of_http_say_what_mends_them(name: str) -> None:
    error = RuntimeError("Request failed")
    setattr(error, name, 401)
    assert refusal(error).startswith("the store wants a login")


def test_a_cause_is_found_at_any_depth() -> None:
    outer = RuntimeError("Error while uploading")
    outer.__cause__ = ConnectionResetError("by peer")
    assert refusal(outer) == "the connection was cut (Error while uploading); run the same command again"
    inner = outer.__cause__
    inner.__cause__ = outer  # A circle ends.
    assert "cut" in refusal(outer)


@pytest.mark.parametrize(
    "text",
    [
        "https://x/y?X-Amz-Algorithm=a&X-Amz-Signature=SECRET9&b=1",
        "GET /?token=SECRET9 failed",
        "Authorization: Bearer SECRET9",
        "ftp://me:SECRET9@host/x",
        "hf_SECRET9SECRET9",
        "key my-SECRET9-key here",
    ],
)
def test_no_secret_is_told(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "my-SECRET9-key")
    assert "SECRET9" not in without_secrets(text) and "SECRET9" not in refusal(OSError(text))
    assert tellable(OSError(text)) is None
    outer = RuntimeError("harmless")
    assert tellable(outer) is outer
    outer.__context__ = OSError(text)
    assert tellable(outer) is None


def test_a_url_with_a_password_is_refused_without_telling_it() -> None:
    with pytest.raises(InvalidValue, match=r"^a URL must hold no password; got ftp://\.\.\.@host/x; ") as caught:
        RemotePath.parse("ftp://me:secret@host/x")
    assert "secret" not in str(caught.value)
