/* Asks which units to send to all waiting incidents together, while that tab is open; sends what is suggested.
 * Knows when an answer is out of date and the order of sending. Refuses to weigh: the server answers into `#together`,
 * and decides on each command by itself.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const picture = concord.picture;
  const EVERY_MS = 2000;
  const OVERDUE_MS = 8000; // an answer that takes longer is waited for no more

  concord.mount("together", function (box) {
    const panel = document.getElementById("panel-together");
    let askedAt = -Infinity, timer = 0, sending = false, serial = 0, news = false;

    function ask() {
      clearTimeout(timer); timer = 0;
      if (panel.hidden || sending || !picture.loaded) return;
      askedAt = performance.now(); news = false; serial = Date.now();
      try {
        window.dash_clientside.set_props("together-query", { data: { t: serial } });
      } catch {
        timer = setTimeout(ask, 500); // the renderer is not up yet
      }
    }
    const answered = () => !serial || box.querySelector("[data-asked]")?.dataset.asked === String(serial);
    /** For news. Never before the last question is answered: on a slow day no answer would ever come. */
    function askSoon() {
      if (panel.hidden || timer) return;
      const since = performance.now() - askedAt;
      if (!answered() && since < OVERDUE_MS) news = true;
      else timer = setTimeout(ask, Math.max(50, EVERY_MS - since));
    }

    function draw() {
      concord.drawIcons(box);
      for (const spot of box.querySelectorAll(".held-icon"))
        if (!spot.firstChild) spot.append(concord.incidentIcon(spot.dataset.symbol, Number(spot.dataset.priority)));
      concord.tickSince();
    }

    /** One command for each incident, the most urgent first. What one refuses does not stop the others. */
    async function sendAll() {
      const presses = [...box.querySelectorAll("[data-command=AssignUnits]")];
      const units = presses.reduce((sum, press) => sum + press.dataset.units.split(",").length, 0);
      if (!presses.length || sending) return;
      const told = `${concord.count(units, "unit")} to ${concord.count(presses.length, "incident")}`;
      const lines = presses.map((press) => press.getAttribute("aria-label").replace(/^Dispatch /, ""));
      const answer = await concord.ask({ title: `Dispatch ${told}?`, text: lines.join("\n"), submit: "Dispatch all", fields: [] });
      if (!answer) return;
      sending = true;
      panel.classList.add("waiting");
      const refused = [];
      let sent = 0;
      try {
        for (const press of presses) {
          const outcome = await concord.press(press);
          if (outcome?.status === "accepted") sent += 1;
          else refused.push(outcome ? outcome.text : "not sent");
        }
      } finally {
        sending = false;
        panel.classList.remove("waiting");
        ask();
      }
      if (presses.length < 2) return; // the one outcome is on the result line already
      const text = `${sent} of ${concord.count(presses.length, "incident")} served` + (refused.length ? ": " + refused.join("; ") : "");
      concord.say({ status: refused.length ? "conflict" : "accepted", text, remedy: refused.length ? "look at what is suggested now" : "", rule: "", reason: "", took_ms: -1 });
    }

    box.addEventListener("click", function (event) {
      const spot = (name) => event.target.closest(`[data-${name}]`)?.dataset[name.replace(/-(.)/g, (_, c) => c.toUpperCase())];
      const all = event.target.closest("[data-dispatch-all]");
      if (all && all.getAttribute("aria-disabled") !== "true") sendAll();
      else if (spot("open")) concord.select({ incident: spot("open") });
      else if (spot("locate")) concord.select({ unit: spot("locate") });
    });

    // The answer replaces the nodes; focus goes back to the same press of the same incident.
    let focus = null;
    box.addEventListener("focusin", function (event) {
      const row = event.target.closest("[data-held]");
      focus = { incident: row?.dataset.held || "", index: [...(row || box).querySelectorAll("button")].indexOf(event.target) };
    });
    box.addEventListener("focusout", (event) => { if (event.relatedTarget) focus = null; });
    new MutationObserver(function () {
      draw();
      if (news && answered()) { news = false; askSoon(); }
      if (!focus || document.activeElement !== document.body) return;
      const row = focus.incident ? box.querySelector(`[data-held="${CSS.escape(focus.incident)}"]`) : box;
      (row || box).querySelectorAll("button")[Math.max(0, focus.index)]?.focus();
    }).observe(box, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-asked"] });

    new MutationObserver(ask).observe(panel, { attributes: true, attributeFilter: ["hidden"] });
    picture.on("reset", ask);
    picture.on("change", (change) => { if (change.incidents.size || change.assignments.size || change.units.size) askSoon(); });
    picture.on("outcome", ({ kind }) => { if (kind === "AssignUnits") askSoon(); });
    draw();
  });
})();
