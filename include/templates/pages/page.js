(() => {
  const seconds = Number(document.body.dataset.refresh);
  if (!seconds) return;
  // What is being filled in stays.
  const busy = () =>
    document.hidden || document.activeElement?.closest("main form") || document.querySelector("details.form[open], dialog[open]");
  setInterval(async () => {
    if (busy()) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
      // The session has run out: to the login, and back.
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (busy()) return;
      const open = [...document.querySelectorAll("main details[id][open]")].map((each) => each.id);
      const focused = document.activeElement;
      const href = focused?.closest("main a")?.getAttribute("href");
      const place = href ? `main a[href="${CSS.escape(href)}"]` : `#${focused?.closest("main details[id]")?.id} > summary`;
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      document.querySelector(place)?.focus({ preventScroll: true });
    } catch {
      document.querySelector("[data-renewed]")?.classList.add("stale");
    }
  }, seconds * 1000);
})();
