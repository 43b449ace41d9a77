"""Who may do what."""

import pytest

from maillage.identity.actor import Actor, Role, machine
from maillage.identity.policies import may_command, may_configure, may_operate, may_see, require_command
from maillage.kernel.errors import Refused

OWN, MANDATED, STRANGE = 1, 2, 3


def actor(role: Role) -> Actor:
    visible = None if role in {Role.OPERATOR, Role.MACHINE} else frozenset({OWN, MANDATED})
    return Actor(7, "somebody", OWN, role, visible)


@pytest.mark.parametrize(
    ("role", "organisation", "verdicts"),
    [
        (Role.MAYOR, OWN, (True, True, False, False)),
        (Role.MAYOR, MANDATED, (True, False, False, False)),
        (Role.AGENT, OWN, (True, True, False, False)),
        (Role.AGENT, MANDATED, (True, False, False, False)),
        (Role.TECHNICIAN, OWN, (True, True, True, False)),
        (Role.TECHNICIAN, MANDATED, (True, True, True, False)),
        (Role.OPERATOR, STRANGE, (True, True, True, True)),
        (Role.MACHINE, STRANGE, (True, True, True, True)),
        (Role.MAYOR, STRANGE, (False,) * 4),
        (Role.AGENT, STRANGE, (False,) * 4),
        (Role.TECHNICIAN, STRANGE, (False,) * 4),
    ],
)
def test_each_role_may_see_command_configure_operate(role, organisation, verdicts):
    questions = (may_see, may_command, may_configure, may_operate)
    assert tuple(question(actor(role), organisation) for question in questions) == verdicts


def test_a_refusal_names_what_was_not_permitted():
    with pytest.raises(Refused) as refusal:
        require_command(actor(Role.MAYOR), STRANGE)
    assert refusal.value.code == "not_permitted"
    assert refusal.value.facts == {"what": "command", "organisation_id": STRANGE}


def test_a_process_of_the_house_may_act_everywhere():
    require_command(machine("scheduler"), STRANGE)
    assert may_operate(machine("scheduler"), STRANGE)
