// The grid: draws the week, and says which rectangle somebody paints, by mouse, touch or keyboard.
"use strict";
window.adsSchedule = window.adsSchedule || {};
{
    const { STEP, CELLS, DAYS, cellsOf, clock } = window.adsSchedule;
    const HOLD = 300; // milliseconds after which a touch paints
    const STILL = 10; // pixels that a finger may move before that
    const EDGE = 28; // pixels from the edge at which painting scrolls

    const element = (role, className, text = "") => {
        const made = document.createElement("div");
        made.setAttribute("role", role);
        made.className = className;
        made.textContent = text;
        return made;
    };
    const times = ([first, last]) => [clock(first * STEP), clock((last + 1) * STEP)];
    const isWhole = (cell) => cell.minutes >= STEP;

    // "Monday 08:00 to 08:30, partly open: 08:05 to 08:30".
    const nameOf = (day, number, cell) => {
        const [from, to] = times([number, number]);
        const tails = cell.parts.filter((part) => part.isTail);
        let state = "closed";
        if (cell.isOverlap) state = "two windows overlap";
        else if (isWhole(cell)) state = tails.length ? `open since ${DAYS[(day + 6) % 7]}` : "open";
        else if (cell.minutes) {
            const parts = cell.parts.map((part) =>
                `${clock(number * STEP + part.from)} to ${clock(number * STEP + part.to)}`);
            state = `partly open: ${parts.join(", ")}`;
        }
        return `${DAYS[day]} ${from} to ${to}, ${state}`;
    };

    // "Monday to Friday, 18:00 to 23:00".
    const describe = ({ days, cells }) => {
        const [first, last] = days.map((day) => DAYS[day]);
        const [from, to] = times(cells);
        const named = first === last ? first : `${first} to ${last}`;
        return cells[1] - cells[0] + 1 === CELLS ? `${named}, all day` : `${named}, ${from} to ${to}`;
    };

    const fillOf = (cell) => {
        const colour = (part) => (part.isTail ? "var(--ads-tail)" : "var(--ads-open)");
        if (!cell.parts.length) return "";
        if (cell.isOverlap) return "var(--ads-overlap)";
        const stops = ["transparent 0"];
        for (const part of cell.parts) {
            const [from, to] = [part.from, part.to].map((minute) => `${(100 * minute) / STEP}%`);
            stops.push(`transparent ${from}`, `${colour(part)} ${from}`, `${colour(part)} ${to}`, `transparent ${to}`);
        }
        return `linear-gradient(90deg, ${stops.join(", ")})`;
    };

    // `paint(rectangle, isOpening)` is called when something was painted, `tell(text)` with what the
    // pointer is over, `undo()` for Ctrl+Z. Without `paint` the grid only shows.
    const makeGrid = (place, scroller, { paint, tell, undo }) => {
        let week = cellsOf([]);
        let drag = null; // { from: [day, cell], to: [day, cell], isOpening }
        let anchor = null; // where a selection by keyboard began
        let focused = [0, 16];

        const grid = element("grid", "ads-grid");
        grid.setAttribute("aria-label", "Hours of the week, in half hours");
        grid.setAttribute("aria-colcount", CELLS + 1);
        if (paint) grid.setAttribute("aria-multiselectable", "true");
        else grid.setAttribute("aria-readonly", "true");
        const head = element("row", "ads-grid-row ads-grid-head");
        const corner = element("columnheader", "ads-grid-day", "");
        corner.setAttribute("aria-label", "Day");
        head.append(corner);
        const hours = Array.from({ length: 24 }, (_, hour) => {
            const made = element("columnheader", "ads-grid-hour", String(hour).padStart(2, "0"));
            made.setAttribute("aria-colspan", 2);
            if (paint) made.title = `${clock(hour * 60)}–${clock(hour * 60 + 60)} on every day: open or close`;
            return made;
        });
        head.append(...hours);
        grid.append(head);
        const heads = [];
        const cells = DAYS.map((day) => {
            const row = element("row", "ads-grid-row");
            const name = element("rowheader", "ads-grid-day", day.slice(0, 3));
            name.setAttribute("aria-label", day);
            if (paint) name.title = `${day}, all day: open or close`;
            heads.push(name);
            const made = Array.from({ length: CELLS }, () => {
                const cell = element("gridcell", "ads-cell");
                cell.tabIndex = -1;
                return cell;
            });
            row.append(name, ...made);
            grid.append(row);
            return made;
        });
        place.replaceChildren(grid);

        const rectangle = ([day, cell], [otherDay, otherCell]) => ({
            days: [Math.min(day, otherDay), Math.max(day, otherDay)],
            cells: [Math.min(cell, otherCell), Math.max(cell, otherCell)],
        });
        const isIn = ({ days, cells: [first, last] }, day, cell) =>
            days[0] <= day && day <= days[1] && first <= cell && cell <= last;
        const marked = () => {
            if (drag) return rectangle(drag.from, drag.to);
            return anchor ? rectangle(anchor, focused) : null;
        };
        const all = (visit) => cells.forEach((row, day) => row.forEach((cell, number) => visit(cell, day, number)));
        const everyIn = ({ days, cells: [first, last] }) => week.slice(days[0], days[1] + 1)
            .every((row) => row.slice(first, last + 1).every(isWhole));

        const drawMarks = () => {
            const area = marked();
            all((cell, day, number) => {
                const isMarked = Boolean(area && isIn(area, day, number));
                if (paint) cell.setAttribute("aria-selected", String(isMarked));
                cell.classList.toggle("ads-opening", Boolean(isMarked && drag?.isOpening));
                cell.classList.toggle("ads-closing", Boolean(isMarked && drag && !drag.isOpening));
            });
        };
        const focusOn = (day, number, isMoving = true) => {
            cells[focused[0]][focused[1]].tabIndex = -1;
            focused = [day, number];
            const cell = cells[day][number];
            cell.tabIndex = 0;
            if (!isMoving) return;
            cell.focus({ preventScroll: true });
            show(cell);
        };
        // Scrolls within the grid, whose left edge is covered by the names of the days.
        const show = (cell) => {
            const left = cell.offsetLeft - heads[0].offsetWidth;
            if (left < scroller.scrollLeft) scroller.scrollLeft = left;
            const right = cell.offsetLeft + cell.offsetWidth - scroller.clientWidth;
            if (right > scroller.scrollLeft) scroller.scrollLeft = right;
        };
        const apply = (area, isOpening = !everyIn(area)) => {
            anchor = null;
            paint(area, isOpening);
            drawMarks();
        };

        // --- mouse and touch ---

        const at = (x, y) => {
            const first = cells[0][0].getBoundingClientRect();
            const last = cells[6][CELLS - 1].getBoundingClientRect();
            const part = (position, low, high, count) =>
                Math.min(count - 1, Math.max(0, Math.floor(((position - low) / (high - low)) * count)));
            return [part(y, first.top, last.bottom, 7), part(x, first.left, last.right, CELLS)];
        };
        const begin = (x, y) => {
            const from = at(x, y);
            anchor = null;
            drag = { from, to: from, isOpening: !isWhole(week[from[0]][from[1]]) };
            drawMarks();
        };
        const move = (x, y) => {
            const edges = scroller.getBoundingClientRect();
            if (x > edges.right - EDGE) scroller.scrollLeft += STEP / 2;
            if (x < edges.left + heads[0].offsetWidth + EDGE) scroller.scrollLeft -= STEP / 2;
            drag.to = at(x, y);
            tell(`${drag.isOpening ? "Opens" : "Closes"} ${describe(rectangle(drag.from, drag.to))}`);
            drawMarks();
        };
        const finish = () => {
            const { from, to, isOpening } = drag;
            drag = null;
            focusOn(...to);
            apply(rectangle(from, to), isOpening);
        };
        const abandon = () => {
            drag = null;
            drawMarks();
        };
        const isCell = (event) => event.target.classList?.contains("ads-cell");

        if (paint) {
            grid.addEventListener("pointerdown", (event) => {
                if (event.pointerType === "touch" || event.button !== 0 || !isCell(event)) return;
                event.preventDefault();
                grid.setPointerCapture(event.pointerId);
                begin(event.clientX, event.clientY);
            });
            const whileDragging = (act) => (event) => drag && event.pointerType !== "touch" && act(event);
            grid.addEventListener("pointermove", whileDragging((event) => move(event.clientX, event.clientY)));
            grid.addEventListener("pointerup", whileDragging(finish));
            grid.addEventListener("pointercancel", whileDragging(abandon));

            // A finger that moves scrolls; one that is held paints; one that taps turns a half hour.
            let touch = null;
            const letGo = () => {
                window.clearTimeout(touch?.timer);
                touch = null;
            };
            grid.addEventListener("touchstart", (event) => {
                letGo();
                if (event.touches.length > 1) return drag ? abandon() : undefined;
                if (!isCell(event)) return undefined;
                const { clientX: x, clientY: y } = event.touches[0];
                const timer = window.setTimeout(() => {
                    navigator.vibrate?.(10);
                    begin(x, y);
                }, HOLD);
                touch = { x, y, timer };
                return undefined;
            }, { passive: true });
            grid.addEventListener("touchmove", (event) => {
                const { clientX: x, clientY: y } = event.touches[0];
                if (drag) {
                    event.preventDefault();
                    move(x, y);
                } else if (touch && Math.hypot(x - touch.x, y - touch.y) > STILL) letGo();
            }, { passive: false });
            grid.addEventListener("touchend", (event) => {
                if (touch && !drag) begin(touch.x, touch.y);
                letGo();
                if (!drag) return;
                event.preventDefault(); // no mouse events after it
                finish();
            });
            grid.addEventListener("touchcancel", () => {
                letGo();
                if (drag) abandon();
            });
            grid.addEventListener("contextmenu", (event) => drag && event.preventDefault());

            heads.forEach((name, day) => name.addEventListener("click", () =>
                apply({ days: [day, day], cells: [0, CELLS - 1] })));
            hours.forEach((name, hour) => name.addEventListener("click", () =>
                apply({ days: [0, 6], cells: [2 * hour, 2 * hour + 1] })));
        }
        grid.addEventListener("mouseover", (event) => {
            if (!drag && isCell(event)) tell(event.target.getAttribute("aria-label"));
        });
        grid.addEventListener("mouseleave", () => !drag && tell(""));

        // --- keyboard ---

        const STEPS = {
            ArrowLeft: ([day, cell]) => [day, cell - 1],
            ArrowRight: ([day, cell]) => [day, cell + 1],
            ArrowUp: ([day, cell]) => [day - 1, cell],
            ArrowDown: ([day, cell]) => [day + 1, cell],
            Home: ([day], isFar) => [isFar ? 0 : day, 0],
            End: ([day], isFar) => [isFar ? 6 : day, CELLS - 1],
            PageUp: ([, cell]) => [0, cell],
            PageDown: ([, cell]) => [6, cell],
        };
        const go = (event) => {
            const [day, cell] = STEPS[event.key](focused, event.ctrlKey || event.metaKey);
            if (event.shiftKey && paint) anchor = anchor || focused;
            else anchor = null;
            focusOn(Math.min(6, Math.max(0, day)), Math.min(CELLS - 1, Math.max(0, cell)));
            tell(anchor ? describe(marked()) : cells[focused[0]][focused[1]].getAttribute("aria-label"));
            drawMarks();
        };
        grid.addEventListener("keydown", (event) => {
            if (STEPS[event.key] && !event.altKey) go(event);
            else if (!paint) return;
            else if (event.key === " " || event.key === "Enter") {
                apply(marked() || rectangle(focused, focused));
            } else if (event.key === "Escape" && (drag || anchor)) {
                anchor = null;
                abandon();
            } else if (event.key === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey) undo();
            else return;
            event.preventDefault();
        });
        grid.addEventListener("focusin", (event) => {
            if (!isCell(event)) return;
            const number = cells.flat().indexOf(event.target);
            focusOn(Math.floor(number / CELLS), number % CELLS, false);
        });

        // --- drawing ---

        const draw = (windows) => {
            week = cellsOf(windows);
            all((cell, day, number) => {
                const it = week[day][number];
                cell.setAttribute("aria-label", nameOf(day, number, it));
                cell.style.background = fillOf(it);
            });
            drawMarks();
            return week.flat().some((cell) => cell.isOverlap);
        };
        // The schedule's local time: [weekday, minute].
        const markNow = (now) => {
            for (const old of grid.querySelectorAll(".ads-grid-now")) old.remove();
            if (!now) return;
            const line = document.createElement("i");
            line.className = "ads-grid-now";
            line.style.left = `${(100 * (now[1] % STEP)) / STEP}%`;
            cells[now[0]][Math.floor(now[1] / STEP)].append(line);
        };
        // A grid wider than its frame is scrolled to shortly before the first opening, or to the
        // morning if there is none.
        const showFirst = () => {
            const first = week.flatMap((row) => row.findIndex((cell) => cell.minutes && !cell.parts[0].isTail))
                .filter((number) => number >= 0);
            const left = cells[0][Math.max(0, (first.length ? Math.min(...first) : focused[1]) - 1)];
            scroller.scrollLeft = left.offsetLeft - heads[0].offsetWidth;
        };
        focusOn(...focused, false);
        return { draw, markNow, showFirst, describe };
    };

    Object.assign(window.adsSchedule, { makeGrid });
}
