"""Coordinates as people write them, read.

Knows decimal degrees, degrees and minutes, degrees, minutes and seconds, MGRS / USNG, UTM and plus codes, in the
spellings that come over the phone and the radio. Refuses to know names and addresses (domain/gazetteer.py), and how a
place is written (notations.py).

Latitude comes first, as it is spoken; longitude first is understood where it can only be that, or where letters say
so. A grid reference or plus code names a square: its middle is the place, half its width the precision. MGRS is cut
off, never rounded, so that a coarser reference names the square the finer one lies in.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import re
import unicodedata
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

import mgrs
from mgrs._native import MGRSError
from openlocationcode import openlocationcode

from domain.errors import ConcordError
from geo.notations import to_utm

METRES_PER_DEGREE = 111_320.0


class BadCoordinates(ConcordError, ValueError):
    """Text that is meant as coordinates and cannot be a place; says which part and what to write instead."""


@dataclass(frozen=True, slots=True)
class Coordinates:
    """A place (WGS 84), how it was written, and how exact that can be at best, in metres either way.

    `note` tells what was assumed, "" for nothing. `doubtful` text may as well be a name, such as "Bay 1234" or "7/11".
    """

    lon: float
    lat: float
    notation: str
    precision: float
    note: str = ""
    doubtful: bool = False


def find_coordinates(
    text: str,
    near: tuple[float, float] | None = None,
    where: Callable[[str], tuple[float, float] | None] = lambda name: None,
) -> Coordinates | None:
    """The place some text names by coordinates; None where it is no attempt at any (it may be a name).

    `near` (lon, lat) completes short plus codes and short grid references; `where` finds the place a short plus code
    names behind it ("QHHJ+P7 Oakland"). Raises BadCoordinates.
    """
    clean = " ".join(unicodedata.normalize("NFKC", text.translate(_SIGNS)).split())
    if not clean or len(clean) > 120:
        return None
    bracketed = re.fullmatch(r"[(\[]([^()\[\]]*)[)\]]", clean)
    clean = bracketed[1].strip() if bracketed else clean
    found = _geo_uri(clean) or _plus_code(clean, near, where) or _utm(clean) or _grid(clean, near)
    if found is not None:
        return found
    if _surely_degrees(clean):
        return _degrees(clean)
    try:
        found = _degrees(clean)
    except BadCoordinates:
        return None  # "455 S 500 E" is an address, however bad its longitude would be
    return found and replace(found, doubtful=True)


# Read: codes and grids ---------------------------------------------------------------------------------------


def _geo_uri(text: str) -> Coordinates | None:
    if not text.lower().startswith("geo:"):
        return None
    found = re.match(r"geo:(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:[,;?].*)?$", text, re.IGNORECASE)
    if found is None:
        raise BadCoordinates(f"{text!r} is no geo: address; write geo:37.7793,-122.4193")
    return _placed(float(found[1]), float(found[2]), "geo address", _decimals(found[1]))


def _plus_code(
    text: str, near: tuple[float, float] | None, where: Callable[[str], tuple[float, float] | None]
) -> Coordinates | None:
    head = re.match(r"([23456789CFGHJMPQRVWX0]{2,8}\+[23456789CFGHJMPQRVWX]{0,7})(?:[ ,]+(.*))?$", text, re.IGNORECASE)
    if head is None:
        return None
    code = head[1].upper()
    note = ""
    if openlocationcode.isShort(code):
        named = where(head[2]) if head[2] else None
        about = named or near
        if about is None:
            raise BadCoordinates(f"{code} is a short plus code; write the whole one, such as 849VQHHJ+P8")
        code = openlocationcode.recoverNearest(code, about[1], about[0])
        note = f"the place with this short code nearest to {head[2] if named else 'the middle of this region'}"
        note += f"; {head[2]} is not on file" if head[2] and not named else ""
    if not openlocationcode.isFull(code):
        raise BadCoordinates(f"{head[1]} is no plus code: it has eight signs, a + and two or more, such as 849VQHHJ+P8")
    area = openlocationcode.decode(code)
    half = (area.latitudeHi - area.latitudeLo) / 2 * METRES_PER_DEGREE
    return Coordinates(area.longitudeCenter, area.latitudeCenter, "plus code", half, note)


def _utm(text: str) -> Coordinates | None:
    found = re.match(
        r"(?:UTM )?(?:zone )?(\d{1,2}) ?([C-HJ-NP-X])[ ,]+0?(\d{6}(?:\.\d+)?) ?(?:m? ?E)?,? "
        r"(\d{1,8}(?:\.\d+)?) ?(?:m? ?N)?$",
        text,
        re.IGNORECASE,
    )
    if found is None:
        return None
    zone, letter = int(found[1]), found[2].upper()
    if not 1 <= zone <= 60:
        raise BadCoordinates(f"UTM zone {zone} does not exist; zones are 1 to 60")

    def read(north: bool) -> tuple[float, float]:
        lon, lat = to_utm(zone, north).transform(float(found[3]), float(found[4]), direction="INVERSE")
        return float(lon), float(lat)

    lon, lat = read(letter >= "N")
    note = ""
    if not _in_band(lat, letter, 0.01) and letter in "NS":
        # Many write N and S for the half of the earth, though they are letters of bands as well.
        lon, lat = read(letter == "N")
        note = f"{letter} taken for the {'northern' if letter == 'N' else 'southern'} half of the earth"
        in_place = -80.5 <= lat <= 84.5
    else:
        in_place = _in_band(lat, letter, 0.01)
    if not (in_place and abs(lon) <= 180):
        raise BadCoordinates(f"{text!r} lies outside its UTM zone; write zone, easting, northing: 10S 551136 4181487")
    return Coordinates(lon, lat, "UTM", 0.5, note)


def _in_band(lat: float, letter: str, slack: float) -> bool:
    """Whether a latitude lies in a band of MGRS: eight degrees each from 80 S on, the last (X) twelve."""
    south = -80.0 + 8 * "CDEFGHJKLMNPQRSTUVWX".index(letter)
    return south - slack <= lat <= (84.0 if letter == "X" else south + 8) + slack


def _grid(text: str, near: tuple[float, float] | None) -> Coordinates | None:
    found = re.match(r"(MGRS |USNG )?(\d{1,2} ?[A-Z]|[ABYZ])? ?([A-HJ-NP-Z]{2}) ?(\d*) ?(\d*)$", text, re.IGNORECASE)
    if found is None:
        return None
    zone, square, digits = found[2].replace(" ", "").upper() if found[2] else "", found[3].upper(), found[4] + found[5]
    # "Bay", "5 Elm", "BLS 12" and "PD 1234" have the form of a reference too.
    doubtful = not found[1] and not (zone[:1].isdigit() and digits) and len(digits) < 8 and not found[5]
    if doubtful and (len(digits) < 4 if not zone[:1].isdigit() else not found[2].isupper()):
        return None
    try:
        if len(digits) % 2 or len(digits) > 10 or (found[5] and len(found[4]) != len(found[5])):
            counts = f"{len(found[4])} and {len(found[5])} digits"
            raise BadCoordinates(f"{text!r} has {counts}; a grid reference has as many for east as for north")
        half = 10.0 ** (5 - len(digits) // 2) / 2
        if zone:
            lon, lat = _square(text, zone, square, digits)
            return Coordinates(lon, lat, "MGRS / USNG", half, "", doubtful)
        if near is None:
            return None
        zone, lon, lat = _nearest_square(text, square, digits, near)
    except BadCoordinates:
        if doubtful:
            return None
        raise
    return Coordinates(lon, lat, "MGRS / USNG", half, f"taken to lie in {zone}, near this region", doubtful)


def _square(text: str, zone: str, square: str, digits: str) -> tuple[float, float]:
    """The middle of a square, lon and lat."""
    precision = len(digits) // 2
    # A digit more puts the place in the middle of the square that was named.
    middle = digits[:precision] + "5" + digits[precision:] + "5" if precision < 5 else digits
    wanted = "zone, band, square, digits: 10S EG 51136 81487"
    try:
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            lat, lon = mgrs.MGRS().toLatLon(f"{zone}{square}{middle}")
    except MGRSError:
        raise BadCoordinates(f"{text!r} names no square of the military grid; write {wanted}") from None
    # The library reads squares of another band too, two thousand kilometres away; 1.2 degrees are a square and more.
    if zone[:1].isdigit() and not _in_band(lat, zone[-1], 1.2 if precision == 0 else 0.2):
        raise BadCoordinates(f"{text!r}: band {zone[-1]} has no square {square} in zone {zone[:-1]}; write {wanted}")
    return float(lon), float(lat)


def _nearest_square(text: str, square: str, digits: str, near: tuple[float, float]) -> tuple[str, float, float]:
    """Zone, lon and lat of the square of this name nearest to a place: in its own zone, or one beside it."""
    found: dict[str, tuple[float, float]] = {}
    for east, north in itertools.product((-6, 0, 6), (-8, 0, 8)):
        lon, lat = (near[0] + east + 180) % 360 - 180, max(-79.9, min(83.9, near[1] + north))
        zone = re.match(r"\d+[A-Z]", mgrs.MGRS().toMGRS(lat, lon, MGRSPrecision=0))[0]  # type: ignore[index]
        with contextlib.suppress(BadCoordinates):
            found[zone] = _square(text, zone, square, digits)

    def away(zone: str) -> float:
        lon, lat = found[zone]
        return math.hypot(((lon - near[0] + 180) % 360 - 180) * math.cos(math.radians(near[1])), lat - near[1])

    best = min(found, key=away, default="")
    if not best or away(best) > 4:  # degrees; the letters come again two zones on
        raise BadCoordinates(f"{text!r} names no square of the military grid near this region; write its zone too")
    return best, *found[best]


# Read: degrees -----------------------------------------------------------------------------------------------

_DEGREE, _PRIME, _DOUBLE, _MINUS = "º˚", "′’‘´ʹ", "″”“", "−–"
_SIGNS = str.maketrans(
    dict.fromkeys(_DEGREE, "°") | dict.fromkeys(_PRIME, "'") | dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_MINUS, "-")
)
"""Signs that look alike, as keyboards and word processors put them."""
_WORDS = re.compile(
    r"\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|degrees?|deg|minutes?|min|seconds?|sec)\b[.:=]?", re.IGNORECASE
)
_HALF = re.compile(
    r"(?P<before>[NSEWO])? ?(?P<sign>[+-])? ?(?P<a>\d+(?:\.\d+)?) ?[°d:]? ?"
    r"(?:(?P<b>\d+(?:\.\d+)?) ?['m:]? ?)?(?:(?P<c>\d+(?:\.\d+)?) ?(?:\"|''|s)? ?)?(?P<after>[NSEWO])?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Half:
    value: float
    axis: str
    unit: float
    parts: int


def _surely_degrees(text: str) -> bool:
    """Whether numbers are meant as degrees beyond doubt: by a sign, a fraction, a comma or their count."""
    return bool(re.search(r"[.°'\";]|\d,|\d{4,}[NSEW]", text, re.IGNORECASE)) or len(re.findall(r"\d+", text)) >= 4


def _degrees(text: str) -> Coordinates | None:
    plain = _WORDS.sub(" ", text)
    plain = re.sub(r"\b(north|south|east|west)\b", lambda word: word[0][0], plain, flags=re.IGNORECASE)
    if re.search(r"\d ?d ?\d", plain):
        # 37d46m45s: letters for the signs; a bare s after seconds is not the south.
        plain = re.sub(r"(\d) ?d", r"\1°", plain)
        plain = re.sub(r"(\d) ?m", r"\1'", plain)
        plain = re.sub(r"(['°] ?\d+(?:\.\d+)?) ?s(?= ?[NSEWO]|,|$)", r'\1"', plain)
    plain = " ".join(plain.replace("''", '"').split())
    # Only what is made of numbers, signs and the letters of the compass is meant as coordinates.
    if not re.search(r"\d", plain) or re.search(r"[^\d\s.,;:°'\"+\-NSEWOdms/]", plain, re.IGNORECASE):
        return None
    if re.search(r"\d-\d", plain):
        if re.search(r"[NSEW]", plain, re.IGNORECASE):
            plain = re.sub(r"(?<=\d)-(?=\d)", " ", plain)  # 37-46-45N, as at sea
        elif "." not in plain:
            return None  # "7-11", a telephone number
    halves = _halved(plain)
    if halves is None:
        return None
    first, second = (_half(half) for half in halves)
    if first is None or second is None:
        if re.search(r"[°'\"]|\d[NSEW]|[NSEW]\d", plain, re.IGNORECASE):
            raise BadCoordinates(f"{text!r} cannot be read; write 37.7793, -122.4193 or 37°46'45.5\"N 122°25'9.5\"W")
        return None
    return _ordered(text, first, second)


def _halved(text: str) -> tuple[str, str] | None:
    """The two coordinates apart: at ; or / or the comma that parts them, between the letters, or half way."""
    for sign in (";", "/"):
        if text.count(sign) == 1:
            one, two = text.split(sign)
            return one.strip().replace(",", "."), two.strip().replace(",", ".")
    if text.count(",") == 1 and not re.fullmatch(r"[+-]?\d+,\d+", text):
        one, two = text.split(",")
        return one.strip(), two.strip()
    if text.count(",") == 3 and (parts := re.match(r"(.*\d,\d+) ?, ?(.*\d,\d+.*)$", text)):
        return parts[1].replace(",", "."), parts[2].replace(",", ".")
    if text.count(",") == 2 and (parts := re.match(r"(\S*\d,\d+\S*) (\S*\d,\d+\S*)$", text)):
        return parts[1].replace(",", "."), parts[2].replace(",", ".")
    if "," in text:
        return None
    after = re.match(r"([^NSEWO]*\d[^NSEWO]*[NSEWO]) ?(.*\d.*[NSEWO])$", text, re.IGNORECASE)
    if after:
        return after[1].strip(), after[2].strip()
    before = re.match(r"([NSEWO][^NSEWO]*\d[^NSEWO]*?) ?([NSEWO].*\d.*)$", text, re.IGNORECASE)
    if before:
        return before[1].strip(), before[2].strip()
    numbers = list(re.finditer(r"[+-]?\d+(?:\.\d+)?", text))
    if len(numbers) in (2, 4, 6):
        at = numbers[len(numbers) // 2].start()
        return text[:at].strip(), text[at:].strip()
    return None


def _half(text: str) -> _Half | None:
    found = _HALF.fullmatch(text.strip())
    if found is None:
        return None
    letter = (found["before"] or found["after"] or "").upper()
    if letter == "O":
        raise BadCoordinates(f"{text!r}: O is west in French and Spanish and east in German; write W or E")
    if (found["before"] and found["after"]) or (letter and found["sign"] == "-"):
        raise BadCoordinates(f"{text!r} says its direction twice; write either a sign or a letter")
    parts = [part for part in (found["a"], found["b"], found["c"]) if part]
    if letter and len(parts) == 1 and (packed := _unpacked(parts[0], letter)):
        parts = packed
    if any("." in part for part in parts[:-1]):
        raise BadCoordinates(f"{text!r} has a fraction before its last part; only the last may have one")
    numbers = [float(part) for part in parts]
    if any(number >= 60 for number in numbers[1:]):
        raise BadCoordinates(f"{text!r} has {max(numbers[1:]):g} minutes or seconds; they end at 59")
    value = sum(number / 60**power for power, number in enumerate(numbers))
    negative = found["sign"] == "-" or letter in ("S", "W")
    axis = "lat" if letter in ("N", "S") else "lon" if letter else ""
    unit = 1 / 60 ** (len(parts) - 1) * 10.0 ** -_places(parts[-1])
    return _Half(-value if negative else value, axis, unit, len(parts))


def _unpacked(digits: str, letter: str) -> list[str] | None:
    """DDMM.mmm or DDMMSS.s without signs between, as a GPS and an aircraft say it; longitude has three for degrees."""
    whole, _, fraction = digits.partition(".")
    wide = 3 if letter in "EW" else 2
    tail = f".{fraction}" if fraction else ""
    if len(whole) == wide + 2:
        return [whole[:wide], whole[wide:] + tail]
    if len(whole) == wide + 4:
        return [whole[:wide], whole[wide : wide + 2], whole[wide + 2 :] + tail]
    return None


def _ordered(text: str, first: _Half, second: _Half) -> Coordinates:
    if first.axis and first.axis == second.axis:
        which = "latitudes" if first.axis == "lat" else "longitudes"
        raise BadCoordinates(f"{text!r} holds two {which}; write one with N or S and one with E or W")
    swapped = first.axis == "lon" or second.axis == "lat"
    note = ""
    if not first.axis and not second.axis and abs(first.value) > 90 >= abs(second.value):
        swapped, note = True, "longitude was written first"
    lat, lon = (second, first) if swapped else (first, second)
    notation = ("decimal degrees", "degrees and minutes", "degrees, minutes and seconds")[max(lat.parts, lon.parts) - 1]
    return _placed(lat.value, lon.value, notation, max(lat.unit, lon.unit), note)


def _placed(lat: float, lon: float, notation: str, unit: float, note: str = "") -> Coordinates:
    if abs(lat) > 90:
        raise BadCoordinates(f"latitude {lat:g} is beyond a pole; latitude comes first and ends at 90")
    if abs(lon) > 180:
        raise BadCoordinates(f"longitude {lon:g} is more than half way round; it ends at 180")
    return Coordinates(lon, lat, notation, unit / 2 * METRES_PER_DEGREE, note)


def _places(number: str) -> int:
    return len(number.partition(".")[2])


def _decimals(number: str) -> float:
    return float(10.0 ** -_places(number))
