// The set-up pages: one more row of a list that is being edited, and lists that are picked from
// what is left in a select. Pickers of the same pool share what is left.
(function () {
  "use strict";

  function changed(element) {
    element.dispatchEvent(new CustomEvent("banyan:changed", { bubbles: true }));
  }

  function addRow(button) {
    const list = document.getElementById(button.dataset.addRow);
    const row = list.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
    list.append(row);
    row.querySelector("input, select").focus();
  }

  function pools(picker) {
    const name = CSS.escape(picker.dataset.picker);
    return document.querySelectorAll(`[data-picker="${name}"] [data-pool]`);
  }

  function pick(button) {
    const picker = button.closest("[data-picker]");
    const select = picker.querySelector("[data-pool]");
    const option = select.selectedOptions[0];
    if (!option) return;
    const row = picker.querySelector("template").content.firstElementChild.cloneNode(true);
    row.querySelector("input").value = option.value;
    row.querySelector(".bn-picked-text").textContent = option.textContent;
    picker.querySelector(".bn-picked").append(row);
    const value = option.value;
    for (const pool of pools(picker)) {
      [...pool.options].filter((one) => one.value === value).forEach((one) => one.remove());
    }
    select.focus();
    changed(picker);
  }

  function unpick(button) {
    const picker = button.closest("[data-picker]");
    const row = button.closest("li");
    const value = row.querySelector("input").value;
    const text = row.querySelector(".bn-picked-text").textContent;
    for (const pool of pools(picker)) pool.append(new Option(text, value));
    row.remove();
    picker.querySelector("[data-pool]").focus();
    changed(picker);
  }

  const clicks = { "[data-add-row]": addRow, "[data-pick]": pick, "[data-unpick]": unpick };

  document.addEventListener("click", (event) => {
    for (const [selector, run] of Object.entries(clicks)) {
      const button = event.target.closest(selector);
      if (button) run(button);
    }
  });
})();
