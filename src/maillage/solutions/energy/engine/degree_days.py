"""Heating degree-days as France publishes them: base 18 °C, from the day's lowest and highest temperature."""

BASE_C = 18.0


def weather_service(lowest_c: float, highest_c: float, base_c: float = BASE_C) -> float:
    """Degree-days of a day by the « méthode Météo »: the base less the mean of the extremes, never negative."""
    return max(0.0, base_c - (lowest_c + highest_c) / 2)


def heating_trade(lowest_c: float, highest_c: float, base_c: float = BASE_C) -> float:
    """Degree-days of a day by the « méthode professionnelle » (COSTIC), which also counts the cold hours of a mild day.

    Where the base lies between the extremes: (S - Tn) · (0.08 + 0.42 · (S - Tn) / (Tx - Tn)).
    """
    if base_c >= highest_c:
        return base_c - (lowest_c + highest_c) / 2
    if base_c <= lowest_c:
        return 0.0
    below = base_c - lowest_c
    return below * (0.08 + 0.42 * below / (highest_c - lowest_c))
