/* Reporting an incident: a form beside the map; the place comes from a press on the map.
 * Knows the form. Refuses to know types' meaning: they come from the region's response plans.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  concord.mount("report-dialog", function (dialog) {
    const form = h("form", { class: "ask", method: "dialog" });
    const plans = JSON.parse(document.getElementById("board").dataset.plans || "[]");
    const type = concord.field({ name: "type", label: "Type", options: plans.map((p) => [p.code, p.name]) });
    const priority = concord.field({ name: "priority", label: "Priority", options: [1, 2, 3, 4].map((p) => [String(p), "P" + p]) });
    const address = concord.field({ name: "address", label: "Address", maxlength: 200, placeholder: "street, crossing or landmark" });
    const caller = concord.field({ name: "caller", label: "Caller", maxlength: 120 });
    const note = concord.field({ name: "note", label: "Note", maxlength: 500, multiline: true, hint: "Read by every agency that works on it. Names and numbers of callers go above." });
    const place = h("p", { class: "report-place num", role: "status" });
    const here = h("div", { class: "report-here", role: "status" });
    const submit = h("button", { type: "submit", class: "btn btn-main" }, "Report");
    const cancel = h("button", { type: "button", class: "btn", on: { click: () => close() } }, "Cancel ", h("kbd", {}, "Esc"));
    form.append(
      h("h2", { id: "report-title" }, "Report incident"),
      place,
      here,
      h("div", { class: "field-pair" }, type, priority),
      address,
      caller,
      note,
      h("div", { class: "ask-buttons" }, cancel, submit),
    );
    dialog.append(form);
    dialog.setAttribute("aria-labelledby", "report-title");
    const control = (field) => field.querySelector("select, input, textarea");
    let from = null;
    let where = null;
    let sending = false;

    function planPriority() {
      const plan = plans.find((p) => p.code === control(type).value);
      if (plan) control(priority).value = String(plan.priority);
    }
    control(type).addEventListener("change", function () {
      planPriority();
      askHere();
    });

    // An address or coordinates typed here set the place, as a press on the map does.
    const find = h("button", { type: "button", class: "btn small", on: { click: () => lookUp() } }, "Find on the map");
    address.append(find);
    function lookUp() {
      const text = control(address).value.trim();
      if (!text) return;
      concord.searchPlaces(text, function (answer) {
        const best = answer.results[0];
        if (!best) return concord.fill(here, h("div", { class: "warn" }, answer.problem || "No such place on file: press it on the map"));
        // Which of several it took, and what was assumed, is said: a wrong place must not slip in.
        where = { lon: best.lon, lat: best.lat, words: [best.title, best.detail, best.note].filter(Boolean).join(" · ") };
        concord.map?.leaflet.setView([best.lat, best.lon], Math.max(15, concord.map.leaflet.getZoom()));
        if (concord.map) { concord.map.scene.mark = { lng: best.lon, lat: best.lat, purpose: "report" }; concord.map.scene.soon(); }
        armMap(false);
        drawPlace();
        askHere();
      });
    }

    // Who is responsible is said before anything is sent: a wrong place shows here first.
    let asked = 0;
    function askHere() {
      concord.fill(here);
      if (!where) return;
      asked = Date.now();
      try {
        window.dash_clientside.set_props("place-query", { data: { ...where, type: control(type).value, t: asked } });
      } catch {
        /* the renderer is not up yet; the report itself says it too */
      }
    }
    concord.placeAnswered = function (answer) {
      if (!where || !answer || answer.t !== asked) return;
      if (answer.problem) return concord.fill(here, h("div", { class: "warn" }, answer.problem));
      const named = answer.services.map((s) => s.title + " " + s.agencies.join(", ")).join(" · ");
      concord.fill(
        here,
        h("div", {}, answer.lead ? [h("b", {}, answer.lead), " leads (" + answer.why + ")"] : "Nobody on file leads here: the lead will be yours"),
        named ? h("div", { class: "mut" }, named) : null,
        answer.warnings.map((w) => h("div", {}, concord.warningLine(w, "warn"))),
      );
    };

    function drawPlace() {
      concord.setText(place, where ? "At " + where.lat.toFixed(5) + ", " + where.lon.toFixed(5) + (where.words ? " · " + where.words : "") : "Press the place on the map");
      place.classList.toggle("late", !where);
      submit.disabled = !where || sending;
    }
    // Tells the map that its next press means "here", or that nobody asks any more.
    function armMap(on) {
      concord.mapParts?.tools?.arm?.(on ? "report" : "");
    }
    function open(at) {
      if (!dialog.open) {
        from = document.activeElement;
        form.reset();
        planPriority();
        // Not modal: the map stays in reach for choosing the place.
        dialog.show();
        where = null;
        if (!at) armMap(true);
      }
      if (at) where = { lon: at.lon, lat: at.lat };
      if (at && at.address && !control(address).value) control(address).value = at.address;
      drawPlace();
      askHere();
      control(where ? type : address).focus();
    }
    function close() {
      if (!dialog.open) return false;
      dialog.close();
      armMap(false);
      concord.unmark?.();
      where = null;
      if (from && from.isConnected && from !== document.body) from.focus();
      else concord.focusIncident?.();
      return true;
    }
    concord.openReport = open;
    concord.closeReport = close;
    form.addEventListener("submit", async function (event) {
      event.preventDefault();
      if (!where || sending) return;
      sending = true;
      drawPlace();
      const values = Object.fromEntries(new FormData(form));
      const body = { ...values, note_label: 1, priority: Number(values.priority), lon: where.lon, lat: where.lat };
      const outcome = await concord.command("ReportIncident", body, {});
      sending = false;
      drawPlace();
      if (outcome.status === "accepted") close(); // refused: the form stays as it was typed
    });
    picture.on("place", open);
    document.getElementById("report-button")?.addEventListener("click", () => open(null));
  });
})();
