"""The directory: an Open Referral package read whole or not at all, and services found in it."""

import json
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.commands.directory import NotADirectory, tables_in
from engage.needs.directory import (
    Match,
    Offer,
    Place,
    Point,
    Wanted,
    area_of,
    distance_km,
    match,
    ordered,
    search_text,
)
from engage.needs.hsds import read, shipped_terms
from engage.needs.hsds_tables import BadDirectory, Tables, tables_of_csv, tables_of_json

PACKAGE = {
    "organizations.csv": "id,name,description,email,website\n"
    "o1,Mesa Food Bank,We feed people,hello@mesafood.example,https://mesafood.example\n"
    'o2,"Valley Rides, Inc.",Rides,,\n',
    "services.csv": "id,organization_id,name,description,status,eligibility_description,"
    "assured_date,email\n"
    "s1,o1,Food pantry,Boxes of groceries,active,Anybody,2026-09-01,\n"
    "s2,o2,Rides to the doctor,Door to door,active,Adults over 60,,book@rides.example\n"
    "s3,o1,Old soup kitchen,Closed,defunct,,,\n",
    "locations.csv": "id,name,latitude,longitude\nl1,Main street,33.4152,-111.8315\n",
    "service_at_location.csv": "id,service_id,location_id\nx1,s1,l1\n",
    "addresses.csv": "id,location_id,address_1,city,state_province,postal_code\n"
    "a1,l1,12 Main St,Mesa,AZ,85201\n",
    "service_areas.csv": "id,service_id,name,extent_type\nr1,s2,Maricopa County,county\n",
    "languages.csv": "id,service_id,name,code\nn1,s1,Spanish,\nn2,s1,English,en-US\n",
    "service_capacities.csv": "id,service_id,available,maximum\nc1,s2,0,4\n",
    "taxonomy_terms.csv": "id,code,name\nt1,,Food Pantry\nt2,,Transportation for Healthcare\n",
    "attributes.csv": "id,link_id,link_entity,taxonomy_term_id\n"
    "b1,s1,service,t1\nb2,s2,service,t2\n",
    "contacts.csv": "id,name\nk1,Somebody\n",
    "datapackage.json": "{}",
}


def tables(**changed: str) -> Tables:
    """Return the tables of the package, with some files otherwise."""
    files = PACKAGE | {f"{name}.csv": text for name, text in changed.items()}
    return tables_of_csv({name: text.encode() for name, text in files.items()})


def wrong(**changed: str) -> list[str]:
    """Return what is wrong with the package when some files are otherwise."""
    with pytest.raises(BadDirectory) as refused:
        read(tables(**changed), shipped_terms())
    return [str(row) for row in refused.value.rows]


def test_a_package_says_what_it_says() -> None:
    """Coverage, eligibility, languages, capacity, doors and the day somebody made sure are read."""
    directory = read(tables(), shipped_terms())
    pantry, rides, closed = directory.services
    assert pantry.domains == ("food-insecurity",)
    assert pantry.languages == ("es", "en")
    assert str(pantry.verified_on) == "2026-09-01"
    assert pantry.locations[0].city == "Mesa"
    assert (rides.covers, rides.capacity) == (("maricopa county",), "full")
    assert rides.domains == ("transportation-insecurity",)
    assert closed.withdrawn
    assert directory.unplaced == 1
    assert directory.organizations[1].name == "Valley Rides, Inc."


def test_json_says_the_same_as_csv() -> None:
    """The API's form of a service, nested, leads to the same values."""
    services = [
        {
            "id": "s1",
            "name": "Food pantry",
            "description": "Boxes of groceries",
            "status": "active",
            "eligibility_description": "Anybody",
            "assured_date": "2026-09-01",
            "organization": {
                "id": "o1",
                "name": "Mesa Food Bank",
                "description": "We feed people",
                "email": "hello@mesafood.example",
                "website": "https://mesafood.example",
            },
            "languages": [{"name": "Spanish"}, {"name": "English", "code": "en-US"}],
            "service_at_locations": [
                {
                    "id": "x1",
                    "location": {
                        "id": "l1",
                        "name": "Main street",
                        "latitude": 33.4152,
                        "longitude": -111.8315,
                        "addresses": [
                            {
                                "address_1": "12 Main St",
                                "city": "Mesa",
                                "state_province": "AZ",
                                "postal_code": "85201",
                            }
                        ],
                    },
                }
            ],
            "attributes": [{"id": "b1", "taxonomy_term": {"id": "t1", "name": "Food Pantry"}}],
        }
    ]
    from_csv = read(tables(), shipped_terms())
    for said in (services, {"contents": services}, services[0]):
        from_json = read(tables_of_json("d.json", json.dumps(said).encode()), shipped_terms())
        assert from_json.services == from_csv.services[:1]
        assert from_json.organizations == from_csv.organizations[:1]


def test_every_bad_row_is_named() -> None:
    """File, row and reason, all at once; a publisher mends them in one go."""
    services = "id,organization_id,name,assured_date,email\n"
    assert wrong(services=f"{services}s1,o9,,soon,nobody\n,o1,Nameless,,\ns2,o2,Rides,,\n") == [
        "services.csv, line 2: assured_date is no date; write 2026-11-22",
        "services.csv, line 2: email is no address",
        "services.csv, line 2: name is missing",
        "services.csv, line 2: organization_id names nothing in the package",
        "services.csv, line 3: id is missing",
    ]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"services": "id,name\n\ns1,A\n"}, "services.csv, line 3: organization_id is missing"),
        (
            {"services": "name\nA\n"},
            "services.csv, line 1: the header has no id, or a column twice",
        ),
        (
            {"services": 'id,organization_id,name\ns1,o1,"A\n'},
            "services.csv, line 2: can't be read as CSV from here on",
        ),
        (
            {"locations": "id,name,latitude,longitude\nl1,Nowhere,91,-100\n"},
            "locations.csv, line 2: latitude is not between -90 and 90",
        ),
        (
            {"locations": "id,name,latitude,longitude\nl1,Half,33,\n"},
            "locations.csv, line 2: latitude and longitude come together",
        ),
        (
            {"service_capacities": "id,service_id,available\nc1,s1,-2\n"},
            "service_capacities.csv, line 2: available is no count",
        ),
        (
            {"service_areas": "id,service_id,name\nr1,s9,Mesa\n"},
            "service_areas.csv, line 2: service_id names nothing in the package",
        ),
        (
            {"organizations": "id,name,email\no1,A,x\no1,B,\no2,C,\n"},
            "organizations.csv, line 3: id stands at line 2 as well",
        ),
    ],
)
def test_a_bad_row_stops_all(files: dict[str, str], said: str) -> None:
    """One row that can't be true, and nothing is imported."""
    assert said in wrong(**files)


ONE = {"id": "s1", "name": "Pantry", "organization": {"id": "o1", "name": "Org"}}


def one(**more: object) -> Offer:
    """Return a service of a JSON file that says this of itself."""
    raw = json.dumps([ONE | more]).encode()
    return read(tables_of_json("d.json", raw), shipped_terms()).services[0]


@pytest.mark.parametrize(
    "extent", [json.dumps({"type": "Polygon", "coordinates": [[[1, 2]]]}), "POLYGON((1 2, 3 4))"]
)
def test_a_shape_on_the_map_hides_nobody(extent: str) -> None:
    """A polygon is no area's name: who drew one is shown wherever somebody looks."""
    drawn = one(service_areas=[{"extent": extent, "extent_type": "geojson"}])
    assert drawn.covers == ()
    assert match(drawn, search_text(drawn, ""), Wanted(area="Mesa")) is not None
    assert one(service_areas=[{"extent": "Mesa, Tempe"}]).covers == ("mesa", "tempe")
    assert one(service_areas=[{"name": "Mesa, AZ"}]).covers == ("mesa az", "mesa")


@pytest.mark.parametrize(
    ("ages", "said"),
    [
        ({"minimum_age": 60}, "Anybody; from 60 years of age"),
        ({"maximum_age": 18}, "Anybody; up to 18 years of age"),
        ({"minimum_age": 3, "maximum_age": 18}, "Anybody; 3 to 18 years of age"),
        ({"minimum_age": 0}, "Anybody"),
    ],
)
def test_for_which_ages_a_service_is_belongs_to_who_may_have_it(
    ages: dict[str, int], said: str
) -> None:
    """The standard has two fields for it, and nobody is sent to where they are too young."""
    assert one(eligibility_description="Anybody", **ages).eligibility == said


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"name": "\ud800"}, "has letters that no text can hold"),
        ({"description": "x" * 20_001}, "has a cell longer than anybody would read"),
        ({"minimum_age": 70, "maximum_age": 60}, "minimum_age is more than maximum_age"),
        ({"minimum_age": -1}, "minimum_age is no count"),
    ],
)
def test_what_no_row_can_hold_is_named(said: dict[str, object], reason: str) -> None:
    """What the database would refuse later is refused here, by its place."""
    with pytest.raises(BadDirectory) as refused:
        one(**said)
    assert [str(row) for row in refused.value.rows] == [f"d.json, $[0]: {reason}"]


def test_a_damaged_archive_is_told_as_such(tmp_path: Path) -> None:
    """Whatever byte of an archive is wrong, there is a sentence and no trace of a program."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_DEFLATED) as archive:
        for name, text in PACKAGE.items():
            archive.writestr(name, text * 20)
    path, raw = tmp_path / "d.zip", whole.getvalue()
    for place in range(40, len(raw), len(raw) // 60):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :])
        with suppress(BadDirectory, NotADirectory):
            tables_in(path)


def test_two_files_of_one_name_are_both_read(tmp_path: Path) -> None:
    """An older copy in a folder beside it replaces nothing unseen: its rows stand twice."""
    for folder in (tmp_path, tmp_path / "old"):
        folder.mkdir(exist_ok=True)
        for name, text in PACKAGE.items():
            (folder / name).write_text(text)
    with pytest.raises(BadDirectory) as refused:
        read(tables_in(tmp_path), shipped_terms())
    assert "stands at" in str(refused.value.rows[0])


@pytest.mark.parametrize(
    "raw", [b"", b"[", b"3", b"[]", b'["x"]', b'[{"id": "s"}]', b'[{"languages": 3}]', b"\xff"]
)
def test_bad_json_is_refused_by_place(raw: bytes) -> None:
    """Whatever stands in a JSON file, it is a directory or named as none."""
    with pytest.raises(BadDirectory):
        read(tables_of_json("d.json", raw), shipped_terms())


@given(st.dictionaries(st.sampled_from(sorted(PACKAGE)), st.binary(max_size=60), max_size=3))
def test_no_bytes_raise_anything_else(changed: dict[str, bytes]) -> None:
    """A broken file is told as such, never as a fault of ours."""
    files = {name: text.encode() for name, text in PACKAGE.items()} | changed
    with suppress(BadDirectory):
        read(tables_of_csv(files), shipped_terms())


PANTRY = Offer(
    source_id="s1",
    organization="o1",
    name="Food pantry",
    domains=("food-insecurity",),
    languages=("en", "es"),
    locations=(Place(city="Mesa", postal_code="85201", latitude=33.4152, longitude=-111.8315),),
)
SEARCH = search_text(PANTRY, "Mesa Food Bank")
TEMPE = Point(33.4255, -111.94)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), True),
        (Wanted(need="food-insecurity"), True),
        (Wanted(need="utility-insecurity"), False),
        (Wanted(language="es"), True),
        (Wanted(language="vi"), False),
        (Wanted(area="Mesa"), True),
        (Wanted(area="85201"), True),
        (Wanted(area="Tucson"), False),
        (Wanted(query="pantr mesa"), True),
        (Wanted(query="rides"), False),
        (Wanted(near=TEMPE), True),
        (Wanted(near=TEMPE, within_km=5), False),
    ],
)
def test_a_service_is_found_by_what_it_says(wanted: Wanted, found: bool) -> None:  # noqa: FBT001 - a table
    """Need, language, area, words and distance each narrow, and none of them guesses."""
    assert (match(PANTRY, SEARCH, wanted) is not None) == found


def test_unknown_is_not_no() -> None:
    """A service that says neither language nor place nor door is shown, and a person asks."""
    bare = Offer(source_id="s2", organization="o1", name="Somebody")
    wanted = Wanted(language="vi", area="Mesa", near=TEMPE, within_km=1)
    assert match(bare, search_text(bare, ""), wanted) == Match(bare, None)


def test_who_has_room_comes_first_and_who_is_full_is_still_there() -> None:
    """The order is room, then nearness, then name."""
    one = Match(Offer(source_id="a", organization="o", name="A", capacity="full"), 1.0)
    two = Match(Offer(source_id="b", organization="o", name="B", capacity="open"), 9.0)
    three = Match(Offer(source_id="c", organization="o", name="C"), 2.0)
    four = Match(Offer(source_id="d", organization="o", name="D"), None)
    assert [found.service.name for found in ordered((one, two, four, three))] == [
        "C",
        "B",
        "D",
        "A",
    ]


points = st.builds(Point, st.floats(-90, 90), st.floats(-180, 180))


@given(points, points)
def test_a_distance_is_one(one: Point, other: Point) -> None:
    """It is the same both ways, nothing to itself, and never more than half around the earth."""
    km = distance_km(one, other)
    assert 0 <= km <= 20_016
    assert km == pytest.approx(distance_km(other, one))
    assert distance_km(one, one) == pytest.approx(0, abs=1e-6)


def test_a_known_distance() -> None:
    """Phoenix to Tucson is 173 kilometres as the crow flies."""
    assert distance_km(Point(33.4484, -112.074), Point(32.2226, -110.9747)) == pytest.approx(
        172, abs=2
    )


def test_places_are_compared_folded() -> None:
    """Nobody has to write an accent or a capital to find a town."""
    assert area_of("  Peñasco, N.M. ") == area_of("penasco n m")
