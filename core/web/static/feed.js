// Desktop notifications of what people do, while the feed is open. Asked for by a click, remembered in this browser,
// shown by one tab only: the tab that holds a lock (Web Locks) tells, and each event has a tag of its own.

const KEY = "mailerplex-notify";
const button = document.getElementById("notify");
const note = document.getElementById("notify-note");
const isPossible = "Notification" in window && "locks" in navigator;

function read() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

function write(isOn) {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // private windows may keep nothing: then the choice holds for this page
  }
}

let isOn = isPossible && Notification.permission === "granted" && read();
let isTeller = false;

function show(words = "") {
  button.setAttribute("aria-pressed", String(isOn));
  button.querySelector("span").textContent = isOn ? "Notifications on" : "Notify me here";
  document.documentElement.dataset.notify = isOn ? "on" : "off";
  note.textContent = words;
}

async function toggle() {
  if (isOn) {
    isOn = false;
    write(false);
    show("Notifications are off.");
    return;
  }
  const answer = await Notification.requestPermission();
  isOn = answer === "granted";
  write(isOn);
  show(isOn
    ? "While this page is open, in front or behind, you hear of what people do. Machines stay silent."
    : "Your browser does not allow notifications from here. Its settings for this site can change that.");
}

function tell(element) {
  const shown = new Notification(element.dataset.news, { body: element.dataset.about, tag: element.id });
  shown.addEventListener("click", () => {
    window.focus();
    element.querySelector("a")?.click();
    shown.close();
  });
}

if (isPossible) {
  button.hidden = false;
  show();
  button.addEventListener("click", toggle);
  addEventListener("storage", (event) => {
    if (event.key === KEY) {
      isOn = event.newValue === "on" && Notification.permission === "granted";
      show();
    }
  });
  // Held until this tab goes; then the next one has it.
  navigator.locks.request(KEY, () => { isTeller = true; return new Promise(() => {}); });
  document.addEventListener("mailerplex:news", (event) => {
    if (isOn && isTeller) event.detail.filter((element) => element.dataset.news).slice(0, 5).forEach(tell);
  });
} else {
  note.textContent = window.isSecureContext ? "" : "Desktop notifications need this installation to be on https.";
}
