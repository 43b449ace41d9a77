"""How weak a LoRa signal may be: the SNR a receiver needs, by spreading factor. Source: Semtech SX1276, table 13."""

from collections.abc import Mapping

from maillage.lorawan.regions.data_rate import LoRaDataRate

REQUIRED_SNR_DB: Mapping[int, float] = {
    5: -5.0,
    6: -5.0,
    7: -7.5,
    8: -10.0,
    9: -12.5,
    10: -15.0,
    11: -17.5,
    12: -20.0,
}


def required_snr_db(data_rate: LoRaDataRate) -> float:
    """The demodulation floor of a rate, in dB."""
    return REQUIRED_SNR_DB[data_rate.spreading_factor]
