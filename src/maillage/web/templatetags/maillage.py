"""The kit's tags: one tag, one template, one example each. See ``maillage/web/README.md`` for all of them."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, Textarea
from django.http import HttpRequest
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maillage.kernel import clock
from maillage.kernel.money import Cents
from maillage.web import formats
from maillage.web.life import LifeStep

register = template.Library()

Text = str | Promise
PERIODS: Sequence[tuple[str, Text]] = (("24h", _("24 h")), ("7d", _("7 jours")), ("30d", _("30 jours")))
TONE_ICONS: Mapping[str, str] = {
    "ok": "circle-check",
    "info": "info-circle",
    "pending": "hourglass",
    "warning": "alert-triangle",
    "danger": "alert-circle",
    "off": "power",
    "stale": "clock-pause",
}


def _draw(component: str, **values: object) -> SafeString:
    drawn = render_to_string(f"web/components/{component}.html", values)
    return mark_safe(drawn.strip())  # noqa: S308 - a rendered template, without the file's last line break


@register.simple_tag
def icon(name: str, label: Text = "", size: int = 20) -> SafeString:
    """A Tabler outline icon of ``icons.txt``; without ``label`` it is decoration."""
    return _draw("icon", name=name, label=label, size=size)


@register.simple_tag
def logotype() -> SafeString:
    """The mark and the name."""
    return _draw("logotype")


@register.simple_block_tag(end_name="endpage_header")
def page_header(
    content: str, title: Text, subtitle: Text = "", breadcrumb: Sequence[tuple[Text, str]] | None = None
) -> SafeString:
    """The page's title; the body holds its actions."""
    return _draw("page_header", actions=content.strip(), title=title, subtitle=subtitle, breadcrumb=breadcrumb)


@register.simple_block_tag(end_name="endcard")
def card(
    content: str, title: Text = "", subtitle: Text = "", icon: str = "", href: str = "", tone: str = ""
) -> SafeString:
    """A surface for one subject."""
    return _draw("card", content=content, title=title, subtitle=subtitle, icon=icon, href=href, tone=tone)


@register.simple_tag
def live_value(
    value: formats.Number | None,
    unit: str = "",
    decimals: int | None = None,
    at: datetime | None = None,
    stale_after_s: int = 0,
    live: str = "",
) -> SafeString:
    """A value kept up to date by ``live.js`` under the key ``live``."""
    number, sign = _split_unit(formats.quantity(value, unit, decimals), formats.unit_label(unit))
    return _draw(
        "live_value", number=number, sign=sign, unit=unit, decimals=decimals, live=live, **_age(at, stale_after_s)
    )


@register.simple_tag
def stat(  # noqa: PLR0913, PLR0917 - a template tag's keywords
    label: Text,
    value: formats.Number | None,
    unit: str = "",
    decimals: int | None = None,
    at: datetime | None = None,
    stale_after_s: int = 0,
    live: str = "",
    icon: str = "",
    hint: Text = "",
) -> SafeString:
    """A tile: what it is, its value, how fresh."""
    shown = live_value(value, unit, decimals, at, stale_after_s, live)
    dated = at is not None or bool(live)
    fresh = freshness(at, stale_after_s, live) if dated else ""
    return _draw("stat", label=label, shown=shown, fresh=fresh, icon=icon, hint=hint)


@register.simple_tag
def freshness(at: datetime | None, stale_after_s: int = 0, live: str = "") -> SafeString:
    """How old a value is; grey once it is stale."""
    return _draw("freshness", live=live, **_age(at, stale_after_s))


@register.simple_tag
def state(state: str, label: Text, live: str = "") -> SafeString:
    """A badge that says a state by colour, shape and words."""
    return _draw("state", state=state, label=label, live=live)


@register.simple_tag
def life(steps: Sequence[LifeStep]) -> SafeString:
    """A command's life."""
    return _draw("life", steps=steps)


@register.simple_block_tag(end_name="endempty")
def empty(content: str, title: Text, text: Text = "", icon: str = "inbox") -> SafeString:
    """What stands where nothing is yet; the body holds the way out."""
    return _draw("empty", actions=content.strip(), title=title, text=text, icon=icon)


@register.simple_block_tag(end_name="endtable")
def table(content: str, caption: Text, *, sticky: bool = False, hide_caption: bool = True) -> SafeString:
    """A table whose rows become cards on a phone."""
    return _draw("table", content=content, caption=caption, sticky=sticky, hide_caption=hide_caption)


@register.simple_tag
def field(bound_field: BoundField, unit: str = "", icon: str = "") -> SafeString:
    """A form's field with its label, help and errors tied to the control."""
    widget = bound_field.field.widget
    kind = getattr(widget, "input_type", "textarea" if isinstance(widget, Textarea) else "select")
    style = {"checkbox": "form-check-input", "select": "form-select"}.get(kind, "form-control")
    described = [f"{bound_field.auto_id}_help"] if bound_field.help_text else []
    described += [f"{bound_field.auto_id}_error"] if bound_field.errors else []
    attrs: dict[str, str | bool] = {"class": style + (" is-invalid" if bound_field.errors else "")}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound_field.errors:
        attrs["aria-invalid"] = "true"
    control = bound_field.as_widget(attrs=attrs)
    sign = formats.unit_label(unit)
    return _draw("field", field=bound_field, control=control, kind=kind, sign=sign, icon=icon)


@register.simple_tag
def stepper(  # noqa: PLR0913, PLR0917 - a template tag's keywords
    name: str,
    value: formats.Number,
    label: Text,
    min: formats.Number,  # noqa: A002 - HTML's own word
    max: formats.Number,  # noqa: A002
    step: formats.Number = 0.5,
    unit: str = "",
    decimals: int = 1,
    help: Text = "",  # noqa: A002
    id: str = "",  # noqa: A002
    error: Text = "",
) -> SafeString:
    """A number with − and +; without JavaScript, a plain number field. ``id`` where a page has several of one name."""
    exact = {
        "value": f"{value:.{decimals}f}",
        "min": f"{min:.{decimals}f}",
        "max": f"{max:.{decimals}f}",
        "step": f"{step:.{decimals}f}",
    }
    words = {"label": label, "sign": formats.unit_label(unit), "help": help, "error": error}
    return _draw("stepper", name=name, id=id or f"stepper-{name}", **words, **exact)


@register.simple_block_tag(end_name="endconfirm")
def confirm(content: str, id: str, title: Text, confirm_label: Text, *, danger: bool = False) -> SafeString:  # noqa: A002
    """A dialog that ``confirm.js`` opens for buttons with ``data-confirm="<id>"``."""
    return _draw("confirm", content=content, id=id, title=title, confirm_label=confirm_label, danger=danger)


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Page[Any], param: str = "page") -> SafeString:
    """Previous, next and the pages around."""
    around = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    pages = [(number, _query(context, param, str(number))) for number in around if page.paginator.num_pages > 1]
    ends = {
        "previous": _query(context, param, str(page.number - 1)) if page.has_previous() else "",
        "next": _query(context, param, str(page.number + 1)) if page.has_next() else "",
    }
    return _draw("pagination", page=page, pages=pages, ellipsis=page.paginator.ELLIPSIS, **ends)


@register.simple_block_tag(end_name="endalert")
def alert(content: str, tone: str, title: Text = "") -> SafeString:
    """A message in the page; ``danger`` and ``warning`` are announced."""
    return _draw("alert", content=content.strip(), tone=tone, title=title, icon=TONE_ICONS[tone])


@register.simple_tag
def progress(value: formats.Number, max: formats.Number, label: Text) -> SafeString:  # noqa: A002
    """How far something is."""
    percent = round(100 * float(value) / float(max)) if max else 0
    return _draw("progress", value=f"{value}", max=f"{max}", label=label, text=formats.quantity(percent, "%", 0))


@register.simple_tag(takes_context=True)
def tabs(
    context: Context, items: Sequence[tuple[str, Text]], current: str, label: Text, param: str = "tab"
) -> SafeString:
    """Views of one thing, as links."""
    links = [(key, text, _query(context, param, key)) for key, text in items]
    return _draw("tabs", links=links, current=current, label=label)


@register.simple_tag(takes_context=True)
def period_tabs(context: Context, current: str) -> SafeString:
    """24 hours, 7 days, 30 days."""
    return tabs(context, PERIODS, current, gettext("Période affichée"), "period")


@register.simple_tag
def battery(percent: formats.Number | None = None) -> SafeString:
    """What is left in a battery."""
    if percent is None:
        return _draw("gauge", icon="battery-off", tone="stale", text="", label=gettext("Batterie inconnue"))
    level = min(4, max(0, int(percent // 25) + (percent > 0)))
    tone = "danger" if percent <= 10 else "warning" if percent <= 25 else ""  # noqa: PLR2004 - a glance's levels
    name = f"battery-{level}" if level else "battery"
    text = formats.quantity(percent, "%", 0)
    return _draw("gauge", icon=name, tone=tone, text=text, label=gettext("Batterie : %s") % text)


@register.simple_tag
def signal(rssi_dbm: formats.Number | None = None, snr_db: formats.Number | None = None) -> SafeString:
    """How well a device is heard."""
    if rssi_dbm is None:
        return _draw("gauge", icon="antenna-bars-off", tone="stale", text="", label=gettext("Signal inconnu"))
    bars = 1 + sum(rssi_dbm >= level for level in (-118, -110, -100, -85))
    words = [formats.quantity(rssi_dbm, "dBm", 0)]
    if snr_db is not None:
        words.append(gettext("rapport signal/bruit %s") % formats.quantity(snr_db, "dB", 1))
    tone = "warning" if bars == 1 else ""
    label = gettext("Signal : %s") % ", ".join(words)
    return _draw("gauge", icon=f"antenna-bars-{bars}", tone=tone, text=words[0], label=label)


@register.simple_block_tag(end_name="endchart")
def chart(
    content: str, label: Text, src: str = "", data: Mapping[str, object] | None = None, height: int = 280
) -> SafeString:
    """Curves; the body is the same data as a table."""
    return _draw("chart", twin=content.strip(), label=label, src=src, data=_json(data), height=height)


@register.simple_block_tag(end_name="endmap")
def map(  # noqa: A001 - the page's own word
    content: str, label: Text, src: str = "", data: Mapping[str, object] | None = None, height: str = "md"
) -> SafeString:
    """A map without a basemap; the body is the same things as a list."""
    return _draw("map", twin=content.strip(), label=label, src=src, data=_json(data), height=height)


@register.simple_tag(takes_context=True)
def language_switch(context: Context) -> SafeString:
    """French or English, remembered."""
    request: HttpRequest | None = context.get("request")
    return render_to_string("web/components/language_switch.html", {}, request=request)


@register.simple_tag
def quantity(value: formats.Number | None, unit: str = "", decimals: int | None = None) -> str:
    """« 19,5 °C »."""
    return formats.quantity(value, unit, decimals)


@register.filter
def ago(at: datetime | None) -> str:
    """« il y a 3 min »."""
    return formats.ago(at, clock.now())


@register.filter
def instant(at: datetime | None) -> str:
    """« 3 mars 2025 à 14:05 »."""
    return formats.instant(at)


@register.filter
def clock_time(at: datetime) -> str:
    """« 14:05 »."""
    return formats.clock_time(at)


@register.filter
def number(value: formats.Number, decimals: int | None = None) -> str:
    """« 1 234,5 »."""
    return formats.number(value, decimals)


@register.filter
def money(cents: Cents | None) -> str:
    """« 1 234,50 € »."""
    return formats.money(cents)


@register.filter
def tone_icon(tone: str) -> str:
    """The shape that says a state without its colour."""
    return TONE_ICONS.get(tone, "info-circle")


def _age(at: datetime | None, stale_after_s: int) -> dict[str, object]:
    now = clock.now()
    return {
        "at": at,
        "stale_after_s": stale_after_s,
        "stale": formats.is_stale(at, stale_after_s, now),
        "ago": formats.ago(at, now),
    }


def _split_unit(text: str, sign: str) -> tuple[str, str]:
    if not sign or not text.endswith(sign):
        return text, ""
    return text[: -len(sign)].rstrip(formats.NARROW_NO_BREAK_SPACE), sign


def _query(context: Context, param: str, value: str) -> str:
    request: HttpRequest | None = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is None:
        return f"?{param}={value}"
    query[param] = value
    return f"?{query.urlencode()}"


def _json(data: Mapping[str, object] | None) -> SafeString | None:
    """JSON that cannot leave its ``<script>`` block."""
    if data is None:
        return None
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    escapes = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026"}
    return mark_safe("".join(escapes.get(char, char) for char in text))  # noqa: S308 - just escaped
