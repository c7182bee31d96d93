/* Commands: out through the `command` store, answers back through `outcome`, one at a time, said on the result line.
 * Knows ids, time-outs and words. Refuses to know the rules, and never says "done" for what was not answered.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const TIMEOUT_MS = 10000;
  const waiting = new Map();
  const late = new Set(); // given up on, but their answers are still news
  let queue = Promise.resolve();

  const TONES = { accepted: "ok", refused: "no", conflict: "no", stale: "no", invalid: "no", misused: "no", unavailable: "no", unknown: "late" };
  const WORDS = {
    accepted: "OK",
    refused: "REFUSED",
    conflict: "CONFLICT",
    stale: "TOO LATE",
    invalid: "INVALID",
    misused: "MISUSED",
    unavailable: "NOT SENT",
    unknown: "UNKNOWN",
  };

  /** Says an outcome on the result line, which screen readers follow. */
  concord.say = function (outcome) {
    const line = document.getElementById("result-line");
    if (!line) return;
    const rule = (outcome.status === "accepted" && outcome.reason) || concord.words(outcome.rule);
    const facts = [concord.clockTime(concord.boardNow()), rule, outcome.took_ms >= 0 ? Math.round(outcome.took_ms) + " ms" : ""];
    line.dataset.tone = TONES[outcome.status] || "no";
    concord.fill(
      line,
      h("b", { class: "tone" }, WORDS[outcome.status] || String(outcome.status || "").toUpperCase()),
      h("span", { class: "said" }, outcome.text || ""),
      outcome.remedy ? h("span", { class: "remedy" }, outcome.remedy) : null,
      h("span", { class: "mut num" }, facts.filter(Boolean).join(" · ")),
    );
  };

  const local = (status, text, remedy) => ({ id: "", status, text, remedy: remedy || "", rule: "", clause: "", seq: 0, took_ms: -1 });

  function refuseNow() {
    if (concord.link.state === "lost") return local("unavailable", "link lost: commands are refused, not queued", "wait for LIVE, then decide again");
    if (concord.link.state === "connecting") return local("unavailable", "not connected yet", "wait for LIVE");
    if (!concord.link.storeOk) return local("unavailable", "the board cannot write at this moment", "try again when the banner is gone");
    return null;
  }

  function send(kind, body, expected) {
    const no = refuseNow();
    if (no) return Promise.resolve(no);
    return new Promise(function (resolve) {
      const id = crypto.randomUUID();
      const started = performance.now();
      const timer = setTimeout(function () {
        waiting.delete(id);
        late.add(id);
        resolve(local("unknown", "no answer in 10 s; outcome unknown", "check the board before you send it again"));
      }, TIMEOUT_MS);
      waiting.set(id, function (data) {
        clearTimeout(timer);
        concord.lastCommand = { id, kind, status: data.status, roundTrip: performance.now() - started, took: data.took_ms };
        resolve(data);
      });
      const data = { id, kind, body, expected: expected || {}, issued_at: concord.now() };
      try {
        window.dash_clientside.set_props("command", { data });
      } catch (error) {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(local("unavailable", "the page could not send it: " + error.message, "reload the page"));
      }
    });
  }

  /**
   * Sends one command; resolves to its outcome, which is also said. Refused at once while the link is lost:
   * a command that waits is a command that runs when nobody expects it.
   */
  concord.command = function (kind, body, expected) {
    const no = refuseNow();
    const run = no ? Promise.resolve(no) : (queue = queue.then(() => send(kind, body, expected)));
    document.documentElement.dataset.sending = "1";
    return run.then(function (outcome) {
      delete document.documentElement.dataset.sending;
      concord.say(outcome);
      if (outcome.status === "accepted" && kind === "ReportIncident" && outcome.incident) concord.select({ incident: outcome.incident });
      concord.picture.emit("outcome", { kind, body, outcome });
      return outcome;
    });
  };
  /** Whether an answer is awaited. */
  concord.busy = () => waiting.size > 0;

  // Dash calls this with what the server put into `outcome`.
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onOutcome(data) {
      if (data && data.id) {
        const answer = waiting.get(data.id);
        waiting.delete(data.id);
        if (answer) answer(data);
        else if (late.delete(data.id)) concord.say({ ...data, text: "late answer: " + data.text });
      }
      return window.dash_clientside.no_update;
    },
  });
  const versionOf = (map, prefix, id) => {
    const record = map.get(id);
    return record ? { [prefix + ":" + id]: record.v } : {};
  };

  /** The versions a command of this kind was decided on. A note never conflicts; an assignment rests on its units. */
  concord.expectedOf = function (kind, body) {
    const p = concord.picture;
    if (kind === "AssignUnits") return Object.assign({}, ...body.units.map((unit) => versionOf(p.units, "unit", unit)));
    if (kind === "ChangeStatus") return versionOf(p.assignments, "assignment", body.assignment);
    if (kind === "ChangePriority" || kind === "CloseIncident") return versionOf(p.incidents, "incident", body.incident);
    if (kind === "ChangeClosure" || kind === "ReopenStreets") return versionOf(p.closures, "closure", body.closure);
    if (kind === "SetDuty") return versionOf(p.units, "unit", body.unit);
    return {};
  };

  const DISPOSITIONS = ["Handled", "No service needed", "False alarm", "Gone on arrival", "Unfounded", "Duplicate", "Transferred to another agency"];
  const shortOf = (id) => concord.picture.incidents.get(id)?.short || id;

  const builders = {
    async AssignUnits(data) {
      const units = (data.units || "").split(",").filter(Boolean);
      if (!units.length) return null;
      const body = { incident: data.incident || concord.selection.incident, units, override_reason: "" };
      if (data.override) {
        const answer = await concord.ask({
          title: "Commander's override",
          text: "The owner of the unit is told at once, and the reason stands in every review. Only where life is at risk.",
          submit: "Override and assign",
          alarm: true,
          fields: [{ name: "reason", label: "Reason", required: true, maxlength: 300, multiline: true }],
        });
        if (!answer || !answer.reason.trim()) return null;
        body.override_reason = answer.reason.trim();
      }
      return body;
    },
    ChangeStatus: async (data) => ({ assignment: data.assignment, status: data.status }),
    ChangePriority: async (data) => ({ incident: data.incident, priority: Number(data.priority) }),
    AddNote: async (data) => ({ incident: data.incident, text: data.text }),
    async CloseIncident(data) {
      const active = concord.picture.assignmentsOf(data.incident, true).length;
      const answer = await concord.ask({
        title: "Close " + shortOf(data.incident),
        text: active ? concord.count(active, "unit is", "units are") + " still assigned." : "",
        submit: "Close incident",
        fields: [{ name: "disposition", label: "Disposition", options: DISPOSITIONS.map((d) => [d, d]) }],
      });
      return answer && { incident: data.incident, disposition: answer.disposition };
    },
    async SetDuty(data) {
      if (data.duty !== "out_of_service") return { unit: data.unit, duty: data.duty, reason: data.reason || "" };
      const answer = await concord.ask({
        title: "Out of service",
        submit: "Take out of service",
        fields: [{ name: "reason", label: "Reason", required: true, maxlength: 120 }],
      });
      return answer && { unit: data.unit, duty: data.duty, reason: answer.reason };
    },
  };

  /** Turns a press on an element with `data-command` into a command. */
  concord.press = async function (element) {
    const kind = element.dataset.command;
    if (!builders[kind] || element.disabled || element.getAttribute("aria-disabled") === "true") return null;
    if (element.dataset.waiting) return null; // a double press is one press
    element.dataset.waiting = "1";
    try {
      const body = await builders[kind](element.dataset);
      return body ? await concord.command(kind, body, concord.expectedOf(kind, body)) : null;
    } finally {
      delete element.dataset.waiting;
    }
  };
  document.addEventListener("click", function (event) {
    const element = event.target.closest?.("[data-command]");
    if (element && element.tagName !== "SELECT") concord.press(element);
  });
})();
