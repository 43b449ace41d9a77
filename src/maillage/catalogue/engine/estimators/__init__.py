"""How much of what a site needs, one module an estimator: answers in, quantities with a range and assumptions out.

An estimator knows no price and no word: quantities are by the units of price terms, words are in ``labels``.
"""

from collections.abc import Mapping

from maillage.catalogue.engine.estimators import (
    access,
    conference,
    connectivity,
    heating,
    hosting,
    internet,
    telephony,
    works,
)
from maillage.catalogue.engine.estimators.sizing import Estimator

ESTIMATORS: Mapping[str, Estimator] = {
    one.code: one
    for one in (
        heating.ESTIMATOR,
        access.ESTIMATOR,
        connectivity.ESTIMATOR,
        internet.ESTIMATOR,
        telephony.ESTIMATOR,
        conference.ESTIMATOR,
        hosting.ESTIMATOR,
        works.ESTIMATOR,
    )
}
