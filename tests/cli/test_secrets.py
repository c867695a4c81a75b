"""No verb shows or writes down a secret of a URL, whatever form that has."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from calls import Calls
from click.testing import Result

from confu_cli.birdmml import birdmml
from confu_cli.xorbench import xorbench
from confu_core.io.refusal import without_secrets

SECRET = "S3cr/tK3y"
HOST = "http://127.0.0.1:9/birds"  # Where nothing listens.
PARAMETERS = [
    *(f"{HOST}?{name}={SECRET}" for name in ("token", "sig", "X-Amz-Signature", "api_key", "apikey", "password")),
    *(f"{HOST}?{name}={SECRET}" for name in ("AWSAccessKeyId", "access_token", "x", "download=1&k", "se=1&sig")),
]
# What differs in more than the name of a parameter; every verb is given these.
KINDS = [
    *(PARAMETERS[-1], f"{HOST}?{SECRET}", f"{HOST}#access_token={SECRET}", f"{HOST}?a;token={SECRET}"),
    *(f"http://user:{SECRET}@127.0.0.1:9/birds", f"http://{SECRET.replace('/', '')}@127.0.0.1:9/birds"),
    *(f"s3://KEY:{SECRET}@bucket/birds", f"simplecache::s3://KEY:{SECRET}@bucket/birds"),
    *(f"filecache::http://127.0.0.1:9/birds?token={SECRET}", f"ftp://user:{SECRET}@127.0.0.1:9/birds"),
    *(f"htpp://user:{SECRET}@host/birds", f"zip://a.zip::http://u:{SECRET}@127.0.0.1:9/birds"),
]
BIRD_VERBS = [
    ("build", "--out", "URL", "--species", "30"),
    ("build", "--from", "URL", "--out", "OUT"),
    ("build", "--from", "m.csv", "--root", "URL", "--out", "OUT"),
    ("build", "--from", "m.csv", "--root", "URL/x.tar.gz", "--out", "OUT"),
    ("info", "URL"),
    ("verify", "URL"),
    ("verify", "URL", "--repair"),
    ("preview", "URL", "--out", "OUT"),
    ("audit", "URL"),
    ("publish", "URL", "--to", "OUT"),
    ("publish", "missing", "--to", "URL"),
    ("run", "--data", "URL"),
    ("sweep", "--data", "URL", "--out", "OUT"),
]
XOR_VERBS = [("build", "--out", "URL"), ("info", "URL"), ("verify", "URL")]


def shown(result: Result) -> str:
    told = "".join(traceback.format_exception(result.exception)) if result.exception else ""
    return result.stdout + result.stderr + told


@pytest.mark.parametrize("words", [*BIRD_VERBS, *XOR_VERBS], ids=" ".join)
def test_no_verb_shows_a_secret(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "m.csv").write_text(
        "scientific_name,photo_file,audio_file,combined_caption\nPica pica,a.jpg,a.wav,a magpie\n"
    )
    calls = Calls(birdmml if words in BIRD_VERBS else xorbench)
    for number, form in enumerate(KINDS):
        for debug in ([], ["--debug"]) if number % 4 == 0 else ([],):
            asked = [word.replace("URL", form).replace("OUT", "out") for word in words]
            result = calls.invoke(*asked, *debug)
            assert result.exit_code != 0, form
            told = shown(result)
            assert SECRET not in told and SECRET.replace("/", "") not in told, (form, told)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("form", [*PARAMETERS[:-1], *KINDS])
def test_every_form_is_redacted_in_any_text(form: str) -> None:
    for text in (form, f"GET {form}: 403", f'{{"url": "{form}"}}', f"x [{form}] and {HOST}"):
        said = without_secrets(text)
        assert SECRET not in said and SECRET.replace("/", "") not in said
        assert "birds" in said or "S3cr" in form  # The rest stays.


@pytest.mark.parametrize(
    "text",
    [
        "https://zenodo.org/records/1/files/a.tar.gz?download=1",
        "hf://datasets/user/name@main/data",
        "s3://bucket/a@b.jpg",
        "http://localhost:8080/a?versionId=3",
        "http://localhost:8080/a@b.jpg",
        "key=7 is no secret; nor is token",
        "q?x=1.jpg",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert without_secrets(text) == text
