"""The composition root: settings -> store -> region and its indexes -> Dash on FastAPI -> routes and callbacks.

Knows which parts exist and puts them together, once per web process. Refuses to know what any of them does.
`make run` starts it with everything it needs; `python app.py` does the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dash.backends._fastapi import FastAPIDashServer
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from api.account import account_router
from api.agreement_pages import agreement_router
from api.assets import Assets, PackedOnce, assets_router
from api.audit import audit_router
from api.audit_pages import audit_pages_router
from api.doors import LOOPBACK, Doors, content_policy, host_name, hosts_from
from api.editions import EditionKeeper
from api.exports import export_router
from api.feed import feed_router
from api.forms import OFFICES, Office, store_unavailable
from api.gate import Gate
from api.health import health_router
from api.hub import Hub
from api.ledger_pages import ledger_router
from api.looks import Looks
from api.openid import openid_router
from api.openid_admission import Admission
from api.openid_provider import Provider
from api.people_pages import people_router
from api.recorder import Happening
from api.region import DrawnMap, region_router
from api.seals import seals_router
from api.sign_in import Training, sign_in_router
from api.watch import SocketWatch
from callbacks import Desk, register
from callbacks.audit import audited
from data.audit import export_store
from data.audit_log import AuditLog
from data.connection import connect
from data.deadlines import watch_deadlines
from data.embedded import ensure_server
from data.history import History
from data.keys import AUDIT
from data.link import BoardLink
from data.people import People
from data.regions import load_region
from data.sealing import Sealing
from data.settings import Settings, load_settings
from data.tasks import cancelled
from data.views import Views
from data.who import get_identity
from domain.coverage import capabilities_of, find_call
from domain.errors import StoreUnavailable
from domain.gazetteer import Gazetteer, names_of
from domain.incident import Incident
from domain.reach import Isochrones, IsochronesFrom
from domain.region import Region, first_position
from geo.audit_desk import AuditDesk
from geo.boundaries import Boundaries, find_boundaries, read_boundaries
from geo.coverage_desk import CoverageDesk
from geo.external_times import engine_at
from geo.facts import facts_of, index_for
from geo.features import MapDocuments, map_documents
from geo.fitted_law import find_law
from geo.foreign import inside
from geo.ground import Ground
from geo.isochrones import isochrones
from geo.joint_assignment import jointly
from geo.land import land_of
from geo.streets_store import find_extract
from geo.travel import Travel
from geo.travel_time import NEW_YORK
from geo.unit_index import UnitIndex
from geo.units_nearby import UnitsNearby
from layouts import ids
from layouts.commander import CommanderPage, Reader, commander_page
from layouts.index import index_string
from layouts.office_pages import OfficePages
from layouts.scripts import BoardDash

HERE = Path(__file__).resolve().parent


class CallbacksOverHttp(FastAPIDashServer):
    """Dash's FastAPI backend without its own socket.

    That socket would keep clicks made during an outage and run them later, unacknowledged; here every
    command is one HTTP request that succeeds or fails in front of the person who gave it.
    """

    websocket_capability = False


def create_server() -> FastAPI:
    """The web application for one process: what `uvicorn --factory app:create_server` serves."""
    return build(load_settings())


def build(settings: Settings) -> FastAPI:
    """Put the application together. Raises BadSettings, BadRegion and StoreUnavailable, each saying what to do."""
    folder = settings.region_folder()
    region = load_region(folder)
    boundaries = read_boundaries(find_boundaries(folder) or folder)
    index = index_for(region, boundaries)
    index.zones.compile_soon()  # aside: nobody waits for it
    ground = Ground(index)
    facts = facts_of(region, ground)
    redis_url = settings.store_url or ensure_server(settings.store_folder, appendfsync=settings.store_fsync)
    link = BoardLink(redis_url, settings.board, facts)
    key = settings.signing_key_path
    sealing = Sealing(redis_url, settings.board, settings.keys_folder, settings.seals_path, key)
    audit_sealing = Sealing(redis_url, settings.board + AUDIT, settings.keys_folder, settings.audit_seals_path, key)
    required = settings.second_factor == "required"
    people = People(redis_url, settings.board, link.now, factor_required=required)
    watch = SocketWatch(people)
    audit_log = AuditLog(redis_url, settings.board)
    looks = Looks(audit_log)

    def record(happening: Happening) -> None:
        audit_log.note(happening.entry())

    views = Views(link.projection, facts.plans, facts.areas_at)
    nearby = _units_nearby(link)
    travel = _travel(settings, folder, link)
    coverage = CoverageDesk(lambda: land_of(boundaries), region.past_calls, travel.road)
    link.projection.listen(lambda recorded: _hear(coverage, find_call(recorded.event)))
    assets = Assets(HERE / "assets")
    hub = Hub(link, views, assets.version)
    drawn = DrawnMap(map_documents(boundaries, region.places))

    def show(edition: str, documents: MapDocuments) -> None:
        drawn.put(edition, documents)
        hub.ground_changed(edition)

    keeper = EditionKeeper(link, ground, region, settings.data_folder / "editions", show)

    @contextlib.asynccontextmanager
    async def lifespan(server: FastAPI) -> AsyncIterator[None]:
        async with link.running(), sealing.running(), audit_sealing.running(), people.running(), audit_log.running():
            for incident in link.board.incidents():
                coverage.hear(incident)
            tasks = [
                asyncio.create_task(hub.run(), name="feed"),
                asyncio.create_task(watch.run(), name="sessions"),
                asyncio.create_task(watch_deadlines(link), name="deadlines"),
                asyncio.create_task(keeper.run(), name="editions"),
                asyncio.create_task(
                    travel.follow(lambda streets: coverage.use_streets(streets, streets.method)), name="closures"
                ),
            ]
            try:
                yield
            finally:
                await cancelled(tasks)

    server = FastAPI(title="Concord", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    server.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=6)
    server.add_middleware(PackedOnce)
    server.add_exception_handler(StoreUnavailable, store_unavailable)
    server.include_router(feed_router(hub, watch))
    server.include_router(health_router(link, keeper))
    server.include_router(seals_router(sealing))
    server.include_router(region_router(drawn))
    server.include_router(assets_router(assets))
    office = Office(
        OfficePages(region.name, training=settings.training, asset=assets.url),
        lambda agency: _agency_name(region, agency),
    )
    openid = settings.openid()
    training = _training(settings, region)
    provider_name = openid.name if openid else ""
    server.include_router(sign_in_router(people, office, training, record, provider_name, settings.notice))
    if openid is not None:
        admit = Admission(openid, people, office, record, [agency.id for agency in region.agencies])
        provider = Provider(openid, people.now)
        server.include_router(openid_router(openid, provider, people, office, record, admit))
    names = {agency.id: agency.name for agency in region.agencies}
    server.include_router(account_router(people, office, record, names))
    past = connect(redis_url, connections=2, board=settings.board)
    history = History(past, link.keys, _archive(settings))
    server.include_router(export_router(link, views, facts, history.as_of, audit_log.record))
    server.include_router(agreement_router(link, office, facts, looks.gave))
    server.include_router(ledger_router(link, office, audit_log.record))
    server.include_router(
        audit_pages_router(
            audit_log,
            office,
            lambda path: export_store(redis_url, audit_log.name, path),
            lambda agency: _accounts_of(people, agency),
        )
    )
    server.include_router(people_router(people, office, record, names))

    dash = BoardDash(
        "concord",
        backend=CallbacksOverHttp,
        server=False,
        title="Concord",
        update_title="",
        assets_folder=str(HERE / "assets"),
        index_string=index_string(tags=assets.tags),
        tags=assets.tags,
    )
    dash.init_app(server)
    page = CommanderPage(
        title=region.name,
        note=region.note,
        training=settings.training,
        view=region.view,
        tiles=settings.tiles,
        plans=region.plans,
        agencies=region.agencies,
        capabilities=tuple(capabilities_of(region.units)),
    )
    dash.layout = lambda: commander_page(page, _reader())
    isochrones_from = _isochrones_by(travel)
    audit = AuditDesk(ground)
    desk = Desk(
        link,
        views,
        region,
        facts,
        ground.at,
        ground.borders,
        nearby,
        travel,
        isochrones_from,
        coverage,
        jointly,
        audit,
        _gazetteer(region, boundaries),
        looks.viewed,
        looks.gave,
    )
    register(dash, desk)
    server.include_router(audit_router(lambda: audited(desk)))
    doors = Doors(
        hosts=hosts_from(f"{settings.hosts},{host_name(urlsplit(settings.public_url).netloc)}", settings.host),
        policy=content_policy(dash.csp_hashes(), settings.tiles),
        callbacks=frozenset(output for output, known in dash.callback_map.items() if "callback" in known),
        command_output=f"{ids.OUTCOME}.data",
    )
    # Added last, so it stands in front of everything.
    server.add_middleware(
        Gate, people=people, doors=doors, record=record, store_answers=lambda: link.projection.connected
    )
    return server


def _archive(settings: Settings) -> Path | None:
    """The folder of archived events, where there is one on this machine."""
    folder = settings.data_folder / "archive" / settings.board
    return folder if folder.is_dir() else None


def _reader() -> Reader:
    """Whoever asks for the page, as the page needs to know them."""
    who = get_identity()
    links = tuple((path, words) for path, words, roles in OFFICES if who.role in roles and path != "/")
    if who.viewing_as:
        return Reader(f"{who.name}, viewing as", who.viewing_as, str(who.role), links)
    return Reader(who.name, who.agency, str(who.role), links)


async def _accounts_of(people: People, agency: str) -> list[str]:
    """Who holds a position at an agency."""
    return [
        account.name
        for account in await people.accounts.all()
        if any(position.agency == agency for position in account.positions)
    ]


def _agency_name(region: Region, agency: str) -> str:
    return next((known.short for known in region.agencies if known.id == agency), agency)


def _training(settings: Settings, region: Region) -> Training:
    """What the sign-in page offers on a training board that is served on loopback alone."""
    named = sorted((agency.id, agency.name) for agency in region.agencies)
    offered = settings.training and settings.host in LOOPBACK
    by_name = sorted(named, key=lambda each: each[1])
    shorts = {agency.id: agency.short for agency in region.agencies}
    return Training(offered, by_name, first_position(region), dict(named), shorts)


def _gazetteer(region: Region, boundaries: Boundaries) -> Gazetteer:
    """The names of a region: places, stations, areas, and its address blocks."""
    short = {agency.id: agency.short for agency in region.agencies}
    areas = {
        (area.name, area.agency): polygon for area, polygon in zip(boundaries.areas, boundaries.polygons, strict=True)
    }
    names = names_of(
        ((each.name, each.lon, each.lat, each.population, "") for each in region.places),
        ((each.name, each.lon, each.lat, short.get(each.agency, each.agency)) for each in region.stations),
        ((name, *inside(polygon), short.get(agency, agency)) for (name, agency), polygon in areas.items()),
    )
    return Gazetteer(names, region.addresses)


def _units_nearby(link: BoardLink) -> UnitsNearby:
    """The board's units by nearness, told of every event and every fix."""
    index = UnitIndex()
    index.compile_soon()
    projection = link.projection
    nearby = UnitsNearby(lambda: link.board, projection.positions, index)
    projection.listen(lambda _: nearby.touched(projection.touches[-1][1]))
    projection.listen_to_fixes(nearby.moved)
    return nearby


def _travel(settings: Settings, folder: Path, link: BoardLink) -> Travel:
    """Travel times: the engine named, the pack's streets with the board's closures, its own law, in this order."""
    external = None
    if settings.travel_engine:
        external = engine_at(settings.travel_engine, settings.travel_engine_url, settings.travel_engine_timeout)
    law = find_law(folder) or NEW_YORK
    travel = Travel(law, external, lambda: link.board.closures(), lambda: link.board.head.time(link.now()))
    extract = find_extract(folder)
    if extract is not None:
        travel.begin(extract, settings.streets_folder)
    return travel


def _hear(coverage: CoverageDesk, incident: Incident | None) -> None:
    """Coverage is weighed by where this board's own calls came from, too."""
    if incident is not None:
        coverage.hear(incident)


def _isochrones_by(travel: Travel) -> IsochronesFrom:
    """Isochrones by the streets where there are any, else by the region's law."""

    def reached(kind: str, lon: float, lat: float, seconds: Sequence[float]) -> Isochrones:
        streets = travel.find_streets()
        return isochrones(kind, lon, lat, seconds, travel.road, streets, streets.method if streets else "")

    return reached


if __name__ == "__main__":
    os.execv(sys.executable, [sys.executable, "-m", "tools", "serve", *sys.argv[1:]])
