"""The agreements office: a party's papers, their terms and steps, drafting, signing, and trying a clause.

Knows the pages. Every step is a command like any other; what an agency is no party of answers as what does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.agreement_forms import AID_FIELDS, SHARE_FIELDS, Typed, local_time, terms_of, typed, typed_of
from api.forms import Office, read_form, require, see
from data.link import BoardLink
from data.who import get_identity
from domain.agreement import Agreement, AgreementStatus
from domain.agreement_terms import DAYS
from domain.clause_trial import try_clauses
from domain.commands import (
    Command,
    DraftAgreement,
    Envelope,
    ProposeAgreement,
    ResumeAgreement,
    RevokeAgreement,
    Role,
    SignAgreement,
    SuspendAgreement,
)
from domain.errors import BadCommand
from domain.identity import Identity
from domain.outcome import Outcome
from domain.refs import agreement_ref
from domain.rules import Facts

PATH = "/office/agreements"
READERS = frozenset(Role) - {Role.PUBLIC, Role.SERVICE, Role.BRIEFER}
SHOWN = 50
Gave = Callable[[Identity, Command, Outcome, str], None]
Answer = tuple[int, str]
"""Status and what to say; 200 and "" when it was done."""


def agreement_router(link: BoardLink, office: Office, facts: Facts, gave: Gave) -> APIRouter:
    """`/office/agreements`, one paper each, drafting, steps, and `/office/agreements/try`. `gave` is told of every
    command and what became of it."""
    router = APIRouter()

    def zone() -> ZoneInfo:
        return ZoneInfo(link.board.head.time_zone)

    def board_now() -> float:
        return link.board.head.time(link.now())

    def readable(paper: Agreement) -> bool:
        who = get_identity()
        return who.role in (Role.AUDITOR, Role.BOARD_ADMIN) or (bool(who.agency) and who.agency in paper.parties)

    def find(agreement: str) -> Agreement | None:
        paper = link.board.find(agreement_ref(agreement))
        return paper if isinstance(paper, Agreement) and readable(paper) else None

    async def give(command: Command, agreement: str = "") -> Answer:
        who = get_identity()
        if who.viewing_as:
            return 403, "nothing is changed while you look at another agency's view"
        expected = {agreement_ref(agreement): link.board.version(agreement_ref(agreement))} if agreement else {}
        outcome = await link.send(Envelope(uuid.uuid4().hex, who.actor, command, link.now(), expected))
        gave(who, command, outcome, agreement_ref(agreement) if agreement else "")
        if outcome.accepted:
            return 200, ""
        remedy = f"; {outcome.decision.remedy}" if outcome.decision.remedy else ""
        return 400 if outcome.status == "invalid" else 409, f"{outcome.text}{remedy}"

    @router.get(PATH)
    async def papers(request: Request) -> Response:
        require(*READERS)
        text = request.query_params.get("text", "").strip().casefold()[:80]
        page = _page(request.query_params.get("page", ""))
        now = board_now()
        mine = [
            paper
            for paper in link.board.agreements()
            if readable(paper)
            and (not text or text in f"{paper.id} {paper.title} {' '.join(paper.parties)}".casefold())
        ]
        mine.sort(key=lambda paper: (paper.standing(now) != "proposed", paper.title.casefold()))
        shown = mine[page * SHOWN : (page + 1) * SHOWN]
        return office.show(
            "agreements.html",
            rows=[
                (paper, paper.standing(now), [office.name_of(party) for party in paper.parties], _waits(paper))
                for paper in shown
            ],
            count=len(mine),
            text=text,
            page=page,
            more=len(mine) > (page + 1) * SHOWN,
            may_draft=get_identity().role == Role.AGENCY_ADMIN,
        )

    def one_page(paper: Agreement, status: int = 200, error: str = "", asked: tuple[str, str] = ("", "")) -> Response:
        now, who = board_now(), get_identity()
        party = who.role == Role.AGENCY_ADMIN and who.agency in paper.parties
        steps = _steps(paper, who.agency) if party else []
        return office.show(
            "agreement.html",
            status,
            paper=paper,
            standing=paper.standing(now),
            error=error,
            asked=asked,
            steps=steps,
            may_change=party and paper.status in (AgreementStatus.DRAFT, AgreementStatus.PROPOSED),
            parties=[(party, office.name_of(party), paper.signed_by(party)) for party in paper.parties],
            since=_when(paper.since, zone()),
            until=_when(paper.until, zone()),
            ended=_when(paper.ended_at, zone()),
            ended_by=office.name_of(paper.ended_by) if paper.ended_by else "",
            written=lambda at: _when(at, zone()),
            name_of=office.name_of,
            days=DAYS,
            used=link.board.lent_under,
            digest=paper.terms_digest,
        )

    def unknown() -> Response:
        return office.message(404, "Not here", "no such agreement of yours", back=PATH)

    def form_page(form: Typed, status: int = 200, error: str = "", change: bool = False, digest: str = "") -> Response:
        who = get_identity()
        return office.show(
            "agreement_form.html",
            status,
            form=form,
            change=change,
            digest=digest,
            error=error,
            agencies=sorted((agency.id, agency.short) for agency in link.board.agencies()),
            capabilities=sorted({each for unit in link.board.units() for each in unit.capabilities}),
            types=sorted(facts.plans),
            own=who.agency,
            aid_fields=AID_FIELDS,
            share_fields=SHARE_FIELDS,
        )

    @router.get(f"{PATH}/draft")
    async def draft() -> Response:
        require(Role.AGENCY_ADMIN)
        own = get_identity().agency
        blank = dict.fromkeys(AID_FIELDS, "")
        return form_page(Typed(parties=own, clauses=[{**blank, "id": "1", "receiver": own, "mode": "automatic"}]))

    @router.post(f"{PATH}/draft")
    async def write(request: Request) -> Response:
        require(Role.AGENCY_ADMIN)
        fields = await read_form(request)
        form, change, digest = typed(fields), fields.get("change") == "1", fields.get("digest", "")
        if (rows := _another_row(fields)) is not None:
            (form.clauses if rows[0] == "aid" else form.shares).append(rows[1])
            return form_page(form, change=change, digest=digest)
        there = find(form.id) if change else None
        if change and there is None:
            return unknown()
        if there is not None and digest != there.terms_digest:
            said = "the terms were changed since you opened them; open the paper again and make your change there"
            return form_page(form, 409, said, change, digest)
        try:
            terms = terms_of(form, zone())
        except BadCommand as wrong:
            return form_page(form, 400, str(wrong), change, digest)
        status, said = await give(DraftAgreement(terms, change), terms.id if change else "")
        return form_page(form, status, said, change, digest) if said else see(f"{PATH}/{terms.id}")

    @router.get(f"{PATH}/try")
    async def trial(request: Request) -> Response:
        require(*READERS)
        asked = {
            name: request.query_params.get(name, "").strip()[:80]
            for name in ("asker", "owner", "capability", "type", "place", "when", "role")
        }
        asked |= {name: asked[name].upper() for name in ("capability", "type")}
        asked["asker"] = asked["asker"] or get_identity().agency
        found, error = None, ""
        if asked["owner"]:
            try:
                lon, lat = _place(asked["place"])
                when = _trial_time(asked["when"], zone(), board_now())
                if not {asked["asker"], asked["owner"]} <= {agency.id for agency in link.board.agencies()}:
                    raise BadCommand("choose two agencies of this board")
                if get_identity().agency not in (asked["asker"], asked["owner"]) and get_identity().role not in (
                    Role.AUDITOR,
                    Role.BOARD_ADMIN,
                ):
                    raise BadCommand("one of the two must be your own agency")
                role = asked["role"] or "dispatcher"
                if role not in (Role.DISPATCHER, Role.COMMANDER):
                    raise BadCommand("as: a dispatcher or a commander sends units")
                if asked["type"] and asked["type"] not in facts.plans:
                    raise BadCommand(f"no incident type {asked['type']} in this region; choose one, or leave it empty")
                both = (asked["asker"], role, asked["owner"])
                found = try_clauses(link.board, facts, *both, asked["capability"], asked["type"], lon, lat, when)
            except BadCommand as wrong:
                error = str(wrong)
        return office.show(
            "agreement_try.html",
            400 if error else 200,
            asked=asked,
            found=found,
            error=error,
            agencies=sorted(((agency.id, agency.name) for agency in link.board.agencies()), key=lambda each: each[1]),
            capabilities=sorted({each for unit in link.board.units() for each in unit.capabilities}),
            types=sorted(facts.plans),
        )

    @router.get(f"{PATH}/{{agreement}}")
    async def one(agreement: str) -> Response:
        require(*READERS)
        paper = find(agreement)
        return one_page(paper) if paper else unknown()

    @router.get(f"{PATH}/{{agreement}}/change")
    async def change(agreement: str) -> Response:
        require(Role.AGENCY_ADMIN)
        paper = find(agreement)
        if paper is None:
            return unknown()
        return form_page(typed_of(paper, zone()), change=True, digest=paper.terms_digest)

    @router.post(f"{PATH}/{{agreement}}/step")
    async def step(agreement: str, request: Request) -> Response:
        require(Role.AGENCY_ADMIN)
        form = await read_form(request)
        paper = find(agreement)
        if paper is None:
            return unknown()
        reason = form.get("reason", "")
        commands: Mapping[str, Command] = {
            "propose": ProposeAgreement(paper.id),
            "sign": SignAgreement(paper.id, form.get("digest", "")),
            "suspend": SuspendAgreement(paper.id, reason),
            "resume": ResumeAgreement(paper.id),
            "revoke": RevokeAgreement(paper.id, reason),
        }
        command = commands.get(form.get("step", ""))
        if command is None:
            return one_page(paper, 400, "no such step")
        status, said = await give(command, paper.id)
        asked = (form["step"], reason)
        return one_page(find(agreement) or paper, status, said, asked) if said else see(f"{PATH}/{paper.id}")

    return router


def _another_row(fields: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """Which kind of clause row the form asks for, and the empty row."""
    kind = fields.get("add", "")
    names = {"aid": AID_FIELDS, "share": SHARE_FIELDS}.get(kind)
    return (kind, {**dict.fromkeys(names, ""), **({"mode": "automatic"} if kind == "aid" else {})}) if names else None


def _waits(paper: Agreement) -> int:
    """How many signatures a proposed paper waits for."""
    if paper.status != AgreementStatus.PROPOSED:
        return 0
    return sum(1 for party in paper.parties if paper.signed_by(party) is None)


def _steps(paper: Agreement, agency: str) -> list[tuple[str, str, bool]]:
    """(step, words, needs a reason) an admin of a party may take now."""
    status, steps = paper.status, []
    if status == AgreementStatus.DRAFT:
        steps.append(("propose", "Propose to the parties", False))
    if status == AgreementStatus.PROPOSED and paper.signed_by(agency) is None:
        steps.append(("sign", "Sign these terms", False))
    if status == AgreementStatus.IN_FORCE:
        steps.append(("suspend", "Suspend", True))
    if status == AgreementStatus.SUSPENDED and paper.ended_by == agency:
        steps.append(("resume", "Let it bind again", False))
    if status != AgreementStatus.REVOKED:
        steps.append(("revoke", "Withdraw" if status == AgreementStatus.DRAFT else "Revoke", True))
    return steps


def _page(text: str) -> int:
    """A page's number, from 0; the first for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _place(text: str) -> tuple[float, float]:
    lon, _, lat = text.replace(" ", "").partition(",")
    try:
        place = float(lon), float(lat)
    except ValueError:
        raise BadCommand("place: write longitude, latitude, such as -122.42, 37.76") from None
    if not (-180 <= place[0] <= 180 and -90 <= place[1] <= 90):
        raise BadCommand("place: longitude first, then latitude")
    return place


def _trial_time(text: str, zone: ZoneInfo, now: float) -> float:
    if not text:
        return now
    try:
        return local_time(text, zone)
    except ValueError:
        raise BadCommand("when: write a local date and time, such as 2026-11-29T03:00") from None


def _when(at: float, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M") if at else ""
