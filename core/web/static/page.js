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

// News: ask whether the page's tag is still right. Mostly the answer is 304 and costs the server next to nothing.
const ASK_MILLISECONDS = 1000;
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
  for (const element of root.querySelectorAll("li[id]")) {
    if (!memory.known.has(element.id)) element.classList.add("fresh");
  }
  if (memory.focus === null) return;
  const name = CSS.escape(memory.focus);
  root.querySelector(`#${name}, [href="${name}"]`)?.focus({ preventScroll: true });
}

function replace(old, page) {
  const fresh = page.getElementById("live");
  if (fresh === null) return;
  const memory = remember(old);
  old.replaceChildren(...fresh.childNodes);
  old.dataset.live = fresh.dataset.live;
  document.getElementById("unseen")?.replaceChildren(...page.getElementById("unseen").childNodes);
  showTimes(old);
  nameCountries(old);
  restore(old, memory);
  document.getElementById("news").textContent = "The page was brought up to date.";
}

async function ask(live) {
  const headers = { "X-Live": "1", "If-None-Match": live.dataset.live };
  const answer = await fetch(location.href, { headers, cache: "no-store", redirect: "error" });
  if (answer.status === 401) location.reload();
  if (answer.status === 200) replace(live, new DOMParser().parseFromString(await answer.text(), "text/html"));
}

async function follow(live) {
  for (;;) {
    const pause = Date.now() - active > IDLE_AFTER ? IDLE_MILLISECONDS : ASK_MILLISECONDS;
    await new Promise((done) => setTimeout(done, pause));
    if (document.hidden) continue;
    try {
      await ask(live);
    } catch {
      await new Promise((done) => setTimeout(done, IDLE_MILLISECONDS)); // the server is away: ask less
    }
  }
}

for (const kind of ["pointerdown", "keydown", "visibilitychange"]) {
  document.addEventListener(kind, () => { active = Date.now(); }, { passive: true });
}
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
showTimes(document);
nameCountries(document);
setInterval(() => showTimes(document), 30000);
const live = document.getElementById("live");
if (live !== null) follow(live);
