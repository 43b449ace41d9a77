"""The doors of those who cannot log in yet: an invitation, a forgotten password. They tell of no account."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from maillage.identity.actor import machine
from maillage.identity.labels import ROLES
from maillage.identity.middleware import CHOSEN_MEMBERSHIP, actor_or_none
from maillage.identity.models import User
from maillage.identity.people import actions, mail, queries
from maillage.identity.people.forms import ForgottenForm
from maillage.identity.people.pages import password_address, send_password_link
from maillage.identity.queries import first_actor_of, user_by_email
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Refused
from maillage.web.problems import sentence

_DOOR = machine("log-in page")
_page = require_http_methods(["GET", "HEAD", "POST"])


@login_not_required
@sensitive_post_parameters()
@never_cache
@_page
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Join as who is logged in, or by choosing a password for a new account."""
    invited = queries.invitation_of(secret, clock.now())
    actor, user = actor_or_none(request), request.user
    if request.method == "POST" and "join" in request.POST and actor and isinstance(user, User):
        membership = actions.accept_as(actor, secret, user)
        request.session[CHOSEN_MEMBERSHIP] = membership.pk
        return redirect("/")
    newcomer = User(email=invited.email, full_name=invited.full_name)
    form = SetPasswordForm(newcomer, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.accept_with_password(_DOOR, secret, form.cleaned_data["new_password1"])
        except Conflict as problem:
            form.add_error(None, sentence(problem))
        else:
            messages.success(request, _("Votre accès est prêt : connectez-vous."))
            return redirect("login")
    context = {"invitation": invited, "role": ROLES[invited.role], "form": form, "someone": actor is not None}
    return render(request, "identity/invitation.html", context, status=422 if form.errors else 200)


@login_not_required
@never_cache
@_page
def forgotten(request: HttpRequest) -> HttpResponse:
    """Ask for a link by e-mail. The answer is the same whether or not the address has an account."""
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    asked = form.is_valid() and mail.is_set_up()
    if asked:
        _send_link(form.cleaned_data["email"])
    context = {"form": form, "asked": asked, "mailed": mail.is_set_up()}
    return render(request, "identity/forgotten.html", context, status=422 if form.errors else 200)


@login_not_required
@sensitive_post_parameters()
@never_cache
@_page
def new_password(request: HttpRequest, secret: str) -> HttpResponse:
    """Choose a password by the link."""
    user = queries.password_link_of(secret, clock.now()).user
    form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        actions.reset_password(_DOOR, secret, form.cleaned_data["new_password1"])
        messages.success(request, _("Mot de passe changé : connectez-vous."))
        return redirect("login")
    return render(request, "identity/new_password.html", {"form": form}, status=422 if form.errors else 200)


def _send_link(email: str) -> None:
    """To a person who acts for somebody; a person who asks too often gets no more, and is not told."""
    user = user_by_email(email)
    if user is None or not user.is_active or first_actor_of(user.pk) is None:
        return
    try:
        secret = actions.make_password_link(_DOOR, user)
    except Refused:
        return  # the limit: telling of it would tell of the account
    send_password_link(user.email, password_address(secret))
