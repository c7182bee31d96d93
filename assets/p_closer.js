/* Closer labels of the one open incident: who called, closer notes. Fetched, never pushed; every look is on record.
 * Knows when to ask and what came back. Refuses to know who may see what: the server answers with what may be seen.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;
  const LABELS = ["map", "operations", "caller", "patient", "criminal justice"];
  const PURPOSES = [["treatment", "Treatment"], ["transport", "Transport"], ["follow_up", "Follow-up"], ["investigation", "Investigation"], ["review", "Review"]];
  const BRIEF_MS = 150;
  const AGAIN_MS = 5000;

  let shown = { id: "", fields: {}, log: [], problem: "" };
  let asked = "";
  let serial = 0;
  let timer = 0;
  let receiptFor = null;

  /** What is known closer of an incident: `{fields, log, problem}`, empty until the server has answered. */
  concord.closer = (incident) => (incident && shown.id === incident.id ? shown : { fields: {}, log: [], problem: "" });
  /** A label in words. */
  concord.labelWords = (label) => LABELS[label] || "";

  function ask(incident, receipt) {
    const data = { incident: incident.id, receipt: Boolean(receipt), t: ++serial };
    window.dash_clientside.set_props("closer-query", { data });
  }

  // The record says which state of it is newest; asked again only when that changed.
  function look() {
    clearTimeout(timer);
    const incident = picture.incidents.get(concord.selection.incident);
    const closer = incident && incident.closer;
    const state = incident && closer ? [incident.id, incident.v, closer.label, closer.patient, closer.seq].join() : "";
    const nothing = !state || (closer.label < 2 && !closer.seq);
    if (!incident || shown.id !== incident.id || nothing) {
      if (nothing) serial += 1; // an answer still on its way was given under a grant that is over
      if (shown.id) {
        // Nothing closer stays in memory once it is put away, or once it is no longer shared.
        shown = { id: "", fields: {}, log: [], problem: "" };
        picture.emit("closer");
      }
    }
    if (nothing) {
      asked = state;
      return;
    }
    if (state === asked || concord.link.state === "lost") return;
    timer = setTimeout(function () {
      asked = state;
      ask(incident);
    }, BRIEF_MS);
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onCloser(data) {
      if (data && data.id === concord.selection.incident && (!data.t || data.t === serial)) {
        shown = { id: data.id, fields: data.fields || {}, log: data.log || [], problem: data.problem || "" };
        if (data.problem) setTimeout(() => { asked = ""; look(); }, AGAIN_MS);
        picture.emit("closer");
        if (receiptFor === data.id) {
          receiptFor = null;
          tell(data.receipt || []);
        }
      }
      return window.dash_clientside.no_update;
    },
  });

  // The share receipt -------------------------------------------------------------------------------

  function tell(rows) {
    const from = document.activeElement;
    const when = (t) => (t ? concord.clockTime(t) : "");
    const body = rows.map((row) =>
      h("tr", { class: row.until ? "ended" : "" },
        h("th", { scope: "row", title: row.agency }, row.name),
        h("td", {}, row.until ? row.label + " (ended)" : row.label),
        h("td", {}, row.reason, row.clause ? h("span", { class: "mut block" }, row.clause) : null),
        h("td", { class: "num" }, when(row.since)),
        h("td", { class: "num" }, when(row.until))));
    const head = ["Agency", "Up to", "Under", "Since", "Until"].map((words) => h("th", { scope: "col" }, words));
    const dialog = h("dialog", { class: "dialog receipt", "aria-labelledby": "receipt-title" },
      h("h2", { id: "receipt-title" }, "Who can see " + (picture.incidents.get(shown.id)?.short || "this")),
      rows.length
        ? h("div", { class: "scroll receipt-rows", tabindex: "0" }, h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)))
        : h("p", {}, "Only its owner, an auditor or an administrator may read who can see it."),
      h("p", { class: "first" },
        h("a", { class: "btn", href: "/export/incident/" + encodeURIComponent(shown.id) + ".csv", download: "" }, "Export its log (CSV)"), " ",
        h("a", { class: "btn", href: "/export/incident/" + encodeURIComponent(shown.id) + ".ndjson", download: "" }, "Export all (NDJSON)")),
      h("button", { type: "button", class: "btn", on: { click: () => dialog.close() } }, "Close ", h("kbd", {}, "Esc")));
    dialog.addEventListener("close", function () {
      dialog.remove();
      if (from && from.isConnected) from.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  /** The two buttons of an incident's header that belong to closer labels. */
  concord.closerButtons = function () {
    const here = () => picture.incidents.get(concord.selection.incident);
    const receipt = h("button", { type: "button", class: "btn", title: "Who can see this incident, since when, under what" }, "Shared…");
    receipt.addEventListener("click", function () {
      if (!here()) return;
      receiptFor = here().id;
      ask(here(), true);
    });
    const purpose = h("button", { type: "button", class: "btn", hidden: true }, "Patient data…");
    purpose.addEventListener("click", async function () {
      const incident = here();
      const answer = incident && (await concord.ask({
        title: "Patient data of " + incident.short,
        text: "Say what for. It holds for your agency and role for twelve hours, and is on record.",
        submit: "Declare purpose",
        fields: [{ name: "purpose", label: "Purpose", options: PURPOSES }],
      }));
      if (answer) concord.command("DeclarePurpose", { incident: incident.id, purpose: answer.purpose }, {});
    });
    function show() {
      const closer = here()?.closer;
      purpose.hidden = !closer || closer.label < 3 || closer.patient || ["briefer", "auditor"].includes(concord.acting().role);
    }
    for (const kind of ["reset", "change", "selection"]) picture.on(kind, show);
    show();
    return [purpose, receipt];
  };

  for (const kind of ["reset", "change", "selection", "link"]) picture.on(kind, look);
})();
