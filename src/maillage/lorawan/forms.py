"""The forms of the radio pages. What a value may be is decided in ``new_device``; here it is tied to its field."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from maillage.identity.models import Organisation
from maillage.kernel.errors import Invalid
from maillage.lorawan import new_device
from maillage.lorawan.actions import GatewayDetails
from maillage.lorawan.device_csv import MAX_BYTES, MAX_ROWS
from maillage.lorawan.device_models import device_models, models_by_profile
from maillage.lorawan.labels import HEARINGS, MESSAGE_TYPES, REFUSALS
from maillage.lorawan.new_device import AbpSession, NewDevice
from maillage.lorawan.qr_sheet import ScanDefaults
from maillage.lorawan.queries import DeviceFilter, FrameFilter, Hearing, RefusalFilter
from maillage.web.formats import number
from maillage.web.problems import sentence

T = TypeVar("T")
Choices = list[tuple[Any, Any]]
_SEPARATED_EUI = re.compile(r"[0-9a-fA-F]{2}([-:. ][0-9a-fA-F]{2})+")
_AS_ON_LABEL = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
_DEGREES = {"step": "0.00001"}


class _DescribedDevice(forms.Form):
    """What every device has, however it is activated."""

    name = forms.CharField(label=_("Nom"), help_text=_("Ce que l’on cherchera : le lieu et l’usage, par exemple."))
    organisation = forms.TypedChoiceField(label=_("Commune"), coerce=int)
    model = forms.ChoiceField(label=_("Modèle"))
    dev_eui = forms.CharField(
        label="DevEUI",
        help_text=_("16 chiffres hexadécimaux, comme sur l’étiquette."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )

    def __init__(self, organisations: Sequence[Organisation], data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "organisation", [("", _("Choisir…")), *((o.pk, o.name) for o in organisations)])
        _fill(self, "model", [("", _("Choisir…")), *model_choices()])

    def clean_name(self) -> str:
        """See ``new_device``."""
        return _read(new_device.read_name, self.cleaned_data["name"])

    def clean_dev_eui(self) -> str:
        """See ``new_device``."""
        return _read(new_device.read_dev_eui, self.cleaned_data["dev_eui"])

    def _new(self, **activation: Any) -> NewDevice:  # noqa: ANN401 - cleaned fields
        values = self.cleaned_data
        facts = {"join_eui": "", "app_key": b"", **activation}
        return NewDevice(
            dev_eui=values["dev_eui"],
            model_key=values["model"],
            name=values["name"],
            organisation_id=values["organisation"],
            **facts,
        )


class DeviceForm(_DescribedDevice):
    """One device to register, that will join."""

    join_eui = forms.CharField(
        label="JoinEUI",
        help_text=_("16 chiffres hexadécimaux ; AppEUI sur les appareils plus anciens."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    app_key = forms.CharField(
        label="AppKey",
        help_text=_("32 chiffres hexadécimaux. Elle ne sera plus jamais affichée."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    nwk_key = forms.CharField(
        label="NwkKey",
        required=False,
        help_text=_("Pour LoRaWAN 1.1 seulement ; elle non plus ne sera plus affichée."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )

    def clean_join_eui(self) -> str:
        """See ``new_device``."""
        return _read(new_device.read_join_eui, self.cleaned_data["join_eui"])

    def clean_app_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_app_key, self.cleaned_data["app_key"])

    def clean_nwk_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_optional_key, self.cleaned_data["nwk_key"])

    def new_device(self) -> NewDevice:
        """What a valid form describes."""
        values = self.cleaned_data
        return self._new(join_eui=values["join_eui"], app_key=values["app_key"], nwk_key=values["nwk_key"])


class AbpDeviceForm(_DescribedDevice):
    """One ABP device to register, with the session that it was made with."""

    dev_addr = forms.CharField(
        label="DevAddr", help_text=_("8 chiffres hexadécimaux."), widget=forms.TextInput(attrs=_AS_ON_LABEL)
    )
    nwk_s_key = forms.CharField(
        label="NwkSKey",
        help_text=_("32 chiffres hexadécimaux ; FNwkSIntKey en LoRaWAN 1.1. Elle ne sera plus jamais affichée."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    app_s_key = forms.CharField(
        label="AppSKey",
        help_text=_("32 chiffres hexadécimaux. Elle ne sera plus jamais affichée."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    s_nwk_s_int_key = forms.CharField(
        label="SNwkSIntKey",
        required=False,
        help_text=_("LoRaWAN 1.1 seulement."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    nwk_s_enc_key = forms.CharField(
        label="NwkSEncKey",
        required=False,
        help_text=_("LoRaWAN 1.1 seulement."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    f_cnt_up = forms.CharField(
        label=_("Prochaine montée (FCntUp)"),
        initial="0",
        required=False,
        help_text=_("0 pour un appareil neuf ; sinon, ce que l’ancien réseau a reçu en dernier, plus un."),
    )
    f_cnt_down = forms.CharField(
        label=_("Prochaine descente (FCntDown)"),
        initial="0",
        required=False,
        help_text=_("0 pour un appareil neuf ; sinon, ce que l’ancien réseau a envoyé en dernier, plus un."),
    )
    relaxed = forms.BooleanField(
        label=_("Accepter que son compteur recommence"),
        required=False,
        help_text=_(
            "Pour un appareil qui oublie son compteur quand on coupe le courant. Attention : qui a enregistré ses"
            " anciennes trames pourra alors les rejouer, et elles passeront pour vraies."
        ),
    )

    def clean_dev_addr(self) -> int:
        """See ``new_device``."""
        return _read(new_device.read_dev_addr, self.cleaned_data["dev_addr"])

    def clean_nwk_s_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_app_key, self.cleaned_data["nwk_s_key"])

    def clean_app_s_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_app_key, self.cleaned_data["app_s_key"])

    def clean_s_nwk_s_int_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_optional_key, self.cleaned_data["s_nwk_s_int_key"])

    def clean_nwk_s_enc_key(self) -> bytes:
        """See ``new_device``."""
        return _read(new_device.read_optional_key, self.cleaned_data["nwk_s_enc_key"])

    def clean_f_cnt_up(self) -> int:
        """See ``new_device``."""
        return _read(new_device.read_f_cnt, self.cleaned_data["f_cnt_up"])

    def clean_f_cnt_down(self) -> int:
        """See ``new_device``."""
        return _read(new_device.read_f_cnt, self.cleaned_data["f_cnt_down"])

    def clean(self) -> dict[str, Any]:
        """The two keys of 1.1 go together."""
        values: dict[str, Any] = super().clean() or {}
        keys = ("s_nwk_s_int_key", "nwk_s_enc_key")
        if all(key in values for key in keys) and bool(values[keys[0]]) != bool(values[keys[1]]):
            missing = keys[1] if values[keys[0]] else keys[0]
            self.add_error(missing, sentence(Invalid("lorawan.abp_keys_of_1_1")))
        return values

    def new_device(self) -> NewDevice:
        """What a valid form describes."""
        names = ("dev_addr", "nwk_s_key", "app_s_key", "s_nwk_s_int_key", "nwk_s_enc_key", "f_cnt_up", "f_cnt_down")
        session = {name: self.cleaned_data[name] for name in names}
        return self._new(abp=AbpSession(**session, is_relaxed=self.cleaned_data["relaxed"]))


class GatewayDetailsForm(forms.Form):
    """A gateway's name and place."""

    name = forms.CharField(label=_("Nom"), max_length=100)
    latitude = forms.FloatField(
        label=_("Latitude"), required=False, min_value=-90, max_value=90, widget=forms.NumberInput(attrs=_DEGREES)
    )
    longitude = forms.FloatField(
        label=_("Longitude"), required=False, min_value=-180, max_value=180, widget=forms.NumberInput(attrs=_DEGREES)
    )
    altitude_m = forms.FloatField(label=_("Altitude de l’antenne"), required=False, min_value=-100, max_value=9000)

    def clean_name(self) -> str:
        """See ``new_device``."""
        return _read(new_device.read_name, self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        """A place takes both coordinates."""
        values: dict[str, Any] = super().clean() or {}
        for given, missing in (("latitude", "longitude"), ("longitude", "latitude")):
            if values.get(given) is not None and missing in values and values[missing] is None:
                self.add_error(missing, _("Donnez la latitude et la longitude, ou aucune des deux."))
        return values

    def details(self) -> GatewayDetails:
        """What a valid form describes."""
        values = self.cleaned_data
        place = None if values["longitude"] is None else (values["longitude"], values["latitude"])
        return GatewayDetails(values["name"], place, values["altitude_m"])


class GatewayForm(GatewayDetailsForm):
    """A gateway to register."""

    field_order = ["eui", "name", "organisation", "latitude", "longitude", "altitude_m"]

    eui = forms.CharField(
        label=_("Identifiant (EUI)"),
        help_text=_("16 chiffres hexadécimaux, dans la configuration de la passerelle."),
        widget=forms.TextInput(attrs=_AS_ON_LABEL),
    )
    organisation = forms.TypedChoiceField(label=_("Propriétaire"), coerce=int)

    def __init__(self, organisations: Sequence[Organisation], data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "organisation", [(o.pk, o.name) for o in organisations])

    def clean_eui(self) -> str:
        """See ``new_device``."""
        return _read(new_device.read_gateway_eui, self.cleaned_data["eui"])


class DeviceFilterForm(forms.Form):
    """The filter of the device list, read from the address."""

    text = forms.CharField(label=_("Nom ou DevEUI"), required=False, max_length=150)
    organisation = forms.TypedChoiceField(label=_("Commune"), required=False, coerce=int, empty_value=None)
    model = forms.ChoiceField(label=_("Modèle"), required=False)
    hearing = forms.ChoiceField(label=_("Écoute"), required=False)

    def __init__(self, owners: Sequence[Organisation], data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "organisation", [("", _("Toutes")), *((o.pk, o.name) for o in owners)])
        _fill(self, "model", [("", _("Tous")), *model_choices()])
        _fill(self, "hearing", [("", _("Tous en service")), *HEARINGS.items()])

    def clean_text(self) -> str:
        """A DevEUI may be written with separators."""
        text: str = self.cleaned_data["text"]
        return re.sub(r"[-:. ]", "", text) if _SEPARATED_EUI.fullmatch(text) else text

    def wanted(self) -> DeviceFilter:
        """The filter that a valid form describes."""
        values = self.cleaned_data
        hearing = Hearing(values["hearing"]) if values["hearing"] else None
        return DeviceFilter(values["text"], values["organisation"], values["model"], hearing)


class RefusalFilterForm(forms.Form):
    """The filter of the refusals, read from the address."""

    cause = forms.ChoiceField(label=_("Cause"), required=False)
    gateway = forms.CharField(label=_("Passerelle (EUI)"), required=False, max_length=16)
    subject = forms.CharField(label=_("DevEUI, DevAddr ou adresse"), required=False, max_length=32)

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "cause", [("", _("Toutes")), *REFUSALS.items()])

    def wanted(self) -> RefusalFilter:
        """The filter that a valid form describes."""
        values = self.cleaned_data
        return RefusalFilter(values["cause"], values["gateway"].lower(), values["subject"])


class FrameFilterForm(forms.Form):
    """The filter of the frame log, read from the address."""

    gateway = forms.CharField(label=_("Passerelle (EUI)"), required=False, max_length=16)
    device = forms.CharField(label="DevEUI", required=False, max_length=16)
    type = forms.TypedChoiceField(label=_("Type de trame"), required=False, coerce=int, empty_value=None)

    def __init__(self, data: Any) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        _fill(self, "type", [("", _("Tous")), *MESSAGE_TYPES.items()])

    def wanted(self) -> FrameFilter:
        """The filter that a valid form describes."""
        values = self.cleaned_data
        return FrameFilter(values["gateway"].lower(), values["device"].lower(), values["type"])


class ImportForm(forms.Form):
    """A file of devices."""

    file = forms.FileField(
        label=_("Fichier CSV"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ".csv,text/csv"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's own form data
        super().__init__(*args, **kwargs)
        limits = {"megabytes": MAX_BYTES // 1_000_000, "rows": number(MAX_ROWS)}
        self.fields["file"].help_text = gettext("Au plus %(megabytes)s Mo et %(rows)s appareils.") % limits


class ScanForm(forms.Form):
    """Labels of devices, one a line, and what they do not say."""

    organisation = forms.TypedChoiceField(label=_("Commune"), coerce=int)
    model = forms.ChoiceField(
        label=_("Modèle"),
        required=False,
        help_text=_("Pour les étiquettes dont le profil (ProfileID) n’est celui d’aucun modèle connu."),
    )
    name = forms.CharField(
        label=_("Début du nom"),
        required=False,
        max_length=100,
        help_text=_("Suivi du numéro de série, pour les lignes sans nom."),
    )
    codes = forms.CharField(
        label=_("Codes des étiquettes"),
        required=False,
        help_text=_("Un par ligne ; après un point-virgule, l’AppKey, puis le nom."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )
    key_in_proprietary = forms.BooleanField(
        label=_("Le fabricant a mis l’AppKey dans le champ propriétaire du code"), required=False
    )

    def __init__(self, organisations: Sequence[Organisation], data: Any = None) -> None:  # noqa: ANN401 - form data
        super().__init__(data)
        self._organisations = {organisation.pk: organisation for organisation in organisations}
        _fill(self, "organisation", [("", _("Choisir…")), *((o.pk, o.name) for o in organisations)])
        _fill(self, "model", [("", _("D’après l’étiquette")), *model_choices()])

    def add_codes(self, codes: Sequence[str]) -> None:
        """Below those written already, for the form to be shown again."""
        known = str(self.data.get("codes", "")).splitlines()
        given = {name: self.data.get(name) for name in self.fields}
        self.initial = given | {"codes": "\n".join(dict.fromkeys([*known, *codes]))}
        self.is_bound = False

    def defaults(self) -> ScanDefaults:
        """What a valid form says of all its labels."""
        values = self.cleaned_data
        commune = self._organisations[values["organisation"]].slug
        return ScanDefaults(commune, values["model"], values["name"], models_by_profile(), values["key_in_proprietary"])


def model_choices() -> list[tuple[str, str]]:
    """Every known model: key and name, by maker."""
    return sorted(((key, f"{m.vendor} {m.name}") for key, m in device_models().items()), key=lambda choice: choice[1])


def _fill(form: forms.Form, name: str, choices: Sequence[tuple[int | str, str | Promise]]) -> None:
    field = form.fields[name]
    if isinstance(field, forms.ChoiceField):
        field.choices = list(choices)


def _read(reader: Callable[[str], T], text: str) -> T:
    try:
        return reader(text)
    except Invalid as error:
        raise ValidationError(sentence(error), code=error.code) from error
