"""Publishing to the Hugging Face hub, with its own client and a small hub on this machine."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import pytest
from hub_server import Hub, hub_server

from confu_core.errors import DatasetError, InvalidValue
from confu_core.publish import Release, plan, publish
from confu_core.shards import verify

# The client uses its own HTTP library in a way that this deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
URL = "hf://datasets/ada/noise"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that the client finds in place of the real one; large files go there by the protocol of Git LFS."""
    library = pytest.importorskip("huggingface_hub")
    from huggingface_hub import _commit_api, constants

    with hub_server() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(_commit_api, "is_xet_available", lambda: False)
        monkeypatch.setenv("HF_TOKEN", server.token)
        library.HfFileSystem.clear_instance_cache()
        yield server
        library.HfFileSystem.clear_instance_cache()
        library.close_session()


def test_one_commit_shows_all_of_it(release: Release, hub: Hub) -> None:
    done = publish(release, URL)
    assert hub.commits == 1 and set(done.sent) == {part.name for part in release.parts} == set(hub.files or {})
    for part in release.parts:
        with part.local() as path:
            assert (hub.files or {})[part.name] == path.read_bytes()
    assert publish(release, URL).sent == () and hub.commits == 1


def test_a_published_dataset_is_verified_on_the_hub(release: Release, hub: Hub) -> None:
    publish(release, URL)
    assert verify(URL).ok
    assert hub.files is not None
    hub.files["LICENSE"] += b"!"
    assert [str(finding) for finding in verify(URL).findings] == ["LICENSE: its SHA-256 is not that in SHA256SUMS"]


def test_an_interrupted_upload_shows_nothing_and_goes_on(release: Release, hub: Hub) -> None:
    hub.uploads_left = 3
    with pytest.raises(DatasetError, match=f"^cannot publish to {URL}: the store refuses \\(403\\)"):
        publish(release, URL)
    assert hub.files == {} and hub.commits == 0 and hub.uploads == 3
    hub.uploads_left = None
    publish(release, URL)
    shards = sum(part.name.endswith((".parquet", ".tar")) for part in release.parts)
    assert hub.uploads == shards and hub.commits == 1


def test_what_changed_is_sent_and_what_is_gone_removed(data, release_of, hub: Hub, tmp_path) -> None:
    (tmp_path / "report.html").write_text("<p>results")
    publish(release_of(data, report=tmp_path / "report.html"), URL)
    done = publish(release_of(data, date="2026-03-04"), URL)
    assert done.removed == ("report/report.html",)
    assert set(done.sent) == {"README.md", "CITATION.cff", "LICENSE", "croissant.json", "SHA256SUMS"}
    assert "report/report.html" not in (hub.files or {})


def test_a_dry_run_touches_nothing(release: Release, hub: Hub) -> None:
    found = plan(release, URL)
    assert hub.files is None and found.bytes == release.size
    publish(release, URL)
    assert plan(release, URL).bytes == 0


@pytest.mark.parametrize("files", [{"thesis.txt": b"years of work"}, {"manifest.json": b'{"name": "thesis"}'}])
def test_what_others_published_is_refused(release: Release, hub: Hub, files: dict[str, bytes]) -> None:
    hub.files = dict(files)
    with pytest.raises(DatasetError, match=f"^{URL} holds (other files|another dataset).*; choose another repository$"):
        publish(release, URL)
    assert hub.files == files


@pytest.mark.parametrize(("status", "line"), [(401, "the store wants a login"), (403, "the store refuses")])
def test_no_token_is_told(release: Release, hub: Hub, status: int, line: str, monkeypatch) -> None:
    if status == 401:
        monkeypatch.setenv("HF_TOKEN", "hf_AnotherTokenThatHasExpired")
    else:
        hub.refuses = status
    with pytest.raises(DatasetError, match=f"^cannot publish to {URL}: {line}") as caught:
        publish(release, URL)
    said = "".join(traceback.format_exception(caught.value))
    assert "AnotherToken" not in said and hub.token not in said and "\n" not in str(caught.value)


def test_the_link_of_an_upload_is_not_told(release: Release, hub: Hub) -> None:
    hub.uploads_left = 0
    with pytest.raises(DatasetError) as caught:
        publish(release, URL)
    said = "".join(traceback.format_exception(caught.value))
    assert "SecretSignature" not in said and hub.token not in said


@pytest.mark.parametrize("url", ["hf://ada/noise", "hf://datasets/noise", "hf://datasets/a/b/c", "hf://models/a/b"])
def test_what_names_no_dataset_is_refused(release: Release, url: str) -> None:
    with pytest.raises(InvalidValue, match="--to must be hf://datasets/USER/NAME"):
        publish(release, url)
