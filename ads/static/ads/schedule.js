// The schedule's page: the grid beside the list of exact times, ready-made hours, undo, the preview.
// Without it the list is an ordinary one.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
    const panel = document.querySelector("[data-week]");
    if (!panel) return;
    const { DAYS, PRESETS, between, copyDay, isSame, makeGrid, minutesOf, paint, rowsIn } = window.adsSchedule;
    const WAIT = 400; // milliseconds without a change, after which the preview is asked for
    const MOST_UNDONE = 50;

    const part = (name, within = panel) => within.querySelector(`[data-${name}]`);
    const form = panel.closest("form");
    const mayPaint = "mayPaint" in panel.dataset;
    const rows = mayPaint ? rowsIn(document.getElementById("windows-data")) : null;
    const stored = JSON.parse(document.getElementById("ads-windows").textContent || "[]") || [];
    const undone = [];
    let shown = [];
    let isWriting = false;

    // --- grid and list ---

    const say = (text) => { part("said").textContent = text; };
    const tell = (text) => { part("readout").textContent = text || "\u00a0"; };
    const same = (some, others) => some.length === others.length && some.every((one) =>
        others.some((other) => isSame(one, other)));

    const draw = () => { part("key-overlap").hidden = !grid.draw(shown); };
    const remember = () => {
        undone.push(shown);
        if (undone.length > MOST_UNDONE) undone.shift();
        part("undo").disabled = false;
    };
    const write = (windows) => {
        isWriting = true;
        rows.write(windows);
        isWriting = false;
        shown = rows.read();
        draw();
        askSoon();
    };
    const change = (windows, sentence) => {
        if (!same(windows, shown)) {
            remember();
            write(windows);
        }
        say(sentence);
    };
    const undo = () => {
        if (!undone.length) return;
        write(undone.pop());
        part("undo").disabled = !undone.length;
        say("Taken back.");
    };
    // What was typed into the list, or added to it or removed.
    const readRows = () => {
        if (isWriting) return;
        const windows = rows.read();
        if (!same(windows, shown)) remember();
        shown = windows;
        draw();
        askSoon();
    };

    const grid = makeGrid(part("grid"), part("scroll"), {
        paint: mayPaint && ((area, isOpening) =>
            change(paint(shown, area, isOpening), `${grid.describe(area)}: ${isOpening ? "open" : "closed"}.`)),
        tell,
        undo,
    });

    if (mayPaint) {
        for (const button of panel.querySelectorAll("[data-preset]")) {
            button.addEventListener("click", () =>
                change(PRESETS[button.dataset.preset](), `${button.textContent}: ${button.title}.`));
        }
        part("undo").addEventListener("click", undo);
        const boxes = [...panel.querySelectorAll("[data-copy-to]")];
        const barSource = () => {
            for (const box of boxes) {
                box.disabled = box.value === part("copy-from").value;
                if (box.disabled) box.checked = false;
            }
        };
        const closeCopy = () => {
            part("copy").open = false;
            part("copy").querySelector("summary").focus();
        };
        part("copy-from").addEventListener("change", barSource);
        barSource();
        part("copy-all").addEventListener("click", () => {
            for (const box of boxes) box.checked = !box.disabled;
        });
        part("copy-now").addEventListener("click", () => {
            const from = Number(part("copy-from").value);
            const days = boxes.filter((box) => box.checked).map((box) => Number(box.value));
            if (!days.length) return say("Choose the days to copy to.");
            change(copyDay(shown, from, days), `${DAYS[from]} copied to ${days.map((day) => DAYS[day]).join(", ")}.`);
            for (const box of boxes) box.checked = false;
            return closeCopy();
        });
        part("copy").addEventListener("keydown", (event) => {
            if (event.key === "Escape") closeCopy();
        });
        document.addEventListener("click", (event) => {
            if (!part("copy").contains(event.target)) part("copy").open = false;
        });
        document.addEventListener("formset:added", readRows);
        document.addEventListener("formset:removed", readRows);
    }
    // The theme's select boxes report changes to jQuery alone.
    window.django?.jQuery(form).on("input change", (event) => {
        if (isWriting) return;
        if (rows && document.getElementById("windows-data").contains(event.target)) readRows();
        else if (event.target.name && !panel.contains(event.target)) askSoon();
    });

    // --- preview ---

    const preview = document.querySelector("[data-preview-panel]");
    const answer = part("preview-answer", preview);
    let timer = null;
    let asking = null;

    const askSoon = () => {
        answer.setAttribute("aria-busy", "true");
        window.clearTimeout(timer);
        timer = window.setTimeout(ask, WAIT);
    };
    const ask = async () => {
        asking?.abort();
        const mine = asking = new AbortController();
        const body = new FormData(form);
        body.set("viewers_timezone", Intl.DateTimeFormat().resolvedOptions().timeZone || "");
        answer.setAttribute("aria-busy", "true");
        try {
            const response = await fetch(panel.dataset.preview, { method: "POST", body, signal: mine.signal });
            if (response.redirected || response.status === 403) throw new Error("Log in again to see the preview.");
            if (response.status === 404) throw new Error("This schedule has been deleted.");
            if (!response.ok) throw new Error("The preview could not be calculated. Try again in a moment.");
            const found = await response.json();
            answer.innerHTML = found.html;
            part("clock").textContent = found.timezone || "";
            part("key-now").hidden = !found.now;
            grid.markNow(found.now);
            rows?.mark(found.rows);
        } catch (error) {
            if (error.name === "AbortError") return;
            const isOurs = error.constructor === Error;
            answer.textContent = isOurs ? error.message : "The server does not answer. Try again in a moment.";
        }
        if (mine === asking) answer.setAttribute("aria-busy", "false");
    };
    part("refresh", preview).addEventListener("click", ask);

    for (const hidden of [part("needs-script"), preview]) hidden.hidden = false;
    shown = mayPaint
        ? rows.read()
        : stored.map(({ day, start, end }) => between(day, minutesOf(start, false), minutesOf(end, true)));
    draw();
    grid.showFirst();
    ask();
});
