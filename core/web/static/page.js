// What scripts add to pages that work without them: times in the viewer's own zone, and news without reloading.

const MINUTE = 60, HOUR = 3600, DAY = 86400;
const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const dateOnly = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

function describe(at, now) {
  const seconds = (at - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return "just now";
  if (size < 50 * MINUTE) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (size < 22 * HOUR) return relative.format(Math.round(seconds / HOUR), "hour");
  if (size < 14 * DAY) return relative.format(Math.round(seconds / DAY), "day");
  return dateOnly.format(at);
}

function showTimes(root) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[data-time]")) {
    const at = new Date(element.dateTime);
    const isExact = element.dataset.time === "exact";
    const text = isExact ? exact.format(at) : describe(at, now);
    if (element.textContent !== text) element.textContent = text;
    element.title = isExact ? describe(at, now) : exact.format(at);
  }
}

const countries = new Intl.DisplayNames(undefined, { type: "region" });

function nameCountries(root) {
  for (const element of root.querySelectorAll("[data-country]")) {
    element.textContent = countries.of(element.dataset.country);
  }
}

// Hours of the day come counted in UTC; the bars are turned by the viewer's offset, to the nearest whole hour.
function turnHours(root) {
  const offset = -Math.round(new Date().getTimezoneOffset() / 60);
  for (const figure of root.querySelectorAll("[data-hours]")) {
    const counts = figure.dataset.hours.split(",").map(Number);
    const tallest = Math.max(...counts, 1);
    const bars = [...figure.querySelectorAll(".bar")];
    const told = [];
    bars.forEach((bar, hour) => {
      const count = counts[(hour - offset + 48) % 24];
      const height = (72 * count) / tallest;
      const name = `${String(hour).padStart(2, "0")}:00`;
      bar.setAttribute("y", 72 - height);
      bar.setAttribute("height", height);
      bar.querySelector("title").textContent = `${name}, ${count} ${count === 1 ? "visit" : "visits"}`;
      if (count) told.push(`${count} at ${name}`);
    });
    figure.querySelector("svg").setAttribute("aria-label", `Visits by hour of day, in your time zone: ${told.join(", ")}.`);
    figure.querySelector("[data-zone]").textContent = "Hours in your time zone";
  }
}

// News: ask whether the page's tag is still right. Mostly the answer is 304 and costs the server next to nothing.
const ASK_MILLISECONDS = 700;
const IDLE_MILLISECONDS = 5000;
const IDLE_AFTER = 10 * 60 * 1000;
let active = Date.now();

function remember(root) {
  const focused = document.activeElement;
  return {
    focus: root.contains(focused) ? focused.id || focused.getAttribute("href") : null,
    open: [...root.querySelectorAll("details[open]")].map((element) => element.id),
    known: new Set([...root.querySelectorAll("li[id]")].map((element) => element.id)),
  };
}

function restore(root, memory) {
  for (const id of memory.open) root.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  const fresh = [...root.querySelectorAll("li[id]")].filter((element) => !memory.known.has(element.id));
  for (const element of fresh) element.classList.add("fresh");
  if (fresh.length) document.dispatchEvent(new CustomEvent("mailerplex:news", { detail: fresh }));
  if (memory.focus === null) return;
  const name = CSS.escape(memory.focus);
  root.querySelector(`#${name}, [href="${name}"]`)?.focus({ preventScroll: true });
}

function dress(root) {
  showTimes(root);
  nameCountries(root);
  turnHours(root);
  searchOn(root);
}

function replace(old, page) {
  const fresh = page.getElementById("live");
  if (fresh === null) return;
  const memory = remember(old);
  old.replaceChildren(...fresh.childNodes);
  old.dataset.live = fresh.dataset.live;
  document.getElementById("unseen")?.replaceChildren(...page.getElementById("unseen").childNodes);
  dress(old);
  restore(old, memory);
  document.getElementById("news").textContent = "The page was brought up to date.";
}

async function ask(live) {
  const headers = { "X-Live": "1", "If-None-Match": live.dataset.live };
  const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "error" });
  if (answer.status === 401) location.reload();
  if (answer.status >= 500) throw new Error("away");
  if (answer.status === 200) replace(live, new DOMParser().parseFromString(await answer.text(), "text/html"));
}

// A word where the server does not answer, so that nobody takes an old page for the present.
let away = null;

function sayAway(isAway) {
  if (!isAway) {
    away?.remove();
    away = null;
  } else if (away === null) {
    away = document.createElement("p");
    away.className = "away";
    away.setAttribute("role", "status");
    away.textContent = `No answer from the server. This is as of ${exact.format(new Date())}; asking again.`;
    document.body.append(away);
  }
}

// Whoever wants notifications hears of news with the page in the background too.
const wantsAll = () => document.documentElement.dataset.notify === "on";

async function follow(live) {
  let failures = 0;
  for (;;) {
    const isIdle = Date.now() - active > IDLE_AFTER && !wantsAll();
    await new Promise((done) => setTimeout(done, isIdle || failures ? IDLE_MILLISECONDS : ASK_MILLISECONDS));
    if (document.hidden && !wantsAll()) continue;
    try {
      await ask(live);
      failures = 0;
      sayAway(false);
    } catch {
      failures += 1;
      if (failures > 1) sayAway(true);
    }
  }
}

// A search that stopped to answer in time goes on by itself.
async function searchOn(root) {
  const link = root.querySelector("a[data-continue]");
  if (link === null || link.dataset.asked) return;
  link.dataset.asked = "1";
  link.textContent = "Searching everything before …";
  try {
    const answer = await fetch(link.href, { headers: { "X-Live": "1" }, cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error("away");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
    if (link.isConnected) appendFound(root, link, page);
  } catch {
    link.textContent = "Search everything before";
  }
}

function appendFound(root, link, page) {
  const found = page.querySelector(".messages");
  const old = root.querySelector(".messages");
  const note = link.closest(".search-on");
  if (old === null) {
    if (found) note.before(found);
    else note.before(...page.querySelectorAll(".empty"));
  } else if (found) old.append(...found.children);
  const paging = page.querySelector('.paging [rel="next"]');
  if (paging) note.replaceWith(paging.closest(".paging"));
  else note.remove();
  showTimes(root);
}

// A bar on top while the next page is on its way for longer than a blink.
function showWaiting(event) {
  const link = event.target.closest?.("a[href]");
  const isForm = event.type === "submit";
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (!isForm && (link === null || link === undefined || link.hasAttribute("download") || link.target)) return;
  if (!isForm && (link.origin !== location.origin || link.pathname + link.search === location.pathname + location.search)) return;
  setTimeout(() => {
    if (document.querySelector(".progress")) return;
    const bar = document.createElement("div");
    bar.className = "progress";
    bar.setAttribute("aria-hidden", "true");
    bar.append(Object.assign(document.createElement("div"), { className: "waiting" }));
    document.body.append(bar);
    setTimeout(() => bar.remove(), 20000);
  }, 300);
}

addEventListener("pageshow", () => document.querySelector(".progress")?.remove());
document.addEventListener("click", showWaiting);
document.addEventListener("submit", showWaiting);
for (const kind of ["pointerdown", "keydown", "visibilitychange"]) {
  document.addEventListener(kind, () => { active = Date.now(); }, { passive: true });
}
dress(document);
// The form is there where times are told by the server; it is shown to those whose browser is in another zone.
function offerZone(form) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === (form.dataset.zone || "UTC")) return;
  form.elements.timezone.value = zone;
  form.querySelector("[data-zone-name]").textContent = zone;
  form.hidden = false;
}

const zoneOffer = document.getElementById("zone-offer");
if (zoneOffer !== null) offerZone(zoneOffer);
setInterval(() => showTimes(document), 30000);
const live = document.getElementById("live");
if (live !== null && live.dataset.live) follow(live);
