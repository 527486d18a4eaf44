"use strict";
(() => {
  const body = document.body, page = body.dataset.page, lang = document.documentElement.lang;
  const local = navigator.language.startsWith(lang) ? navigator.language : lang;
  const find = (id) => document.getElementById(id);
  const day = new Intl.DateTimeFormat(local, {dateStyle: "medium", timeStyle: "short"});
  const time = new Intl.DateTimeFormat(local, {timeStyle: "short"});
  const clock = new Intl.DateTimeFormat(local, {timeStyle: "medium"});

  const localize = (root) => {
    for (const one of root.querySelectorAll("time")) {
      const when = new Date(one.dateTime), today = when.toDateString() === new Date().toDateString();
      one.title = one.dateTime;
      const how = one.className === "hour" ? time : !today ? day : one.className === "clock" ? clock : time;
      one.textContent = how.format(when);
    }
  };

  const put = (name, html) => {
    const part = find(name), focus = document.activeElement;
    if (!part) return;
    const had = part.contains(focus) && focus.getAttribute("href");
    part.innerHTML = html;
    localize(part);
    if (had) part.querySelector(`a[href="${CSS.escape(had)}"]:not([tabindex])`)?.focus();
  };

  const first = (list, html, most) => {
    find("quiet")?.remove();
    const holder = document.createElement("template");
    holder.innerHTML = html;
    localize(holder.content);
    list.prepend(holder.content);
    while (list.children.length > most) list.lastElementChild.remove();
  };

  const pulse = (names) => {
    for (const row of document.querySelectorAll(".row")) {
      if (!names.includes(row.dataset.c)) continue;
      row.classList.remove("now");
      row.getBoundingClientRect();
      row.classList.add("now");
    }
  };

  const has = Object.fromEntries((body.dataset.has || "").split(",").filter(Boolean).map((one) => one.split(".")));
  let after = body.dataset.after || "0", stream = null;

  const listen = () => {
    const query = new URLSearchParams(location.search);
    query.set("page", page);
    query.set("lang", lang);
    query.set("after", after);
    query.set("has", Object.entries(has).map((one) => one.join(".")).join(","));
    stream = new EventSource(`live?${query}`);
    const on = (name, act) => stream.addEventListener(name, (event) => act(JSON.parse(event.data)));
    on("part", ([name, html, hash]) => { has[name] = hash; put(name, html); });
    on("pass", ([names]) => pulse(names));
    on("message", (html) => first(find("passing"), html, 200));
    on("end", ([number, html]) => find(`m${number}`)?.querySelector(".ends").insertAdjacentHTML("beforeend", html));
    on("line", ([number, html]) => { after = number; first(find("lines"), html, 500); });
    stream.onopen = () => { find("lost").hidden = true; };
    stream.onerror = () => {
      find("lost").hidden = false;
      stream.close();
      clearTimeout(again);
      again = setTimeout(() => document.hidden || listen(), 2000);
    };
  };
  let again = 0;

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  document.cookie = `hubbub-zone=${zone}; path=/; max-age=31536000; samesite=strict`;
  localize(document);
  find("outcome")?.focus();
  if (!page) return;
  listen();
  document.addEventListener("visibilitychange", () => {
    clearTimeout(again);
    stream.close();
    if (!document.hidden) listen();
  });
  addEventListener("pagehide", () => stream.close());
  addEventListener("pageshow", (event) => { if (event.persisted) listen(); });
})();
