// Selects with type-ahead: lookups, whose choices the server finds while one types, and
// picklists with many or several values. Without this script they are ordinary selects.
(function () {
  "use strict";

  const texts = document.body.dataset;
  const WAIT_MS = 200;

  function row(item) {
    const line = document.createElement("div");
    const name = document.createElement("span");
    name.className = "bn-text";
    name.textContent = item.text;
    line.append(name);
    if (item.hint) {
      const hint = document.createElement("small");
      hint.className = "bn-text";
      hint.textContent = item.hint;
      line.append(hint);
    }
    return line;
  }

  function chosen(item) {
    const line = document.createElement("div");
    line.className = "bn-text";
    line.textContent = item.text;
    return line;
  }

  function note(text) {
    const line = document.createElement("div");
    line.className = "no-results";
    line.textContent = text;
    return line;
  }

  function finder(address) {
    return function (query, done) {
      const url = new URL(address, location.href);
      url.searchParams.set("q", query);
      fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)))
        .then((found) => {
          this.clearOptions((option) => this.items.includes(option.value));
          done(found.choices);
        })
        .catch(() => {
          window.banyan.toast(texts.textFailed, "error");
          done();
        });
    };
  }

  function enhance(select) {
    if (select.tomselect) return;
    const multiple = select.multiple;
    const options = {
      valueField: "value",
      labelField: "text",
      searchField: ["text", "hint"],
      maxOptions: 200,
      allowEmptyOption: false,
      closeAfterSelect: !multiple,
      plugins: multiple
        ? { remove_button: { title: texts.textRemove } }
        : select.hasAttribute("data-required") ? {} : { clear_button: { title: texts.textRemove, html: clearButton } },
      placeholder: select.dataset.placeholder || "",
      render: {
        option: row,
        item: chosen,
        no_results: () => note(texts.textNothingFound),
        loading: () => note(texts.textSearching),
        not_loading: () => note(texts.textTypeToSearch),
      },
      onChange: () => select.dispatchEvent(new Event("banyan:changed", { bubbles: true })),
    };
    if (select.dataset.lookup) {
      options.load = finder(select.dataset.lookup);
      options.loadThrottle = WAIT_MS;
      options.preload = "focus";
      options.shouldLoad = () => true;
      options.searchField = [];  // the server has searched; keep its order
      options.sortField = [{ field: "$order" }];
    }
    const box = new window.TomSelect(select, options);
    for (const name of ["aria-label", "aria-describedby", "aria-invalid", "aria-required"]) {
      if (select.hasAttribute(name)) box.control_input.setAttribute(name, select.getAttribute(name));
    }
  }

  function clearButton(data) {
    return `<button type="button" class="${data.className}" tabindex="-1" aria-hidden="true">×</button>`;
  }

  function prepare(root) {
    if (root instanceof Element) root.querySelectorAll("select[data-choices]").forEach(enhance);
  }

  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
  document.addEventListener("htmx:beforeCleanupElement", (event) => {
    if (event.detail.elt.tomselect) event.detail.elt.tomselect.destroy();
  });
  prepare(document.body);
})();
