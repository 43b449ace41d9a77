"""Log-in, log-out, language, the choice of organisation and "my account"."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from maillage.identity import actions, queries
from maillage.identity.actor import machine
from maillage.identity.forms import LoginForm, PasswordForm, TokenForm
from maillage.identity.labels import ROLES
from maillage.identity.middleware import CHOSEN_MEMBERSHIP, actor_of, actor_or_none, membership_of
from maillage.identity.models import User
from maillage.kernel import clock
from maillage.kernel.errors import NotFound, Refused

LOGIN_PAGE = machine("log-in page")


class Login(LoginView):
    """Django's log-in with an e-mail address, journalled. The session's key changes with it."""

    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """The journal is written before the answer leaves: no log-in without its trace."""
        response = super().form_valid(form)
        actor = queries.first_actor_of(form.get_user().pk)
        if actor:
            actions.record_login(actor)
        return response

    def form_invalid(self, form: LoginForm) -> HttpResponse:  # type: ignore[override]
        """Journals a wrong password; not the attempts that the lock refused without looking at them."""
        counted = getattr(self.request, "axes_failures_since_start", None) is not None
        email = form.cleaned_data.get("username")
        if counted and email:
            locked = bool(getattr(self.request, "axes_locked_out", False))
            actions.record_failed_login(LOGIN_PAGE, email, locked=locked)
        return super().form_invalid(form)


class Logout(LogoutView):
    """Django's log-out (POST only), journalled."""

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """Ends the session."""
        actor = actor_or_none(request)
        if actor:
            actions.record_logout(actor)
        return super().post(request, *args, **kwargs)


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the language: on the account when logged in, in a cookie for the pages before it."""
    language = request.POST.get("language", "")
    actor = actor_or_none(request)
    response = redirect(_safe_next(request))
    if language not in User.Language.values:
        return response
    if actor:
        actions.set_language(actor, language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        samesite="Lax",
        httponly=True,
    )
    return response


@require_POST
def choose_membership(request: HttpRequest) -> HttpResponse:
    """Act for another of one's organisations, until log-out."""
    chosen = request.POST.get("membership", "")
    own = queries.memberships_of(actor_of(request).user_id or 0)
    membership = next((m for m in own if str(m.pk) == chosen), None)
    if membership is None:
        raise NotFound("membership_unknown")
    request.session[CHOSEN_MEMBERSHIP] = membership.pk
    messages.success(request, _("Vous agissez maintenant pour %(name)s.") % {"name": membership.organisation.name})
    return redirect("/")


@require_GET
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    """The person's language, password, organisations and API tokens."""
    return _account(request)


@sensitive_post_parameters()
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the own password. This session goes on under a new key; every other one ends."""
    actor = actor_of(request)
    form = PasswordForm(_person(request), request.POST)
    if not form.is_valid():
        return _account(request, password_form=form, status=422)
    user = actions.change_password(actor, form.cleaned_data["new_password1"])
    update_session_auth_hash(request, user)
    messages.success(request, _("Mot de passe changé."))
    return redirect("identity:account")


@require_POST
@never_cache
def create_token(request: HttpRequest) -> HttpResponse:
    """Create an API token and show its clear text, this once."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, token_form=form, status=422)
    expires_at = form.expires_at(clock.now())
    _token, clear_text = actions.create_token(actor_of(request), form.cleaned_data["name"], expires_at)
    return _account(request, clear_text=clear_text, status=201)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's API tokens."""
    actions.revoke_token(actor_of(request), token_id)
    messages.success(request, _("Jeton révoqué."))
    return redirect("identity:account")


def _account(
    request: HttpRequest,
    password_form: PasswordForm | None = None,
    token_form: TokenForm | None = None,
    clear_text: str = "",
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    memberships = queries.memberships_of(actor.user_id or 0)
    current = membership_of(request)
    context = {
        "current": current,
        "role": ROLES[actor.role],
        "memberships": [(m, ROLES[m.role], current is not None and m.pk == current.pk) for m in memberships],
        "password_form": password_form or PasswordForm(_person(request)),
        "token_form": token_form or TokenForm(),
        "tokens": queries.tokens_of(actor),
        "clear_text": clear_text,
        "now": clock.now(),
    }
    return render(request, "identity/account.html", context, status=status)


def _person(request: HttpRequest) -> User:
    """The account of a page that needs a log-in."""
    if not isinstance(request.user, User):
        raise Refused("not_logged_in")
    return request.user


def _safe_next(request: HttpRequest) -> str:
    """Where the form was, if that is this site."""
    address = request.POST.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=hosts, require_https=request.is_secure())
    return address if is_ours else "/"
