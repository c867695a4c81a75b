"""Pictures of birds: parametric drawings of every shape, in places where they live, as a camera sees them."""

from birdmml.picture.camera import encode_jpeg
from birdmml.picture.draw import draw_picture

__all__ = ["draw_picture", "encode_jpeg"]
