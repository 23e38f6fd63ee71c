// The set-up pages: one more row of a list that is being edited.
(function () {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row]");
    if (!button) return;
    const list = document.getElementById(button.dataset.addRow);
    const row = list.parentElement.querySelector("template").content.firstElementChild.cloneNode(true);
    list.append(row);
    row.querySelector("input, select").focus();
  });
})();
