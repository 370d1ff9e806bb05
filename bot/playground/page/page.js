// The page around the conversation. It holds no truth: it shows what the server says, and asks.

const key = location.hash.slice(1);
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const EVERY = 1000;
const SAID_FOR = 12000;
const at = (id) => document.getElementById(id);

let shown = null;
let view = null;
let asking = 0;
let forgetting = 0;

async function call(path, body) {
  const answer = await fetch(path, {
    method: body === undefined ? "GET" : "POST",
    headers: { "X-Playground-Key": key, ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    cache: "no-store",
  });
  if (answer.status === 204) return null;
  if (answer.status === 401) throw new Error("Open the playground by the whole address it printed, with the part after #.");
  if (!answer.ok) throw new Error("The playground could not do that. What happened is in its terminal.");
  return answer.json();
}

function say(text) {
  clearTimeout(forgetting);
  at("said").textContent = text;
  if (text && !asking && !at("said").dataset.lost) forgetting = setTimeout(() => say(""), SAID_FOR);
}

async function ask(path, body, doing, done) {
  asking += 1;
  say(doing);
  quieten();
  try {
    const state = await call(path, body);
    show(state);
    asking -= 1;
    say(state.refused || done);
  } catch (trouble) {
    asking -= 1;
    say(trouble instanceof TypeError ? "The playground has stopped." : trouble.message);
  }
  quieten();
}

function quieten() {
  for (const each of document.querySelectorAll("#controls button, #controls select")) each.disabled = asking > 0;
  document.body.setAttribute("aria-busy", String(asking > 0));
}

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function options(select, entries, chosen) {
  if (select === document.activeElement && select.value === chosen) return;
  select.replaceChildren(...entries.map(([value, text]) => element("option", { value, textContent: text, selected: value === chosen })));
}

function place(item, sign) {
  const button = element("button", { type: "button" },
    element("span", { className: "sign", textContent: sign, ariaHidden: "true" }),
    element("span", { className: "name", textContent: item.name + (item.closed ? " (archived)" : "") }));
  if (item.new) button.append(element("span", { className: "count", textContent: `${item.new} new` }));
  button.dataset.place = item.id;
  if (item.id === shown.channel) button.setAttribute("aria-current", "page");
  button.addEventListener("click", () => {
    fold("places", false);
    // Who was just chosen may not have come back from the server yet.
    look(at("viewer").value, item.id, item.name);
  });
  return button;
}

function list(title, items, sign) {
  if (!items.length) return [];
  const rows = items.map((item) => {
    const row = element("li", {}, place(item, sign));
    const threads = shown.threads.filter((thread) => thread.parent === item.id);
    if (threads.length) row.append(element("ul", { ariaLabel: `Threads in ${item.name}` }, ...threads.map((thread) => element("li", {}, place(thread, "↳")))));
    return row;
  });
  return [element("h2", { textContent: title }), element("ul", {}, ...rows)];
}

function show(state) {
  if (!state) return;
  if (shown && shown.boot !== state.boot) return location.reload();
  shown = state;
  document.title = `${state.server}: Alongside playground`;
  at("server").textContent = state.server;
  options(at("viewer"), state.people.map((person) => [person.id, person.about ? `${person.name} (${person.about})` : person.name]), state.viewer);
  options(at("language"), state.languages.map((language) => [language.code, language.name]), state.language);
  const now = new Date(state.now);
  at("now").dateTime = state.now;
  at("now").title = `The server's time, in ${state.zone}. It moves only with these buttons.`;
  at("now").textContent = new Intl.DateTimeFormat("en-GB", { timeZone: state.zone, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(now);

  const focused = document.activeElement?.dataset?.place;
  at("places").replaceChildren(...list("Channels", state.channels, "#"), ...list("Direct messages", state.direct, "@"));
  if (focused) at("places").querySelector(`[data-place="${focused}"]`)?.focus();
  const fresh = [...state.channels, ...state.threads, ...state.direct].filter((item) => item.new).length;
  const count = document.querySelector("#open-places .count");
  count.hidden = !fresh;
  count.textContent = `${fresh} new`;

  const { count: faults, last } = state.errors;
  const notes = [];
  if (faults) notes.push(`The bot raised ${faults === 1 ? "an error" : `${faults} errors`} (the last: ${last}). Details are in the terminal.`);
  if (state.unsaved) notes.push(state.unsaved);
  at("errors").hidden = !notes.length;
  if (at("errors").textContent !== notes.join(" ")) at("errors").textContent = notes.join(" ");

  if (view !== state.view) {
    view = state.view;
    const all = [...state.channels, ...state.threads, ...state.direct];
    const here = all.find((item) => item.id === state.channel);
    const who = state.people.find((person) => person.id === state.viewer);
    at("conversation").replaceChildren(element("iframe", {
      src: `/play/inside?${view}#${key}`,
      title: `${here?.name || "Conversation"}, as ${who?.name || "a member"} sees it`,
    }));
  }
}

function look(viewer, channel, name) {
  // The conversation shown would go on asking about a view that is being closed.
  at("conversation").replaceChildren();
  view = null;
  return ask("/play/look", { viewer, channel, zone }, `Opening ${name}…`, "");
}

function fold(id, open) {
  const button = at(`open-${id}`);
  at(id).classList.toggle("open", open);
  button.setAttribute("aria-expanded", String(open));
}

for (const id of ["places", "controls"]) {
  at(`open-${id}`).addEventListener("click", () => fold(id, !at(id).classList.contains("open")));
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const id of ["places", "controls"]) {
    if (!at(id).classList.contains("open")) continue;
    fold(id, false);
    at(`open-${id}`).focus();
  }
});
at("viewer").addEventListener("change", (event) => {
  const name = event.target.selectedOptions[0].textContent;
  look(event.target.value, shown.channel, `${name}'s view`);
});
at("language").addEventListener("change", (event) => {
  at("conversation").replaceChildren();
  view = null;
  ask("/play/language", { viewer: at("viewer").value, language: event.target.value }, "Changing the language…", "The language is changed; the bot answers in it from now on.");
});
for (const button of document.querySelectorAll("[data-jump]")) {
  button.addEventListener("click", async () => {
    await ask("/play/clock", { jump: button.dataset.jump }, "Time passes…", "");
    if (!at("said").textContent) say(`It is now ${at("now").textContent}.`);
    button.focus();
  });
}
at("restart").addEventListener("click", async () => {
  await ask("/play/restart", {}, "Restarting the bot…", "The bot was restarted.");
  at("restart").focus();
});

async function watch() {
  try {
    const known = shown ? `${shown.boot}.${shown.version}` : "";
    const state = await call(`/play/state?known=${known}`);
    if (at("said").dataset.lost) { delete at("said").dataset.lost; say(""); }
    if (state && !shown && state.zone !== zone) {
      shown = state;
      await look(state.viewer, state.channel, "the conversation");
    } else if (!asking) show(state);
  } catch (trouble) {
    at("said").dataset.lost = "yes";
    say(trouble instanceof TypeError ? "The playground has stopped. Start it again, and this page goes on by itself." : trouble.message);
  }
  setTimeout(watch, document.hidden ? EVERY * 5 : EVERY);
}
watch();
