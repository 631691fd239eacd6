"""Names, addresses and material texts, combined from the vocabulary; company names never repeat."""

from collections.abc import Sequence

from cutover.example.chance import Flags, Ints, roll, scatter
from cutover.example.columns import Text, choose, glue, numbers, padded, pick, translate
from cutover.example.words import (
    ASSEMBLIES,
    BRAND_FIRST,
    BRAND_SECOND,
    CITIES,
    FORM_OF_COUNTRY,
    GIVEN_FIRST,
    GIVEN_LATIN,
    GIVEN_SECOND,
    INDUSTRIES,
    INDUSTRIES_LATIN,
    LEGAL_FORMS,
    MACHINES,
    MATERIALS,
    PARTS,
    ROADS,
    ROADS_LATIN,
    SIZES,
    SURFACES,
    SURNAMES,
    SURNAMES_LATIN,
)

_CHINESE_SPACE = len(CITIES) * len(BRAND_FIRST) * len(BRAND_SECOND) * len(INDUSTRIES) * len(LEGAL_FORMS)
_LATIN_SPACE = len(SURNAMES_LATIN) ** 3 * len(INDUSTRIES_LATIN)
_LENGTHS = 40
_PART_SPACE = len(PARTS) * len(SIZES) * _LENGTHS * len(MATERIALS) * len(SURFACES)


def city_of_company(seed: int, holders: Ints) -> Ints:
    """The index of the city in a Chinese company's name."""
    return scatter(seed, "company", holders, _CHINESE_SPACE) % len(CITIES)


def chinese_companies(seed: int, holders: Ints, bracketed: Flags) -> Text:
    """Names such as 苏州华锐精密机械有限公司, the city in brackets where `bracketed`; never twice."""
    rest = scatter(seed, "company", holders, _CHINESE_SPACE)
    city, rest = _draw([name for name, _, _ in CITIES], rest)
    first, rest = _draw(BRAND_FIRST, rest)
    second, rest = _draw(BRAND_SECOND, rest)
    industry, rest = _draw(INDUSTRIES, rest)
    form, rest = _draw(LEGAL_FORMS, rest)
    return pick(
        bracketed, glue(first, second, industry, "（", city, "）", form), glue(city, first, second, industry, form)
    )


def latin_companies(seed: int, holders: Ints, countries: Text) -> Text:
    """Names such as Becker, Keller & Rossi Hydraulics GmbH; one holder, one name."""
    rest = scatter(seed, "latin company", holders, _LATIN_SPACE)
    one, rest = _draw(SURNAMES_LATIN, rest)
    two, rest = _draw(SURNAMES_LATIN, rest)
    three, rest = _draw(SURNAMES_LATIN, rest)
    industry, rest = _draw(INDUSTRIES_LATIN, rest)
    return glue(one, ", ", two, " & ", three, " ", industry, " ", forms_of(countries))


def forms_of(countries: Text) -> Text:
    """The legal form that is usual in each country; an empty text for others."""
    return translate(countries, FORM_OF_COUNTRY)


def persons(seed: int, rows: Ints, chinese: Flags) -> Text:
    """Full names of people."""
    surname = choose(SURNAMES, roll(seed, "surname", rows, len(SURNAMES)))
    given = choose(GIVEN_FIRST, roll(seed, "given", rows, len(GIVEN_FIRST)))
    more = choose(GIVEN_SECOND, roll(seed, "given more", rows, len(GIVEN_SECOND)))
    first = choose(GIVEN_LATIN, roll(seed, "first name", rows, len(GIVEN_LATIN)))
    last = choose(SURNAMES_LATIN, roll(seed, "last name", rows, len(SURNAMES_LATIN)))
    return pick(chinese, glue(surname, given, more), glue(first, " ", last))


def streets(seed: int, rows: Ints, chinese: Flags) -> Text:
    """Streets with house numbers."""
    house = numbers(1 + roll(seed, "house", rows, 990))
    road = choose(ROADS, roll(seed, "road", rows, len(ROADS)))
    road_latin = choose(ROADS_LATIN, roll(seed, "road", rows, len(ROADS_LATIN)))
    return pick(chinese, glue(road, house, "号"), glue(road_latin, " ", house))


def telephones(seed: int, rows: Ints, cities: Ints, chinese: Flags) -> Text:
    """Landlines with area code, or a number with a foreign country code."""
    local = padded(60_000_000 + roll(seed, "telephone", rows, 29_999_999), 8)
    area = choose([prefix for _, prefix, _ in CITIES], cities)
    return pick(chinese, glue(area, "-", local), glue("+49 711 ", local))


def part_texts(seed: int, rows: Ints) -> tuple[Text, Text, Text]:
    """Chinese text, English text and base unit of bought parts, e.g. 六角螺栓 M8×20 8.8级 镀锌."""
    rest = scatter(seed, "part", rows, _PART_SPACE)
    part, rest = rest % len(PARTS), rest // len(PARTS)
    size, rest = _draw(SIZES, rest)
    length, rest = numbers(10 + 5 * (rest % _LENGTHS)), rest // _LENGTHS
    material, rest = rest % len(MATERIALS), rest // len(MATERIALS)
    surface = rest % len(SURFACES)
    measure = glue(" ", size, "×", length, " ")
    chinese = glue(_nth(PARTS, 0, part), measure, _nth(MATERIALS, 0, material), " ", _nth(SURFACES, 0, surface))
    english = glue(_nth(PARTS, 1, part), measure, _nth(MATERIALS, 1, material), " ", _nth(SURFACES, 1, surface))
    return chinese, english, _nth(PARTS, 2, part)


def machine_texts(seed: int, rows: Ints, finished: Flags) -> tuple[Text, Text]:
    """Chinese and English text of machines (`finished`) and of their assemblies."""
    model = glue(" ", choose(("CK", "VM", "HP", "GL"), roll(seed, "series", rows, 4)), padded(rows, 6))
    machine, assembly = roll(seed, "machine", rows, len(MACHINES)), roll(seed, "assembly", rows, len(ASSEMBLIES))
    chinese = pick(finished, _nth(MACHINES, 0, machine), _nth(ASSEMBLIES, 0, assembly))
    english = pick(finished, _nth(MACHINES, 1, machine), _nth(ASSEMBLIES, 1, assembly))
    return glue(chinese, model), glue(english, model)


def _draw(words: Sequence[str], rest: Ints) -> tuple[Text, Ints]:
    return choose(words, rest % len(words)), rest // len(words)


def _nth(entries: Sequence[tuple[str, ...]], place: int, picks: Ints) -> Text:
    return choose([entry[place] for entry in entries], picks)
