// The pages of imports: the bar moves by itself, and the field shows what was dropped on it.
// Everything works without: the page reloads itself, and the field is an ordinary one.
"use strict";

(() => {
    const EVERY = 1000; // milliseconds
    const SLOWER = 5000; // after the server did not answer

    const watched = document.querySelector("[data-progress]");
    if (watched) {
        const bar = watched.querySelector("progress");
        const text = watched.querySelector("[data-text]");
        const label = document.querySelector("[data-label]");
        const status = watched.dataset.status;

        const look = async () => {
            let wait = EVERY;
            try {
                const answer = await fetch(watched.dataset.progress, {
                    headers: { Accept: "application/json" },
                    cache: "no-store",
                });
                if (answer.redirected || answer.status === 403 || answer.status === 404) {
                    window.location.reload(); // logged out, or no longer allowed to
                    return;
                }
                if (!answer.ok) throw new Error(String(answer.status));
                const told = await answer.json();
                if (!told.is_on_the_way) {
                    window.location.reload();
                    return;
                }
                text.textContent = told.text;
                label.textContent = told.label;
                if (told.percent === null) bar.removeAttribute("value");
                else bar.value = told.percent;
            } catch {
                text.textContent = "The server does not answer; trying again.";
                wait = SLOWER;
            }
            window.setTimeout(look, wait);
        };
        window.setTimeout(look, EVERY);
    }

    const drop = document.querySelector("[data-drop]");
    if (drop) {
        const input = drop.querySelector("input[type=file]");
        const name = drop.querySelector("[data-name]");
        const hint = drop.querySelector("[data-hint]");
        const asked = [name.textContent, hint.textContent];
        const most = Number(drop.dataset.most);
        const button = drop.closest("form").querySelector("button[type=submit]");

        const size = (bytes) =>
            bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MiB` : `${Math.ceil(bytes / 1024)} KiB`;

        const show = () => {
            const file = input.files[0];
            const isTooLarge = file && file.size > most;
            name.textContent = file ? file.name : asked[0];
            hint.textContent = file ? size(file.size) : asked[1];
            if (isTooLarge) hint.textContent += `: larger than the ${size(most)} that are taken in`;
            hint.classList.toggle("ads-bad", Boolean(isTooLarge));
            button.disabled = Boolean(isTooLarge);
        };
        input.addEventListener("change", show);
        for (const event of ["dragenter", "dragover"])
            drop.addEventListener(event, () => drop.classList.add("ads-over"));
        for (const event of ["dragleave", "drop"])
            drop.addEventListener(event, () => drop.classList.remove("ads-over"));
        drop.closest("form").addEventListener("submit", () => {
            button.disabled = true;
            button.textContent = "Uploading …";
        });
        window.addEventListener("pageshow", show); // the browser's "back" keeps the file
    }
})();
