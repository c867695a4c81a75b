"""Preview: a page and a contact sheet to look at, with pictures, sounds, captions and what is known of them."""

from __future__ import annotations

from birdmml.preview.gallery import Preview, write_preview

__all__ = ["Preview", "write_preview"]
