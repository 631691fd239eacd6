"""What rounding takes or adds when amounts or quantities are converted: exact fractions against what was mapped."""

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pyarrow as pa
import pyarrow.compute as pc

from cutover.core.rules import as_array, fit, join_key, translate, translate_effective
from cutover.core.types import DataType
from cutover.core.verdicts import CheckResult, all_of
from cutover.phases.loading.tables import Table, tables_of
from cutover.phases.mapping.lookups import crosswalk_lookups
from cutover.phases.mapping.rule_kinds import QUANTITY, column_of
from cutover.phases.mapping.values import of_outcome
from cutover.phases.world import World
from cutover.project.model import Currency, Mapping, Unit
from cutover.systems import datasets

# What a conversion takes: sums of such numbers stay exact.
_CARRIED = DataType("decimal", precision=38, scale=6)


def check_rounding(world: World, snapshot: str, mapping: Mapping) -> Iterator[CheckResult]:
    """Tie both sides: per source currency or unit the exact sum and the mapped one differ by rounding alone.

    Rows of further tables are tied too. The difference of each is the evidence; that of a currency belongs to the
    rule's `rounding_to`.
    """
    for table in tables_of(snapshot, mapping):
        for field in table.fields:
            if isinstance(field, Currency | Unit):
                yield _tied(world, snapshot, mapping, table, field)


def _tied(world: World, snapshot: str, mapping: Mapping, table: Table, field: Currency | Unit) -> CheckResult:
    exact, found, rows = _sums(world, snapshot, mapping, table, field)
    apart = {name: exact[name] - Fraction(found[name]) for name in exact}
    wrong = sorted(name for name in apart if abs(apart[name]) > _step(field) * rows[name])
    told = {name: _shown(difference) for name, difference in sorted(apart.items())}
    account = {"rounding_to": field.rounding_to} if isinstance(field, Currency) else {}
    facts = {**account, "differences": told, "apart": wrong}
    return all_of(f"ROUNDING.{field.rule}", mapping.entity, len(exact) - len(wrong), len(exact), evidence=facts)


def _step(field: Currency | Unit) -> Fraction:
    """Return what rounding may take from one row: half of the last place, all of it when it is cut, else nothing."""
    share = {"none": Fraction(0), "down": Fraction(1)}.get(field.rounding, Fraction(1, 2))
    return share / Fraction(10 ** ((field.type or QUANTITY).scale or 0))


def _sums(
    world: World, snapshot: str, mapping: Mapping, table: Table, field: Currency | Unit
) -> tuple[dict[str, Fraction], dict[str, Decimal], dict[str, int]]:
    """Return per source currency or unit the exact converted sum, the mapped sum, and the number of rows."""
    exact: dict[str, Fraction] = defaultdict(Fraction)
    found: dict[str, Decimal] = defaultdict(Decimal)
    rows: dict[str, int] = defaultdict(int)
    for index, clean in world.staging.read_parts(datasets.clean(snapshot, mapping.entity)):
        mapped = world.staging.read_part(table.dataset, index, ["_row", field.target])
        if table.rule is None:
            clean = of_outcome(world, snapshot, mapping.entity, index, clean, ("loaded",))
        else:
            clean = clean.filter(pc.is_in(clean["_row"], value_set=as_array(mapped["_row"])))
        place = as_array(pc.index_in(clean["_row"], value_set=as_array(mapped["_row"])))
        amounts = fit(column_of(clean, field.source, field), _CARRIED).values
        names, factors = _factors(world, clean, field)
        target = as_array(mapped[field.target]).take(place)
        frame = pa.table({"name": names, "factor": factors, "amount": amounts, "mapped": target})
        totals = [("amount", "sum"), ("mapped", "sum"), ([], "count_all")]
        for line in frame.filter(pc.is_valid(amounts)).group_by(["name", "factor"]).aggregate(totals).to_pylist():
            factor = Fraction(line["factor"] or 0)
            if isinstance(field, Currency) and field.direction == "divide" and factor:
                factor = 1 / factor
            exact[line["name"]] += Fraction(line["amount_sum"]) * factor
            found[line["name"]] += line["mapped_sum"] or 0
            rows[line["name"]] += line["count_all"]
    return exact, found, rows


def _factors(world: World, rows: pa.Table, field: Currency | Unit) -> tuple[pa.Array, pa.Array]:
    """Return the currency or unit of each row, and the text of its rate or factor."""
    if isinstance(field, Unit):
        units = join_key([column_of(rows, name, field) for name in field.unit])
        return units, translate(units, crosswalk_lookups(world.specification).codes[field.factors]).values
    currency = column_of(rows, field.from_currency, field).cast(pa.string())
    constants = [pa.repeat(pa.scalar(text), len(rows)) for text in (field.to_currency, field.rate_type)]
    rates = crosswalk_lookups(world.specification).codes[field.rates]
    found = translate_effective(join_key([currency, *constants]), column_of(rows, field.as_of, field), rates)
    return currency, pc.if_else(pc.equal(currency, field.to_currency), "1", found.values)


def _shown(difference: Fraction) -> str:
    """Write a fraction with six decimals, cut and never in floating point."""
    return str(Decimal(int(difference * 10**6)).scaleb(-6))
