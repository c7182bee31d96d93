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
    const note = concord.field({ name: "note", label: "Note", maxlength: 500, multiline: true });
    const place = h("p", { class: "report-place num", role: "status" });
    const submit = h("button", { type: "submit", class: "btn btn-main" }, "Report");
    const cancel = h("button", { type: "button", class: "btn", on: { click: () => close() } }, "Cancel ", h("kbd", {}, "Esc"));
    form.append(
      h("h2", { id: "report-title" }, "Report incident"),
      place,
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
    control(type).addEventListener("change", planPriority);

    function drawPlace() {
      concord.setText(place, where ? "At " + where.lat.toFixed(5) + ", " + where.lon.toFixed(5) : "Press the place on the map");
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
      drawPlace();
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
      const body = { ...values, priority: Number(values.priority), lon: where.lon, lat: where.lat };
      const outcome = await concord.command("ReportIncident", body, {});
      sending = false;
      drawPlace();
      if (outcome.status === "accepted") close(); // refused: the form stays as it was typed
    });
    picture.on("place", open);
    document.getElementById("report-button")?.addEventListener("click", () => open(null));
  });
})();
