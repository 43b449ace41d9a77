"""PES V2, domain *Recette*: a bordereau of titres with the notice (ASAP) of each inside. Values in, bytes out.

Element names and codes are those of the schemas (version 5.17). Every value stands in an attribute ``V``.
"""

import base64
import gzip
from collections.abc import Mapping
from decimal import Decimal

from lxml import etree

from maillage.billing.documents.values import Paper
from maillage.billing.parties import Party
from maillage.billing.pes.values import Accounting, BordereauValue, TitreValue
from maillage.kernel.money import Cents, euros, total

NAMESPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/aller"
_ORDINARY, _REDUCTION = "01", "02"
_RUNNING, _CANCELLATION = "01", "06"  # nature of the piece: fonctionnement, annulation-réduction
_NOTICE_BY_CHORUS = "02"
_PES_FACTURE, _ASAP = "006", "09"
_COMMUNE, _LOCAL_AUTHORITY, _MAIN_DEBTOR, _SIRET = "23", "09", "01", "01"
_GROUPING, _ISSUER = "24", "20"
_LONGEST_NAME = 38
_PAY = "Par virement au comptable public, en rappelant le numéro du titre."
_TERMS = "Titre exécutoire en application de l'article L252 A du livre des procédures fiscales (CGCT L1617-5)."


def bordereau_xml(value: BordereauValue, accounting: Accounting, seller: Party) -> bytes:
    """The whole flow, UTF-8."""
    root = _root(value, accounting, seller, f"TITRES_{value.year}_{value.number:07d}.xml")
    recette = _add(root, "PES_RecetteAller")
    _add(_add(recette, "EnTeteRecette"), "IdVer", "2")
    bordereau = _add(recette, "Bordereau")
    _values(_add(bordereau, "BlocBordereau"), _heading(value))
    for titre in value.titres:
        _piece(_add(bordereau, "Piece"), titre, accounting)
    pieces = _add(root, "PES_PJ")
    _add(_add(pieces, "EnTetePES_PJ"), "IdVer", "1")
    for titre in value.titres:
        if not titre.corrects:
            _attached(_add(pieces, "PJ"), titre, notice_xml(value, titre, accounting, seller))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def notice_xml(value: BordereauValue, titre: TitreValue, accounting: Accounting, seller: Party) -> bytes:
    """The *avis des sommes à payer* of a titre: a PES Facture of type 09."""
    paper = titre.paper
    root = _root(value, accounting, seller, f"{paper.number}.xml")
    facture = _add(root, "PES_Facture")
    _values(facture, {"IdVer": "2", "Annee": str(value.year), "TypeFact": _ASAP, "Date": value.issued_on.isoformat()})
    issuer = _add(facture, "Emetteur")
    _third(issuer, seller, _GROUPING, _ISSUER)
    one = _add(facture, "FactureIndiv")
    _values(one, {"DateEmission": paper.issued_on.isoformat(), "NumeroFacture": paper.number})
    _third(_add(one, "Debiteur"), paper.buyer, _COMMUNE, _MAIN_DEBTOR)
    _add(one, "Objet", _subject(paper))
    for order, line in enumerate(paper.vat_lines, 1):
        _values(
            _add(one, "LigneFacture"),
            {
                "DateDebut": min(each.starts_on for each in paper.lines).isoformat(),
                "DateFin": max(each.last_day for each in paper.lines).isoformat(),
                "Libelle": f"{_subject(paper)} - TVA {line.percent:.2f} %",
                "MtBase": _amount(line.base),
                "MtHT": _amount(line.base),
                "TauxTVA": _rate(line.percent),
                "MtTVA": _amount(line.vat),
                "MtTTC": _amount(Cents(line.base + line.vat)),
                "Ordre": str(order),
            },
        )
    for line in paper.vat_lines:
        detail = {"TauxTVA": _rate(line.percent), "MtBaseHT": _amount(line.base), "MtTVA": _amount(line.vat)}
        _values(_add(one, "DetailTVA"), detail)
    totals = {"MtTotalHT": paper.net, "MtTotalTVA": paper.vat, "MtTotalTTC": paper.gross}
    _values(_add(one, "TotalAPayer"), {name: _amount(amount) for name, amount in totals.items()})
    reference = {"Exercice": value.year, "NumBordereau": value.number, "NumTitre": titre.number, "NumLigne": 1}
    _values(_add(one, "RefTitre"), {name: str(number) for name, number in reference.items()})
    _values(one, {"ModalitesReglement": _PAY, "ConditionsGen": _TERMS})
    _add(facture, "Nomenclatures")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _root(value: BordereauValue, accounting: Accounting, seller: Party, name: str) -> etree._Element:
    root = etree.Element(f"{{{NAMESPACE}}}PES_Aller", nsmap={"n": NAMESPACE})
    envelope = _add(root, "Enveloppe")
    _values(_add(envelope, "Parametres"), {"Version": "1", "TypFic": "PESALR2", "NomFic": name})
    _values(_add(envelope, "Emetteur"), {"Sigle": seller.legal_name[:32], "Adresse": _short(seller.city)})
    heading = {
        "DteStr": value.issued_on.isoformat(),
        "IdPost": accounting.post,
        "IdColl": accounting.siret,
        "CodCol": accounting.collectivity,
        "CodBud": accounting.budget,
        "LibelleColBud": _short(seller.legal_name),
    }
    _values(_add(root, "EnTetePES"), heading)
    return root


def _heading(value: BordereauValue) -> Mapping[str, str]:
    return {
        "Exer": str(value.year),
        "IdBord": str(value.number),
        "DteBordEm": value.issued_on.isoformat(),
        "TypBord": _REDUCTION if value.reduces else _ORDINARY,
        "NbrPce": str(len(value.titres)),
        "MtBordHt": _amount(total(one.paper.net for one in value.titres)),
        "MtBordTVA": _amount(total(one.paper.vat for one in value.titres)),
    }


def _piece(node: etree._Element, titre: TitreValue, accounting: Accounting) -> None:
    paper = titre.paper
    block = _add(node, "BlocPiece")
    reduces = titre.corrects is not None
    _values(
        block,
        {
            "IdPce": str(titre.number),
            "TypPce": _REDUCTION if reduces else _ORDINARY,
            "NatPce": _CANCELLATION if reduces else _RUNNING,
            **({} if reduces else {"Edition": _NOTICE_BY_CHORUS}),
            "ObjPce": _subject(paper),
        },
    )
    if not reduces:
        reference = {"Support": "01", "IdUnique": _key(paper), "NomPJ": f"{paper.number}.xml", "TypePJ": _PES_FACTURE}
        _values(_add(block, "PJRef"), reference)
        _values(block, {"NumeroFacture": paper.number})
    if paper.buyer.engagement:
        _add(block, "NumeroEngagement", paper.buyer.engagement[:50])
    if paper.buyer.service_code:
        _add(block, "CodeService", paper.buyer.service_code[:100])
    for order, line in enumerate(paper.vat_lines, 1):
        piece = _add(node, "LigneDePiece")
        accounted = _add(piece, "BlocLignePiece")
        _values(
            _add(accounted, "InfoLignePiece"),
            {
                "IdLigne": str(order),
                "ObjLignePce": _subject(paper),
                "CodProdLoc": accounting.product,
                "Nature": accounting.nature,
                **({"TxTva": _rate(line.percent)} if line.vat else {}),
                "Majo": "0",
                "TvaIntraCom": "0",
                "MtHT": _amount(line.base),
                **({"MtTVA": _amount(line.vat)} if line.vat else {}),
            },
        )
        if titre.corrects:
            year, number = titre.corrects
            origin = {"NatPceOrig": "01", "ExerRat": str(year), "IdPceOrig": str(number), "IdLigneOrig": str(order)}
            _values(_add(accounted, "RattachPiece"), origin)
        _third(_add(piece, "Tiers"), paper.buyer, _COMMUNE, _MAIN_DEBTOR)


def _third(node: etree._Element, party: Party, category: str, kind: str) -> None:
    info = {
        "IdTiers": party.siret,
        "NatIdTiers": _SIRET,
        "CatTiers": category,
        "NatJur": _LOCAL_AUTHORITY,
        "TypTiers": kind,
        "Nom": _short(party.legal_name),
    }
    _values(_add(node, "InfoTiers"), info)
    place = {"TypAdr": "1", "Adr2": _short(party.street), "CP": party.postcode, "Ville": _short(party.city)}
    _values(_add(node, "Adresse"), {**place, "CodRes": "0"})


def _attached(node: etree._Element, titre: TitreValue, content: bytes) -> None:
    packed = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    file = etree.SubElement(_add(node, "Contenu"), "Fichier", MIMEType="application/gzip")
    file.text = packed
    named = {"IdUnique": _key(titre.paper), "NomPJ": f"{titre.paper.number}.xml", "TypePJ": _PES_FACTURE}
    _values(node, {**named, "Description": _subject(titre.paper)})


def _key(paper: Paper) -> str:
    """The number without its signs: what the protocol takes as an attachment's key."""
    return "".join(sign for sign in paper.number if sign.isalnum())


def _subject(paper: Paper) -> str:
    return f"Services numériques {paper.month:%m/%Y} - {paper.number}"


def _short(text: str) -> str:
    return text[:_LONGEST_NAME]


def _amount(value: Cents) -> str:
    return f"{euros(value):f}"


def _rate(percent: Decimal) -> str:
    return f"{percent:.2f}"


def _values(node: etree._Element, values: Mapping[str, str]) -> None:
    for name, text in values.items():
        _add(node, name, text)


def _add(parent: etree._Element, name: str, value: str | None = None) -> etree._Element:
    return etree.SubElement(parent, name) if value is None else etree.SubElement(parent, name, V=value)
