// Keeps the last delivery changes up to date: asks every ten seconds while the page is looked at,
// puts what is new on top, and says it to whoever listens rather than looks. Without it the list is
// as it was when the page was opened.
"use strict";
{
    const EVERY = 10_000; // milliseconds
    const MOST_SAID = 3;

    const written = (seconds) => {
        if (seconds < 5) return "just now";
        const [count, unit] = [[86400, "days"], [3600, "h"], [60, "min"], [1, "s"]]
            .map(([worth, name]) => [Math.floor(seconds / worth), name])
            .find(([number]) => number >= 1);
        return `${count} ${unit === "days" && count === 1 ? "day" : unit} ago`;
    };

    const follow = (live) => {
        const said = live.querySelector("[data-said]");
        const state = live.querySelector("[data-state]");
        const list = () => live.querySelector("[data-changes]");
        const rows = (root) => [...root.querySelectorAll("li[data-key]")];
        const waiting = new Map();
        let timer;

        // Rows under the pointer or with the focus stay where they are until it is gone.
        // (A finger leaves its hover where it last was.)
        const using = window.matchMedia("(hover: hover)").matches ? ":hover, :focus-within" : ":focus-within";
        const isInUse = () => list().matches(using);

        const show = () => {
            if (!waiting.size || isInUse()) return;
            const fresh = [...waiting.values()];
            waiting.clear();
            state.hidden = true;
            list().querySelector("[data-none]")?.remove();
            const most = Math.max(rows(list()).length, Number(live.dataset.most));
            list().prepend(...fresh);
            for (const row of fresh) row.classList.add("ads-new");
            for (const row of rows(list()).slice(most)) row.remove();
        };

        const announce = (fresh) => {
            const texts = fresh.slice(0, MOST_SAID).map((row) => {
                const [link, brand, why] = row.querySelectorAll("a, .ads-quiet:not(time), .ads-under");
                return `${link.textContent} ${brand.textContent}: ${row.querySelector(".ads-switch").textContent}. ${why.textContent}`;
            });
            const rest = fresh.length - texts.length;
            said.textContent = `${texts.join(". ")}${rest > 0 ? `. And ${rest} more` : ""}`;
        };

        const tell = (text) => {
            state.textContent = text;
            state.hidden = false;
        };

        const take = (html) => {
            const found = rows(new DOMParser().parseFromString(html, "text/html"));
            const known = new Map([...rows(list()).map((row) => [row.dataset.key, row]), ...waiting]);
            const fresh = found.filter((row) => !known.has(row.dataset.key));
            // Several that are told together may have become more.
            for (const row of found) {
                const words = known.get(row.dataset.key)?.querySelector("a");
                if (words) words.textContent = row.querySelector("a").textContent;
            }
            // Not those that were pushed out below the list before.
            const newest = Math.max(0, ...rows(list()).map((row) => Date.parse(row.querySelector("time").dateTime)));
            const added = fresh.filter((row) => Date.parse(row.querySelector("time").dateTime) >= newest);
            if (!added.length) return;
            const later = [...waiting.values()];
            waiting.clear();
            for (const row of [...added, ...later]) waiting.set(row.dataset.key, document.adoptNode(row));
            announce(added);
            show();
            if (waiting.size) tell(`${waiting.size} new: shown when you leave the list.`);
        };

        const ask = async () => {
            clearTimeout(timer);
            if (document.hidden) return;
            try {
                const answer = await fetch(live.dataset.live, { headers: { "X-Requested-With": "XMLHttpRequest" } });
                if (answer.redirected || answer.status === 403) {
                    tell("No longer live: you are logged out. Reload the page.");
                    return;
                }
                if (!answer.ok) throw new Error(answer.statusText);
                if (!waiting.size) state.hidden = true;
                take(await answer.text());
            } catch {
                tell("Not live just now: no answer. It is tried again.");
            }
            timer = setTimeout(ask, EVERY);
        };

        const age = () => {
            for (const time of live.querySelectorAll("time")) {
                time.textContent = written((Date.now() - Date.parse(time.dateTime)) / 1000);
            }
            show();
        };

        live.addEventListener("mouseleave", () => setTimeout(show));
        live.addEventListener("focusout", () => setTimeout(show));
        document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
        setInterval(age, EVERY);
        timer = setTimeout(ask, EVERY);
    };

    for (const live of document.querySelectorAll("[data-live]")) follow(live);
}
