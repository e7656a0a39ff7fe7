// The form's rows ↔ windows. The rows are what is saved: painting writes into them, and what is typed
// into them is what the grid shows.
"use strict";
window.adsSchedule = window.adsSchedule || {};
{
    const { between, clock, DAY, isSame } = window.adsSchedule;

    // Minutes since midnight; null where it is no time. 24:00 is only ever an end.
    const minutesOf = (text, isEnd) => {
        const found = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/.exec(text.trim());
        if (!found) return null;
        const [hour, minute, second] = found.slice(1).map((part) => Number(part || 0));
        const minutes = hour * 60 + minute + second / 60;
        if (isEnd && minutes === DAY) return 0;
        return hour < 24 && minute < 60 && second < 60 ? minutes : null;
    };

    const fieldsOf = (row) => ({
        day: row.querySelector("[name$=-day_of_week]"),
        start: row.querySelector("[name$=-start_time]"),
        end: row.querySelector("[name$=-end_time]"),
        deletion: row.querySelector("input[name$=-DELETE]"), // of stored ones only
    });

    const windowOf = (row) => {
        const { day, start, end } = fieldsOf(row);
        const [from, to] = [minutesOf(start.value, false), minutesOf(end.value, true)];
        if (day.value === "" || from === null || to === null) return null;
        return between(Number(day.value), from, to, row);
    };

    // Rows in a formset of the theme.
    const rowsIn = (formset) => {
        const all = () => [...formset.querySelectorAll(":scope > .form-group:not(.empty-form)")];
        const isDeleted = (row) => Boolean(fieldsOf(row).deletion?.checked);

        const read = () => all().filter((row) => !isDeleted(row)).map(windowOf).filter(Boolean);

        const fill = (row, one) => {
            const { day, start, end, deletion } = fieldsOf(row);
            if (deletion) deletion.checked = false;
            const was = windowOf(row);
            // A field with the same value stays as it was typed.
            if (was && isSame(was, one)) return;
            day.value = String(one.day);
            start.value = clock(one.start);
            end.value = clock((one.start + one.length) % DAY);
        };
        const add = () => {
            formset.querySelector(".add-row").click();
            return all().at(-1);
        };
        const remove = (row) => {
            const { deletion } = fieldsOf(row);
            if (deletion) deletion.checked = true;
            else row.querySelector(".delete-template").click();
        };

        // Makes the rows match these windows. A row that cannot be read is left as it was typed.
        const write = (windows) => {
            const used = new Set(windows.map((one) => one.row).filter((row) => row?.isConnected));
            const free = all().filter((row) => !used.has(row) && (isDeleted(row) || windowOf(row)));
            for (const one of windows) if (used.has(one.row)) fill(one.row, one);
            for (const one of windows.filter(({ row }) => !used.has(row))) {
                const same = free.findIndex((row) => windowOf(row)?.day === one.day);
                const [row] = free.length ? free.splice(Math.max(same, 0), 1) : [add()];
                fill(row, one);
            }
            for (const row of free.reverse()) remove(row);
            // Tells the theme, which warns before a changed form is left.
            document.querySelector("[name$=-TOTAL_FORMS]").dispatchEvent(new Event("input", { bubbles: true }));
        };

        // Shows what the server finds wrong with which row, by the number in its fields' names.
        const mark = (wrong) => {
            for (const old of formset.querySelectorAll(".ads-window-wrong")) old.remove();
            for (const row of all()) {
                const number = /-(\d+)-/.exec(fieldsOf(row).day.name)[1];
                const sentences = (wrong[number] || []).filter((text) => !row.textContent.includes(text));
                row.classList.toggle("ads-window-bad", Boolean(wrong[number]));
                if (!sentences.length) continue;
                const line = document.createElement("tr");
                line.className = "ads-window-wrong";
                line.append(document.createElement("td"));
                line.firstChild.colSpan = 9;
                line.firstChild.textContent = sentences.join(" ");
                row.append(line);
            }
        };

        return { read, write, mark };
    };

    Object.assign(window.adsSchedule, { minutesOf, rowsIn });
}
