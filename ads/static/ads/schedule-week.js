// Cells ↔ windows: what painting the week does to the windows of a schedule. Independent of the page.
//
// A window is { day, start, length, row }: minutes since the midnight that begins its day (0 is
// Monday), and how long it runs, at most a day; so it may run over midnight. `row` is whatever
// holds it. No function changes a window; unchanged ones are passed on as they are.
//
// What is painted on a day belongs to that day. It grows together with the day's windows that it
// touches; what runs over from the day before is open already and stays that window's.
"use strict";
window.adsSchedule = window.adsSchedule || {};
{
    const STEP = 30;
    const DAY = 1440;
    const WEEK = 7 * DAY;
    const CELLS = DAY / STEP;
    const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    const between = (day, start, end, row = null) => ({
        day, start, length: end > start ? end - start : end - start + DAY, row,
    });
    const isSame = (one, other) =>
        one.day === other.day && one.start === other.start && one.length === other.length;
    const beginOf = (one) => one.day * DAY + one.start;
    // A stretch of the week as a window of the day on which it begins.
    const stretch = (begin, end, row) => ({
        day: Math.floor(begin / DAY) % 7, start: begin % DAY, length: end - begin, row,
    });

    // What is left of [begin, end) without [from, to); the week is a circle.
    const without = ([begin, end], from, to) => {
        for (const turn of [-WEEK, 0, WEEK]) {
            const [a, b] = [from + turn, to + turn];
            if (a < end && begin < b) return [[begin, a], [b, end]].filter(([x, y]) => x < y);
        }
        return [[begin, end]];
    };

    const close = (windows, day, from, to) => windows.flatMap((one) => {
        const begin = beginOf(one);
        const left = without([begin, begin + one.length], day * DAY + from, day * DAY + to);
        if (left.length === 1 && left[0][0] === begin && left[0][1] === begin + one.length) return [one];
        return left.map(([a, b], number) => stretch((a + WEEK) % WEEK, (a + WEEK) % WEEK + b - a, number ? null : one.row));
    });

    const open = (windows, day, from, to) => {
        const overnight = windows.filter((one) => (one.day + 1) % 7 === day);
        const tail = Math.max(0, ...overnight.map((one) => one.start + one.length - DAY));
        const begin = Math.max(from, tail);
        if (begin >= to) return windows;
        const touched = windows.filter((one) =>
            one.day === day && one.start <= to && one.start + one.length >= begin);
        const start = Math.min(begin, ...touched.map((one) => one.start));
        const end = Math.max(to, ...touched.map((one) => one.start + one.length));
        const same = touched.find((one) => one.start === start && one.start + one.length === end);
        const others = windows.filter((one) => !touched.includes(one));
        if (same) return [...others, same];
        const row = touched.length ? touched[0].row : null;
        if (end - start <= DAY) return [...others, { day, start, length: end - start, row }];
        // Longer than a window can be: what is after midnight becomes the next day's.
        return [
            ...others,
            { day, start, length: DAY - start, row },
            { day: (day + 1) % 7, start: 0, length: end - DAY, row: null },
        ];
    };

    // Opens or closes a rectangle of cells, { days: [first, last], cells: [first, last] }.
    const paint = (windows, { days, cells }, isOpening) => {
        let painted = windows;
        for (let day = days[0]; day <= days[1]; day++) {
            painted = (isOpening ? open : close)(painted, day, cells[0] * STEP, (cells[1] + 1) * STEP);
        }
        return painted;
    };

    // Gives other days the windows of one; what runs into or out of them is not opened twice.
    const copyDay = (windows, from, targets) => {
        const copied = windows.filter((one) => one.day === from);
        const days = targets.filter((day) => day !== from);
        const kept = windows.filter((one) => !days.includes(one.day));
        for (const day of days) {
            for (const one of copied) {
                const begin = day * DAY + one.start;
                let left = [[begin, begin + one.length]];
                for (const other of kept) {
                    left = left.flatMap((part) => without(part, beginOf(other), beginOf(other) + other.length));
                }
                kept.push(...left.map(([a, b]) => stretch(a % WEEK, a % WEEK + b - a, null)));
            }
        }
        return kept;
    };

    const ofDays = (days, start, end) => days.map((day) => between(day, start * 60, end * 60));
    const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];
    const PRESETS = {
        business: () => ofDays([0, 1, 2, 3, 4], 9, 17),
        evenings: () => ofDays(EVERY_DAY, 18, 23),
        nights: () => ofDays(EVERY_DAY, 22, 6),
        weekend: () => ofDays([5, 6], 0, 0),
        always: () => ofDays(EVERY_DAY, 0, 0),
        never: () => [],
    };

    // The week as 7 × 48 cells: { parts: [{ from, to, isTail }], minutes, isOverlap }; parts in minutes
    // of the cell, `minutes` how many of its 30 are open.
    const cellsOf = (windows) => {
        const week = DAYS.map(() => Array.from({ length: CELLS }, () => ({ parts: [], minutes: 0, isOverlap: false })));
        for (const one of windows) {
            const end = one.start + one.length;
            put(week[one.day], one.start, Math.min(end, DAY), false);
            put(week[(one.day + 1) % 7], 0, end - DAY, true);
        }
        for (const cell of week.flat()) {
            cell.parts.sort((a, b) => a.from - b.from);
            let until = 0;
            for (const { from, to } of cell.parts) {
                if (from < until) cell.isOverlap = true;
                cell.minutes += Math.max(0, to - Math.max(from, until));
                until = Math.max(until, to);
            }
        }
        return week;
    };
    const put = (row, from, to, isTail) => {
        for (let cell = Math.floor(from / STEP); cell * STEP < to; cell++) {
            row[cell].parts.push({
                from: Math.max(0, from - cell * STEP), to: Math.min(STEP, to - cell * STEP), isTail,
            });
        }
    };

    const clock = (minutes) => {
        const whole = Math.floor(minutes);
        const seconds = Math.round((minutes - whole) * 60);
        const two = (number) => String(number).padStart(2, "0");
        return `${two(Math.floor(whole / 60))}:${two(whole % 60)}${seconds ? `:${two(seconds)}` : ""}`;
    };

    Object.assign(window.adsSchedule, {
        STEP, DAY, CELLS, DAYS, PRESETS, between, isSame, paint, copyDay, cellsOf, clock,
    });
}
