// Names, for screen readers, what the theme's and Django's scripts and templates leave unnamed.
"use strict";
{
    // A field in a table of rows is named after its column.
    const columnOf = (field) => field?.closest("td")?.dataset.label;

    const nameFields = () => {
        for (const field of document.querySelectorAll("td[data-label] :is(input, select, textarea)")) {
            if (field.type !== "hidden" && !field.labels?.length && !field.hasAttribute("aria-label")) {
                field.setAttribute("aria-label", columnOf(field));
            }
        }
    };

    // A select2 box is named by its chosen value, so an empty one has no name.
    const nameBoxes = () => {
        for (const box of document.querySelectorAll(".select2-selection:not([data-named])")) {
            box.dataset.named = "";
            const select = box.closest(".select2-container")?.previousElementSibling;
            const text = select?.labels?.[0]?.textContent || columnOf(select) || select?.ariaLabel;
            if (!text) continue;
            const name = document.createElement("span");
            name.id = `${select.id}_name`;
            name.hidden = true;
            name.textContent = text.trim();
            box.before(name);
            const chosen = box.getAttribute("aria-labelledby") || "";
            box.setAttribute("aria-labelledby", `${name.id} ${chosen}`.trim());
            for (const part of box.querySelectorAll("[role=textbox], [role=searchbox]")) {
                part.setAttribute("aria-labelledby", name.id);
            }
        }
    };

    // The button that clears a box is inside its list of choices, and is read as one of them.
    const nameClearing = () => {
        for (const clearing of document.querySelectorAll("ul > .select2-selection__clear:not([role])")) {
            clearing.setAttribute("role", "listitem");
        }
    };

    // Django's filter of a long list puts a name on an icon, which only an image may have.
    const nameIcons = () => {
        for (const icon of document.querySelectorAll(".search-label-icon:not([role])")) {
            icon.setAttribute("role", "img");
        }
    };

    // The theme's icons for deleting a row and undoing that work with the mouse alone.
    const BINS = ".form-group td.delete > :is(div, label), .form-group .form-delete label";
    const nameBins = () => {
        for (const bin of document.querySelectorAll(BINS)) {
            if (bin.hasAttribute("role")) continue;
            bin.setAttribute("role", "button");
            bin.tabIndex = 0;
            bin.setAttribute("aria-label", bin.closest("td.delete") ? "Remove" : "Click to cancel");
        }
    };
    document.addEventListener("keydown", (event) => {
        if (!["Enter", " "].includes(event.key) || !event.target.matches(BINS)) return;
        event.preventDefault();
        event.target.click();
    });

    // When a row is removed, the theme rebuilds the rows after it from their markup, and loses what
    // was typed into them unless the markup has it.
    document.addEventListener("click", (event) => {
        if (!event.target.closest(".delete-template")) return;
        const rows = event.target.closest(".formset")?.querySelectorAll(".form-group:not(.empty-form)");
        for (const row of rows || []) {
            for (const field of row.querySelectorAll("input, textarea")) {
                if (field.type === "checkbox") field.toggleAttribute("checked", field.checked);
                else if (field.tagName === "TEXTAREA") field.textContent = field.value;
                else field.setAttribute("value", field.value);
            }
            for (const choice of row.querySelectorAll("option")) {
                choice.toggleAttribute("selected", choice.selected);
            }
        }
    }, true);

    // A folded group of the menu opens with the mouse alone.
    const openByKeyboard = () => {
        for (const title of document.querySelectorAll("#nav-sidebar-apps h2.cursor-pointer")) {
            const list = title.parentElement.querySelector("ol");
            const tell = () => title.setAttribute("aria-expanded", String(list.style.display !== "none"));
            title.setAttribute("role", "button");
            title.tabIndex = 0;
            title.addEventListener("keydown", (event) => {
                if (event.key !== "Enter" && event.key !== " ") return;
                event.preventDefault();
                title.click();
            });
            new MutationObserver(tell).observe(list, { attributes: true, attributeFilter: ["style"] });
            tell();
        }
    };

    // So do a list's filters, which come after all of its rows.
    const openFilters = () => {
        const opener = document.querySelector("#changelist a.cursor-pointer:not([href])");
        const filters = document.getElementById("changelist-filter");
        if (!opener || !filters) return;
        opener.setAttribute("role", "button");
        opener.tabIndex = 0;
        opener.addEventListener("keydown", (event) => {
            if (event.key !== "Enter" && event.key !== " ") return;
            event.preventDefault();
            opener.click();
            // Once they are shown.
            setTimeout(() => filters.querySelector(".select2-selection, select, input:not([type=hidden])")?.focus());
        });
        filters.addEventListener("keydown", (event) => {
            if (event.key === "Escape") opener.focus();
        });
    };

    // In narrow lists the theme writes the Label of Each Cell in Title Case.
    const nameCells = () => {
        for (const cell of document.querySelectorAll("[data-label]:not([data-cased])")) {
            cell.dataset.cased = "";
            const label = cell.dataset.label;
            cell.dataset.label = label.charAt(0).toUpperCase() + label.slice(1);
        }
    };

    // Asks before somebody leaves a list with budgets that were typed and not saved.
    let unsaved = false;
    document.addEventListener("input", (event) => {
        if (event.target.matches("#result_list td input[type=text]")) unsaved = true;
    });
    document.addEventListener("submit", (event) => {
        if (event.submitter?.name === "_save") unsaved = false;
    });
    document.addEventListener("click", (event) => {
        if (event.target.closest(".ads-cancel")) unsaved = false;
    });
    window.addEventListener("beforeunload", (event) => {
        if (unsaved) event.preventDefault();
    });

    // A calendar's "Today" is UTC's, unless the date is a brand's or a schedule's.
    document.addEventListener("DOMContentLoaded", () => {
        const offset = document.querySelector("[data-utc-offset]")?.dataset.utcOffset;
        if (offset) document.body.dataset.adminUtcOffset = offset;
    });

    window.addEventListener("load", () => {
        openByKeyboard();
        openFilters();
        const name = () => {
            nameCells(); nameFields(); nameBoxes(); nameClearing(); nameIcons(); nameBins();
        };
        name();
        new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
    });

    // The front page goes on asking for delivery changes; it says when nobody answers.
    document.addEventListener("htmx:afterRequest", ({ detail }) => {
        const status = document.getElementById("ads-live-status");
        if (!status?.parentElement.contains(detail.elt) || detail.successful) return;
        status.textContent = detail.xhr.status === 403
            ? "No longer live: you are logged out. Reload the page."
            : "Not live at the moment: no answer. Trying again.";
    });
}
