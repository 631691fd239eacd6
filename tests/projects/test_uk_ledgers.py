"""Three British ledgers of paid invoices all the way; what is expected is read from the files by csv and Decimal."""

import csv
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from tests.projects.conftest import move
from tests.projects.journey import Moved, count_outcomes, folder_connection, make_world, prepare, rejected
from tests.projects.plain import squeeze

from cutover.systems import datasets


@dataclass(frozen=True)
class Ledger:
    """A publisher: its project, its files, their columns by position, and the figures that its files add up to."""

    project: str
    files: str
    encoding: str
    body: int
    supplier: int
    document: int
    paid: int
    amounts: dict[str, int]
    rows: int
    totals: dict[str, Decimal]
    refused: tuple[str, ...] = ()

    def read(self, shared: Path) -> list[list[str]]:
        """Return the rows of all files, as csv reads them."""
        found: list[list[str]] = []
        for path in sorted((shared / "4_uk_public_ap_ledgers").glob(self.files)):
            with path.open(encoding=self.encoding, newline="") as file:
                found += list(csv.reader(file))[1:]
        return found


LEEDS = Ledger(
    "uk_leeds", "leeds/raw/*.csv", "cp1252", 1, 11, 8, 7, {"net": 9}, 35_858, {"net": Decimal("290152139.04")}
)
# One document number stands on two payments of different amounts: nobody can tell which is meant.
TFL = Ledger(
    "uk_tfl", "tfl/clean/*.csv", "utf-8", 0, 1, 3, 4, {"gross": 5}, 41_006, {"gross": Decimal("1278202760.78")},
    ("1005\\3000093999",),
)  # fmt: skip
SALFORD = Ledger(
    "uk_salford", "salford/clean/*.csv", "utf-8", 0, 6, 2, 1, {"gross": 3, "vat": 4, "net": 5}, 4_707,
    {"gross": Decimal("47927166.78"), "vat": Decimal("4681337.38"), "net": Decimal("43211695.16")},
)  # fmt: skip


@pytest.fixture(scope="module", params=[LEEDS, TFL, SALFORD], ids=lambda ledger: ledger.project)
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """Each of the three ledgers."""
    found: Ledger = request.param
    return found


@pytest.fixture(scope="module")
def source(ledger: Ledger, shared_data: Path) -> list[list[str]]:
    """The rows of the ledger's files."""
    return ledger.read(shared_data)


@pytest.fixture(scope="module")
def moved(
    ledger: Ledger, shared_data: Path, scratch_database: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Moved:
    """The ledger, moved and verified."""
    folder = shared_data / "4_uk_public_ap_ledgers" / ledger.files.split("/")[0]
    legacy = folder_connection("ledger_files", folder)
    project = Path(__file__).parent / ledger.project
    return move(project, legacy, scratch_database(), tmp_path_factory.mktemp("staging"), batch_rows=20_000)


def date_of(text: str) -> str:
    """Return a date in ISO, whichever of the three ways the publishers write it."""
    for form in ("%Y-%m-%d", "%d-%b-%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    raise AssertionError(text)


def test_landed_rows_and_control_totals_are_those_of_the_files(
    ledger: Ledger, source: list[list[str]], moved: Moved
) -> None:
    mapping = moved.world.specification.mapping("payment")
    manifest = moved.world.staging.require(datasets.raw(moved.snapshot, mapping.source), phase="land")
    assert manifest["rows"] == len(source) == ledger.rows
    assert (manifest["ragged"], sum(file["rows"] for file in manifest["files"])) == (0, ledger.rows)
    names = {total.target: total.source for total in mapping.control}
    for target, place in ledger.amounts.items():
        summed = sum(Decimal(row[place] or 0) for row in source)
        assert Decimal(manifest["totals"][names[target]]["sum"]) == summed == ledger.totals[target]


def test_every_row_is_accounted_for(ledger: Ledger, source: list[list[str]], moved: Moved) -> None:
    outcomes = moved.outcomes()
    assert {entity: sum(counts.values()) for entity, counts in outcomes.items()} == dict.fromkeys(outcomes, ledger.rows)
    for entity, place in (("body", ledger.body), ("supplier", ledger.supplier)):
        named = len({squeeze(row[place]).upper() for row in source})
        assert outcomes[entity] == {"loaded": named, "merged": ledger.rows - named}
    doubled = sum(row[ledger.document] in ledger.refused for row in source)
    assert outcomes["payment"].get("rejected", 0) == doubled
    assert {key for key, _, _ in rejected(moved.world, moved.snapshot, "payment")} == set(ledger.refused)
    kept = moved.rows(
        """select entity, sum(rows_read)::int, sum(rows_loaded + rows_merged + rows_dropped + rows_rejected)::int
           from cutover.batch where run_id = %s group by entity""",
        moved.run_id,
    )
    assert kept and all(read == accounted == ledger.rows for _, read, accounted in kept)


def test_money_ties_to_the_files_per_day_and_body(ledger: Ledger, source: list[list[str]], moved: Moved) -> None:
    for target, place in ledger.amounts.items():
        wanted: Counter[tuple[str, str]] = Counter()
        left = Decimal(0)
        for row in source:
            amount = Decimal(row[place] or 0)
            if row[ledger.document] in ledger.refused:
                left += amount
            else:
                wanted[date_of(row[ledger.paid]), squeeze(row[ledger.body]).upper()] += amount  # type: ignore[assignment]
        found = moved.rows(
            f"""select paid_on::text, upper(body.name), coalesce(sum({target}), 0) from ap.payment
                join ap.body on body.id = body_id group by 1, 2"""
        )
        assert {(day, body): amount for day, body, amount in found} == dict(wanted)
        (total,) = moved.one(f"select sum({target}) from ap.payment")
        assert total + left == ledger.totals[target]


def test_every_hundredth_payment_has_its_supplier_day_and_amounts(
    ledger: Ledger, source: list[list[str]], moved: Moved
) -> None:
    for row in source[::100]:
        if row[ledger.document] in ledger.refused:
            continue
        amounts = ", ".join(ledger.amounts)
        name = squeeze(row[ledger.supplier]).upper()
        found = moved.rows(
            f"""select paid_on::text, {amounts} from ap.payment join ap.supplier on supplier.id = supplier_id
                where document_no = %s and upper(supplier.name) = %s""",
            row[ledger.document],
            name,
        )
        values = tuple(Decimal(row[place]) if row[place] else None for place in ledger.amounts.values())
        assert found == [(date_of(row[ledger.paid]), *values)]


def test_a_payment_cut_in_two_is_rejected_by_its_line_and_missed_in_the_total(
    shared_data: Path, scratch_database: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "salford"
    shutil.copytree(shared_data / "4_uk_public_ap_ledgers/salford", folder)
    file = folder / "clean/2012-05.csv"
    file.chmod(0o644)
    lines = file.read_text(encoding="utf-8").split("\n")
    cut = ["601051759,1174.56,195.76,978.80" in line for line in lines].index(True)
    lines[cut] = lines[cut].replace("Hays Education", "Hays, Education")
    file.write_text("\n".join(lines), encoding="utf-8")
    project = Path(__file__).parent / "uk_salford"
    world = make_world(project, folder_connection("ledger_files", folder), scratch_database(), tmp_path / "staging")
    snapshot = prepare(world, batch_rows=2_000)
    for entity in ("body", "supplier", "payment"):
        found = rejected(world, snapshot, entity)
        assert found == [(f"clean/2012-05.csv:{cut + 1}", "SOURCE", "too_many_fields")]
        assert sum(count_outcomes(world, snapshot, entity).values()) == SALFORD.rows
    paid = world.staging.read(datasets.mapped(snapshot, "payment"), ["gross"])["gross"].to_pylist()
    assert sum(paid) == SALFORD.totals["gross"] - Decimal("1174.56")
