// Reads the QR codes of labels with the camera, where the browser can; elsewhere the page offers photographs only.
const READ_EVERY_MS = 250;

function add(field, text) {
  if (field.tagName !== "TEXTAREA") field.value = text;
  else if (field.value.split("\n").some((line) => line.split(/[;\t]/)[0].trim() === text)) return false;
  else field.value = [field.value.trimEnd(), text].filter(Boolean).join("\n") + "\n";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return true;
}

function equip(box) {
  const [start, stop] = [box.querySelector("[data-scanner-start]"), box.querySelector("[data-scanner-stop]")];
  const [video, said] = [box.querySelector("video"), box.querySelector("[data-scanner-said]")];
  const field = document.getElementById(box.dataset.scanner);
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  let timer = 0;

  function show(running) {
    [start.hidden, stop.hidden, video.hidden] = [running, !running, !running];
  }

  function end() {
    clearTimeout(timer);
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
    show(false);
  }

  async function read() {
    const codes = await detector.detect(video).catch(() => []);
    for (const { rawValue } of codes) {
      if (add(field, rawValue)) said.textContent = `${said.dataset.found} : ${rawValue.slice(0, 40)}`;
    }
    if (codes.length && field.tagName !== "TEXTAREA") return end();
    if (video.srcObject) timer = setTimeout(read, READ_EVERY_MS);
  }

  start.addEventListener("click", async () => {
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      await video.play();
      show(true);
      read();
    } catch {
      end();
      said.textContent = said.dataset.refused;
    }
  });
  stop.addEventListener("click", end);
  window.addEventListener("pagehide", end);
  box.hidden = false;
}

if ("BarcodeDetector" in window && navigator.mediaDevices) document.querySelectorAll("[data-scanner]").forEach(equip);
