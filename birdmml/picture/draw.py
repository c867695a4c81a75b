"""Draw a picture: pose the bird, paint what is behind it, the bird, what is before it, and take the shot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from birdmml.picture.background import draw_background, lay_texture, scenery
from birdmml.picture.bird import BirdLayer, coat, extent, paint_bird
from birdmml.picture.camera import add_noise, blurred, tinted
from birdmml.picture.composition import Location, Shot, choose_bird, choose_location, choose_shot
from birdmml.picture.draft import number
from birdmml.picture.paint import over
from birdmml.picture.scene import Foothold, cast_shadow, immerse, lay_blades, lay_support, lay_veil
from birdmml.picture.template import Template, bend, fineness, make_template, turned
from birdmml.picture.textures import crop, relief
from birdmml.species import MARKS, PARTS, PictureFacts, Plumage
from confu_core.errors import InvalidValue

SMALLEST = 16
NUMBERS = tuple((name, number(name)) for name in (*PARTS, *MARKS))


def draw_picture(
    plumage: Plumage,
    *,
    size: int = 224,
    individual: np.random.Generator,
    scene: np.random.Generator,
    view: np.random.Generator,
    sex: str = "male",
    shift: bool = False,
) -> tuple[np.ndarray, PictureFacts]:
    """Draw a picture of a bird.

    Parameters
    ----------
    plumage : Plumage
        What the bird looks like, of the sex that is drawn.
    size : int
        Width and height in pixels, at least 16.
    individual : numpy.random.Generator
        Decides proportions, tints and wear of this bird.
    scene : numpy.random.Generator
        Decides place and background.
    view : numpy.random.Generator
        Decides pose, facing, framing, light, what hangs in front, blur and noise.
    sex : {"male", "female"}
        Whose plumage it is; only recorded.
    shift : bool
        Whether places, light and camera are of kinds that only the distribution-shift split has.

    Returns
    -------
    picture : ndarray of uint8, shape (size, size, 3)
        Red, green and blue.
    facts : PictureFacts
        What the picture shows.

    Raises
    ------
    InvalidValue
        If the size is below 16.

    Examples
    --------
    >>> from birdmml.species import find_species
    >>> from confu_core.random import generator
    >>> streams = {name: generator(0, name) for name in ("individual", "scene", "view")}
    >>> picture, facts = draw_picture(find_species("Mallard").plumage, **streams)
    >>> picture.shape, facts.occlusion < 1
    ((224, 224, 3), True)
    """
    if isinstance(size, bool) or int(size) != size or size < SMALLEST:
        raise InvalidValue(f"size must be a whole number of pixels, at least {SMALLEST}; got {size!r}")
    size = int(size)
    bird = choose_bird(individual)
    location = choose_location(plumage.shape, scene, shift=shift)
    shot = choose_shot(plumage, location.setting, view, shift=shift)
    template = _template(plumage, shot.stance)
    points, bounds, foot = _placed(template, bend(template, shot.pose, bird.build), shot, plumage, size)
    frame = _behind(location, shot, foot, _bill_tip(template, points, shot), scene)
    colors = coat(plumage, shot.light, bird.tints, bird.wear)
    layer = paint_bird(template, points, bounds, colors, shot.light, unit=foot.unit, size=size, phase=bird.phase)
    immerse(frame, layer, template, location.setting.support, foot, scene)
    over(frame, layer.paint, layer.row, layer.column)
    cover = _before(frame, location, shot, foot, layer, scene)
    visible, occlusion = _seen(layer, cover, size)
    frame, blur, noise = _shoot(frame, shot)
    facing = "right" if shot.pose.facing > 0 else "left"
    facts = PictureFacts(
        location.setting.background, location.setting.activity, facing, shot.view, sex, visible, occlusion, blur, noise
    )
    return frame, facts


def _template(plumage: Plumage, stance: str) -> Template:
    marks = frozenset(mark for mark in MARKS if mark in plumage.colors)
    patterns = (plumage.breast_pattern, plumage.back_pattern)
    fine = fineness(plumage.length_cm) if patterns != ("plain", "plain") else 1.0
    return make_template(plumage.shape, plumage.bill, plumage.tail, plumage.crest, marks, patterns, stance, fine)


def _placed(
    template: Template, points: np.ndarray, shot: Shot, plumage: Plumage, size: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray], Foothold]:
    """Return the curves in pixels, their extent, and where the feet are."""
    low, high = extent(template, points)
    unit = shot.share * size / float(max(high - low))
    middle = (low + high) / 2
    center = np.array(shot.center, dtype=np.float32) * size
    flip = np.array([unit, -unit], dtype=np.float32)
    placed = points * flip + (center - middle * flip)
    reach = (high - low) * unit / 2
    x, y = (np.array(turned(template.feet, shot.pose)) - middle) * (unit, -unit) + center
    girth = min(max(unit * 3.4 / plumage.length_cm, 0.05 * unit), 0.34 * unit) * (1 + 0.3 * shot.center[0])
    foot = Foothold(float(x), float(y), unit, girth, shot.pose.facing, size)
    return placed, (center - reach, center + reach), foot


def _bill_tip(template: Template, points: np.ndarray, shot: Shot) -> tuple[float, float]:
    bill = points[template.bill]
    x, y = bill[int(np.argmax(bill[:, 0] * shot.pose.facing))]
    return float(x), float(y)


def _behind(
    location: Location, shot: Shot, foot: Foothold, tip: tuple[float, float], scene: np.random.Generator
) -> np.ndarray:
    """Paint background, ground and support."""
    size, setting = foot.size, location.setting
    look = tinted(location.look, shot.light)
    frame = draw_background(setting.background, size, look, scene, _horizon(location, foot))
    ground = scenery().grounds.get(setting.support)
    if ground:
        _lay_ground(frame, tinted(np.array(ground), shot.light), setting.support, foot, scene)
    support, at, wood = setting.support, foot, scenery().wood[location.wood]
    if support == "stone":
        wood = scenery().stone
    elif support == "trunk" and shot.pose.roll < -45:  # Head down, the belly is on the other side.
        at = replace(foot, facing=-foot.facing)
    elif support == "air" and setting.background == "feeder":
        support, at, wood = "nectar", replace(foot, x=tip[0], y=tip[1]), scenery().feeder
    colors = tinted(np.array(((0, 0, 0), *wood)), shot.light)
    depth = 0.25 + 0.35 * shot.light.strength
    snowy = setting.background == "snow"
    lay_support(frame, support, at, colors, scene, snowy=snowy, shadow=depth)
    if setting.support in ("ground", "mud", "sand", "snowfield"):
        cast_shadow(frame, foot, 0.75 * depth if setting.support != "snowfield" else 0.4 * depth)
    return frame


def _horizon(location: Location, foot: Foothold) -> float:
    draw, setting = location.horizon, location.setting
    ground = min(max(foot.y / foot.size, 0.3), 1.2)
    if setting.support in ("ground", "mud", "sand", "snowfield", "shallows"):
        return ground * (0.2 + 0.5 * draw)
    if setting.support == "water":
        return -0.1 + 0.5 * draw
    if setting.background in ("water", "field", "rock"):
        return 0.35 + 0.4 * draw
    return 1.0 if setting.background != "snow" else 0.75 + 0.3 * draw


def _lay_ground(frame: np.ndarray, color: np.ndarray, support: str, foot: Foothold, scene: np.random.Generator) -> None:
    size = foot.size
    top = int(min(max(foot.y - foot.unit * scene.uniform(0.25, 0.6), 0), size))
    if top >= size:
        return
    share = np.linspace(0.82, 1.06, size - top)[:, None]
    rise = max(2, min(int(foot.unit * 0.12), size - top))
    band = np.clip(color[:, None] * share[:, 0], 0, 255).astype(np.uint8)[:, :, None]
    fade = np.linspace(0, 1, rise, dtype=np.float32)[: size - top, None]
    edge = frame[:, top : top + rise] * (1 - fade) + band[:, :rise] * fade
    frame[:, top : top + rise] = edge
    frame[:, top + rise :] = band[:, rise:]
    row = int(scene.integers(512))
    lay_texture(frame, relief("grain"), row, row * 3, top, size, 0.25 if support == "snowfield" else 0.75)


def _before(
    frame: np.ndarray, location: Location, shot: Shot, foot: Foothold, layer: BirdLayer, scene: np.random.Generator
) -> np.ndarray | None:
    """Paint what is in front of the bird; return what it hides."""
    cover = None
    look = tinted(location.look, shot.light)
    if location.setting.support == "ground":
        cover = lay_blades(frame, foot.x, foot.y, foot.unit, look[[1, 2, 3, 4]], scene.random(48))
    if shot.veil is not None:
        kind = "stalks" if location.setting.background in ("reeds", "field") else "leaves"
        height, width = layer.paint.opacity.shape
        side = 0.25 + 0.1 * shot.veil[2]
        x = layer.column + width * (side if shot.pose.facing > 0 else 1 - side)
        near = (x, layer.row + height * (0.45 + 0.5 * shot.veil[3]))
        hidden = lay_veil(frame, kind, near, look, shot.veil)
        cover = hidden if cover is None else cover | hidden
    return cover


def _seen(layer: BirdLayer, cover: np.ndarray | None, size: int) -> tuple[frozenset[str], float]:
    """Return the parts that can be made out, and the share of the bird that is hidden."""
    labels = layer.labels[::2, ::2]
    counts = np.bincount(labels.ravel(), minlength=256)
    counts[0] = 0
    total = int(counts.sum())
    if cover is not None:
        height, width = labels.shape
        window = cover[layer.row : layer.row + height, layer.column : layer.column + width]
        hidden = np.bincount(labels[window], minlength=256)
        hidden[0] = 0
        counts -= hidden
    seen = int(counts.sum())
    shares = counts.reshape(64, 4).sum(axis=1).tolist()
    least = max(4, 0.0012 * total)
    visible = frozenset(name for name, part in NUMBERS if shares[part] >= least)
    return visible, 1 - seen / total if total else 1.0


def _shoot(frame: np.ndarray, shot: Shot) -> tuple[np.ndarray, float, float]:
    size = frame.shape[1]
    if shot.vignette:
        fall = np.linspace(-1, 1, size, dtype=np.float32) ** 2
        keep = (256 * (1 - shot.vignette * 0.35 * (fall[:, None] + fall[None]))).astype(np.uint16)
        frame = ((frame * keep) >> np.uint16(8)).astype(np.uint8)
    if shot.weather == "fog":
        frame = frame - (frame >> np.uint8(2)) + np.uint8(46)
    elif shot.weather == "rain":
        streaks = np.maximum(crop(relief("turf"), size, size, *shot.grain_at) - 24, 0) * np.int16(2)
        frame = np.minimum(frame + streaks, 255).astype(np.uint8)
    frame, blur = blurred(frame, shot.blur * size / 224, motion=shot.motion)
    frame, noise = add_noise(frame, shot.noise, *shot.grain_at)
    picture = np.empty((size, size, 3), dtype=np.uint8)
    for channel in range(3):
        picture[:, :, channel] = frame[channel]
    return picture, blur, noise
