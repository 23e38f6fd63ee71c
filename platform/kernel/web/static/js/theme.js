// Light or dark, before the first paint: the person's choice, else the system's.
(function () {
  "use strict";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  function apply() {
    let choice = null;
    try { choice = localStorage.getItem("theme"); } catch { /* storage is off: follow the system */ }
    document.documentElement.dataset.bsTheme = choice || (dark.matches ? "dark" : "light");
  }
  dark.addEventListener("change", apply);
  apply();
})();
