// Decides theme and folded navigation before the first paint. A plain blocking file, because a module would run too late.
(function () {
  "use strict";
  var html = document.documentElement;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  var narrow = matchMedia("(min-width: 768px) and (max-width: 1359.98px)");

  function settle() {
    var theme = html.dataset.theme;
    var wanted = theme === "light" || theme === "dark" ? theme : dark.matches ? "dark" : "light";
    if (html.dataset.bsTheme !== wanted) {
      html.dataset.bsTheme = wanted;
      document.dispatchEvent(new CustomEvent("desk:theme"));
    }
    var folded = html.dataset.nav === "folded" || (html.dataset.nav === "auto" && narrow.matches);
    html.toggleAttribute("data-folded", folded);
  }

  settle();
  dark.addEventListener("change", settle);
  narrow.addEventListener("change", settle);
  document.addEventListener("desk:settle", settle);
})();
