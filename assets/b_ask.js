/* One dialog for everything that needs a word more: a reason, a disposition, a name.
 * Knows fields and focus. Refuses to know what the answer is for.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  let serial = 0;

  /** A labelled control for a field `{name, label, value, options?, multiline?, required?, maxlength?, pattern?, inputmode?, hint?}`. */
  concord.field = function (field) {
    const id = "field-" + ++serial;
    const common = {
      id,
      name: field.name,
      required: field.required,
      maxlength: field.maxlength,
      placeholder: field.placeholder,
      pattern: field.pattern,
      inputmode: field.inputmode,
      title: field.pattern && field.hint, // what a browser says when the pattern is not met
      autocomplete: "off",
    };
    let control;
    if (field.options) {
      control = h("select", common, field.options.map(([value, text]) => h("option", { value }, text)));
      if (field.value !== undefined) control.value = field.value;
      if (control.selectedIndex < 0) control.selectedIndex = 0;
    } else if (field.multiline) control = h("textarea", { ...common, rows: 3, value: field.value || "" });
    else control = h("input", { ...common, type: "text", value: field.value || "" });
    const hint = field.hint ? h("span", { class: "mut", id: id + "-hint" }, field.hint) : null;
    if (hint) control.setAttribute("aria-describedby", hint.id);
    return h("div", { class: "field" }, h("label", { for: id }, field.label), control, hint);
  };

  /**
   * Asks in a modal dialog. `{title, text?, submit, fields, alarm?}`; resolves to the values by name, or to
   * null when the person turned away. Focus returns to where it was.
   */
  concord.ask = function (question) {
    const from = document.activeElement;
    const title = "ask-title-" + ++serial;
    return new Promise(function (resolve) {
      let answer = null;
      const form = h(
        "form",
        { method: "dialog", class: "ask" },
        h("h2", { id: title }, question.title),
        question.text ? h("p", { class: "mut" }, question.text) : null,
        question.fields.map(concord.field),
        h(
          "div",
          { class: "ask-buttons" },
          h("button", { type: "button", class: "btn", on: { click: () => dialog.close() } }, "Cancel ", h("kbd", {}, "Esc")),
          h("button", { type: "submit", class: question.alarm ? "btn btn-alarm" : "btn btn-main" }, question.submit),
        ),
      );
      const dialog = h("dialog", { class: "dialog", "aria-labelledby": title }, form);
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        answer = Object.fromEntries(new FormData(form));
        dialog.close();
      });
      dialog.addEventListener("close", function () {
        dialog.remove();
        if (from && from.isConnected) from.focus();
        resolve(answer);
      });
      document.body.append(dialog);
      dialog.showModal();
      form.querySelector("input, select, textarea, button")?.focus();
    });
  };
})();
