"""All tables of the three legacy systems, in the order in which a reader meets them."""

from cutover.example.addresses import ADR
from cutover.example.contacts import CONTACTS
from cutover.example.finance import BSID, BSIK, GLT
from cutover.example.items import MARA, STPO
from cutover.example.orders import EKKO, EKPO, VBAK, VBAP
from cutover.example.parties import KNA, LFA
from cutover.example.reference import SKB, T001, T006
from cutover.example.shopfloor import WORK_ORDERS
from cutover.example.stock import KONP, MARD
from cutover.example.tables import LegacyTable

ERP_TABLES: tuple[LegacyTable, ...] = (
    T001, SKB, T006, KNA, LFA, ADR, MARA, STPO, KONP, MARD, VBAK, VBAP, EKKO, EKPO, BSID, BSIK, GLT,
)  # fmt: skip
TABLES: tuple[LegacyTable, ...] = (*ERP_TABLES, CONTACTS, WORK_ORDERS)
