// Opens the form on the page of a campaign or a brand when #edit is asked for; with a recommended daily budget filled in.
"use strict";
{
    const open = () => {
        const form = document.querySelector("details.ads-edit");
        if (window.location.hash !== "#edit" || !form) return;
        form.open = true;
        document.getElementById("edit").scrollIntoView();
    };
    window.addEventListener("load", open);
    window.addEventListener("hashchange", open);
    document.addEventListener("click", (event) => {
        const link = event.target.closest("a[href='#edit']");
        if (!link) return;
        setTimeout(() => {
            open();
            const field = document.getElementById("id_daily_budget");
            if (!link.dataset.dailyBudget || !field) return;
            field.value = link.dataset.dailyBudget;
            field.focus();
        });
    });
}
