// The behaviour of the frame: messages, keyboard, dialogs, tabs, forms. Pages work through
// links and forms; this adds what makes them quick. Everything is wired by data attributes.
(function () {
  "use strict";

  const texts = document.body.dataset;

  // -- messages --------------------------------------------------------------------------

  function toast(message, category) {
    const box = document.createElement("div");
    box.className = "toast show bn-toast";
    box.dataset.category = category || "info";
    const body = document.createElement("div");
    body.className = "toast-body";
    const text = document.createElement("span");
    text.textContent = message;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("data-close-toast", "");
    close.setAttribute("aria-label", texts.textClose);
    body.append(text, close);
    box.append(body);
    document.getElementById("toasts").append(box);
    expire(box);
  }

  function expire(box) {
    if (box.dataset.category !== "error") setTimeout(() => box.remove(), 8000);
  }

  window.banyan = { toast };

  // -- htmx ------------------------------------------------------------------------------

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("banyan:problem", (event) => toast(event.detail.detail || event.detail.title, "error"));
  document.addEventListener("htmx:responseError", (event) => {
    const trigger = event.detail.xhr.getResponseHeader("HX-Trigger") || "";
    if (!trigger.includes("banyan:problem")) toast(texts.textFailed, "error");
  });
  document.addEventListener("htmx:sendError", () => toast(texts.textOffline, "error"));
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));

  // A panel that a button opens is fetched once; when that failed, the next click tries again.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (elt.matches("[data-toggle]") && target.childElementCount) event.preventDefault();
  });

  // What is typed into [data-keep-typing] while the server draws it anew is not lost.
  let typed = null;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target.matches("[data-keep-typing]")) typed = new Map();
  });
  document.addEventListener("input", (event) => {
    if (typed && event.target.id && !event.target.matches("select")) typed.set(event.target.id, event.target.value);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (!typed || !event.detail.target.matches("[data-keep-typing]")) return;
    for (const [id, value] of typed) {
      const field = document.getElementById(id);
      if (field && event.detail.target.contains(field)) field.value = value;
    }
    typed = null;
  });

  // -- dialogs: a <dialog> that arrives in #dialogs opens; Esc and [data-close] close it ----

  function openDialog(root) {
    const dialog = root.matches("dialog") ? root : root.querySelector("dialog[data-open]");
    if (!dialog || dialog.open) return;
    dialog.showModal();
    dialog.addEventListener("close", () => dialog.remove(), { once: true });
    const first = dialog.querySelector("[autofocus]");
    if (first) first.focus();
  }

  // -- tabs ------------------------------------------------------------------------------

  function selectTab(tab, focus) {
    for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
    history.replaceState(history.state, "", "#" + tab.getAttribute("aria-controls"));
  }

  function openLinkedTab() {
    const name = decodeURIComponent(location.hash.slice(1));
    const tab = name && document.querySelector(`[role="tab"][aria-controls="${CSS.escape(name)}"]`);
    if (tab) selectTab(tab, false);
  }

  function tabKey(event, tab) {
    const tabs = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
    const at = tabs.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    selectTab(tabs[(to + tabs.length) % tabs.length], true);
  }

  // -- search in the top bar: a combobox over links ------------------------------------------

  function searchKey(event, input) {
    const list = document.getElementById("search-results");
    const options = [...list.querySelectorAll('[role="option"]')];
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") {
      closeSearch();
      input.blur();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const next = (at + step + options.length) % options.length;
      markOption(input, options, at < 0 && step < 0 ? options.length - 1 : next);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      options[at].click();
    }
  }

  function markOption(input, options, at) {
    options.forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    input.setAttribute("aria-activedescendant", options[at].id);
    options[at].scrollIntoView({ block: "nearest" });
  }

  function closeSearch() {
    const list = document.getElementById("search-results");
    const input = document.getElementById("search");
    if (list) list.replaceChildren();
    if (input) {
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "search-results") return;
    const open = event.detail.target.childElementCount > 0;
    const input = document.getElementById("search");
    input.setAttribute("aria-expanded", String(open));
    input.removeAttribute("aria-activedescendant");
  });

  // -- forms: sent once, and not left by accident --------------------------------------------

  let guarded = null;

  function sendOnce(event, form) {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (guarded === form) guarded = null;
    for (const button of form.querySelectorAll('button[type="submit"]')) {
      button.classList.add("bn-busy");
      button.setAttribute("aria-disabled", "true");
    }
  }

  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll(".bn-busy")) {
        button.classList.remove("bn-busy");
        button.removeAttribute("aria-disabled");
      }
    }
  });

  function guard(event) {
    const form = event.target.closest && event.target.closest("form[data-guard]");
    if (form && event.isTrusted !== false) guarded = form;
  }

  document.addEventListener("input", guard);
  document.addEventListener("change", guard);
  document.addEventListener("banyan:changed", (event) => {
    guarded = event.target.closest("form[data-guard]") || guarded;
  });
  window.addEventListener("beforeunload", (event) => {
    if (guarded && document.contains(guarded)) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[data-once]")) sendOnce(event, form);
  });

  // -- clicks and keys -------------------------------------------------------------------

  function move(item, step) {
    const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (step < 0) other.before(item);
    else other.after(item);
  }

  const clicks = {
    "[data-close-toast]": (target) => target.closest(".toast").remove(),
    "[data-close]": (target) => target.closest("dialog").close(),
    "[data-go-back]": (target, event) => { event.preventDefault(); history.back(); },
    "[data-toggle-theme]": () => {
      const next = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
      document.documentElement.dataset.bsTheme = next;
      try { localStorage.setItem("theme", next); } catch { /* lasts for this page only */ }
    },
    '[role="tab"][aria-controls]': (target) => selectTab(target, false),
    "[data-move]": (target) => { move(target.closest("li"), Number(target.dataset.move)); target.focus(); },
    "[data-toggle]": (target) => {
      const part = document.getElementById(target.dataset.toggle);
      part.hidden = !part.hidden;
      target.setAttribute("aria-expanded", String(!part.hidden));
      if (!part.hidden) (part.querySelector("select, input:not([type=hidden]), button") || part).focus();
    },
    "a[data-add-href]": (target, event) => {
      if (!event.shiftKey) return;
      event.preventDefault();
      location.assign(target.dataset.addHref);
    },
    "a[data-focus]": (target, event) => {
      const field = document.getElementById(target.dataset.focus);
      if (!field) return;
      event.preventDefault();
      const panel = field.closest('[role="tabpanel"][hidden]');
      if (panel) selectTab(document.querySelector(`[aria-controls="${CSS.escape(panel.id)}"]`), false);
      (field.tomselect || field).focus();
    },
  };

  document.addEventListener("click", (event) => {
    for (const [selector, run] of Object.entries(clicks)) {
      const target = event.target.closest(selector);
      if (target) run(target, event);
    }
    const search = document.querySelector(".bn-search");
    if (search && !search.contains(event.target)) closeSearch();
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.id === "search") return searchKey(event, event.target);
    const tab = event.target.closest('[role="tab"]');
    if (tab) return tabKey(event, tab);
    if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
    if (event.key === "/") {
      const search = document.getElementById("search");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key.length === 1) {
      const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
      if (link) link.click();
    }
  });

  // -- what arrives ----------------------------------------------------------------------

  function prepare(root) {
    if (!(root instanceof Element)) return;
    openDialog(root);
    root.querySelectorAll(".toast").forEach(expire);
  }

  prepare(document.body);
  openLinkedTab();
  const wrong = document.querySelector("[data-error-summary]");
  if (wrong) wrong.focus();
})();
