import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory

from maillage.kernel import clock
from maillage.web import kit

pytestmark = pytest.mark.usefixtures("kit")

WEB = Path(kit.__file__).parent
PACKAGE = WEB.parent
VOID = {"meta", "link", "input", "img", "br", "hr", "use", "path", "circle", "rect"}


class Balanced(HTMLParser):
    """Counts open tags and collects what a strict content security policy would block."""

    def __init__(self):
        super().__init__()
        self.open = []
        self.blocked = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.blocked += [name for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.blocked.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def draw(template, **values):
    request = RequestFactory().get("/?page=2&room=3")
    text = "{% load maillage %}" + template
    return engines["django"].from_string(text).render(values, request)


@pytest.mark.parametrize("component", kit.COMPONENTS)
def test_each_component_is_drawn_from_its_example(component):
    request = RequestFactory().get("/_kit/")
    html = render_to_string(f"web/kit/{component}.html", kit.example_context(clock.now()), request)
    parser = Balanced()
    parser.feed(html)
    assert parser.open == []
    assert parser.blocked == []
    assert len(html.strip()) > 40


def test_every_component_template_has_its_example():
    templates = {path.stem for path in (WEB / "templates/web/components").glob("*.html")}
    assert templates - set(kit.COMPONENTS) == {"gauge", "logotype"}


def test_the_kit_s_page_is_closed_without_debug(client, settings):
    assert client.get("/_kit/").status_code == 200
    settings.DEBUG = False
    assert client.get("/_kit/").status_code == 404


def test_icons_used_anywhere_are_in_the_sprite():
    listed = set((WEB / "icons.txt").read_text().split())
    used = set()
    for path in PACKAGE.glob("**/templates/**/*.html"):
        text = path.read_text()
        used |= set(re.findall(r'{% icon "([a-z0-9-]+)"', text)) | set(re.findall(r' icon="([a-z0-9-]+)"', text))
    for path in PACKAGE.glob("**/navigation.py"):
        used |= set(re.findall(r'icon="([a-z0-9-]+)"', path.read_text()))
    assert used - listed == set()


def test_the_sprite_s_list_is_sorted_and_without_doubles():
    listed = (WEB / "icons.txt").read_text().split()
    assert listed == sorted(set(listed))


def test_a_stale_value_does_not_look_live():
    old = clock.now() - timedelta(hours=2)
    html = draw('{% live_value 19 "Cel" 1 at=old stale_after_s=3600 live="k" %}', old=old)
    assert "data-stale>" in html.split("m-number")[0]
    assert 'data-stale-after="3600"' in html


def test_a_value_without_measure_is_a_dash_and_never_fresh():
    html = draw('{% stat "Température" None "Cel" live="k" stale_after_s=60 %}')
    assert "—" in html
    assert "jamais" in html
    assert "°C" not in html


def test_words_from_people_are_escaped_in_every_component():
    evil = "<script>alert(1)</script>"
    html = draw(
        "{% card title=evil subtitle=evil %}{{ evil }}{% endcard %}{% state 'ok' evil %}"
        "{% stat evil 1 hint=evil %}{% alert 'info' title=evil %}{{ evil }}{% endalert %}"
        "{% page_header evil subtitle=evil %}{% endpage_header %}{% empty evil evil %}{% endempty %}"
        "{% chart evil data=data %}{% endchart %}",
        evil=evil,
        data={"series": [], "label": evil},
    )
    assert "<script>alert" not in html
    assert html.count("</script>") == 1
    block = re.search(r"data-chart-data>(.*?)</script>", html)
    assert json.loads(block[1])["label"] == evil


def test_pages_keep_the_rest_of_the_query():
    html = draw("{% pagination page %}", page=kit.example_context(clock.now())["page"])
    assert 'href="?page=4&amp;room=3"' in html
    assert html.count("aria-current") == 1


def test_a_field_ties_its_errors_and_help_to_its_control():
    form = kit.ExampleForm({"name": "", "kind": "school"})
    html = draw("{% field form.name %}", form=form)
    assert 'aria-describedby="id_name_help id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert html.count('class="form-control is-invalid"') == 1


@pytest.mark.parametrize(
    ("percent", "icon", "tone"),
    [
        (100, "battery-4", ""),
        (60, "battery-3", ""),
        (25, "battery-2", "warning"),
        (6, "battery-1", "danger"),
        (0, "battery", "danger"),
    ],
)
def test_a_battery_says_its_level_in_shape_words_and_tone(percent, icon, tone):
    html = draw("{% battery percent %}", percent=percent)
    assert f'#{icon}"' in html
    assert (f'data-tone="{tone}"' in html) == bool(tone)
    assert 'aria-label="Batterie' in html


def test_the_page_frame_has_its_landmarks(client):
    page = client.get("/_kit/").content.decode()
    for landmark in ('href="#content"', '<main id="content"', "<header", "<footer", 'lang="fr"'):
        assert landmark in page


def test_the_language_is_chosen_and_remembered_without_script(client):
    answer = client.post("/i18n/setlang/", {"language": "en", "next": "/_kit/"}, follow=True)
    page = answer.content.decode()
    assert 'lang="en"' in page
    assert "Skip to content" in page
