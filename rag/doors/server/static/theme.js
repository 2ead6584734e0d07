// Runs before the page is drawn, so that it never flashes in the wrong colours or language.
(() => {
  const wanted = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const theme = wanted("wenbao.theme") || "auto";
    document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  };
  dark.addEventListener("change", apply);
  addEventListener("wenbao-theme", apply);
  apply();
  const language = wanted("wenbao.language") || (/^zh/i.test(navigator.language) ? "zh" : "en");
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
})();
