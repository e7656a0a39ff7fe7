// Paints, closes, adds and copies at random, and compares the minutes that are open with a list of
// minutes, which knows nothing of windows. Answers what differs.
() => {
    const { paint, copyDay, cellsOf, DAY } = window.adsSchedule;
    const WEEK = 7 * DAY;
    let seed = 7;
    const random = (most) => (seed = (seed * 48271) % 2147483647) % most;
    const sorted = (most) => [random(most), random(most)].sort((a, b) => a - b);
    const counts = (windows) => {
        const open = new Array(WEEK).fill(0);
        for (const one of windows) {
            for (let at = 0; at < one.length; at++) open[(one.day * DAY + one.start + at) % WEEK] += 1;
        }
        return open;
    };
    const wrong = [];
    const check = (isRight, ...what) => isRight || wrong.push(what);

    for (let round = 0; round < 60; round++) {
        let windows = [];
        for (let turn = 0; turn < 12; turn++) {
            const before = counts(windows);
            const expected = [...before];
            const kind = random(8);
            if (kind === 0) {
                const added = { day: random(7), start: random(DAY), length: 1 + random(DAY), row: null };
                const minutes = counts([added]);
                if (!minutes.some((count, at) => count && before[at])) {
                    windows = [...windows, added];
                    minutes.forEach((count, at) => { expected[at] += count; });
                }
            } else {
                const [days, cells, isOpening] = [sorted(7), sorted(48), kind > 3];
                windows = paint(windows, { days, cells }, isOpening);
                for (let day = days[0]; day <= days[1]; day++) {
                    const [from, to] = [cells[0] * 30, (cells[1] + 1) * 30];
                    expected.fill(isOpening ? 1 : 0, day * DAY + from, day * DAY + to);
                }
            }
            const found = counts(windows);
            check(found.every((count, at) => count === expected[at]), "minutes", round, turn);
            check(windows.every(({ day, start, length }) => day >= 0 && day < 7 && start >= 0
                && start < DAY && length > 0 && length <= DAY), "windows", round, turn);
            const drawn = cellsOf(windows).flat();
            check(drawn.every((cell, at) => !cell.isOverlap && cell.minutes
                === found.slice(at * 30, at * 30 + 30).filter(Boolean).length), "cells", round, turn);
        }
        const copied = counts(copyDay(windows, 0, [2, 4]));
        check(copied.every((count) => count < 2), "copies overlap", round);
        const source = counts(windows.filter(({ day }) => day === 0));
        check([2, 4].every((day) => source.every((count, at) =>
            !count || copied[(at + day * DAY) % WEEK])), "copies", round);
    }
    return wrong;
}
