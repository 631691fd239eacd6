"""Every remedy by its name, and the wishes that no remedy will ever fulfil by itself, each with the reason why."""

from dataclasses import dataclass

from cutover.core.cleansing import codes, dates, numbers, texts
from cutover.core.cleansing.remedy import Remedy

REMEDIES: dict[str, Remedy] = texts.REMEDIES | numbers.REMEDIES | dates.REMEDIES | codes.REMEDIES


@dataclass(frozen=True)
class Never:
    """What a machine must not do: the defects it would touch, why, and what to do instead."""

    defects: str
    why: str
    instead: str


NEVER: dict[str, Never] = {
    "fix_check_digit": Never("C01", "it changes a tax identity", "let the owner verify the code at the registry"),
    "complete_credit_code": Never(
        "C02", "an old number cannot be computed into a credit code", "keep it as a legacy number"
    ),
    "restore_digits": Never("N05", "digits that a spreadsheet lost are gone", "extract the column again as text"),
    "restore_text": Never("T04 T10 T12", "what the text said is lost", "extract it again, or ask the owner"),
    "recompute_amount": Never(
        "N10 M06 M07", "it changes a posted amount", "report it; finance corrects the old system"
    ),
    "recompute_quantity": Never("N13 M01 M08", "it changes a quantity on hand", "count the stock before the load"),
    "write_off_cents": Never("N14", "it closes an open item", "let finance write it off in the old system"),
    "guess_date": Never("D05 D06", "it chooses between readings of a date", "declare `formats`, or ask the owner"),
    "guess_number": Never("N02", "it chooses between readings of a number", "declare `locale`"),
    "guess_encoding": Never(
        "T02", "a detector names the wrong encoding for short texts", "declare `source.csv.encoding`"
    ),
    "shift_clock": Never("D08", "genealogy rests on the recorded time", "declare the zone, and report the drift"),
    "swap_dates": Never("D09", "nobody knows which of the two is wrong", "ask the owner"),
    "dummy_parent": Never("K07", "it fills an orphan with something invented", "reject the row, or ask the owner"),
    "choose_one_of_two": Never("K03 K05", "two records claim one key", "let a steward decide which one is meant"),
    "cut_cycle": Never("K08", "nobody knows which edge is wrong", "let the owner break the circle"),
    "delete_old": Never("K10 M05", "it deletes by age while items are open", "select by rule: open items always move"),
    "repair_account": Never("C07", "it changes a bank account", "ask the owner for the account's document"),
    "repair_invoice_number": Never("C08", "it changes a tax document", "extract it again as text"),
    "default_expiry": Never("M09", "it releases a lot", "let quality decide lot by lot"),
}
