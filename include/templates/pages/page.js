(() => {
  const seconds = Number(document.body.dataset.refresh);
  if (!seconds) return;
  setInterval(async () => {
    if (document.hidden || document.querySelector("details.form[open], dialog[open]")) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "manual" });
      // The session has run out: to the login, and back.
      if (answer.type === "opaqueredirect") return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const open = [...document.querySelectorAll("main details[id][open]")].map((each) => each.id);
      document.querySelector("main").replaceWith(fresh.querySelector("main"));
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    } catch {
      document.querySelector("[data-renewed]")?.classList.add("stale");
    }
  }, seconds * 1000);
})();
