"""The preview: which samples are chosen, a page that stands alone, and a contact sheet."""

from __future__ import annotations

import base64
import io
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import soundfile
from PIL import Image

import confu_core.shards.read
from birdmml.data import BirdRecipe, _places
from birdmml.preview import Preview, write_preview
from birdmml.preview.about import AboutBirds, Card, about
from birdmml.preview.gallery import choose_cards, page, sheet_of
from birdmml.settings import SPLITS
from birdmml.song import log_mel
from confu_core.errors import DatasetError, InvalidValue
from confu_core.shards import build, open_dataset

VOID = {"meta", "img", "image", "path", "input"}


class Page(HTMLParser):
    """Elements of a page with their attributes; fails where one is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def attributes(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


def cards_of(root: Path, **choice: Any) -> list[Card]:
    dataset = open_dataset(root)
    species = [name for unit in dataset.manifest.information["units"] for name in unit["species"]]
    return choose_cards(dataset, about(dataset), species, SPLITS, **{"per_class": 4, "limit": 100, "seed": 0, **choice})


def content(address: str, kind: str) -> bytes:
    assert address.startswith(f"data:{kind};base64,")
    return base64.b64decode(address.partition(",")[2], validate=True)


@pytest.fixture(scope="module")
def written(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Preview:
    return write_preview(open_dataset(built), tmp_path_factory.mktemp("preview") / "new" / "gallery.html")


@pytest.fixture(scope="module")
def shown(written: Preview) -> Page:
    return Page(written.page.read_text(encoding="utf-8"))


def test_cards_are_samples_of_the_dataset(built: Path, recipe: BirdRecipe) -> None:
    rows = {row["key"]: row for split in SPLITS for row in recipe.rows(split, 0, recipe.splits[split]).to_pylist()}
    for card in cards_of(built):
        row = rows[card.key]
        assert (card.media["image"], card.media["audio"]) == (row["image"]["bytes"], row["audio"]["bytes"])
        assert card.media["caption"] == row["caption"] and card.key.startswith(f"{card.split}-")
        assert {name: row[name] for name in card.values} == card.values
        assert len(card.values) == len(row) - 4


def test_every_species_has_its_share_from_as_many_splits_as_there_are(built: Path, recipe: BirdRecipe) -> None:
    cards = cards_of(built, per_class=2)
    assert set(Counter(card.label for card in cards).values()) == {2}
    assert {card.split for card in cards} == set(SPLITS)
    # Validation and shift have 8 rows for 20 species; who has rows in several splits is shown in several.
    drawn = {split: {place.species for place in _places(recipe.settings, split)} for split in SPLITS}
    several = sum(sum(row in one for one in drawn.values()) > 1 for row in range(20))
    splits = Counter(len({card.split for card in cards if card.label == name}) for name in {c.label for c in cards})
    assert splits[2] == several >= 15


def test_a_few_cards_show_all_splits(built: Path) -> None:
    assert len({card.split for card in cards_of(built, per_class=1)}) == len(SPLITS)


def test_everyones_first_goes_before_anyones_second(built: Path) -> None:
    for limit in (7, 20, 33):
        numbers = Counter(card.label for card in cards_of(built, limit=limit)).values()
        assert sum(numbers) == limit and len(numbers) == min(20, limit)
        assert max(numbers) - min(numbers) <= 1


def test_cards_come_by_species_then_split_and_the_seed_decides_which(built: Path) -> None:
    first, again, other = cards_of(built, limit=40), cards_of(built, limit=40), cards_of(built, limit=40, seed=1)
    assert first == again
    assert {card.key for card in first} != {card.key for card in other}
    order = list(dict.fromkeys(card.label for card in cards_of(built)))
    assert [card.label for card in first] == sorted((card.label for card in first), key=order.index)
    for name in order:
        splits = [SPLITS.index(card.split) for card in first if card.label == name]
        assert splits == sorted(splits)


def test_no_more_is_read_than_is_shown(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One card of one species needs the labels of one shard, and one row of it."""
    read: list[tuple[Path, Any]] = []
    for name in ("read_parquet", "read_parquet_rows"):
        real = getattr(confu_core.shards.read, name)
        monkeypatch.setattr(
            confu_core.shards.read, name, lambda path, what, real=real: read.append((path, what)) or real(path, what)
        )
    (card,) = cards_of(built, limit=1)
    (labels, columns), (shard, rows) = read
    assert labels == shard and columns == ["species"] and len(rows) == 1
    assert card.split in shard.name


def test_tars_alone_give_the_same_cards(recipe: BirdRecipe, built: Path, tmp_path: Path) -> None:
    small = BirdRecipe(replace(recipe.settings, per_species=4, size=16, seconds=0.25))
    for format in ("parquet", "webdataset"):
        build(small, tmp_path / format, formats=(format,), shard_rows=24)
    assert cards_of(tmp_path / "parquet") == cards_of(tmp_path / "webdataset")


def test_the_page_stands_alone(written: Preview, shown: Page) -> None:
    addresses = [attributes[name] for _, attributes in shown.found for name in ("src", "href") if name in attributes]
    assert len(addresses) == 3 * written.cards
    assert all(address.startswith("data:") for address in addresses)
    text = written.page.read_text(encoding="utf-8")
    assert "http:" not in text and "https:" not in text and "url(" not in text and "@import" not in text
    (policy,) = (meta["content"] for meta in shown.attributes("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")


def test_every_card_has_its_picture_song_and_spectrogram(written: Preview, shown: Page, built: Path) -> None:
    cards = cards_of(built)
    assert written.cards == len(cards) == len(shown.attributes("article"))
    assert [content(image["src"], "image/jpeg") for image in shown.attributes("img")] == [
        card.media["image"] for card in cards
    ]
    assert [content(audio["src"], "audio/flac") for audio in shown.attributes("audio")] == [
        c.media["audio"] for c in cards
    ]
    for image, card in zip(shown.attributes("image"), cards, strict=True):
        samples, rate = soundfile.read(io.BytesIO(card.media["audio"]), dtype="float32")
        with Image.open(io.BytesIO(content(image["href"], "image/png"))) as picture:
            assert picture.size == log_mel(samples, rate).shape[::-1]


def test_the_page_says_captions_latents_and_facts_of_the_dataset(shown: Page, built: Path) -> None:
    said = {text.strip() for text in shown.said}
    for card in cards_of(built):
        assert {card.media["caption"], card.key, card.label, card.values["shown_look"], card.values["song"]} <= said
    assert {f"{len(cards_of(built))} of 80 triplets", "32 by 32 px", "0.5 s at 22,050 Hz", "headroom"} <= said
    assert {card.values["group"] for card in cards_of(built)} <= {h["id"] for h in shown.attributes("h2")}
    assert any("shown as" in text for text in said) and any("follows the look" in text for text in said)


def test_filters_are_offered_only_by_the_script(shown: Page) -> None:
    (form,) = shown.attributes("form")
    assert "hidden" in form
    assert [select["name"] for select in shown.attributes("select")] == ["group", "species", "split"]
    assert all({"data-group", "data-species", "data-split"} <= set(card) for card in shown.attributes("article"))


def test_nothing_of_the_data_becomes_markup(built: Path) -> None:
    evil = "\"><script>alert(1)</script><b a='"
    shown, card = AboutBirds(open_dataset(built)), cards_of(built, limit=1)[0]
    texts = {name: evil if isinstance(value, str) else value for name, value in card.values.items()}
    unit = {"group": evil, "species": [evil, evil], "looks": [evil], "songs": [evil]}
    shown.units, shown.ceilings = {evil: unit}, [(evil,) * 8]
    shown.information = {**shown.information, "groups": {evil: shown.information["overall"]}}
    config = {**shown.manifest.config, "size": evil}
    shown.manifest = replace(shown.manifest, description=evil, config=config, splits={evil: 1}, formats=(evil,))
    media = {**card.media, "caption": evil}
    text = page(shown, [replace(card, key=evil, split=evil, label=evil, media=media, values=texts)])
    assert Page(text).attributes("script") == [{}]
    assert "<b a" not in text and text.count("alert(1)") > 20


def test_the_sheet_shows_all_pictures(written: Preview, built: Path) -> None:
    with Image.open(written.sheet) as sheet:
        assert sheet.format == "PNG" and sheet.mode == "RGB"
        colours = sheet.getcolors(maxcolors=2**24)
    assert colours is not None and len(colours) > 10_000
    shown, one = about(open_dataset(built)), cards_of(built, limit=1)
    long = replace(one[0], label="A name that no label could ever hold" * 3)
    assert len({Image.open(io.BytesIO(sheet_of(shown, cards) or b"")).size for cards in (one, [long])}) == 1


@pytest.mark.parametrize(
    ("choice", "match"),
    [
        ({"splits": ["tets"]}, "has no split 'tets': did you mean 'test'?"),
        ({"species": ["Snow Gose"]}, "has no species 'Snow Gose': did you mean 'Snow Goose'?"),
        ({"per_species": 0}, "per_species must be a whole number of at least 1; got 0"),
        ({"limit": -3}, "limit must be a whole number of at least 1; got -3"),
        ({"sheet": "gallery.html"}, "page and contact sheet must be two files"),
    ],
)
def test_what_cannot_be_shown_is_one_line(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, choice: dict[str, Any], match: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidValue) as caught:
        write_preview(open_dataset(built), "gallery.html", **choice)
    assert match in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_species_and_splits_are_chosen_by_name(built: Path, tmp_path: Path) -> None:
    rows = Counter(card.label for card in cards_of(built) if card.split == "train")
    chosen = [name for name, count in rows.items() if count >= 2][:2]
    lower = [name.lower() for name in chosen]
    written = write_preview(open_dataset(built), tmp_path / "a.html", species=lower, splits=["train"], per_species=2)
    assert (written.species, written.splits) == (2, {"train": 4})
    text = written.page.read_text(encoding="utf-8")
    assert {card["data-species"] for card in Page(text).attributes("article")} == set(chosen)


def test_a_species_that_a_split_lacks_is_refused(built: Path, tmp_path: Path) -> None:
    there = {card.label for card in cards_of(built) if card.split == "shift"}
    absent = next(card.label for card in cards_of(built) if card.label not in there)
    with pytest.raises(InvalidValue, match="has no sample of that species in that split"):
        write_preview(open_dataset(built), tmp_path / "a.html", species=[absent], splits=["shift"])


def test_shards_are_not_written_among(birds: Path) -> None:
    for folder in ("data", "webdataset"):
        with pytest.raises(InvalidValue, match="lies among the shards of the dataset"):
            write_preview(open_dataset(birds), birds / folder / "gallery.html")


def test_a_damaged_shard_is_named_and_nothing_is_written(birds: Path, tmp_path: Path) -> None:
    (path,) = birds.glob("data/test-*.parquet")
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DatasetError, match="test-00000-of-00001.parquet is cut or altered"):
        write_preview(open_dataset(birds), tmp_path / "out" / "gallery.html")
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_named(built: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="cannot write .*file/gallery.html: "):
        write_preview(open_dataset(built), tmp_path / "file" / "gallery.html", limit=1)
