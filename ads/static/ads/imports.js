// The pages of imports: updates the progress bar, and shows the dropped file in the upload field.
// Without this script the page reloads itself, and the field is an ordinary one.
"use strict";

(() => {
    const EVERY = 1000; // milliseconds
    const SLOWER = 5000; // after the server did not answer

    const watched = document.querySelector("[data-progress]");
    if (watched) {
        const bar = watched.querySelector("progress");
        const text = watched.querySelector("[data-text]");
        const label = document.querySelector(".ads-panel h2 .ads-badge");

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
                const progress = await answer.json();
                if (!progress.is_running) {
                    window.location.reload();
                    return;
                }
                text.textContent = progress.text;
                label.textContent = progress.label;
                if (progress.percent === null) bar.removeAttribute("value");
                else bar.value = progress.percent;
            } catch {
                text.textContent = "The server is not responding. Trying again.";
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
        const initial = [name.textContent, hint.textContent];
        const most = Number(drop.dataset.most);
        const button = drop.closest("form").querySelector("button[type=submit]");

        const size = (bytes) =>
            bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MB` : `${Math.ceil(bytes / 1024)} KB`;

        const show = () => {
            const file = input.files[0];
            const isTooLarge = file && file.size > most;
            name.textContent = file ? file.name : initial[0];
            hint.textContent = file ? size(file.size) : initial[1];
            if (isTooLarge) hint.textContent += `: larger than the limit of ${size(most)}`;
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
