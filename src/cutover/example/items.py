"""Items and their bills of material."""

import numpy as np

from cutover.example.chance import Flags, Ints
from cutover.example.columns import (
    Text,
    amount,
    choose,
    compact_day,
    constant,
    day_number,
    numbers,
    padded,
    pick,
)
from cutover.example.defects import (
    Draft,
    flagged,
    full_width,
    lost_padding,
    marked_as_trial,
    odd_blank,
    unknown_number,
    unknown_unit,
)
from cutover.example.fanout import Fanout
from cutover.example.layout import BLOCK, Injection
from cutover.example.names import machine_texts, part_texts
from cutover.example.tables import CLIENT_COLUMN, Column, LegacyTable, World, client, of_scale

FIRST_ITEM = 1_000_001
GROUPS = ("M100", "M200", "M300", "M400", "M500")
_COMPONENTS = Fanout((3, 4, 5, 6, 7, 5))
_CYCLE_LINES = 4


def item_number(rows: Ints) -> Text:
    """Item numbers: eighteen digits with zeros in front."""
    return padded(rows + FIRST_ITEM, 18)


def item_ordinals(world: World) -> int:
    """How many items other tables may refer to."""
    return world.layout(MARA).count_referenced(MARA.count(world))


def referenced_item(world: World, draw: str, rows: Ints) -> Ints:
    """For each row of another table the row of an item it refers to."""
    return world.layout(MARA).referenced(world.roll(draw, rows, item_ordinals(world)))


def referenced_machine(world: World, draw: str, rows: Ints) -> Ints:
    """For each row of another table the row of a finished or semi-finished item."""
    return world.layout(MARA).referenced(_parent_ordinal(world.roll(draw, rows, _parents(world))))


def item_unit(world: World, rows: Ints) -> Text:
    """The sound base unit of each item."""
    return pick(_is_made(world, rows), constant("ST", rows), part_texts(world.seed, rows)[2])


def price_cents(world: World, rows: Ints) -> Ints:
    """The list price of each item in cents of any currency; made items cost a hundred times as much."""
    cents = 50 + world.roll("mara/price", rows, 49_950)
    return np.where(_is_made(world, rows), cents * 100, cents)


def _level(ordinals: Ints) -> Ints:
    # Of each ten items one is finished (0), two are semi-finished (1), seven are bought (2).
    return np.array([0, 1, 1, 2, 2, 2, 2, 2, 2, 2])[ordinals % 10]


def _is_made(world: World, rows: Ints) -> Flags:
    return _level(world.layout(MARA).ordinals(rows)) < 2


def _draft_items(world: World, rows: Ints) -> Draft:
    layout = world.layout(MARA)
    kinds, level = layout.kinds(rows), _level(layout.ordinals(rows))
    part, part_english, unit = part_texts(world.seed, rows)
    machine, machine_english = machine_texts(world.seed, rows, level == 0)
    twin = layout.is_any(kinds, "K03 second")
    columns = {
        "mandt": client(rows),
        "matnr": pick(twin, numbers(layout.partner(rows) + FIRST_ITEM), item_number(rows)),
        "maktx": pick(level < 2, machine, part),
        "maktx_en": pick(level < 2, machine_english, part_english),
        "mtart": choose(("FERT", "HALB", "ROH"), level),
        "matkl": choose(GROUPS, world.roll("mara/group", rows, len(GROUPS))),
        "meins": pick(level < 2, constant("ST", rows), unit),
        "ntgew": amount(1 + world.roll("mara/weight", rows, 50_000), 3),
        "ersda": compact_day(day_number("2016-01-04") + world.roll("mara/created", rows, 2500)),
        "loevm": constant("", rows),
    }
    return Draft(columns, kinds)


def _parents(world: World) -> int:
    return item_ordinals(world) // 10 * 3


def _parent_ordinal(numbers_of_parents: Ints) -> Ints:
    return numbers_of_parents // 3 * 10 + numbers_of_parents % 3


def _cycles(world: World) -> int:
    return MARA.count(world) // BLOCK * _CYCLE_LINES


def _sound_lines(world: World) -> int:
    return _COMPONENTS.count(_parents(world))


def _draft_bom(world: World, rows: Ints) -> Draft:
    layout, sound = world.layout(STPO), _sound_lines(world)
    in_cycle = rows >= sound
    document, position = _COMPONENTS.split(np.where(in_cycle, 0, rows))
    parent_ordinal = _parent_ordinal(document)
    parents, components = world.layout(MARA).referenced(parent_ordinal), _component(world, parent_ordinal, rows)
    above, below = _cycle_ends(world, np.where(in_cycle, rows - sound, 0))
    columns = {
        "mandt": client(rows),
        "matnr": item_number(np.where(in_cycle, above, parents)),
        "posnr": padded(np.where(in_cycle, 9000 + (rows - sound) % _CYCLE_LINES, 10 * (position + 1)), 4),
        "idnrk": item_number(np.where(in_cycle, below, components)),
        "menge": amount(500 * (1 + world.roll("stpo/quantity", rows, 40)), 3),
        "datuv": compact_day(day_number("2018-01-01") + world.roll("stpo/valid", rows, 1500)),
    }
    return Draft(columns, np.where(in_cycle, layout.number("K08 cycle"), layout.kinds(rows)))


def _component(world: World, parents: Ints, rows: Ints) -> Ints:
    # Finished items consist of lower levels, semi-finished ones of bought parts only: no cycle can arise.
    tens = world.roll("stpo/tens", rows, item_ordinals(world) // 10)
    lowest = np.where(parents % 10 == 0, 1, 3)
    unit = lowest + world.roll("stpo/unit", rows, 840) % (10 - lowest)
    return world.layout(MARA).referenced(tens * 10 + unit)


def _cycle_ends(world: World, lines: Ints) -> tuple[Ints, Ints]:
    # Per block of items: a holds b, b holds c, c holds a, and a holds itself.
    a, b, c = (world.layout(MARA).rows_of(f"K08 item {name}", 1)[0] for name in "abc")
    above, below = np.array([a, b, c, a]), np.array([b, c, a, a])
    block, line = lines // _CYCLE_LINES * BLOCK, lines % _CYCLE_LINES
    return block + above[line], block + below[line]


MARA = LegacyTable(
    "erp", "mara", "items",
    (
        CLIENT_COLUMN,
        Column("matnr", "varchar(18)", "item number, eighteen digits with zeros in front"),
        Column("maktx", "varchar(80)", "Chinese text"),
        Column("maktx_en", "varchar(80)", "English text"),
        Column("mtart", "varchar(4)", "FERT finished, HALB semi-finished, ROH bought"),
        Column("matkl", "varchar(9)", "item group M100 … M500"),
        Column("meins", "varchar(3)", "base unit, see t006"),
        Column("ntgew", "numeric(13,3)", "net weight in kg"),
        Column("ersda", "char(8)", "created on, YYYYMMDD"),
        Column("loevm", "varchar(1)", "X = flagged for deletion"),
    ),
    ("matnr",),
    (
        Injection("K03 first", 1, "K03", ("matnr",), "rejected", referenced=False),
        Injection("K03 second", 1, "K03", ("matnr",), "rejected", pairs_with="K03 first", referenced=False),
        Injection("K08 item a", 1, referenced=False),
        Injection("K08 item b", 1, referenced=False),
        Injection("K08 item c", 1, referenced=False),
        Injection("T14 trial", 2, "T14", ("maktx",), "dropped", "no other table refers to it",
            marked_as_trial, referenced=False),
        Injection("K10 deleted", 1, "K10", ("loevm",), "dropped", "no other table refers to it", flagged,
            referenced=False),
        Injection("C10 unit", 1, "C10", ("meins",), "rejected", change=unknown_unit),
        Injection("T06 blanks", 4, "T06", ("maktx",), "cleaned", change=odd_blank),
        Injection("T07 full width", 2, "T07", ("matkl",), "cleaned", change=full_width),
    ),
    of_scale(7000), _draft_items,
)  # fmt: skip
STPO = LegacyTable(
    "erp", "stpo", "bill of material lines",
    (
        CLIENT_COLUMN,
        Column("matnr", "varchar(18)", "item that is made"),
        Column("posnr", "char(4)", "position, 0010, 0020, …"),
        Column("idnrk", "varchar(18)", "component item; quantity in its base unit"),
        Column("menge", "numeric(13,3)", "quantity per one of the item that is made"),
        Column("datuv", "char(8)", "valid from, YYYYMMDD"),
    ),
    ("matnr", "posnr"),
    (
        Injection("K08 cycle", 0, "K08", ("idnrk",), "rejected"),
        Injection("K01 padding", 5, "K01", ("idnrk",), "cleaned", change=lost_padding),
        Injection("K07 component", 2, "K07", ("idnrk",), "rejected", change=unknown_number),
    ),
    lambda world: _sound_lines(world) + _cycles(world), _draft_bom,
)  # fmt: skip
