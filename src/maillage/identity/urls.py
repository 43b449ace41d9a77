"""Identity's addresses. Those that Django and the interface kit look for by bare name come in ``entry_patterns``."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from maillage.identity import journal_pages, pages
from maillage.identity.people import doors
from maillage.identity.people import pages as pages_of_people

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
    path("people/", pages_of_people.organisations, name="people"),
    path("people/create/", pages_of_people.create_organisation, name="create_organisation"),
    path("people/<int:organisation_id>/", pages_of_people.organisation, name="organisation"),
    path("people/<int:organisation_id>/end/", pages_of_people.end_organisation, name="end_organisation"),
    path("people/<int:organisation_id>/invite/", pages_of_people.invite, name="invite"),
    path("people/<int:organisation_id>/mandate/", pages_of_people.grant_mandate, name="grant_mandate"),
    path("people/mandates/<int:mandate_id>/revoke/", pages_of_people.revoke_mandate, name="revoke_mandate"),
    path("people/invitations/<int:invitation_id>/withdraw/", pages_of_people.withdraw, name="withdraw_invitation"),
    path("people/members/<int:membership_id>/role/", pages_of_people.change_role, name="change_role"),
    path("people/members/<int:membership_id>/end/", pages_of_people.end_membership, name="end_membership"),
    path("people/members/<int:membership_id>/password/", pages_of_people.password_link, name="password_link"),
    path("invitation/<str:secret>/", doors.invitation, name="invitation"),
    path("password/", doors.forgotten, name="forgotten"),
    path("password/<str:secret>/", doors.new_password, name="new_password"),
    path("journal/", journal_pages.journal, name="journal"),
]
