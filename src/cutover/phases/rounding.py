"""What rounding takes or adds when amounts change their currency: exact fractions against what was mapped."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array, join_key, translate_effective
from cutover.core.verdicts import CheckResult, all_of
from cutover.phases.lookups import crosswalk_lookups
from cutover.phases.rule_kinds import column_of
from cutover.phases.values import of_outcome
from cutover.phases.world import World
from cutover.project.model import Currency, Mapping
from cutover.systems import datasets


def check_rounding(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Tie both currencies: per source currency the exact sum and the mapped one differ by rounding and nothing else.

    The difference of each currency is the evidence; it belongs to the rule's `rounding_to`.
    """
    for field in mapping.fields:
        if isinstance(field, Currency):
            exact, found, rows = _sums(world, snapshot, mapping, field)
            apart = {name: exact[name] - Fraction(found[name]) for name in exact}
            wrong = sorted(name for name in apart if abs(apart[name]) > _step(field) * rows[name])
            told = {name: _shown(difference) for name, difference in sorted(apart.items())}
            yield all_of(
                f"ROUNDING.{field.rule}",
                mapping.entity,
                len(exact) - len(wrong),
                len(exact),
                evidence={"rounding_to": field.rounding_to, "differences": told, "apart": wrong},
            )


def _step(field: Currency) -> Fraction:
    """Return what rounding may take from one row: half of the last place, all of it when it is cut, else nothing."""
    share = {"none": Fraction(0), "down": Fraction(1)}.get(field.rounding, Fraction(1, 2))
    return share / Fraction(10 ** (field.type.scale or 0))


def _sums(
    world: World, snapshot: str, mapping: Mapping, field: Currency
) -> tuple[dict[str, Fraction], dict[str, Decimal], dict[str, int]]:
    """Return per source currency the exact converted sum, the mapped sum, and the number of rows."""
    exact: dict[str, Fraction] = defaultdict(Fraction)
    found: dict[str, Decimal] = defaultdict(Decimal)
    rows: dict[str, int] = defaultdict(int)
    for index, clean in world.staging.read_parts(datasets.clean(snapshot, mapping.entity)):
        clean = of_outcome(world, snapshot, mapping.entity, index, clean, ("loaded",))
        mapped = world.staging.read_part(datasets.mapped(snapshot, mapping.entity), index, ["_row", field.target])
        place = as_array(pc.index_in(clean["_row"], value_set=as_array(mapped["_row"])))
        amounts = column_of(clean, field.source, field).cast(pa.decimal128(38, 6))
        frame = pa.table(
            {
                "currency": column_of(clean, field.from_currency, field).cast(pa.string()),
                "rate": _rates(world, clean, field),
                "amount": amounts,
                "mapped": as_array(mapped[field.target]).take(place),
            }
        ).filter(pc.is_valid(amounts))
        totals = [("amount", "sum"), ("mapped", "sum"), ([], "count_all")]
        for line in frame.group_by(["currency", "rate"]).aggregate(totals).to_pylist():
            rate = Fraction(line["rate"] or 0)
            factor = rate if field.direction == "multiply" or not rate else 1 / rate
            exact[line["currency"]] += Fraction(line["amount_sum"]) * factor
            found[line["currency"]] += line["mapped_sum"] or 0
            rows[line["currency"]] += line["count_all"]
    return exact, found, rows


def _rates(world: World, rows: pa.Table, field: Currency) -> pa.Array:
    currency = column_of(rows, field.from_currency, field).cast(pa.string())
    constants = [pa.repeat(pa.scalar(text), len(rows)) for text in (field.to_currency, field.rate_type)]
    rates = crosswalk_lookups(world).codes[field.rates]
    found = translate_effective(join_key([currency, *constants]), column_of(rows, field.as_of, field), rates)
    return pc.if_else(pc.equal(currency, field.to_currency), "1", found.values)


def _shown(difference: Fraction) -> str:
    """Write a fraction with six decimals, cut and never in floating point."""
    return str(Decimal(int(difference * 10**6)).scaleb(-6))
