// The codes of the next minutes come with the page, so that the phone shows a fresh one without a
// network. Times are the server's: only how long ago they were told is measured here.
"use strict";
(() => {
  const every = 60000;

  function outline(packed, size) {
    const bytes = Uint8Array.from(atob(packed), (sign) => sign.charCodeAt(0));
    let path = "";
    for (let y = 0; y < size; y += 1) {
      for (let x = 0, start = 0; x <= size; x += 1) {
        const bit = y * size + x;
        if (x < size && (bytes[bit >> 3] >> (7 - (bit & 7))) & 1) continue;
        if (x > start) path += `M${start} ${y}h${x - start}v1h-${x - start}z`;
        start = x + 1;
      }
    }
    return path;
  }

  function draw(svg, packed, size) {
    svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
    svg.querySelector("path").setAttribute("d", outline(packed, size));
  }

  async function asked(address) {
    const answer = await fetch(address, { credentials: "same-origin", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  function phone(svg) {
    const said = document.querySelector("[data-countdown]");
    const size = svg.viewBox.baseVal.width;
    let held = JSON.parse(svg.dataset.codes);
    let told = Date.now();
    let shown = held.codes[0][0];
    let asking = false;

    async function refresh() {
      if (asking) return;
      asking = true;
      try {
        held = await asked(svg.dataset.address);
        told = Date.now();
      } catch {
        // Without a network the codes that are here go on.
      }
      asking = false;
    }

    function tick() {
      const now = held.now + (Date.now() - told);
      const ready = held.codes.filter(([begins]) => begins <= now);
      const [begins, packed] = ready[ready.length - 1] || held.codes[0];
      const left = Math.ceil((begins + every - now) / 1000);
      if (begins !== shown) {
        shown = begins;
        draw(svg, packed, size);
        refresh();
      }
      svg.parentElement.classList.toggle("gone", left <= 0);
      said.textContent =
        left > 0 ? said.dataset.countdown.replace("{seconds}", left) : said.dataset.ended;
      if (left <= 0) refresh();
    }

    setInterval(tick, 1000);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) tick();
    });
  }

  function voucher(svg) {
    const renewal = JSON.parse(svg.dataset.renewal);
    let told = Date.now();

    async function renew() {
      try {
        const next = await asked(renewal.address);
        draw(svg, next.code, next.size);
        told = Date.now();
      } catch {
        // The code that is shown stays good until its end.
      }
      const over = Date.now() - told > renewal.seconds * 1000;
      svg.parentElement.classList.toggle("gone", over);
      if (over) svg.setAttribute("aria-label", svg.dataset.ended);
    }

    setInterval(renew, (renewal.seconds * 1000) / 2);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && Date.now() - told > (renewal.seconds * 1000) / 2) renew();
    });
  }

  document.querySelectorAll("[data-codes]").forEach(phone);
  document.querySelectorAll("[data-renewal]").forEach(voucher);
})();
