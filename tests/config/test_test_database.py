"""The database that tests are given."""

import pytest
from django.db import connection

from maillage.processes.postgres import Cluster


@pytest.mark.django_db
def test_it_lives_in_the_private_cluster_and_speaks_geography(postgres_cluster: Cluster):
    assert connection.settings_dict["HOST"] == str(postgres_cluster.socket)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ST_AsText(ST_Point(2, 48))")
        assert cursor.fetchone() == ("POINT(2 48)",)


@pytest.mark.django_db
def test_it_sorts_as_french_does(postgres_cluster: Cluster):
    with connection.cursor() as cursor:
        cursor.execute("SELECT c FROM unnest(ARRAY['Yerres', 'Évry', 'Étampes', 'Fleury', 'Égly']) c ORDER BY c")
        assert [name for (name,) in cursor.fetchall()] == ["Égly", "Étampes", "Évry", "Fleury", "Yerres"]


@pytest.mark.django_db
def test_the_application_is_no_superuser(postgres_cluster: Cluster):
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False,)
