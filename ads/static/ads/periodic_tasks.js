// The form of a periodic task shows the fields of the kind of schedule that is chosen.
// Without it all are there, and those of the other kinds are not looked at.
"use strict";
{
    window.addEventListener("load", () => {
        const kinds = [...document.querySelectorAll("input[name=kind]")];
        if (!kinds.length) return;
        const ofKind = JSON.parse(kinds[0].dataset.fields);
        const show = () => {
            const shown = ofKind[kinds.find((kind) => kind.checked)?.value] ?? [];
            for (const name of new Set(Object.values(ofKind).flat())) {
                for (const line of document.querySelectorAll(`.ads-timing .field-line.field-${name}`)) {
                    line.hidden = !shown.includes(name);
                    line.style.display = line.hidden ? "none" : "";
                }
            }
        };
        for (const kind of kinds) kind.addEventListener("change", show);
        show();
    });
}
