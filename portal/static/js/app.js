// Comfort only: every page works without this file. Delegated listeners, nothing inline.
(() => {
  const root = document.documentElement;
  const closest = (event, selector) => event.target.closest?.(selector);

  // light or dark by hand; the server reads the cookie, so the next page does not flash
  const switchTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax`;
  };

  const copy = async (button) => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    setTimeout(() => button.classList.remove("done"), 1500);
  };
  const offerCopies = (within) => {
    if (navigator.clipboard) within.querySelectorAll("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
  };

  const closeMenus = (except) => document.querySelectorAll("details.drop[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });

  document.addEventListener("click", (event) => {
    closeMenus(closest(event, "details.drop"));
    if (closest(event, "[data-theme-switch]")) switchTheme();
    const copied = closest(event, "[data-copy]");
    if (copied) copy(copied);
    const ask = closest(event, "a[data-ask]");
    if (ask) { event.preventDefault(); document.querySelector(ask.hash)?.showModal(); }
    const leave = closest(event, "dialog [data-leave]");
    if (leave) { event.preventDefault(); leave.closest("dialog").close(); }
    const step = closest(event, "[data-step]");
    if (step) {
      const input = step.parentElement.querySelector("input");
      input[Number(step.dataset.step) < 0 ? "stepDown" : "stepUp"]();
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

  document.addEventListener("keydown", (event) => {
    const typing = closest(event, "input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      const menu = document.querySelector("details.drop[open]");
      closeMenus();
      menu?.querySelector("summary").focus();
    }
    const wantsSearch = (event.key === "/" && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey));
    const find = wantsSearch && document.querySelector("[data-find]");
    if (find) { event.preventDefault(); find.focus(); find.select(); }
  });

  document.addEventListener("change", (event) => {
    if (closest(event, "[data-submit]")) event.target.form.requestSubmit();
    event.target.form?.setAttribute("data-touched", "");
  });

  // before htmx hears of it: ask, and send once (the server would notice, the reader should not have to)
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const stop = () => { event.preventDefault(); event.stopImmediatePropagation(); };
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) return stop();
    // a file that would be refused is not sent: what was typed beside it would be lost with it
    for (const input of form.querySelectorAll("input[type=file][data-most]")) {
      const isLarge = [...input.files].some((file) => file.size > Number(input.dataset.most));
      input.setCustomValidity(isLarge ? input.dataset.large : "");
      if (isLarge) { input.reportValidity(); return stop(); }
    }
    if (form.method === "post" && !form.hasAttribute("hx-post")) {
      if (form.dataset.sent) return stop();
      form.dataset.sent = "yes";
    }
    form.removeAttribute("data-touched");
  }, true);
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
  addEventListener("beforeunload", (event) => { if (document.querySelector("form[data-guard][data-touched]")) event.preventDefault(); });

  // htmx: refusals go to the notices, silence says so, the first wrong field gets the focus
  // a page that looks again by itself must not load itself anew over the answer to what was just sent
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (document.querySelector("form[data-sent]")) event.preventDefault(); });
  const isForNotices = (event) => event.detail.xhr?.getResponseHeader("HX-Retarget");
  document.addEventListener("htmx:beforeSwap", (event) => { if (isForNotices(event)) event.detail.shouldSwap = true; });
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, (event) => {
      if (isForNotices(event)) return;
      document.querySelector("#notices")?.replaceChildren(document.querySelector("#unreachable").content.cloneNode(true));
    });
  }
  // where tabs are wider than the screen, the one that is open is to be seen
  const showTab = () => document.querySelectorAll(".tabs [aria-current]").forEach((tab) => {
    const row = tab.parentElement;
    row.scrollLeft += tab.getBoundingClientRect().right - row.getBoundingClientRect().right + 24;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    offerCopies(event.target);
    if (event.target.querySelector?.(".tabs")) showTab();
    event.target.querySelector?.("[aria-invalid='true']")?.focus();
    if (event.target.id === "notices") event.target.scrollIntoView({ block: "nearest" });
  });
  offerCopies(document);
  showTab();
})();
