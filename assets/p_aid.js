/* Assistance: what other agencies ask of us, what we asked of them, who took our units; the alarms of it, and their keys.
 * Knows the feed's requests and which commands answer them. Refuses to know who may: the server decides on each.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;
  const NEAR = 12;
  const STATES = { requested: "asked", offered: "other units offered", accepted: "promised", deployed: "deployed", released: "released", declined: "declined", expired: "no answer", withdrawn: "withdrawn" };

  const me = () => concord.acting().agency;
  const works = () => ["dispatcher", "commander"].includes(concord.acting().role);
  const nameOf = (agency) => picture.agencies.get(agency)?.short || agency;
  const callsign = (unit) => picture.units.get(unit)?.callsign || unit.split("/")[1] || unit;
  const calls = (units) => units.map(callsign).join(", ");
  const words = (needs) => needs.map((need) => need.count + " " + need.capability).join(", ");
  const myAsk = (request) => [...request.asks].reverse().find((ask) => ask.agency === me());
  const open = (ask) => ["requested", "offered", "accepted"].includes(ask.state);
  const versions = (units) => Object.assign({}, ...units.map((u) => (picture.units.has(u) ? { ["unit:" + u]: picture.units.get(u).v } : {})));

  /** What waits for somebody of ours: `{key, text, request?|assignment?, acknowledge()}`, the oldest first. */
  concord.aidAlarms = function () {
    const alarms = [];
    if (!works()) return alarms;
    for (const request of picture.requests.values()) {
      const ask = myAsk(request);
      if (ask && ask.state === "requested" && !ask.acknowledged_by)
        alarms.push({ key: request.id, at: ask.asked_at, text: nameOf(request.agency) + " asks for " + words(request.needs), request, acknowledge: () => concord.command("AcknowledgeRequest", { request: request.id }, {}) });
    }
    for (const a of picture.assignments.values())
      if (a.agency === me() && a.override_reason && !a.override_seen && !a.ended)
        alarms.push({ key: a.id, at: Math.min(...Object.values(a.stamps)), text: callsign(a.unit) + " taken by override of " + nameOf(a.assigned_by) + ": " + a.override_reason, assignment: a, acknowledge: () => concord.command("AcknowledgeOverride", { assignment: a.id }, {}) });
    return alarms.sort((a, b) => a.at - b.at);
  };

  /** F8: acknowledges the oldest alarm and opens what it is about. */
  concord.acknowledgeTop = async function () {
    const [first] = concord.aidAlarms();
    if (!first) return concord.say({ status: "accepted", text: "no alarm waits", rule: "", took_ms: -1 });
    const outcome = await first.acknowledge();
    if (outcome.status !== "accepted") return outcome;
    if (first.request) show(first.request);
    else concord.select({ incident: first.assignment.incident, unit: first.assignment.unit });
    return outcome;
  };

  function show(request) {
    if (picture.incidents.has(request.incident)) concord.select({ incident: request.incident });
    document.getElementById("tab-aid")?.click();
    requestAnimationFrame(() => document.querySelector(`#aid [data-request="${CSS.escape(request.id)}"] button`)?.focus());
  }

  // Asking ------------------------------------------------------------------------------------------

  function parseNeeds(text) {
    return text.split(/[,;]/).map((part) => part.trim()).filter(Boolean).map(function (part) {
      const found = /^(\d{1,3})\s*x?\s+(.+)$/i.exec(part);
      return { capability: (found ? found[2] : part).trim().toUpperCase().replace(/\s+/g, "_"), count: found ? Number(found[1]) : 1 };
    });
  }
  const find = (text) => [...picture.agencies.values()].find((a) => [a.id, a.short, a.name].some((word) => word.toLowerCase() === text.trim().toLowerCase()));
  function agenciesOf(text, faults) {
    return text.split(",").map((word) => word.trim()).filter(Boolean).map(function (word) {
      const agency = find(word);
      if (!agency) faults.push(word);
      return agency?.id;
    });
  }

  async function askFor(incident, before) {
    const known = [...picture.agencies.values()].filter((a) => a.id !== me()).map((a) => a.short).sort();
    const missing = document.querySelector("#recommendation [data-missing]")?.dataset.missing || "";
    const answer = await concord.ask({
      title: "Ask for assistance to " + incident.short,
      text: before?.fault || "Agencies by name, several with commas. Whoever is named after them is asked when one declines or does not answer.",
      submit: "Ask",
      fields: [
        { name: "agencies", label: "Agencies", required: true, value: before?.agencies, hint: known.length ? "for instance " + known.slice(0, 3).join(", ") : "" },
        { name: "needs", label: "What", required: true, value: before?.needs ?? missing, placeholder: "2 LADDER, 1 ALS" },
        { name: "within", label: "To arrive within (minutes)", value: before?.within ?? "15", inputmode: "numeric" },
        { name: "patience", label: "Answer within (minutes)", value: before?.patience ?? "5", inputmode: "numeric" },
        { name: "escalate", label: "Then ask, in this order", value: before?.escalate },
        { name: "note", label: "Note", maxlength: 500, value: before?.note },
      ],
    });
    if (!answer) return;
    const faults = [];
    const agencies = agenciesOf(answer.agencies, faults), escalate_to = agenciesOf(answer.escalate, faults);
    if (faults.length) return askFor(incident, { ...answer, fault: "no agency is called " + faults.join(", ") });
    const minutes = (text, otherwise) => (Number(text) > 0 ? Number(text) * 60 : otherwise);
    const body = { incident: incident.id, agencies, needs: parseNeeds(answer.needs), within: minutes(answer.within, 0), patience: minutes(answer.patience, 300), escalate_to, note: answer.note };
    const outcome = await concord.command("RequestAssistance", body, {});
    if (outcome.status !== "accepted") askFor(incident, { ...answer, fault: outcome.text });
  }

  // Answering ---------------------------------------------------------------------------------------

  function candidates(request) {
    const wanted = new Set(request.needs.map((need) => need.capability));
    const incident = picture.incidents.get(request.incident);
    const place = (unit) => picture.positions.get(unit.id) || { lon: unit.home[0], lat: unit.home[1] };
    const far = (unit) => (incident ? Math.hypot((place(unit).lon - incident.lon) * Math.cos((incident.lat * Math.PI) / 180), place(unit).lat - incident.lat) : 0);
    const fits = (unit) => unit.capabilities.some((c) => wanted.has(c));
    const from = (u) => (picture.positions.has(u.id) || !picture.hasFix(u.id) ? "" : " from its station");
    return free().sort((a, b) => fits(b) - fits(a) || far(a) - far(b)).slice(0, NEAR).map((u) => [u, fits(u), (far(u) * 111.2).toFixed(1) + " km" + from(u)]);
  }

  const free = () => [...picture.units.values()].filter((u) => u.agency === me() && !u.active && u.duty === "in_service");

  // Where our free units are is worth knowing, in sight or not, while somebody waits for an answer.
  let watching = false;
  function watch() {
    const asked = [...picture.requests.values()].some((request) => request.asks.some((ask) => ask.agency === me() && open(ask)));
    if (asked === watching) return;
    watching = asked;
    concord.follow("offer", asked ? free().map((u) => u.id) : []);
  }
  for (const kind of ["reset", "change"]) picture.on(kind, watch);

  async function offer(request) {
    const units = await choose("Offer units to " + request.short, words(request.needs) + ". Units that were not asked for are a counter-offer.", "Offer",
      candidates(request).map(([u, fits, km]) => [u.id, u.callsign + " " + u.kind + (fits ? "" : " (not asked for)") + ", " + km]));
    if (units && units.length) concord.command("OfferUnits", { request: request.id, units }, versions(units));
  }

  /** A dialog of check boxes: digits tick, Enter submits. Resolves to the ticked values or null. */
  function choose(title, text, submit, options, ticked = []) {
    const from = document.activeElement;
    return new Promise(function (resolve) {
      let answer = null;
      const boxes = options.map(([value, label], at) => {
        const box = h("input", { type: "checkbox", name: "unit", checked: ticked.includes(value) });
        box.value = value;
        return [box, h("label", { class: "aid-choice" }, box, at < 9 ? h("kbd", {}, String(at + 1)) : null, label)];
      });
      const form = h("form", { method: "dialog", class: "ask" }, h("h2", { id: "aid-choose" }, title), h("p", { class: "mut" }, text),
        boxes.length ? boxes.map(([, label]) => label) : h("p", {}, "No unit is free."),
        h("div", { class: "ask-buttons" },
          h("button", { type: "button", class: "btn", on: { click: () => dialog.close() } }, "Cancel ", h("kbd", {}, "Esc")),
          boxes.length ? h("button", { type: "submit", class: "btn btn-main" }, submit) : null));
      const dialog = h("dialog", { class: "dialog", "aria-labelledby": "aid-choose" }, form);
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        answer = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
        dialog.close();
      });
      dialog.addEventListener("keydown", function (event) {
        const at = "123456789".indexOf(event.key);
        if (at >= 0 && boxes[at]) { boxes[at][0].checked = !boxes[at][0].checked; event.preventDefault(); }
        if (event.key === "Enter" && event.target.type === "checkbox") { event.preventDefault(); form.requestSubmit(); }
      });
      dialog.addEventListener("close", function () {
        dialog.remove();
        if (from && from.isConnected) from.focus();
        resolve(answer);
      });
      document.body.append(dialog);
      dialog.showModal();
      (boxes[0]?.[0] || form.querySelector("button")).focus();
    });
  }

  async function withReason(title, submit, kind, body) {
    const answer = await concord.ask({ title, submit, fields: [{ name: "reason", label: "Reason", required: true, maxlength: 200 }] });
    if (answer) concord.command(kind, { ...body, reason: answer.reason }, {});
  }

  const promised = (request, ask) => ask.accepted.filter((u) => !ask.deployed.includes(u) && !ask.released.includes(u));
  const actions = {
    acknowledge: (request) => concord.command("AcknowledgeRequest", { request: request.id }, {}),
    offer: (request) => offer(request),
    decline: (request) => withReason("Decline " + request.short, "Decline", "DeclineRequest", { request: request.id }),
    async back(request) {
      const ask = myAsk(request);
      const units = await choose("Take back from " + request.short, "Units that are not under way.", "Take back", [...promised(request, ask), ...ask.offered].map((u) => [u, callsign(u)]));
      if (units && units.length) withReason("Take back " + calls(units), "Take back", "WithdrawOffer", { request: request.id, units });
    },
    async take(request, ask) {
      const units = await choose("Take of what " + nameOf(ask.agency) + " offers", ask.note, "Take", ask.offered.map((u) => [u, callsign(u) + " " + (picture.units.get(u)?.kind || "")]), ask.offered);
      if (units && units.length) concord.command("AcceptOffer", { request: request.id, agency: ask.agency, units }, {});
    },
    leave: (request, ask) => withReason("Do not take " + calls(ask.offered), "Decline offer", "DeclineOffer", { request: request.id, agency: ask.agency }),
    deploy(request, ask) {
      const units = promised(request, ask);
      concord.command("AssignUnits", { incident: request.incident, units, override_reason: "" }, versions(units));
    },
    release: (request, ask) => concord.command("ReleaseUnits", { incident: request.incident, units: ask.deployed, reason: "released from assistance" }, {}),
    async withdraw(request) {
      const answer = await concord.ask({ title: "Withdraw " + request.short, text: "Units under way stay until they are released.", submit: "Withdraw", fields: [{ name: "reason", label: "Reason", maxlength: 200 }] });
      if (answer) concord.command("WithdrawRequest", { request: request.id, reason: answer.reason }, {});
    },
    async say(request, ask) {
      const answer = await concord.ask({ title: "Message about " + request.short, submit: "Send", fields: [{ name: "text", label: "Message", required: true, maxlength: 500, multiline: true }] });
      if (answer) concord.command("SayToRequest", { request: request.id, text: answer.text, to: ask && request.agency === me() ? ask.agency : "" }, {});
    },
  };

  // The panel ---------------------------------------------------------------------------------------

  function offered(request, ask) {
    if (!works()) return [];
    if (request.agency === me()) {
      const open_ = open(ask);
      return [
        ask.state === "offered" && ["take", "Take…"], ask.state === "offered" && ["leave", "Do not take…"],
        open_ && promised(request, ask).length && ["deploy", "Deploy " + calls(promised(request, ask))],
        ask.deployed.length && ["release", "Release " + calls(ask.deployed)], ["say", "Message…"],
      ];
    }
    return [
      ask.state === "requested" && !ask.acknowledged_by && ["acknowledge", "Acknowledge"],
      (open(ask) || ask.state === "deployed") && ["offer", "Offer units…"],
      open(ask) && !ask.deployed.length && ["decline", "Decline…"],
      (promised(request, ask).length || ask.offered.length) > 0 && open(ask) && ["back", "Take back…"], ["say", "Message…"],
    ];
  }

  function facts(request, ask) {
    const lines = [];
    if (ask.accepted.length) lines.push("promised " + calls(ask.accepted));
    if (ask.offered.length) lines.push("offers " + calls(ask.offered) + " instead");
    if (ask.deployed.length) lines.push("deployed " + calls(ask.deployed));
    if (ask.released.length) lines.push("released " + calls(ask.released));
    if (ask.note) lines.push("“" + ask.note + "”");
    if (ask.reason) lines.push(ask.reason);
    if (ask.clause) lines.push("under " + ask.clause);
    return lines.join(" · ");
  }

  function askRow(request, ask) {
    const ours = request.agency === me();
    const waiting = ask.state === "requested";
    const left = ask.deadline - concord.boardNow();
    return h("div", { class: "aid-ask", "data-agency": ask.agency, "data-state": ask.state },
      h("div", { class: "aid-line" },
        h("b", {}, ours ? nameOf(ask.agency) : "Our answer"),
        h("span", { class: "chip out " + (["declined", "expired", "withdrawn"].includes(ask.state) ? "plain" : "") }, STATES[ask.state] || ask.state),
        waiting ? h("span", { class: "num " + (left < 60 ? "late" : "mut"), title: "until the next is asked" }, left > 0 ? concord.duration(left) + " left" : "time is over") : null,
        waiting && ask.acknowledged_by ? h("span", { class: "mut" }, "seen by " + ask.acknowledged_by) : null),
      facts(request, ask) ? h("div", { class: "mut" }, facts(request, ask)) : null,
      h("div", { class: "aid-acts" }, offered(request, ask).filter(Boolean).map(([act, text]) =>
        h("button", { type: "button", class: "btn small", "data-act": act, "data-of": ask.agency }, text))));
  }

  function card(request) {
    const ours = request.agency === me();
    const incident = picture.incidents.get(request.incident);
    const live = request.asks.some(open);
    return h("article", { class: "aid-card", "data-request": request.id, "aria-label": "Request " + request.short },
      h("div", { class: "aid-line" },
        h("button", { type: "button", class: "link", "data-open": request.incident }, request.short),
        h("b", {}, ours ? words(request.needs) : nameOf(request.agency) + " asks for " + words(request.needs)),
        request.within ? h("span", { class: "mut" }, "within " + Math.round(request.within / 60) + " min") : null),
      incident ? h("div", { class: "mut" }, incident.name + (incident.address ? ", " + incident.address : "")) : null,
      request.note ? h("div", {}, request.note) : null,
      ours && request.unmet.length && live ? h("div", { class: "warn" }, "still wanted: " + words(request.unmet)) : null,
      request.asks.map((ask) => askRow(request, ask)),
      ours && request.escalate_to.length ? h("div", { class: "mut" }, "then: " + request.escalate_to.map(nameOf).join(", ")) : null,
      request.thread.length ? h("details", { class: "aid-thread" }, h("summary", {}, concord.count(request.thread.length, "line")),
        h("ul", {}, request.thread.slice(-30).map((said) => h("li", {}, h("time", { class: "num" }, concord.clockTime(said.at)), " ", h("b", {}, said.name || nameOf(said.agency)), " ", said.text)))) : null,
      ours && live && works() ? h("div", { class: "aid-acts" }, h("button", { type: "button", class: "btn small", "data-act": "withdraw" }, "Withdraw…")) : null);
  }

  concord.mount("aid", function (box) {
    const tab = document.getElementById("tab-aid");
    let drawn = "";
    function shown() {
      const number = concord.selection.incident;
      const mine = (r) => r.agency !== me() && myAsk(r) && open(myAsk(r));
      const all = [...picture.requests.values()].filter((r) => r.incident === number || mine(r));
      return all.sort((a, b) => mine(b) - mine(a) || b.asked_at - a.asked_at);
    }
    function draw() {
      const incident = picture.incidents.get(concord.selection.incident);
      const requests = shown();
      const waiting = requests.filter((r) => r.agency !== me() && myAsk(r)?.state === "requested").length;
      concord.setText(tab, "Aid" + (waiting ? " (" + waiting + ")" : ""));
      const second = requests.some((r) => r.asks.some((ask) => ask.state === "requested")) ? Math.floor(concord.boardNow() / 5) : 0;
      const key = JSON.stringify([requests, incident?.id, incident?.status, second, picture.loaded]);
      if (key === drawn) return;
      drawn = key;
      const focus = document.activeElement?.closest?.("#aid [data-act]");
      const at = focus && [focus.closest("[data-request]")?.dataset.request, focus.dataset.act, focus.dataset.of];
      const held = [...box.querySelectorAll("details[open]")].map((d) => d.closest("[data-request]").dataset.request);
      concord.fill(box,
        incident && incident.status === "Active" && works() ? h("div", { class: "aid-acts" }, h("button", { type: "button", class: "btn btn-main", "data-ask": "1" }, "Ask for assistance to " + incident.short + "…")) : null,
        requests.map(card),
        requests.length ? null : h("p", { class: "empty" }, picture.loaded ? (incident ? "No requests for " + incident.short + ", and nobody asks us for anything." : "Nobody asks us for anything.") : "Loading…"));
      for (const id of held) box.querySelector(`[data-request="${CSS.escape(id)}"] details`)?.setAttribute("open", "");
      if (at && document.activeElement === document.body) {
        const row = box.querySelector(`[data-request="${CSS.escape(at[0] || "")}"]`);
        (row?.querySelector(`[data-act="${at[1]}"]`) || row?.querySelector("[data-act]") || row?.querySelector("button"))?.focus();
      }
    }
    box.addEventListener("click", function (event) {
      const button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.ask) return askFor(picture.incidents.get(concord.selection.incident));
      if (button.dataset.open) return concord.select({ incident: button.dataset.open });
      const request = picture.requests.get(button.closest("[data-request]")?.dataset.request);
      const ask = request && [...request.asks].reverse().find((one) => one.agency === button.dataset.of);
      if (request && actions[button.dataset.act]) actions[button.dataset.act](request, ask);
    });
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "selection", "tick"]) picture.on(kind, soon);
    draw();
  });

  concord.mount("aid-alarm", function (box) {
    let before = "";
    function draw() {
      const alarms = picture.loaded ? concord.aidAlarms() : [];
      box.hidden = !alarms.length;
      const key = alarms.map((a) => a.key).join();
      if (key === before) return;
      before = key;
      if (!alarms.length) return box.replaceChildren();
      concord.fill(box,
        h("span", { class: "chip amber" }, concord.count(alarms.length, "request")),
        h("span", { class: "alarm-text", title: alarms[0].text }, alarms[0].text),
        h("button", { type: "button", class: "btn", on: { click: concord.acknowledgeTop } }, "Acknowledge", h("kbd", {}, "F8")));
    }
    for (const kind of ["reset", "change", "tick"]) picture.on(kind, draw);
  });
})();
