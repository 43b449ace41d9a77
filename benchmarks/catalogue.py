"""The public shop with 2,000 offerings: how long a visitor without account waits for a page, one request at a time.

Each offering has one version, four prices (one of them follows an index with ten years of publications) and two
equipment sheets. Every request goes over HTTP to the house's own web process.
"""

import http.client
import random
from collections.abc import Callable, Mapping, Sequence

import psycopg

from benchmarks.installation import BenchmarkError, Installation, installed
from benchmarks.report import Report, milliseconds, quantile
from maillage.kernel import clock

OFFERINGS = 2_000
CATEGORIES = 10
REQUESTS = 60
WARMING = 5
_OK = 200
_PARTIAL = 206
_TIMEOUT_S = 30
_TMF = "/tmf-api/productCatalogManagement/v4"

_STATEMENTS = """
INSERT INTO catalogue_category
  (code, name, description, lifecycle, version, last_update, extension, icon, position)
SELECT 'rayon-' || n, 'Rayon ' || n, '', 'Launched', '1.0', now(), '{}', 'tag', n
FROM generate_series(1, %(categories)s) n;

INSERT INTO catalogue_specification
  (code, name, description, lifecycle, version, last_update, extension, brand, product_number, protocol,
   battery_life_years, picture, photo_digest, characteristics, documents)
SELECT 'fiche-' || n, 'Fiche ' || n, '', 'Launched', '1.0', now(), '{}', 'Marque', '', 'LoRaWAN', 10, 'sensor', '',
  '[]', '[]'
FROM generate_series(1, 50) n;

INSERT INTO catalogue_index (code, name, source) VALUES ('indice', 'Indice', '');

INSERT INTO catalogue_publishedindexvalue (index_id, period, value, published_on)
SELECT i.id, (date '2016-01-01' + n * interval '1 month')::date, 100 + n * 0.2,
  (date '2016-01-01' + n * interval '1 month' + interval '3 months')::date
FROM catalogue_index i, generate_series(0, 119) n;

INSERT INTO catalogue_offering (code, kind, category_id, featured)
SELECT 'offre-' || n,
  (array['pack', 'connectivity', 'internet', 'telephony', 'conference', 'hosting', 'works'])[1 + n %% 7],
  c.id, n %% 40 = 0
FROM generate_series(1, %(offerings)s) n JOIN catalogue_category c ON c.position = 1 + n %% %(categories)s;

INSERT INTO catalogue_offeringversion
  (offering_id, number, state, valid_from, published_at, last_update, name, summary, description, included, excluded,
   keywords, picture, audiences, needs_fibre, needs_lora, estimator, level, term_months, support, invented, search_text,
   first_price_cents, lifecycle, extension)
SELECT o.id, 1, 'draft', current_date - 30, now(), now(), 'Offre ' || o.id, 'Une phrase de présentation.',
  repeat('Description. ', 40), array['Pose', 'Maintenance'], array['Gros œuvre'], '', 'sensor',
  array['member', 'outside'], o.id %% 3 = 0, o.id %% 2 = 0, 'heating', '', 12, 'En semaine', true,
  'offre ' || o.id || ' chauffage ' || repeat('description ', 40), 1000 + o.id, '', '{}'
FROM catalogue_offering o;

INSERT INTO catalogue_price
  (code, name, description, lifecycle, version, last_update, extension, rhythm, unit, mode, tiers, vat_percent,
   revision, position)
SELECT 'prix-' || v.id || '-' || n, 'Ligne ' || n, '', 'Launched', '1.0', now(), '{}',
  CASE WHEN n = 1 THEN 'monthly' ELSE 'one_off' END, (array['site', 'valve', 'sensor', 'boiler_controller'])[n],
  'graduated', '[["0", "25.00"], ["100", "20.00"]]', 20,
  CASE WHEN n = 1 THEN '{"fixed": "0.15", "parts": [["indice", "0.85", "100"]], "decimals": 4,
                         "first_on": "2020-01-01", "every_months": 12}'::jsonb END, n
FROM catalogue_offeringversion v, generate_series(1, 4) n;

INSERT INTO catalogue_offeringversion_prices (offeringversion_id, price_id)
SELECT split_part(code, '-', 2)::bigint, id FROM catalogue_price;

INSERT INTO catalogue_offeringversion_specifications (offeringversion_id, specification_id)
SELECT v.id, s.id FROM catalogue_offeringversion v
JOIN catalogue_specification s ON s.id %% 50 IN (v.id %% 50, (v.id + 7) %% 50);

UPDATE catalogue_offeringversion SET state = 'published';

ANALYZE
"""

PAGES: Mapping[str, Callable[[random.Random], str]] = {
    "shop home": lambda _chance: "/shop/",
    "a page of the shelves": lambda chance: f"/shop/?page={chance.randint(1, 84)}",
    "search": lambda chance: f"/shop/?q=chauffage+{chance.randint(1, OFFERINGS)}",
    "filters": lambda chance: f"/shop/?kind=works&audience=member&category=rayon-{chance.randint(1, CATEGORIES)}",
    "offering": lambda chance: f"/shop/offers/offre-{chance.randint(1, OFFERINGS)}/",
    "simulation": lambda chance: (
        f"/shop/offers/offre-{chance.randint(1, OFFERINGS)}/simulate/?surface={chance.randint(100, 5000)}"
    ),
    "comparison of four": lambda chance: (
        "/shop/compare/?" + "&".join(f"offer=offre-{chance.randint(1, OFFERINGS)}" for _ in range(4))
    ),
    "TMF620, one offering": lambda chance: f"{_TMF}/productOffering/offre-{chance.randint(1, OFFERINGS)}",
    "TMF620, twenty offerings": lambda chance: f"{_TMF}/productOffering?limit=20&offset={chance.randint(0, 1900)}",
}


def run() -> Report:
    """One row a kind of page."""
    with installed(_populate, ("web",)) as place:
        rows = [_row(place, name, address) for name, address in PAGES.items()]
    facts = {"offerings": OFFERINGS, "requests a row": REQUESTS, "clients at once": 1}
    return Report("catalogue", "The public shop, seen by a visitor", rows, facts)


def _populate(connection: psycopg.Connection) -> None:
    values = {"offerings": OFFERINGS, "categories": CATEGORIES}
    for statement in _STATEMENTS.split(";"):
        connection.execute(statement, values)


def _row(place: Installation, name: str, address: Callable[[random.Random], str]) -> Mapping[str, object]:
    chance = random.Random(name)
    client = http.client.HTTPConnection("127.0.0.1", place.web_port, timeout=_TIMEOUT_S)
    for _ in range(WARMING):
        _fetch(client, address(chance))
    taken = [_fetch(client, address(chance)) for _ in range(REQUESTS)]
    client.close()
    seconds = sorted(one for one, _ in taken)
    p95_ms = round(quantile(seconds, 0.95) * 1e3, 1)
    return {"page": name, **milliseconds(seconds), "p95_ms": p95_ms, "kB": _mean_kb(taken)}


def _fetch(client: http.client.HTTPConnection, path: str) -> tuple[float, int]:
    """Seconds until the last byte, and how many there were."""
    started_s = clock.monotonic_s()
    client.request("GET", path)
    response = client.getresponse()
    body = response.read()
    if response.status not in {_OK, _PARTIAL}:
        raise BenchmarkError(f"{path} answered {response.status}")
    return clock.monotonic_s() - started_s, len(body)


def _mean_kb(taken: Sequence[tuple[float, int]]) -> int:
    return sum(size for _, size in taken) // len(taken) // 1000
