// Keeps `data-scheme` of a section at the colour scheme in which its page is shown, so that images can follow the page.
// CSS chooses only colours by the used scheme: a hidden element has such a colour, and the script reads it.

const PROBE =
  "position: absolute; visibility: hidden; background: light-dark(#fff, #000);" +
  "outline-color: oklab(from currentcolor l 0 0); transition: all 1ms !important";
const followed = new WeakSet();

export function followScheme(section, signal) {
  if (followed.has(section)) return;
  followed.add(section);
  section.querySelector(":scope > .pc-probe")?.remove(); // of the section that this one is a copy of
  const probe = document.createElement("span");
  probe.className = "pc-probe";
  probe.style.cssText = PROBE; // a security policy may forbid the attribute, but not this
  section.append(probe);
  const update = () => (section.dataset.scheme = isDark(getComputedStyle(probe)) ? "dark" : "light");
  probe.addEventListener("transitionend", update, { signal }); // a change of either colour is a transition
  signal.addEventListener("abort", () => followed.delete(section));
  update();
}

// A page that declares no scheme may be dark by its own colours: then its text is light.
function isDark({ backgroundColor, colorScheme, outlineColor }) {
  const [, lightness] = /^oklab\(([\d.]+)/.exec(outlineColor) ?? [];
  return backgroundColor === "rgb(0, 0, 0)" || (colorScheme === "normal" && lightness > 0.6);
}
