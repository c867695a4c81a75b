"use strict";
const form = document.querySelector(".filter");
const cards = [...document.querySelectorAll(".card")];
const select = () => {
  const wanted = [...new FormData(form)].filter(([, value]) => value);
  for (const card of cards) card.hidden = !wanted.every(([name, value]) => card.dataset[name] === value);
  for (const part of document.querySelectorAll("main section, .block")) part.hidden = !part.querySelector(".card:not([hidden])");
  form.querySelector("output").textContent = `${cards.filter((card) => !card.hidden).length} of ${cards.length}`;
};
form.hidden = false;
form.addEventListener("input", select);
form.addEventListener("submit", (event) => event.preventDefault());
select();
for (const card of cards) {
  const sound = card.querySelector("audio"), drawing = card.querySelector(".spectrogram");
  if (!sound || !drawing) continue;
  const head = drawing.querySelector(".playhead"), width = drawing.querySelector("image").width.baseVal.value;
  const follow = () => {
    head.style.visibility = "visible";
    head.setAttribute("transform", `translate(${(sound.currentTime / sound.duration) * width || 0} 0)`);
    if (!sound.paused) requestAnimationFrame(follow);
  };
  sound.addEventListener("play", () => {
    for (const other of cards) if (other !== card) other.querySelector("audio").pause();
    follow();
  });
  drawing.addEventListener("click", () => (sound.paused ? sound.play() : sound.pause()));
}
