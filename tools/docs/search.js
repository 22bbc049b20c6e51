const at = name => document.getElementById("site:" + name); // no heading has such an anchor
const input = at("search"), found = at("found"), rest = at("rest");
function score(entry, words) {
  let total = 0;
  const title = entry.t.toLowerCase(), text = (entry.d + " " + entry.m).toLowerCase();
  for (const word of words) {
    if (title === word || title.endsWith(":" + word) || title.endsWith("." + word)) total += 12;
    else if (title.includes(word)) total += 6;
    else if (text.includes(word)) total += 1;
    else return 0;
  }
  return total;
}
function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  found.replaceChildren();
  rest.hidden = words.length > 0;
  if (words.length === 0) return;
  const hits = INDEX.map(entry => [score(entry, words), entry]).filter(hit => hit[0] > 0).sort((a, b) => b[0] - a[0]);
  for (const [, entry] of hits.slice(0, 40)) {
    const item = document.createElement("li"), link = document.createElement("a"), note = document.createElement("small");
    link.href = entry.u; link.textContent = entry.t; note.textContent = entry.d;
    item.append(link, note); found.append(item);
  }
  if (hits.length === 0) { const item = document.createElement("li"); item.textContent = "Nothing found."; found.append(item); }
}
input.addEventListener("input", search);
document.addEventListener("keydown", event => {
  if (event.key === "/" && document.activeElement !== input) { event.preventDefault(); input.focus(); }
  if (event.key === "Enter" && document.activeElement === input) { const first = found.querySelector("a"); if (first) first.click(); }
});
input.value = new URLSearchParams(location.search).get("q") || "";
search();
