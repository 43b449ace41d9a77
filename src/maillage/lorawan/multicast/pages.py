"""The pages of multicast groups."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from maillage.identity.middleware import actor_of
from maillage.identity.policies import may_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.lorawan.fuota import queries as fuota
from maillage.lorawan.fuota.forms import CampaignForm
from maillage.lorawan.multicast import actions, queries
from maillage.lorawan.multicast.forms import GroupForm, MembersForm, MessageForm, SessionForm
from maillage.lorawan.multicast.lines import campaign_line, member_line, message_line
from maillage.lorawan.pages import radio_page
from maillage.lorawan.protocol.types import dev_addr_text
from maillage.lorawan.queries import organisations_to_equip
from maillage.lorawan.regions.region import Region
from maillage.web.problems import sentence


def region() -> Region:
    """The region of this installation's network."""
    return settings.LORAWAN_REGION


@require_http_methods(["GET", "POST"])
@radio_page
def groups(request: HttpRequest) -> HttpResponse:
    """The groups, and a form for another one."""
    actor = actor_of(request)
    owners = organisations_to_equip(actor)
    form = GroupForm(owners, region(), request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = actions.create_group(actor, form.new_group(), region())
        messages.success(request, _("Groupe créé. Ajoutez-y des appareils."))
        return redirect("lorawan:group", group_id=made.pk)
    context = {"section": "groups", "groups": queries.groups(actor), "form": form, "may_create": bool(owners)}
    return render(request, "lorawan/groups.html", context, status=422 if form.errors else 200)


@require_GET
@radio_page
def group(request: HttpRequest, group_id: int) -> HttpResponse:
    """One group: who is ready, what is sent, what may be done."""
    return _shown(request, group_id)


@require_POST
@radio_page
def add_members(request: HttpRequest, group_id: int) -> HttpResponse:
    form = MembersForm(request.POST)
    if form.is_valid():
        try:
            count = actions.add_members(actor_of(request), group_id, form.cleaned_data["dev_euis"])
        except (Conflict, Invalid, NotFound) as error:
            form.add_error("dev_euis", sentence(error))
        else:
            done = ngettext("%(count)d appareil ajouté.", "%(count)d appareils ajoutés.", count) % {"count": count}
            messages.success(request, done)
            return redirect("lorawan:group", group_id=group_id)
    return _shown(request, group_id, members_form=form)


@require_POST
@radio_page
def remove_member(request: HttpRequest, group_id: int, dev_eui: str) -> HttpResponse:
    actions.remove_member(actor_of(request), group_id, dev_eui)
    messages.success(request, _("Appareil retiré du groupe."))
    return redirect("lorawan:group", group_id=group_id)


@require_POST
@radio_page
def open_session(request: HttpRequest, group_id: int) -> HttpResponse:
    form = SessionForm(request.POST)
    if form.is_valid():
        try:
            actions.open_session(actor_of(request), group_id, *form.times(clock.now()))
        except (Conflict, Invalid) as error:
            form.add_error(None, sentence(error))
        else:
            messages.success(request, _("Rendez-vous demandé : chaque appareil le recevra en se manifestant."))
            return redirect("lorawan:group", group_id=group_id)
    return _shown(request, group_id, session_form=form)


@require_POST
@radio_page
def send_message(request: HttpRequest, group_id: int) -> HttpResponse:
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            actions.send_message(actor_of(request), group_id, form.message(clock.now()), region())
        except (Conflict, Invalid) as error:
            form.add_error("payload", sentence(error))
        else:
            messages.success(request, _("Message déposé : il part pendant l’écoute du groupe."))
            return redirect("lorawan:group", group_id=group_id)
    return _shown(request, group_id, message_form=form)


@require_POST
@radio_page
def close(request: HttpRequest, group_id: int) -> HttpResponse:
    actions.close_group(actor_of(request), group_id)
    messages.success(request, _("Groupe fermé."))
    return redirect("lorawan:groups")


def _shown(request: HttpRequest, group_id: int, **faulty: forms.Form) -> HttpResponse:
    """The page, with the form that has to be corrected."""
    actor = actor_of(request)
    found = queries.group(actor, group_id)
    rows, now = queries.members(found), clock.now()
    context = {
        "section": "groups",
        "group": found,
        "address": dev_addr_text(found.mc_addr),
        "members": [member_line(row) for row in rows],
        "ready_count": sum(row.step == "ready" for row in rows),
        "agreed_count": sum(row.session_at == found.session_starts_at is not None for row in rows),
        "is_listening": _is_listening(found.session_starts_at, found.session_ends_at, now),
        "messages_sent": [message_line(row) for row in queries.messages(found)],
        "campaigns": [campaign_line(row) for row in fuota.campaigns(actor).filter(group=found)[:10]],
        "may_change": found.closed_at is None and may_configure(actor, found.organisation_id),
        "members_form": MembersForm(),
        "session_form": SessionForm(),
        "message_form": MessageForm(),
        "campaign_form": CampaignForm(fuota.images(actor), found.pk),
        **faulty,
    }
    return render(request, "lorawan/group.html", context, status=422 if faulty else 200)


def _is_listening(starts: object, ends: object, now: object) -> bool:
    return starts is not None and ends is not None and starts <= now < ends  # type: ignore[operator]
