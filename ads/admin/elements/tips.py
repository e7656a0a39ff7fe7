"""Tooltips for the mouse, the keyboard, touch and screen readers."""

from django.forms import Media
from django.utils.html import format_html
from django.utils.safestring import SafeString

#: For the Media of a page with tips. Without the script the texts stand below their words.
MEDIA = Media(js=["ads/tips.js"])


def tip(word: str, text: str, *, name: str, classes: str = "ads-hold") -> SafeString:
    """``word``, and on hover or focus ``text``; ``name`` is unique on the page."""
    return format_html(
        '<span class="ads-tip"><button type="button" class="{}" aria-describedby="tip-{}">{}'
        '</button><span class="ads-tip-text" role="tooltip" id="tip-{}">{}</span></span>',
        classes,
        name,
        word,
        name,
        text,
    )
