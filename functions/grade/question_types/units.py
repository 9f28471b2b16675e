"""Parses units as students write them, with `pint`: "ms-1", "m s^-1", "kg/m3", "sec", "°C", "Ω".

The student's text never reaches pint's expression parser, which evaluates its input. The text is split into names and
small exponents here, and pint looks up one name at a time.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from grade.language.tokenizer import word_set

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_DASHES = str.maketrans("−–—‐‑", "-----")
_ALIASES = {
    "sec": "s", "secs": "s", "hr": "h", "hrs": "h", "mins": "min", "kmh": "km/h", "kph": "km/h", "kmph": "km/h",
    "mph": "mile/h", "mps": "m/s", "metre": "m", "metres": "m", "mtr": "m", "litres": "L", "litre": "L", "ltr": "L",
    "cc": "cm^3", "ml": "mL", "kilo": "kg", "kilos": "kg", "gm": "g", "gms": "g", "kgs": "kg", "amps": "A", "amp": "A",
    "volts": "V", "ohms": "ohm", "Ω": "ohm", "kΩ": "kohm", "MΩ": "Mohm", "deg": "degree", "degs": "degree",
    "degrees": "degree", "°": "degree", "°c": "degC", "°f": "degF", "℃": "degC", "℉": "degF",
    "celsius": "degC", "fahrenheit": "degF", "centigrade": "degC", "degreesc": "degC", "degc": "degC",
    "oC": "degC", "oc": "degC", "oF": "degF",
    "kelvins": "K", "newtons": "N", "joules": "J", "watts": "W", "%": "percent", "percentage": "percent",
    "moles": "mol", "mole": "mol", "molar": "mol/L", "M": "mol/L", "hz": "Hz", "khz": "kHz", "mhz": "MHz",
    "kw": "kW", "kwh": "kWh", "kj": "kJ", "kpa": "kPa", "pa": "Pa", "kn": "kN", "mv": "mV", "kv": "kV", "ma": "mA",
    "ev": "eV", "units": "", "unit": "", "times": "",
}  # fmt: skip
# Words that pint would parse as units (inch, are, attosecond, …) but that are English words in a sentence.
_NOT_UNITS = word_set(
    "a an as at in is are it the that this than to of on or and per by be so because since when which with for from "
    "was were has have not no am pm my we i he she you if then thus hence total each approx about answer number "
    "x y z n k q r u w"
)
_SIMPLE_SYMBOLS = word_set("m s kg g N J W V A C K Pa mol Hz h km cm mm L min T F")
_DEGREES = re.compile(r"\bdeg(?:ree)?s?\.?\s*(?P<scale>celsius|centigrade|fahrenheit|c\b|f\b)", re.I)
_ATOM = re.compile(r"(?P<name>°\s?[CcFf]\b|[A-Za-zµμΩ%°℃℉]+)(?:\s?\^?\s?(?P<sign>[-+]?)(?P<power>[1-9])(?![\d.,]))?")
_SEPARATOR = re.compile(r"\s*(?:(?P<over>/|÷|\bper\b|\ba\b(?=\s+(?:second|minute|hour|day)\b))|[·*⋅×.]|\s)\s*", re.I)
_MAX_ATOMS = 5
# "/(g K)" is "/g/K"; "square metres" and "sq m" are "m^2".
_BRACKETED_DENOMINATOR = re.compile(r"/\s?\(([A-Za-zµμΩ°%\s*·⋅×.^0-9-]{1,30})\)")
_FACTOR_SEPARATOR = re.compile(r"\s*[*·⋅×.\s]\s*")
_POWER_WORD_BEFORE = re.compile(r"\b(sq\.?|square|cu\.?|cubic)\s+([A-Za-zµμ]+)\b", re.I)
_POWER_WORD_AFTER = re.compile(r"\b([A-Za-zµμ]+)\s+(sq(?:uared?)?|cu(?:bed)?)\b", re.I)
_PER = re.compile(r"(?:/|per\b)\s*", re.I)
# Capital-letter symbols that students write in lower case; the unit asked for decides between the readings.
_CAPITALS = frozenset("wnvjak")


@lru_cache(maxsize=1)
def unit_registry() -> Any:
    """Pint's registry, created on first use: it takes 0.8 s, which papers without units do not need."""
    import pint

    return pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)


def parse_unit(text: str, target_unit: Any | None = None) -> tuple[Any, int] | None:
    """The unit at the start of `text` and its length in characters; None where `text` starts with no unit.

    Of several readings ("ms" is a millisecond or a metre second) the one with the dimension of `target_unit` is taken.
    """
    plain = _DEGREES.sub(_replace_degrees, text.translate(_SUPERSCRIPTS).translate(_DASHES))
    plain = _BRACKETED_DENOMINATOR.sub(
        lambda match: ("/" + _FACTOR_SEPARATOR.sub("/", match[1].strip())).ljust(len(match.group())), plain
    )
    plain = _POWER_WORD_BEFORE.sub(
        lambda match: f"{match[2]}^{2 if match[1][0] in 'sS' else 3}".rjust(len(match.group())), plain
    )
    plain = _POWER_WORD_AFTER.sub(
        lambda match: f"{match[1]}^{2 if match[2][0] in 'sS' else 3}".ljust(len(match.group())), plain
    )
    fallback = None
    for atoms, end in _find_atom_runs(plain):
        for unit in _possible_units(atoms):
            if target_unit is not None and unit.is_compatible_with(target_unit):
                return unit, end
            if fallback is None and not any(name in _NOT_UNITS for name, _ in atoms):
                fallback = (unit, end)
    return fallback


def _replace_degrees(match: re.Match[str]) -> str:
    """ "degrees Celsius" as one name, padded so that positions in the text stay valid."""
    scale = "degF" if match["scale"][0] in "fF" else "degC"
    return " " * (len(match.group()) - len(scale)) + scale


def convert_unit(value: float, unit: Any, to: Any) -> float | None:
    """`value` in another unit; None where the dimensions differ."""
    import pint

    try:
        return float(unit_registry().Quantity(value, unit).to(to).magnitude)
    except (pint.errors.PintError, OverflowError, ZeroDivisionError, ValueError):
        return None


def _find_atom_runs(plain: str) -> Iterator[tuple[tuple[tuple[str, int], ...], int]]:
    """All runs of atoms (name, power) at the start of `plain` with their ends, the longest first."""
    runs: list[tuple[tuple[tuple[str, int], ...], int]] = []
    atoms: tuple[tuple[str, int], ...] = ()
    position, over = len(plain) - len(plain.lstrip()), False
    if below := _PER.match(plain, position):
        position, over = below.end(), True
    while len(atoms) < _MAX_ATOMS and (match := _ATOM.match(plain, position)):
        power = int(match["power"] or 1) * (-1 if match["sign"] == "-" else 1)
        atoms = (*atoms, (match["name"].replace(" ", ""), -power if over else power))
        position = match.end()
        runs.append((atoms, position))
        separator = _SEPARATOR.match(plain, position)
        if not separator:
            break
        over, position = bool(separator["over"]), separator.end()
    return iter(reversed(runs))


def _possible_units(atoms: tuple[tuple[str, int], ...]) -> Iterator[Any]:
    """The units that a run of atoms may stand for, likeliest first."""
    products: list[Any] = [unit_registry().dimensionless]
    for name, power in atoms:
        products = [product * unit for product in products for unit in _units_of_name(name, power)][:16]
    yield from products


@lru_cache(maxsize=4096)
def _units_of_name(name: str, power: int) -> tuple[Any, ...]:
    """The units that one name with its power may stand for."""
    found = []
    unit = _look_up_unit(name)
    parts = _split_symbols(name)
    if unit is not None:
        found.append(unit**power)
    if name in _CAPITALS:
        found.append(unit_registry().Unit(name.upper()) ** power)
    if name in ("C", "c", "F", "f") and power == 1:
        found.append(unit_registry().Unit("degC" if name in "Cc" else "degF"))
    if parts:
        compound = unit_registry().dimensionless
        for index, part in enumerate(parts):
            simple: Any = _look_up_unit(part)
            compound = compound * (simple**power if index == len(parts) - 1 else simple)
        # On school papers "ms-1" is metres per second, not "per millisecond".
        found.insert(0 if name == "ms" and power < 0 else len(found), compound)
    return tuple(found)


def _split_symbols(name: str) -> tuple[str, ...]:
    """The symbols of "kgms": kg, m, s; () for a name that is not a run of simple symbols."""
    if not 2 <= len(name) <= 6:
        return ()
    for cut in (2, 1, 3):
        head, tail = name[:cut], name[cut:]
        if head in _SIMPLE_SYMBOLS and tail:
            if tail in _SIMPLE_SYMBOLS:
                return (head, tail)
            if rest := _split_symbols(tail):
                return (head, *rest)
    return ()


@lru_cache(maxsize=4096)
def _look_up_unit(name: str) -> Any | None:
    """The unit with this name in `_ALIASES` or in pint's registry; None where neither has it."""
    alias = _ALIASES.get(name, _ALIASES.get(name.lower()) if len(name) > 1 else None)
    if alias is not None:
        return unit_registry().parse_units(alias) if alias else unit_registry().dimensionless
    if len(name) > 20:
        return None
    for candidate in dict.fromkeys((name.replace("μ", "µ"), name.lower(), name.capitalize())):
        parsed = unit_registry().parse_unit_name(candidate)
        if parsed and (len(candidate) > 1 or candidate == name):
            return unit_registry().Unit(parsed[0][0] + parsed[0][1])
    return None
