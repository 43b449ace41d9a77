"""An issued invoice as UN/CEFACT Cross Industry Invoice, profile EN 16931: the XML inside a Factur-X file.

Values in, bytes out. The elements' order is the schema's. Numbers in comments are EN 16931's business terms.
"""

from datetime import date
from decimal import Decimal

from lxml import etree

from maillage.billing.documents.values import Paper, PaperLine, PaperVat
from maillage.billing.parties import Party
from maillage.kernel.money import Cents, euros

NAMESPACES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
PROFILE = "urn:cen.eu:en16931:2017"
_SERVICES = "S1"  # BT-23, French framework: an invoice for services, not paid yet
_SIREN, _SIRET, _FRENCH_ADDRESS = "0002", "0009", "0225"
_CREDIT_TRANSFER = "30"
_LATE = "Tout retard de paiement entraîne des intérêts moratoires au taux légal (CCP, art. L2192-13)."
_FEE = "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €."
_NO_DISCOUNT = "Pas d’escompte pour paiement anticipé."


def cross_industry_invoice(paper: Paper) -> bytes:
    """The XML document, UTF-8."""
    root = etree.Element(_name("rsm:CrossIndustryInvoice"), nsmap=NAMESPACES)
    _context(_add(root, "rsm:ExchangedDocumentContext"))
    _heading(_add(root, "rsm:ExchangedDocument"), paper)
    trade = _add(root, "rsm:SupplyChainTradeTransaction")
    for line in paper.lines:
        _line(_add(trade, "ram:IncludedSupplyChainTradeLineItem"), line)
    _agreement(_add(trade, "ram:ApplicableHeaderTradeAgreement"), paper)
    _delivery(_add(trade, "ram:ApplicableHeaderTradeDelivery"), paper)
    _settlement(_add(trade, "ram:ApplicableHeaderTradeSettlement"), paper)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _context(node: etree._Element) -> None:
    _add(_add(node, "ram:BusinessProcessSpecifiedDocumentContextParameter"), "ram:ID", _SERVICES)
    _add(_add(node, "ram:GuidelineSpecifiedDocumentContextParameter"), "ram:ID", PROFILE)


def _heading(node: etree._Element, paper: Paper) -> None:
    _add(node, "ram:ID", paper.number)
    _add(node, "ram:TypeCode", "381" if paper.is_credit else "380")
    _day(_add(node, "ram:IssueDateTime"), paper.issued_on)
    notes = [("PMT", _FEE), ("PMD", _LATE), ("AAB", _NO_DISCOUNT)]
    for code, text in [*notes, *([("AAI", paper.note)] if paper.note else [])]:
        note = _add(node, "ram:IncludedNote")
        _add(note, "ram:Content", text)
        _add(note, "ram:SubjectCode", code)


def _line(node: etree._Element, line: PaperLine) -> None:
    _add(_add(node, "ram:AssociatedDocumentLineDocument"), "ram:LineID", str(line.position))
    _add(_add(node, "ram:SpecifiedTradeProduct"), "ram:Name", line.label)
    price = _add(_add(node, "ram:SpecifiedLineTradeAgreement"), "ram:NetPriceProductTradePrice")
    _add(price, "ram:ChargeAmount", _amount(line.net))
    delivered = _add(_add(node, "ram:SpecifiedLineTradeDelivery"), "ram:BilledQuantity", "1")
    delivered.set("unitCode", "C62")
    settled = _add(node, "ram:SpecifiedLineTradeSettlement")
    tax = _add(settled, "ram:ApplicableTradeTax")
    _add(tax, "ram:TypeCode", "VAT")
    _add(tax, "ram:CategoryCode", line.category)
    _add(tax, "ram:RateApplicablePercent", _percent(line.percent))
    _period(_add(settled, "ram:BillingSpecifiedPeriod"), line.starts_on, line.last_day)
    totals = _add(settled, "ram:SpecifiedTradeSettlementLineMonetarySummation")
    _add(totals, "ram:LineTotalAmount", _amount(line.net))


def _agreement(node: etree._Element, paper: Paper) -> None:
    if paper.buyer.service_code:
        _add(node, "ram:BuyerReference", paper.buyer.service_code)
    _party(_add(node, "ram:SellerTradeParty"), paper.seller)
    _party(_add(node, "ram:BuyerTradeParty"), paper.buyer)
    if paper.buyer.engagement:
        _add(_add(node, "ram:BuyerOrderReferencedDocument"), "ram:IssuerAssignedID", paper.buyer.engagement)


def _party(node: etree._Element, party: Party) -> None:
    _add(node, "ram:GlobalID", party.siret).set("schemeID", _SIRET)
    _add(node, "ram:Name", party.legal_name)
    _add(_add(node, "ram:SpecifiedLegalOrganization"), "ram:ID", party.siren).set("schemeID", _SIREN)
    address = _add(node, "ram:PostalTradeAddress")
    _add(address, "ram:PostcodeCode", party.postcode)
    _add(address, "ram:LineOne", party.street)
    _add(address, "ram:CityName", party.city)
    _add(address, "ram:CountryID", party.country)
    electronic = _add(_add(node, "ram:URIUniversalCommunication"), "ram:URIID", party.siren)
    electronic.set("schemeID", _FRENCH_ADDRESS)
    if party.vat_number:
        _add(_add(node, "ram:SpecifiedTaxRegistration"), "ram:ID", party.vat_number).set("schemeID", "VA")


def _delivery(node: etree._Element, paper: Paper) -> None:
    last = max(line.last_day for line in paper.lines)
    _day(_add(_add(node, "ram:ActualDeliverySupplyChainEvent"), "ram:OccurrenceDateTime"), last)


def _settlement(node: etree._Element, paper: Paper) -> None:
    _add(node, "ram:PaymentReference", paper.number)
    _add(node, "ram:InvoiceCurrencyCode", "EUR")
    if paper.seller.iban:
        means = _add(node, "ram:SpecifiedTradeSettlementPaymentMeans")
        _add(means, "ram:TypeCode", _CREDIT_TRANSFER)
        _add(_add(means, "ram:PayeePartyCreditorFinancialAccount"), "ram:IBANID", paper.seller.iban)
        if paper.seller.bic:
            _add(_add(means, "ram:PayeeSpecifiedCreditorFinancialInstitution"), "ram:BICID", paper.seller.bic)
    for one in paper.vat_lines:
        _tax(_add(node, "ram:ApplicableTradeTax"), one)
    first, last = min(line.starts_on for line in paper.lines), max(line.last_day for line in paper.lines)
    _period(_add(node, "ram:BillingSpecifiedPeriod"), first, last)
    _day(_add(_add(node, "ram:SpecifiedTradePaymentTerms"), "ram:DueDateDateTime"), paper.due_on)
    _totals(_add(node, "ram:SpecifiedTradeSettlementHeaderMonetarySummation"), paper)
    if paper.corrects:
        number, issued_on = paper.corrects
        invoice = _add(node, "ram:InvoiceReferencedDocument")
        _add(invoice, "ram:IssuerAssignedID", number)
        _day(_add(invoice, "ram:FormattedIssueDateTime"), issued_on, "qdt:DateTimeString")


def _tax(node: etree._Element, vat: PaperVat) -> None:
    _add(node, "ram:CalculatedAmount", _amount(vat.vat))
    _add(node, "ram:TypeCode", "VAT")
    if vat.reason:
        _add(node, "ram:ExemptionReason", vat.reason)
    _add(node, "ram:BasisAmount", _amount(vat.base))
    _add(node, "ram:CategoryCode", vat.category)
    if vat.reason_code:
        _add(node, "ram:ExemptionReasonCode", vat.reason_code)
    _add(node, "ram:RateApplicablePercent", _percent(vat.percent))


def _totals(node: etree._Element, paper: Paper) -> None:
    _add(node, "ram:LineTotalAmount", _amount(paper.net))
    _add(node, "ram:TaxBasisTotalAmount", _amount(paper.net))
    _add(node, "ram:TaxTotalAmount", _amount(paper.vat)).set("currencyID", "EUR")
    _add(node, "ram:GrandTotalAmount", _amount(paper.gross))
    _add(node, "ram:DuePayableAmount", _amount(paper.gross))


def _period(node: etree._Element, first: date, last: date) -> None:
    _day(_add(node, "ram:StartDateTime"), first)
    _day(_add(node, "ram:EndDateTime"), last)


def _day(node: etree._Element, day: date, element: str = "udt:DateTimeString") -> None:
    _add(node, element, f"{day:%Y%m%d}").set("format", "102")


def _amount(value: Cents) -> str:
    return f"{euros(value):f}"


def _percent(value: Decimal) -> str:
    return f"{value:.2f}"


def _add(parent: etree._Element, name: str, text: str | None = None) -> etree._Element:
    node = etree.SubElement(parent, _name(name))
    node.text = text
    return node


def _name(prefixed: str) -> str:
    prefix, _, local = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"
