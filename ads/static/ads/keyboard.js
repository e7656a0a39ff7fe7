// What the theme lacks for the keyboard: a way past the menu, links that act as buttons, Enter in a
// list's fields and in the search. And no second "Save" while the first is on its way.
"use strict";
{
    const skip = () => {
        const content = document.getElementById("content");
        if (!content || document.querySelector(".ads-skip")) return;
        content.tabIndex = -1;
        const link = document.createElement("a");
        link.className = "ads-skip";
        link.href = "#content";
        link.textContent = "Skip to the content";
        document.body.prepend(link);
    };

    // Links without an address do something when they are clicked: they are buttons.
    const reach = () => {
        for (const link of document.querySelectorAll("a[x-on\\:click]:not([href]):not([role])")) {
            link.setAttribute("role", "button");
            link.tabIndex = 0;
        }
    };

    document.addEventListener("keydown", (event) => {
        if (event.defaultPrevented) return; // it has its own way
        const button = event.target.closest?.("a[role=button]:not([href])");
        if (button && (event.key === "Enter" || event.key === " ")) {
            event.preventDefault();
            button.click();
        }
    });

    // Enter in a field of a list saves; the browser would press "Run" in the bar of actions.
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing || event.defaultPrevented) return;
        const box = event.target.closest?.("#result_list input:not([type=checkbox])");
        const save = box && [...box.form.elements].find((field) => field.name === "_save");
        if (!save) return;
        event.preventDefault();
        save.click();
    });

    // Enter in the search opens the first result, if none is chosen with the arrow keys.
    const search = (event) => {
        if (event.key !== "Enter" || event.target.id !== "search-input-command") return;
        const results = document.getElementById("command-results-list");
        if (!results) {
            event.preventDefault();
            event.stopPropagation(); // the theme's own fails without a result
        } else if (!results.querySelector(".active")) {
            event.target.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown" }));
        }
    };
    document.addEventListener("keydown", search, true);

    // On pages that add or change a row.
    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (form.method !== "post" || !form.id.endsWith("_form")) return;
        if (form.dataset.sent) event.preventDefault();
        form.dataset.sent = "yes";
    });
    window.addEventListener("pageshow", () => {
        for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    });

    window.addEventListener("load", () => {
        skip();
        reach();
        new MutationObserver(reach).observe(document.body, { childList: true, subtree: true });
    });
}
