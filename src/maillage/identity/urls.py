"""Identity's addresses. Those that Django and the interface kit look for by bare name come in ``entry_patterns``."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from maillage.identity import journal_pages, pages

app_name = "identity"

entry_patterns = [
    path("login/", login_not_required(pages.Login.as_view()), name="login"),
    path("logout/", pages.Logout.as_view(), name="logout"),
    path("language/", pages.set_language, name="set_language"),
]

urlpatterns = [
    path("account/", pages.account, name="account"),
    path("account/password/", pages.change_password, name="change_password"),
    path("account/organisation/", pages.choose_membership, name="choose_membership"),
    path("account/tokens/", pages.create_token, name="create_token"),
    path("account/tokens/<int:token_id>/revoke/", pages.revoke_token, name="revoke_token"),
    path("journal/", journal_pages.journal, name="journal"),
]
