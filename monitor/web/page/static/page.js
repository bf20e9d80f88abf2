// Brings the charts to life, keeps the age of the figures true, and takes fresh figures each minute.
"use strict";

const dark = matchMedia("(prefers-color-scheme: dark)");

const turns = new Map();

function say(place, words) {
  place.replaceChildren();
  const line = document.createElement("p");
  line.className = "status";
  line.textContent = words;
  place.append(line);
}

async function draw(place) {
  const turn = (turns.get(place) || 0) + 1;
  turns.set(place, turn);
  say(place, "Loading the chart…");
  const query = new URLSearchParams(place.dataset.query);
  query.set("scheme", dark.matches ? "dark" : "light");
  try {
    const answer = await fetch(`/charts/${place.dataset.chart}.json?${query}`);
    if (!answer.ok) {
      say(place, await answer.text());
      return;
    }
    const item = await answer.json();
    if (turns.get(place) !== turn) return; // asked for again meanwhile
    place.replaceChildren();
    await Bokeh.embed.embed_item(item, place.id);
    place.dataset.drawn = "yes";
  } catch (error) {
    say(place, "The chart could not be loaded. Its figures are in the table; load the page again to try once more.");
  }
}

function drawWhenSeen() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        seen.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "400px" });
  for (const place of document.querySelectorAll("[data-chart]")) seen.observe(place);
}

function inWords(seconds) {
  const minutes = Math.round(seconds / 60);
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
  return minutes % 60 ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${hours} h`;
}

function keepAge() {
  const told = document.querySelector(".age");
  if (!told) return;
  const from = Date.now();
  const close = Number(document.body.dataset.close);
  const old = Number(document.body.dataset.old);
  // The age at loading is the server's; only what has passed since is this machine's, whose clock may be wrong.
  const began = Number(document.body.dataset.age);
  setInterval(() => {
    const age = began + (Date.now() - from) / 1000;
    for (const place of document.querySelectorAll(".age")) place.textContent = inWords(age);
    document.body.classList.toggle("old", close > 0 && age > old);
    document.getElementById("stale").hidden = !(age > old);
  }, 15000);
}

function keepFresh() {
  setInterval(() => {
    const busy = document.hidden || document.querySelector("details[open]") || document.activeElement.closest("form");
    if (!busy) location.reload();
  }, 60000);
}

function openMembers() {
  const target = location.hash.startsWith("#tokens-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target) target.open = true;
}

drawWhenSeen();
keepAge();
openMembers();
addEventListener("hashchange", openMembers);
dark.addEventListener("change", () => document.querySelectorAll("[data-drawn]").forEach(draw));
if (document.body.dataset.close) keepFresh();
