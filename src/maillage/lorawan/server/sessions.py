"""The keys of a session, of either version, and the crypto made of them."""

from msgspec import Struct

from maillage.lorawan.protocol.crypto import SessionCrypto, SessionKeys
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11, SessionKeys11

AnyCrypto = SessionCrypto | SessionCrypto11
AnyKeys = SessionKeys | SessionKeys11


class StoredKeys(Struct, frozen=True):
    """As the columns of a session have them; the last two are None in 1.0.x. ``nwk_s_key`` is FNwkSIntKey in 1.1."""

    nwk_s_key: bytes
    app_s_key: bytes
    s_nwk_s_int_key: bytes | None = None
    nwk_s_enc_key: bytes | None = None

    @classmethod
    def of(cls, keys: AnyKeys) -> "StoredKeys":
        if isinstance(keys, SessionKeys11):
            return cls(keys.f_nwk_s_int_key, keys.app_s_key, keys.s_nwk_s_int_key, keys.nwk_s_enc_key)
        return cls(keys.nwk_s_key, keys.app_s_key)

    def keys(self) -> AnyKeys:
        if self.s_nwk_s_int_key is None or self.nwk_s_enc_key is None:
            return SessionKeys(self.nwk_s_key, self.app_s_key)
        return SessionKeys11(self.nwk_s_key, self.s_nwk_s_int_key, self.nwk_s_enc_key, self.app_s_key)


def crypto_of(keys: AnyKeys) -> AnyCrypto:
    return SessionCrypto11(keys) if isinstance(keys, SessionKeys11) else SessionCrypto(*keys)


def keys_of(crypto: AnyCrypto) -> AnyKeys:
    return crypto.keys if isinstance(crypto, SessionCrypto11) else SessionKeys(crypto.nwk_s_key, crypto.app_s_key)
