// Places a tooltip where nothing cuts it off, and hides it on Escape.
"use strict";
{
    const GAP = 4; // pixels

    const place = (tip) => {
        const text = tip.querySelector(".ads-tip-text");
        tip.classList.remove("ads-tip-gone");
        tip.classList.add("ads-tip-placed");
        const word = tip.firstElementChild.getBoundingClientRect();
        const box = text.getBoundingClientRect();
        const room = document.documentElement;
        const left = Math.min(word.left, room.clientWidth - box.width - 8);
        const below = word.bottom + GAP + box.height <= room.clientHeight;
        text.style.left = `${Math.max(left, 8)}px`;
        text.style.top = `${below ? word.bottom + GAP : Math.max(word.top - GAP - box.height, 8)}px`;
    };

    const tipOf = (event) => event.target instanceof Element && event.target.closest(".ads-tip");

    for (const comes of ["pointerover", "focusin"]) {
        document.addEventListener(comes, (event) => {
            const tip = tipOf(event);
            if (tip && !tip.contains(event.relatedTarget)) place(tip);
        });
    }

    const shown = () => document.querySelectorAll(".ads-tip:is(:hover, :focus-within)");

    document.addEventListener("keydown", (event) => {
        if (event.key === "Escape") for (const tip of shown()) tip.classList.add("ads-tip-gone");
    });
    window.addEventListener("scroll", () => shown().forEach(place), { capture: true, passive: true });
}
