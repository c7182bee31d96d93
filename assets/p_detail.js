/* The selected incident: its header, its log, its note box.
 * Knows one incident's record and entries. Refuses to know its units' bars (p_timeline.js).
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;
  const LOG_SHOWN = 200;
  const LATEST = 40;

  const closuresOf = (incident) => picture.standingClosures().filter((closure) => incident && closure.incident === incident.id);
  const selected = () => picture.incidents.get(concord.selection.incident);
  concord.selectedIncident = selected;

  concord.mount("detail-head", function (box) {
    const icon = h("span", { class: "detail-icon" });
    const title = h("h2", { class: "detail-title", id: "detail-title" });
    const where = h("span", { class: "mut detail-where" });
    const agencies = h("span", { class: "detail-agencies" });
    const closures = h("button", { type: "button", class: "btn detail-closures", hidden: true });
    let nextClosure = 0;
    closures.addEventListener("click", function () {
      const mine = closuresOf(selected());
      if (mine.length) concord.mapParts.closurePanel.open(mine[nextClosure++ % mine.length].id, true);
    });
    const state = h("span", { class: "chip out", hidden: true });
    const priority = h("select", { "aria-label": "Priority", class: "small" }, [1, 2, 3, 4].map((p) => h("option", { value: p }, "P" + p)));
    priority.addEventListener("change", async function () {
      const incident = selected();
      if (!incident) return;
      const body = { incident: incident.id, priority: Number(priority.value) };
      await concord.command("ChangePriority", body, concord.expectedOf("ChangePriority", body));
      draw(); // a refused change must not stay on the screen as if it were true
    });
    const timer = h("time", { class: "timer num", "data-wide": "" });
    const since = h("span", { class: "detail-since" }, h("span", { class: "mut" }, "Received "), timer);
    const close = h("button", { type: "button", class: "btn", "data-command": "CloseIncident" }, "Close…");
    const right = h("span", { class: "right" }, state, priority, since, concord.closerButtons(), close);
    const nothing = h("span", { class: "mut" });
    box.append(icon, title, where, agencies, closures, right, nothing);
    let look = "";

    function draw() {
      const incident = selected();
      for (const node of [icon, where, agencies, right]) node.hidden = !incident;
      nothing.hidden = Boolean(incident);
      const closed = closuresOf(incident);
      closures.hidden = !closed.length;
      if (closed.length) {
        concord.setText(closures, "Streets closed: " + closed.length);
        closures.title = closed.map((closure) => closure.id + " " + closure.reason).join(", ") + ". Press to see the next on the map";
      }
      if (!incident) {
        concord.setText(title, "No incident selected");
        // Hidden is not gone: what may no longer be seen must not stay in the document either.
        concord.setText(where, "");
        where.title = "";
        agencies.replaceChildren();
        agencies.dataset.key = "";
        concord.setText(nothing, picture.loaded ? "Choose one in the list or on the map; F4 goes to the next without a unit." : "Loading…");
        look = "";
        return;
      }
      const wanted = incident.symbol + incident.priority;
      if (look !== wanted) concord.fill(icon, concord.incidentIcon(incident.symbol, incident.priority, 32));
      look = wanted;
      concord.setText(title, incident.short + " " + (incident.name || incident.type));
      const own = incident.local_type && incident.local_type !== incident.name ? incident.local_type : "";
      const caller = concord.closer(incident).fields.caller;
      const facts = [incident.id, incident.address, own, incident.external_id, caller && "caller " + caller];
      concord.setText(where, facts.filter(Boolean).join(" · "));
      where.title = where.textContent;
      const lead = picture.agencies.get(incident.lead);
      const others = (incident.agencies || []).filter((a) => a !== incident.lead).map((a) => picture.agencies.get(a)?.short || a);
      const key = incident.lead + others.join();
      if (agencies.dataset.key !== key) {
        agencies.dataset.key = key;
        concord.fill(
          agencies,
          incident.lead ? h("span", { class: "chip out", title: "Lead agency" }, "Lead: " + (lead ? lead.short : incident.lead)) : null,
          others.length ? h("span", { class: "chip out plain", title: others.join(", ") }, others.slice(0, 3).join(", ") + (others.length > 3 ? " +" + (others.length - 3) : "")) : null,
        );
      }
      const open = incident.status === "Active";
      state.hidden = open;
      concord.setText(state, incident.status + (incident.disposition ? ": " + incident.disposition : ""));
      priority.value = String(incident.priority);
      priority.disabled = close.disabled = !open;
      close.dataset.incident = incident.id;
      timer.dataset.since = incident.received;
      if (open) concord.setText(timer, concord.duration(concord.boardNow() - incident.received, true));
      else {
        delete timer.dataset.since;
        concord.setText(timer, concord.duration((incident.closed_at || incident.received) - incident.received, true));
      }
    }
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "closures", "selection", "closer"]) picture.on(kind, soon);
    draw();
  });

  concord.mount("log-list", function (list) {
    const count = document.getElementById("log-count");
    const box = document.getElementById("note-box");
    const actor = (entry) => entry.actor || picture.agencies.get(entry.agency)?.short || entry.agency || "";
    const head = document.getElementById("log-title");
    let shownFor = "";

    // Without a selection: what happened last, wherever it was.
    function latest() {
      const ends = [...picture.log.values()].flatMap((entries) => entries.slice(-LATEST));
      return ends.sort((a, b) => a.seq - b.seq).slice(-LATEST);
    }

    function draw() {
      const incident = selected();
      box.disabled = !incident;
      const closer = concord.closer(incident);
      const entries = incident ? [...(picture.log.get(incident.id) || []), ...closer.log].sort((a, b) => a.seq - b.seq) : latest();
      document.getElementById("note-label").disabled = !incident;
      concord.setText(head, incident ? "Log" : "Latest on the board");
      concord.setText(count, incident ? (entries.length > LOG_SHOWN ? LOG_SHOWN + " of " + entries.length : concord.count(entries.length, "entry", "entries")) : "");
      if (shownFor !== concord.selection.incident) {
        shownFor = concord.selection.incident;
        list.keyedNodes?.clear();
        list.replaceChildren();
        list.scrollTop = 0;
      }
      if (!entries.length) {
        list.keyedNodes?.clear();
        concord.fill(list, h("li", { class: "empty" }, !picture.loaded ? "Loading…" : incident ? "Nothing in the log yet" : "Nothing has happened on this board yet"));
        return;
      }
      concord.keyed(
        list,
        entries.slice(-LOG_SHOWN).reverse(),
        (e) => e.seq + e.incident + e.kind + e.text,
        (e) =>
          h(
            "li",
            { class: "entry", "data-kind": e.kind },
            h("time", { class: "num" }, concord.clockTime(e.at)),
            incident
              ? h("b", { title: actor(e) }, actor(e))
              : h("button", { type: "button", class: "entry-incident", on: { click: () => concord.select({ incident: e.incident }) } }, picture.incidents.get(e.incident)?.short || e.incident),
            h("span", { title: e.text }, e.label > 1 ? h("span", { class: "chip out plain held" }, concord.labelWords(e.label)) : null, e.text),
          ),
        () => {},
      );
    }
    box.addEventListener("keydown", async function (event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      const incident = selected();
      const text = box.value.trim();
      if (!incident || !text) return;
      box.readOnly = true;
      const label = Number(document.getElementById("note-label").value);
      const outcome = await concord.command("AddNote", { incident: incident.id, text, label }, {});
      box.readOnly = false;
      // What was not written stays in the box: nobody should type it twice.
      if (outcome.status === "accepted" && box.value.trim() === text) box.value = "";
    });
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "selection", "closer"]) picture.on(kind, soon);
    draw();
  });
})();
